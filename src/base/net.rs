//! The net: numbers that are personal by their looks, whoever's they are, so that another person's on a list is hidden too.
//!
//! Never takes a number for personal on its length alone: identity numbers need a birthday and mostly a check digit, bank cards an issuer's
//! prefix and Luhn, credit codes their check character, mobiles stand alone in one of the ways in which they are written. Otherwise every
//! tenth order number would be blanked. `browser/page/js/net.js` is the same net for the page; one list of samples is put to both.

use std::ops::Range;

use super::number;

/// Digits that stand together, as positions in the letters.
type Group = Range<usize>;

/// Where personal numbers stand among folded letters. Parts may overlap.
pub(super) fn find(letters: &[char]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for token in runs(letters, |c| c.is_ascii_alphanumeric()) {
        if token.len() == 18 && is_company(&letters[token.clone()].iter().collect::<String>()) {
            found.push(token);
        }
    }
    let groups: Vec<Group> = runs(letters, |c| c.is_ascii_digit());
    for first in 0..groups.len() {
        let mut digits = String::new();
        let mut lengths = Vec::new();
        for (at, group) in groups.iter().enumerate().skip(first) {
            if at > first && !(group.start == groups[at - 1].end + 1 && joins(letters[group.start - 1])) {
                break;
            }
            digits.extend(&letters[group.clone()]);
            lengths.push(group.len());
            if digits.len() > 19 {
                break;
            }
            let end = check_letter(letters, group.end)
                .filter(|_| digits.len() == 17)
                .inspect(|_| digits.push('x'))
                .unwrap_or(group.end);
            let part = groups[first].start..end;
            if stands_alone(letters, &part) && is_personal(&digits, &lengths) {
                found.push(part);
            }
        }
    }
    found
}

/// What may stand between the digits of one number, one at a time.
fn joins(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}')
}

/// Behind the `x` that ends an identity number of which seventeen digits end at `end`.
fn check_letter(letters: &[char], end: usize) -> Option<usize> {
    let at = end + usize::from(letters.get(end).is_some_and(|c| joins(*c)));
    (letters.get(at) == Some(&'x')).then_some(at + 1)
}

/// Whether no other digit belongs to the same word: `tel13800001234` is a number, a hash with such digits in it is none.
fn stands_alone(letters: &[char], part: &Range<usize>) -> bool {
    let no_letter = |c: &&char| !c.is_ascii_alphabetic();
    let next = [letters[..part.start].iter().rev().find(no_letter), letters[part.end..].iter().find(no_letter)];
    !next.into_iter().flatten().any(char::is_ascii_digit)
}

/// Whether digits (an identity number's with its `x`), written in groups of these lengths, are somebody's number.
fn is_personal(digits: &str, lengths: &[usize]) -> bool {
    match digits.len() {
        11 => is_mobile(digits, lengths),
        // With the country in front.
        13 | 15 if digits.starts_with("86") || digits.starts_with("0086") => {
            let country = digits.len() - 11;
            let first = lengths[0].checked_sub(country).filter(|first| *first > 0);
            first.is_some_and(|first| is_mobile(&digits[country..], &[&[first], &lengths[1..]].concat()))
        }
        15 => is_old_id(digits, lengths) || is_card(digits, lengths),
        16..=19 => number::is_id(digits) && number::is_day(&digits[6..14]) || is_card(digits, lengths),
        _ => false,
    }
}

fn is_mobile(digits: &str, lengths: &[usize]) -> bool {
    let written = matches!(lengths, [11] | [3, 4, 4] | [3, 8] | [7, 4]);
    written && digits.starts_with('1') && matches!(digits.as_bytes()[1], b'3'..=b'9')
}

/// An identity number of before 1999: fifteen digits without a check digit. Of those only with a year that leaves today's dates alone, as
/// portals number their papers by region, day and count.
fn is_old_id(digits: &str, lengths: &[usize]) -> bool {
    lengths == [15]
        && number::is_province(&digits[..2])
        && digits[6..8] >= *"30"
        && number::is_day(&format!("19{}", &digits[6..12]))
}

/// A bank card: the prefix of an issuer that is met in China, the length that goes with it, and Luhn. In one piece or in fours.
fn is_card(digits: &str, lengths: &[usize]) -> bool {
    let written = lengths
        .split_last()
        .is_some_and(|(last, fours)| fours.is_empty() || *last <= 4 && fours.iter().all(|length| *length == 4));
    let prefix: u32 = digits[..4].parse().unwrap_or_default();
    let issued = match digits.len() {
        15 => matches!(prefix / 100, 34 | 37),
        16 => matches!(prefix / 100, 40..=49 | 51..=55 | 60 | 62) || matches!(prefix, 3528..=3589 | 9558 | 9559),
        17..=19 => matches!(prefix / 100, 60 | 62) || matches!(prefix, 9558 | 9559),
        _ => false,
    };
    written && issued && number::is_luhn(digits)
}

