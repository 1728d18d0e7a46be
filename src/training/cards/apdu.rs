//! APDUs (ISO 7816-4): taking a command apart, and the small TLV pieces answers are made of.
//!
//! Never trusts a length: what does not add up is no command.

/// Status words, ISO 7816-4 and SP 800-73pt2-5.
pub(super) mod status {
    pub(crate) const OK: u16 = 0x9000;
    /// Verification failed, and the card does not say how many tries are left.
    pub(crate) const FAILED_COUNT_UNTOLD: u16 = 0x6300;
    /// Verification failed (or: asked); the low nibble holds the tries left.
    pub(crate) const TRIES_LEFT: u16 = 0x63C0;
    pub(crate) const MEMORY_FAILURE: u16 = 0x6581;
    pub(crate) const WRONG_LENGTH: u16 = 0x6700;
    pub(crate) const SECURITY_STATUS: u16 = 0x6982;
    pub(crate) const BLOCKED: u16 = 0x6983;
    pub(crate) const WRONG_DATA: u16 = 0x6A80;
    pub(crate) const NOT_FOUND: u16 = 0x6A82;
    pub(crate) const WRONG_P1P2: u16 = 0x6A86;
    pub(crate) const NO_SUCH_KEY: u16 = 0x6A88;
    pub(crate) const UNKNOWN_INSTRUCTION: u16 = 0x6D00;
    pub(crate) const UNKNOWN_CLASS: u16 = 0x6E00;
    /// More answer bytes wait; the low byte holds how many (0 = 256 or more).
    pub(crate) const MORE: u16 = 0x6100;
}

/// A command APDU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Command<'a> {
    /// Class byte.
    pub(super) class: u8,
    /// Instruction byte.
    pub(super) instruction: u8,
    /// First parameter.
    pub(super) p1: u8,
    /// Second parameter.
    pub(super) p2: u8,
    /// The data field; may be empty.
    pub(super) data: &'a [u8],
    /// How many answer bytes are expected at most; `None` when the command names none.
    pub(super) expected: Option<usize>,
}

impl Command<'_> {
    /// Takes a command apart: cases 1 to 4, short and extended. `None` when the lengths do not add up.
    pub(super) fn parse(bytes: &[u8]) -> Option<Command<'_>> {
        let (&[class, instruction, p1, p2], body) = bytes.split_first_chunk::<4>()?;
        let (data, expected) = match *body {
            [] => (&[][..], None),
            [le] => (&[][..], Some(short(le))),
            [0, high, low] => (&[][..], Some(extended(high, low))),
            [0, high, low, ref rest @ ..] => {
                let (data, tail) = rest.split_at_checked(usize::from(u16::from_be_bytes([high, low])))?;
                match *tail {
                    _ if data.is_empty() => return None,
                    [] => (data, None),
                    [high, low] => (data, Some(extended(high, low))),
                    _ => return None,
                }
            }
            [lc @ 1..=255, ref rest @ ..] => {
                let (data, tail) = rest.split_at_checked(usize::from(lc))?;
                match *tail {
                    [] => (data, None),
                    [le] => (data, Some(short(le))),
                    _ => return None,
                }
            }
            _ => return None,
        };
        Some(Command { class, instruction, p1, p2, data, expected })
    }
}

fn short(le: u8) -> usize {
    if le == 0 { 256 } else { usize::from(le) }
}

fn extended(high: u8, low: u8) -> usize {
    match u16::from_be_bytes([high, low]) {
        0 => 0x1_0000,
        le => usize::from(le),
    }
}

/// One BER-TLV object. Values longer than 65 535 bytes do not occur on a card and are cut there.
pub(super) fn tlv(tag: &[u8], value: &[u8]) -> Vec<u8> {
    let value = &value[..value.len().min(0xFFFF)];
    let mut object = tag.to_vec();
    let [high, low] = u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes();
    match value.len() {
        0..=0x7F => object.push(low),
        0x80..=0xFF => object.extend([0x81, low]),
        _ => object.extend([0x82, high, low]),
    }
    object.extend_from_slice(value);
    object
}

/// The value of the first object with a one-byte `tag`, among objects with one-byte tags; `None` when absent or malformed.
pub(super) fn find(mut objects: &[u8], tag: u8) -> Option<&[u8]> {
    loop {
        let (&found, rest) = objects.split_first()?;
        let (length, rest) = match *rest {
            [length @ 0..=0x7F, ref rest @ ..] => (usize::from(length), rest),
            [0x81, length, ref rest @ ..] => (usize::from(length), rest),
            [0x82, high, low, ref rest @ ..] => (usize::from(u16::from_be_bytes([high, low])), rest),
            _ => return None,
        };
        let (value, rest) = rest.split_at_checked(length)?;
        if found == tag {
            return Some(value);
        }
        objects = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(bytes: &[u8]) -> Option<(Vec<u8>, Option<usize>)> {
        Command::parse(bytes).map(|command| (command.data.to_vec(), command.expected))
    }

    #[test]
    fn all_seven_shapes_of_a_command_are_read() {
        assert_eq!(shape(&[0, 0x20, 0, 0x80]), Some((vec![], None)));
        assert_eq!(shape(&[0, 0x20, 0, 0x80, 0]), Some((vec![], Some(256))));
        assert_eq!(shape(&[0, 0xCB, 0, 0, 2, 7, 8]), Some((vec![7, 8], None)));
        assert_eq!(shape(&[0, 0xCB, 0, 0, 2, 7, 8, 5]), Some((vec![7, 8], Some(5))));
        assert_eq!(shape(&[0, 0xCB, 0, 0, 0, 0, 0]), Some((vec![], Some(0x1_0000))));
        assert_eq!(shape(&[0, 0xCB, 0, 0, 0, 0, 1, 7]), Some((vec![7], None)));
        assert_eq!(shape(&[0, 0xCB, 0, 0, 0, 0, 1, 7, 1, 0]), Some((vec![7], Some(256))));
    }

    #[test]
    fn lengths_that_do_not_add_up_are_no_command() {
        for bytes in
            [&[][..], &[0, 1, 2], &[0, 1, 2, 3, 2, 7], &[0, 1, 2, 3, 1, 7, 8, 9], &[0, 1, 2, 3, 0, 0, 2, 7], &[0, 1, 2, 3, 0, 9]]
        {
            assert_eq!(shape(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn objects_are_found_behind_others() {
        let objects = [tlv(&[0x82], &[]), tlv(&[0x81], &[7; 200])].concat();
        assert_eq!(find(&objects, 0x81), Some(&[7_u8; 200][..]));
        assert_eq!(find(&objects, 0x82), Some(&[][..]));
        assert_eq!(find(&objects, 0x80), None);
        assert_eq!(find(&objects[..objects.len() - 1], 0x81), None);
        assert_eq!(tlv(&[0x5F, 0x2F], &[1; 300])[..5], [0x5F, 0x2F, 0x82, 1, 44]);
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_written_is_found(value in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..700)) {
            let object = tlv(&[0x53], &value);
            proptest::prop_assert_eq!(find(&object, 0x53), Some(value.as_slice()));
        }
    }
}
