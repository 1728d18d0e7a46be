//! Floor 5: the loop, the once gate, gates and preconditions.
