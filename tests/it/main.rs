//! The one integration binary.

mod driver;
mod fake_driver;
mod page;
mod proof;
