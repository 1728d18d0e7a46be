//! Floor 3: the stand-in portals, the virtual CA lock and its local agent. Knows nothing of the robot.
//!
//! Never listens outside 127.0.0.1, never takes a certificate that the training's own CA did not issue, never names a real person.
//!
//! [`start()`] puts it all together: cards and their card service, agent, portals, each a process of its own where a crash should look like one.
//! [`serve()`] brings up the virtual hosts of [`portals`] and the trainer's [`admin`] interface on one port. [`store`] remembers what
//! they promised, [`people`] draws the fictitious applicants, [`instance`] tells others on this machine where the training is.

pub mod admin;
pub mod agent;
mod agents;
pub mod cards;
pub mod instance;
pub mod numbers;
pub mod papers;
pub mod people;
pub mod portals;
mod profile;
pub mod serve;
mod start;
pub mod store;
pub mod tool;

pub use agents::Agents;
pub use instance::{Instance, Site};
pub use people::Applicant;
pub use serve::{Locks, ServeOptions, Serving, serve};
pub use start::{Options, Running, start};
