//! BER-TLV as cards answer it: read only, never panics on a torn or lying length.

/// The first data object of `bytes` and what follows it: tag, value, rest. `None` when torn or longer than the bytes.
fn first(bytes: &[u8]) -> Option<(u32, &[u8], &[u8])> {
    let (&lead, mut rest) = bytes.split_first()?;
    let mut tag = u32::from(lead);
    if lead & 0x1F == 0x1F {
        // Tags of more than four bytes do not exist in what we read.
        for _ in 0..3 {
            let (&more, after) = rest.split_first()?;
            tag = tag << 8 | u32::from(more);
            rest = after;
            if more & 0x80 == 0 {
                break;
            }
        }
    }
    let (&length, mut rest) = rest.split_first()?;
    let length = match length {
        0..=0x7F => usize::from(length),
        0x81..=0x83 => {
            let (bytes, after) = rest.split_at_checked(usize::from(length & 0x0F))?;
            rest = after;
            bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte))
        }
        _ => return None,
    };
    let (value, rest) = rest.split_at_checked(length)?;
    Some((tag, value, rest))
}

/// The value of the first data object with `tag` among those that stand beside each other in `bytes`.
pub(super) fn find(mut bytes: &[u8], tag: u32) -> Option<&[u8]> {
    while !bytes.is_empty() {
        let (found, value, rest) = first(bytes)?;
        if found == tag {
            return Some(value);
        }
        bytes = rest;
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn objects_are_found_behind_others_and_with_long_lengths() {
        let mut bytes = vec![0x5F, 0x2F, 0x01, 0xAA, 0x70, 0x82, 0x01, 0x00];
        bytes.extend([7; 256]);
        assert_eq!(find(&bytes, 0x5F2F), Some(&[0xAA][..]));
        assert_eq!(find(&bytes, 0x70).map(<[u8]>::len), Some(256));
        assert_eq!(find(&bytes, 0x71), None);
        assert_eq!(find(&[0x70, 0x05, 1, 2], 0x70), None, "a length that lies");
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200), tag in any::<u32>()) {
            if let Some(value) = find(&bytes, tag) {
                prop_assert!(value.len() <= bytes.len());
            }
        }

        #[test]
        fn what_was_put_in_comes_out(value in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut bytes = vec![0x80, 0x00, 0x53, 0x82];
            bytes.extend((value.len() as u16).to_be_bytes());
            bytes.extend(&value);
            prop_assert_eq!(find(&bytes, 0x53), Some(value.as_slice()));
        }
    }
}
