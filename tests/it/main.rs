//! The one integration binary.

mod first_path;
mod house;
mod human;
mod portals;
mod world;
mod driver;
