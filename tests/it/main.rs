//! The one integration binary.

mod lock;
