//! Hexadecimal names of cards: the ATR (with wildcards) and the application identifier.

use serde::Deserialize;

/// An ATR as a driver names it: bytes, or `..` for any one byte. Matches only an ATR of the same length.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct AtrPattern(Vec<Option<u8>>);

impl AtrPattern {
    /// Whether `atr` is one of those meant.
    pub fn matches(&self, atr: &[u8]) -> bool {
        self.0.len() == atr.len() && self.0.iter().zip(atr).all(|(meant, byte)| meant.is_none_or(|meant| meant == *byte))
    }
}

impl TryFrom<String> for AtrPattern {
    type Error = String;
    fn try_from(text: String) -> Result<AtrPattern, String> {
        let bytes = pairs(&text)?
            .into_iter()
            .map(|pair| if pair == ".." { Ok(None) } else { byte(&pair).map(Some) })
            .collect::<Result<Vec<_>, _>>()?;
        // ISO 7816-3: TS first, at most 33 bytes. A pattern without a fixed byte would allow-list every card.
        match bytes.iter().flatten().count() {
            0 => Err("an ATR needs at least one fixed byte".to_owned()),
            _ if !(2..=33).contains(&bytes.len()) => Err(format!("an ATR has 2 to 33 bytes, this has {}", bytes.len())),
            _ => Ok(AtrPattern(bytes)),
        }
    }
}

/// An application identifier (ISO 7816-4): 5 to 16 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Aid(pub(super) Vec<u8>);

impl TryFrom<String> for Aid {
    type Error = String;
    fn try_from(text: String) -> Result<Aid, String> {
        let bytes = pairs(&text)?.iter().map(|pair| byte(pair)).collect::<Result<Vec<_>, _>>()?;
        if (5..=16).contains(&bytes.len()) {
            Ok(Aid(bytes))
        } else {
            Err(format!("an AID has 5 to 16 bytes, this has {}", bytes.len()))
        }
    }
}

/// The text cut into two-character pieces; white space and `:` between bytes mean nothing.
fn pairs(text: &str) -> Result<Vec<String>, String> {
    let digits: Vec<char> = text.chars().filter(|c| !c.is_whitespace() && *c != ':').collect();
    if digits.len() % 2 == 1 {
        return Err("an odd number of hexadecimal digits".to_owned());
    }
    Ok(digits.chunks(2).map(|pair| pair.iter().collect()).collect())
}

fn byte(pair: &str) -> Result<u8, String> {
    match hex::decode(pair).as_deref() {
        Ok([byte]) => Ok(*byte),
        _ => Err(format!("`{pair}` is not a hexadecimal byte (00 to FF, or .. for any)")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pattern(text: &str) -> Result<AtrPattern, String> {
        AtrPattern::try_from(text.to_owned())
    }

    #[test]
    fn wildcards_stand_for_one_byte_each() {
        let meant = pattern("3b:95 .. 81").unwrap();
        assert!(meant.matches(&[0x3B, 0x95, 0x00, 0x81]) && meant.matches(&[0x3B, 0x95, 0xFF, 0x81]));
        assert!(!meant.matches(&[0x3B, 0x95, 0x81]) && !meant.matches(&[0x3B, 0x96, 0x00, 0x81]));
    }

    #[test]
    fn a_pattern_that_would_allow_every_card_or_none_is_refused() {
        for wrong in ["", ".. ..", "3B", "3B 9", "3B zz", "3B .9"] {
            assert!(pattern(wrong).is_err(), "{wrong}");
        }
        assert!(Aid::try_from("A0 00 ..".to_owned()).is_err() && Aid::try_from("A000".to_owned()).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in ".{0,80}") {
            let _ = (pattern(&text), Aid::try_from(text));
        }

        #[test]
        fn an_atr_matches_itself_and_nothing_one_byte_off(atr in proptest::collection::vec(any::<u8>(), 2..33), at in any::<prop::sample::Index>()) {
            let meant = pattern(&hex::encode(&atr)).unwrap();
            prop_assert!(meant.matches(&atr));
            let mut other = atr.clone();
            let at = at.index(other.len());
            other[at] ^= 1;
            prop_assert!(!meant.matches(&other));
        }
    }
}
