//! The stand-in portals.
