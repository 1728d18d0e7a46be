//! Floor 1: a raw shot becomes a masked shot. Never lets unmasked pixels out: only a `MaskedShot` can be written.
