//! The one integration binary.

mod proof;
