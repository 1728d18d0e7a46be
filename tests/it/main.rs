//! The one integration binary.

mod driver;
mod page;
