//! What a card's two status bytes say about the PIN, as a closed set.
//!
//! "Unknown" never becomes a number: a card that does not tell its count is treated as one whose next wrong try may be the last.

/// The PIN retry counter as far as one status word tells it (ISO 7816-4, NIST SP 800-73).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tries {
    /// So many tries are left, 1 to 15.
    Known(u8),
    /// No try is left; the issuer of the lock has to unlock it.
    Blocked,
    /// The PIN is verified already, or not needed. The card does not tell a count in this state.
    Verified,
    /// The card does not tell. After a VERIFY (`6300`) it means: failed, count unknown, stop.
    Unknown,
}

impl Tries {
    /// Reads the status word of an (empty) VERIFY. Some cards answer `63C0` where others say `6983`; both mean blocked.
    pub fn from_status(status: u16) -> Tries {
        match status {
            0x9000 => Tries::Verified,
            0x6983 | 0x63C0 => Tries::Blocked,
            0x63C1..=0x63CF => Tries::Known((status & 0x0F) as u8),
            _ => Tries::Unknown,
        }
    }
}

/// How a card took one PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinAnswer {
    /// Right: the PIN session is open.
    Right,
    /// Wrong; it cost a try. What is left is as the card tells it, possibly nothing or unknown.
    Wrong(Tries),
    /// The PIN was blocked already; nothing was compared.
    Blocked,
    /// The card refused for another reason: its status word.
    Refused(u16),
}

impl PinAnswer {
    /// Reads the status word of a VERIFY that carried a PIN.
    pub fn from_status(status: u16) -> PinAnswer {
        match status {
            0x9000 => PinAnswer::Right,
            0x6983 => PinAnswer::Blocked,
            0x6300..=0x63FF => PinAnswer::Wrong(Tries::from_status(status)),
            other => PinAnswer::Refused(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_as_cards_give_them() {
        let cases = [
            (0x9000, Tries::Verified),
            (0x63C0, Tries::Blocked),
            (0x6983, Tries::Blocked),
            (0x63C1, Tries::Known(1)),
            (0x63CF, Tries::Known(15)),
            (0x6300, Tries::Unknown),
            (0x6982, Tries::Unknown),
            (0x6A88, Tries::Unknown),
            (0x6D00, Tries::Unknown),
        ];
        for (status, tries) in cases {
            assert_eq!(Tries::from_status(status), tries, "{status:04X}");
        }
    }

    #[test]
    fn every_status_with_a_count_keeps_it_and_no_other_gets_one() {
        for status in 0..=u16::MAX {
            match Tries::from_status(status) {
                Tries::Known(n) => assert!(n > 0 && status == 0x63C0 + u16::from(n)),
                Tries::Blocked => assert!(status == 0x6983 || status == 0x63C0),
                Tries::Verified => assert_eq!(status, 0x9000),
                Tries::Unknown => {}
            }
        }
    }

    #[test]
    fn a_pin_is_right_only_by_9000() {
        assert_eq!(PinAnswer::from_status(0x9000), PinAnswer::Right);
        assert_eq!(PinAnswer::from_status(0x6300), PinAnswer::Wrong(Tries::Unknown));
        assert_eq!(PinAnswer::from_status(0x63C0), PinAnswer::Wrong(Tries::Blocked));
        assert_eq!(PinAnswer::from_status(0x63C2), PinAnswer::Wrong(Tries::Known(2)));
        assert_eq!(PinAnswer::from_status(0x6983), PinAnswer::Blocked);
        assert_eq!(PinAnswer::from_status(0x6A80), PinAnswer::Refused(0x6A80));
    }
}
