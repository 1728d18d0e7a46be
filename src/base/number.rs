//! Numbers that name a person, an account or a company: what makes them well formed.
//!
//! Never says that a number was issued to anyone, and never shows one.

/// The alphabet of credit codes: no I, O, S, V, Z.
const CREDIT_ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";

/// GB 11643-1999: seventeen digits and a check character by ISO 7064 MOD 11-2.
pub(crate) fn is_id(value: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let Some((head, check)) = value.split_at_checked(17) else { return false };
    if !head.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let sum: u32 = head.bytes().zip(WEIGHTS).map(|(byte, weight)| u32::from(byte - b'0') * weight).sum();
    let expected = char::from(b"10X98765432"[(sum % 11) as usize]);
    check.to_ascii_uppercase() == expected.to_string()
}

/// GB 32100-2015: eighteen characters of an alphabet of 31, the last one a check character MOD 31.
pub(crate) fn is_credit_code(value: &str) -> bool {
    const WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
    let Some(digits) = value.to_ascii_uppercase().chars().map(|c| CREDIT_ALPHABET.find(c)).collect::<Option<Vec<usize>>>() else {
        return false;
    };
    let Some((check, head)) = digits.split_last() else { return false };
    let sum: usize = head.iter().zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    digits.len() == 18 && *check == (31 - sum % 31) % 31
}

/// ISO/IEC 7812-1, the check digit of payment cards.
pub(crate) fn is_luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, byte)| match (at % 2, u32::from(byte.wrapping_sub(b'0'))) {
            (1, digit) if digit > 4 => digit * 2 - 9,
            (1, digit) => digit * 2,
            (_, digit) => digit,
        })
        .sum();
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) && sum.is_multiple_of(10)
}

/// Whether digits are a day: `YYYYMMDD`, 1900 to 2099, so that the net in the page needs no calendar.
pub(crate) fn is_day(digits: &str) -> bool {
    let number = |from: usize, to: usize| digits.get(from..to).and_then(|part| part.parse::<i16>().ok());
    let (Some(year), Some(month), Some(day)) = (number(0, 4), number(4, 6), number(6, 8)) else { return false };
    let whole = digits.len() == 8 && (1900..2100).contains(&year);
    whole && jiff::civil::Date::new(year, month as i8, day as i8).is_ok()
}

/// Whether two digits begin the code of a province (GB/T 2260).
pub(crate) fn is_province(digits: &str) -> bool {
    matches!(
        digits.as_bytes(),
        [b'1', b'1'..=b'5']
            | [b'2', b'1'..=b'3']
            | [b'3', b'1'..=b'7']
            | [b'4', b'1'..=b'6']
            | [b'5', b'0'..=b'4']
            | [b'6', b'1'..=b'5']
            | [b'7', b'1']
            | [b'8', b'1'..=b'3']
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_norms_hold_and_one_wrong_character_is_seen() {
        assert!(is_id("11010519491231002X") && is_id("11010519491231002x") && is_credit_code("91350100M000100Y43"));
        assert!(is_luhn("79927398713") && !is_luhn("79927398710") && !is_luhn("") && !is_luhn("7992739871a"));
        for wrong in ["110105194912310021", "1101051949123100", "", "一1010519491231002"] {
            assert!(!is_id(wrong), "{wrong}");
        }
        for wrong in ["91350100M000100Y44", "91350100M000100I43", "9135", ""] {
            assert!(!is_credit_code(wrong), "{wrong}");
        }
        assert!(is_day("20240229") && !is_day("20230229") && !is_day("18991231") && !is_day("2024022"));
        assert!(is_province("15") && !is_province("16") && !is_province("1"));
    }
}
