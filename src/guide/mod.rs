//! Floor 5: what trainers hand out, made from a run folder and the playbooks: guide, pictures, film, flow chart.
//!
//! Never needs a browser and never writes into a run folder.

#[cfg(feature = "film")]
mod annotated;
pub mod chart;
#[cfg(feature = "film")]
mod film;
mod html;
mod layout;
mod making;
mod marks;
#[cfg(feature = "film")]
mod painter;
mod read;
pub mod story;
mod write;

pub use chart::Chart;
pub use making::Making;
pub use read::read;
pub use story::{Mark, Scene, Still, Story};
pub use write::{Format, picture, refuse_place, write};
