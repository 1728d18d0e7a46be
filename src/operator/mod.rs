//! Floor 2: asks a human and waits. Silence is never consent.
