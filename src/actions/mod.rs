//! Floor 3: one file per leaf verb and one list.
