//! Check digits of the numbers that Chinese forms ask for: citizen id, mobile, unified social credit code.
//!
//! Never says that a number was issued to anyone: only that it is well formed.

/// Weights of the first 17 digits of a citizen id (GB 11643).
const ID_WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/// Check characters of a citizen id by remainder (GB 11643).
const ID_CHECKS: &[u8; 11] = b"10X98765432";
/// Alphabet of the unified social credit code (GB 32100): no I, O, S, V, Z.
const CREDIT_ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// Weights of its first 17 characters: powers of 3 modulo 31.
const CREDIT_WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
/// Weights of the first 8 characters of an organisation code (GB 11714).
const ORGANISATION_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// The 18th character for the first 17 digits of a citizen id; none when they are not 17 digits.
pub fn id_check(first: &str) -> Option<char> {
    if first.len() != 17 {
        return None;
    }
    let mut sum = 0;
    for (c, weight) in first.chars().zip(ID_WEIGHTS) {
        sum += c.to_digit(10)? * weight;
    }
    Some(char::from(ID_CHECKS[sum as usize % 11]))
}

/// Whether a citizen id is well formed: 17 digits, a calendar date inside, the right check character (`x` counts as `X`).
pub fn id_number_ok(number: &str) -> bool {
    let Some((first, last)) = number.is_ascii().then_some(number).filter(|n| n.len() == 18).map(|n| n.split_at(17)) else {
        return false;
    };
    let date: Option<(i16, i8, i8)> =
        (|| Some((first.get(6..10)?.parse().ok()?, first.get(10..12)?.parse().ok()?, first.get(12..14)?.parse().ok()?)))();
    let on_calendar = date.is_some_and(|(year, month, day)| year >= 1900 && jiff::civil::Date::new(year, month, day).is_ok());
    on_calendar && id_check(first).is_some_and(|check| last.eq_ignore_ascii_case(&check.to_string()))
}

/// Whether a mobile number of the mainland is well formed: 11 digits, 13 to 19 in front.
pub fn mobile_ok(number: &str) -> bool {
    number.len() == 11 && number.bytes().all(|b| b.is_ascii_digit()) && number.starts_with('1') && number.as_bytes()[1] >= b'3'
}

/// The 9th character for the first 8 of an organisation code; none when they are not 8 of its alphabet.
pub fn organisation_check(first: &str) -> Option<char> {
    if first.len() != 8 {
        return None;
    }
    let mut sum = 0;
    for (c, weight) in first.chars().zip(ORGANISATION_WEIGHTS) {
        sum += c.to_digit(36)? * weight;
    }
    Some(match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from_digit(digit, 10)?,
    })
}

/// The 18th character for the first 17 of a unified social credit code; none when they are not 17 of its alphabet.
pub fn credit_check(first: &str) -> Option<char> {
    if first.len() != 17 {
        return None;
    }
    let mut sum = 0;
    for (b, weight) in first.bytes().zip(CREDIT_WEIGHTS) {
        sum += CREDIT_ALPHABET.iter().position(|known| *known == b)? * weight;
    }
    Some(char::from(CREDIT_ALPHABET[(31 - sum % 31) % 31]))
}

/// Whether a unified social credit code is well formed: 18 characters of its alphabet and the right check character.
pub fn credit_code_ok(code: &str) -> bool {
    code.is_ascii() && code.len() == 18 && credit_check(&code[..17]).is_some_and(|check| code.ends_with(check))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_norms_hold() {
        // GB 11643, annex: 11010519491231002X. GB 11714: D2143569 has check X.
        assert!(id_number_ok("11010519491231002X") && id_number_ok("11010519491231002x"));
        assert_eq!(organisation_check("D2143569"), Some('X'));
        assert!(credit_code_ok("91350100M000100Y43"), "the example of GB 32100");
    }

    #[test]
    fn one_wrong_digit_is_seen() {
        for wrong in ["110105194912310021", "11010519491331002X", "1101051949123100", "", "一1010519491231002"] {
            assert!(!id_number_ok(wrong), "{wrong}");
        }
        for wrong in ["91350100M000100Y44", "91350100M000100I43", "9135", ""] {
            assert!(!credit_code_ok(wrong), "{wrong}");
        }
        for wrong in ["12900000000", "1990000000", "199000000001", "1990000000a", ""] {
            assert!(!mobile_ok(wrong), "{wrong}");
        }
        assert!(mobile_ok("19900001234"));
    }
}
