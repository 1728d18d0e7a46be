//! The net: numbers that are personal by their looks, whoever's they are, so that another person's on a list is hidden too.
//!
//! Never takes a number for personal on its length alone: identity numbers need a birthday and mostly a check digit, bank cards an issuer's
//! prefix and Luhn, credit codes their check character, mobiles stand alone in one of the ways in which they are written. Otherwise every
//! tenth order number would be blanked. `browser/page/js/net.js` is the same net for the page; one list of samples is put to both.

use std::ops::Range;

use super::number;

/// Letters that stand together, as positions.
type Group = Range<usize>;

/// Where personal numbers stand among folded letters. Parts may overlap.
pub(super) fn find(letters: &[char]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let words: Vec<Group> = runs(letters, |c| c.is_ascii_alphanumeric());
    for first in 0..words.len() {
        let (mut code, mut lengths) = (String::new(), Vec::new());
        for (word, _) in chain(letters, &words, first) {
            code.extend(&letters[word.clone()]);
            lengths.push(word.len());
            if code.len() >= 18 {
                if code.len() == 18 && is_in_parts(&lengths) && is_company(&code) {
                    found.push(words[first].start..word.end);
                }
                break;
            }
        }
    }
    let groups: Vec<Group> = runs(letters, |c| c.is_ascii_digit());
    for first in 0..groups.len() {
        let (mut digits, mut lengths) = (String::new(), Vec::new());
        for (group, mark) in chain(letters, &groups, first) {
            digits.extend(&letters[group.clone()]);
            lengths.push(group.len());
            if digits.len() > 19 {
                break;
            }
            let end = check_letter(letters, group.end, mark)
                .filter(|_| digits.len() == 17)
                .inspect(|_| digits.push('x'))
                .unwrap_or(group.end);
            let part = groups[first].start..end;
            if stands_alone(letters, &part) && is_personal(&digits, &lengths, mark) {
                found.push(part);
            }
        }
    }
    found
}

/// The groups from `first` on in which one number may be written, each with what keeps it and those before it apart: the same all along.
fn chain<'a>(letters: &'a [char], groups: &'a [Group], first: usize) -> impl Iterator<Item = (&'a Group, Option<char>)> {
    let mut mark = None;
    (first..groups.len()).map_while(move |at| {
        if at > first {
            let next = gap(&letters[groups[at - 1].end..groups[at].start])?;
            if *mark.get_or_insert(next) != next {
                return None;
            }
        }
        Some((&groups[at], mark))
    })
}

/// What keeps two groups of one number apart: up to three of white space and dashes (a space stands for them), or one dot or slash.
fn gap(between: &[char]) -> Option<char> {
    let joins = |c: &char| c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}');
    match between {
        [mark @ ('.' | '/')] => Some(*mark),
        [_] | [_, _] | [_, _, _] if between.iter().all(joins) => Some(' '),
        _ => None,
    }
}

/// Behind the `x` that ends an identity number of which seventeen digits end at `end`, in groups that `mark` keeps apart.
fn check_letter(letters: &[char], end: usize, mark: Option<char>) -> Option<usize> {
    let at = (end..letters.len().min(end + 4)).find(|at| letters[*at] == 'x')?;
    let belongs = at == end || gap(&letters[end..at]).is_some_and(|next| mark.is_none_or(|mark| mark == next));
    belongs.then_some(at + 1)
}

/// Whether no other digit belongs to the same word: `tel13800001234` is a number, a hash with such digits in it is none.
fn stands_alone(letters: &[char], part: &Range<usize>) -> bool {
    let no_letter = |c: &&char| !c.is_ascii_alphabetic();
    let next = [letters[..part.start].iter().rev().find(no_letter), letters[part.end..].iter().find(no_letter)];
    !next.into_iter().flatten().any(char::is_ascii_digit)
}

/// Whether digits (an identity number's with its `x`), written in groups of these lengths with `mark` between them, are somebody's number.
fn is_personal(digits: &str, lengths: &[usize], mark: Option<char>) -> bool {
    match digits.len() {
        11 => is_mobile(digits, lengths, mark),
        // With the country in front.
        13 | 15 if digits.starts_with("86") || digits.starts_with("0086") => {
            let country = digits.len() - 11;
            let first = lengths[0].checked_sub(country).filter(|first| *first > 0);
            first.is_some_and(|first| is_mobile(&digits[country..], &[&[first], &lengths[1..]].concat(), mark))
        }
        15 => is_old_id(digits, lengths) || is_card(digits, lengths),
        16..=19 => number::is_id(digits) && number::is_day(&digits[6..14]) || is_card(digits, lengths),
        _ => false,
    }
}

/// With dots or slashes in one way only: `138.00001234` is an amount or a place on the map, and `/150/2025/1125` a folder of that day.
fn is_mobile(digits: &str, lengths: &[usize], mark: Option<char>) -> bool {
    let written = match mark {
        Some('.' | '/') => lengths == [3, 4, 4] && !number::is_day(&digits[3..]),
        _ => matches!(lengths, [11] | [3, 4, 4] | [3, 8] | [7, 4]),
    };
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

/// Whether a code may be written in groups of these lengths: parted where its own parts end, or in equal groups and a rest.
fn is_in_parts(lengths: &[usize]) -> bool {
    let (first, last) = (lengths.first(), lengths.last());
    let equal = lengths.iter().rev().skip(1).all(|length| Some(length) == first) && last <= first && first >= Some(&3);
    equal || matches!(lengths, [8, 10] | [8, 9, 1] | [2, 16] | [2, 6, 10] | [2, 6, 9, 1] | [17, 1])
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
