//! Floor 2: one presence over PC/SC and agents; the only user of pcsc. Always leaves the card as it was.
