//! Floor 2: the browser. Driver processes, one session (classic commands through fantoccini, events and waits through BiDi),
//! page, targets and the preload script.
//!
//! Never leaves a process or a file outside the run's work folder, never waits without a limit, never answers a dialog by itself.

mod bidi;
mod events;
mod explain;
mod fault;
mod installed;
mod leftover;
mod life;
pub mod page;
mod process;
mod remote;
mod script;
mod session;
#[cfg(test)]
mod tests;
mod versions;
mod windows;

pub use events::{DialogInfo, DialogKind, Sent};
pub use leftover::reap;
pub use session::{Browser, BrowserFacts, BrowserOptions, Commands};
pub use versions::{Program, Versions, versions};
pub use windows::{PageInfo, WindowInfo};
