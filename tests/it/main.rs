//! The one integration binary.

mod card;
mod driver;
mod cases;
mod first_path;
mod house;
mod human;
mod lock;
mod page;
mod portals;
mod proof;
mod world;
