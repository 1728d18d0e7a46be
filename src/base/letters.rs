//! A text as the letters that people read in it: folded, and with `%E4%BA%91` read as the letter that it spells.
//!
//! Never loses where a letter stands: what is found in the letters is hidden in the text.

/// One letter of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Letter {
    /// Half-width, lower case.
    pub(super) c: char,
    /// Its bytes in the text.
    pub(super) start: usize,
    /// Behind its last byte.
    pub(super) end: usize,
}

impl Letter {
    /// Whether it counts when values are compared. Portals put white space, invisible marks, dashes, commas and slashes into what was entered
    /// without them, and addresses spell a space as `+`. `js/mask.js` ignores the same.
    pub(super) fn counts(&self) -> bool {
        !self.c.is_whitespace() && !is_invisible(self.c) && !matches!(self.c, '-' | ',' | '/' | '+' | '\u{2010}'..='\u{2015}')
    }
}

/// Whether nothing is seen of it, and no space either.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200d}' | '\u{ad}' | '\u{feff}')
}

/// Folds a character as people read it: full-width ASCII becomes ASCII, letters become lower case.
fn fold(c: char) -> char {
    let folded = match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        other => other,
    };
    folded.to_ascii_lowercase()
}

/// The letters of a text as it stands, but for invisible marks.
pub(super) fn plain(text: &str) -> Vec<Letter> {
    let letters = text.char_indices().map(|(start, c)| Letter { c: fold(c), start, end: start + c.len_utf8() });
    letters.filter(|letter| !is_invisible(letter.c)).collect()
}

/// The letters of a text in which `%41` may spell one, but for invisible marks, and the parts (from, to) that spell what is no Chinese and no
/// ASCII in UTF-8: another encoding, as of old portals, and nobody can say what it hides.
pub(super) fn decoded(text: &str) -> (Vec<Letter>, Vec<(usize, usize)>) {
    let (mut letters, mut unreadable) = (Vec::with_capacity(text.len()), Vec::new());
    let mut from = 0;
    while let Some(c) = text[from..].chars().next() {
        // The bytes that are spelled from here on, and where the spelling of each ends.
        let (mut bytes, mut ends) = (Vec::new(), vec![from]);
        while let Some((byte, taken)) = spelled(&text.as_bytes()[ends[bytes.len()]..]) {
            ends.push(ends[bytes.len()] + taken);
            bytes.push(byte);
        }
        let run = std::str::from_utf8(&bytes).ok().filter(|run| !run.chars().any(|c| ('\u{80}'..'\u{800}').contains(&c)));
        match run {
            _ if bytes.is_empty() => {
                letters.push(Letter { c: fold(c), start: from, end: from + c.len_utf8() });
                ends.push(from + c.len_utf8());
            }
            Some(run) => letters.extend(run.char_indices().map(|(at, c)| Letter {
                c: fold(c),
                start: ends[at],
                end: ends[at + c.len_utf8()],
            })),
            None => unreadable.push((from, ends[bytes.len()])),
        }
        from = ends.last().copied().unwrap_or(text.len());
    }
    letters.retain(|letter| !is_invisible(letter.c));
    (letters, unreadable)
}

/// The byte that a text begins with when it is spelled `%41`, or `%2541` as an address inside another has it; and how many bytes that takes.
fn spelled(text: &[u8]) -> Option<(u8, usize)> {
    let rest = text.strip_prefix(b"%")?;
    let again = rest.chunks_exact(2).take_while(|pair| pair == b"25").count();
    // `%25` alone spells a percent sign.
    for deep in (0..=again).rev() {
        let pair = rest.get(deep * 2..deep * 2 + 2).and_then(|pair| std::str::from_utf8(pair).ok());
        if let Some(byte) =
            pair.filter(|pair| pair.bytes().all(|c| c.is_ascii_hexdigit())).and_then(|pair| u8::from_str_radix(pair, 16).ok())
        {
            return Some((byte, 1 + (deep + 1) * 2));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> String {
        decoded(text).0.iter().map(|letter| letter.c).collect()
    }

    #[test]
    fn letters_are_read_however_they_are_spelled() {
        assert_eq!(words("Ａ１b%E4%BA%91%31 %25E4%25BA%2591"), "a1b云1 云");
        assert_eq!(words("100% %2 %zz"), "100% %2 %zz");
        assert_eq!(words("1\u{200b}3"), "13");
        assert_eq!(decoded("a%D4%C6%20b%D0%A1").1, [(1, 10), (11, 17)], "another encoding, also where it looks like letters");
        assert_eq!(words("%25"), "%");
    }

    proptest::proptest! {
        #[test]
        fn no_byte_of_a_text_is_lost(text in "[%2541E±云\u{200b} ]{0,30}") {
            let (letters, unreadable) = decoded(&text);
            let mut spans: Vec<_> = letters.iter().map(|letter| (letter.start, letter.end)).chain(unreadable).collect();
            spans.sort_unstable();
            let invisible = text.replace('\u{200b}', "").len();
            proptest::prop_assert_eq!(spans.iter().map(|(start, end)| end - start).sum::<usize>(), invisible);
            proptest::prop_assert!(spans.windows(2).all(|two| two[0].1 <= two[1].0));
            proptest::prop_assert!(spans.iter().all(|(start, end)| text.is_char_boundary(*start) && text.is_char_boundary(*end)));
        }
    }
}
