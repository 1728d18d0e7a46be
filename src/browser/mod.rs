//! Floor 2: driver processes, one session, page, targets and the preload script.

pub mod page;
