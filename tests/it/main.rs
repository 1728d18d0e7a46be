//! The one integration binary.

mod portals;
