//! The one integration binary.

mod card;
mod cases;
mod driver;
mod fake_driver;
mod first_path;
mod house;
mod human;
mod lock;
mod page;
mod portals;
mod proof;
mod world;
