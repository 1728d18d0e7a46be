//! Targets, actionability, masks and shots: everything that looks into the page.
//!
//! Never presses twice, never presses what a person would not see, never reads or guesses a password, never lets a picture out
//! whose masks are not in place.
//!
//! The robot's eyes are one script (`js/`), installed in an isolated world of every frame and window before the page's own scripts
//! run: [`world`] speaks with it, [`look`] asks it where a target is, [`press`], [`fill`] and [`choose`] act, [`messages`] keeps what popped up,
//! [`shot`] takes pictures.

mod anywhere;
mod boxes;
mod caption;
mod cell;
mod choose;
mod date;
mod fill;
mod look;
mod messages;
mod popups;
mod press;
mod ready;
mod shot;
mod target;
mod upload;
mod words;
mod world;

pub use boxes::DrawnBox;
pub use choose::Chosen;
pub use fill::Filled;
pub use messages::{Mark, SeenText, Where};
pub use press::{Hit, Permit, Pressed};
pub use shot::Shot;
pub use target::{By, Found, Place, Purpose, Rect, Target};

pub(super) use messages::Memory;
