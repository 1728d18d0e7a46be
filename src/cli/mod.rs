//! Floor 7: one file per command.
