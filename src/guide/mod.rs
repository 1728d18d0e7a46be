//! Floor 5: what trainers hand out, made from a run folder and the playbooks: guide, pictures, film, flow chart.
//!
//! Never needs a browser and never writes into a run folder.

pub mod chart;
mod html;
mod layout;
mod marks;
mod read;
pub mod story;
mod write;

pub use chart::Chart;
pub use read::read;
pub use story::{Mark, Scene, Still, Story};
pub use write::{Format, refuse_place, write};