/// A credit code: of an authority that gives them, of a region, with its check character.
fn is_company(code: &str) -> bool {
    let region = &code[2..8];
    let placed = region.bytes().all(|c| c.is_ascii_digit()) && (number::is_province(&region[..2]) || region.starts_with("10"));
    let given = matches!(code.as_bytes(), [b'1'..=b'9' | b'a' | b'n' | b'y', b'1'..=b'5' | b'9', ..]);
    placed && given && number::is_credit_code(code)
}

/// The longest runs of letters that `belongs`.
fn runs(letters: &[char], belongs: impl Fn(&char) -> bool) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for at in (0..letters.len()).filter(|at| belongs(&letters[*at])) {
        match runs.last_mut() {
            Some(last) if last.end == at => last.end += 1,
            _ => runs.push(at..at + 1),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SAMPLES: &str = include_str!("net.txt");

    fn hits(text: &str) -> Vec<Range<usize>> {
        find(&super::super::letters::plain(text).iter().map(|letter| letter.c).collect::<Vec<_>>())
    }

    #[test]
    fn the_samples_are_hidden_whole_or_stay() {
        let samples = SAMPLES.lines().filter(|line| !line.starts_with('#'));
        for (sign, sample) in samples.map(|line| line.split_at(2)) {
            for (before, after) in [("", ""), ("电话", "，"), ("(", ")"), ("1,", ","), ("a=", "&")] {
                let found = hits(&format!("{before}{sample}{after}"));
                let start = before.chars().count();
                let whole = found.contains(&(start..start + sample.chars().count()));
                assert_eq!((whole, found.is_empty()), (sign == "+ ", sign != "+ "), "{before}{sample}{after}: {found:?}");
            }
        }
    }

    /// An identity number of any day with its right check character.
    fn ids() -> impl Strategy<Value = String> {
        (11u32..66, 0u32..10_000, 1900i16..2030, 1u8..=12, 1u8..=28, 0u32..1000).prop_map(
            |(province, place, year, month, day, count)| {
                let head = format!("{province}{place:04}{year}{month:02}{day:02}{count:03}");
                let whole = "0123456789X".chars().map(|check| format!("{head}{check}"));
                whole.into_iter().find(|whole| number::is_id(whole)).unwrap_or_default()
            },
        )
    }

    fn cards() -> impl Strategy<Value = String> {
        ("62[0-9]{13,16}|4[0-9]{14}|5[1-5][0-9]{13}").prop_map(|head| {
            let whole = (0..10).map(|check| format!("{head}{check}"));
            whole.into_iter().find(|whole| number::is_luhn(whole)).unwrap_or_default()
        })
    }

    fn codes() -> impl Strategy<Value = String> {
        "(9[123]|5[123]|1[1239])15[0-9]{4}[0-9A-HJ-NP-RTUWXY]{9}".prop_map(|head| {
            let whole = "0123456789ABCDEFGHJKLMNPQRTUWXY".chars().map(|check| format!("{head}{check}"));
            whole.into_iter().find(|whole| number::is_credit_code(whole)).unwrap_or_default()
        })
    }

    proptest! {
        #[test]
        fn whatever_is_well_formed_is_found(
            number in prop_oneof![ids(), cards(), codes(), "1[3-9][0-9]{9}"],
            before in "[a-z云：= ]{0,4}[云：=]|",
            after in "[，。&)][0-9a-z]{0,5}|",
        ) {
            let redactor = crate::base::Redactor::default();
            let hidden = redactor.hide(&format!("{before}{number}{after}"));
            prop_assert_eq!(hidden, format!("{before}▇▇▇{after}"));
            redactor.show(&number);
            prop_assert!(redactor.is_clean(&number));
        }

        #[test]
        fn numbers_of_orders_stay(order in "20(25|26)(0[1-9]|1[0-2])(0[1-9]|1[0-9])[0-9]{8,11}") {
            // Eighteen digits may be an identity number by chance: the birthday in the middle and the check digit make that one in hundreds.
            prop_assume!(!number::is_id(&order));
            prop_assert_eq!(crate::base::Redactor::default().hide(&order), order);
        }
    }
}
