//! Floor 2: one presence of CA locks over PC/SC and local CA agents; the only user of `pcsc`.
//!
//! Always leaves a card as it was (no reset, no lasting transaction), never sends anything to a card that no file in `drivers/locks`
//! names, and sends VERIFY only where that file says `pin: training-piv`. No reader does not mean no lock: many CA locks are seen by
//! their agent alone, so agents are asked too, and neither a missing card service nor a missing agent is a fault.

mod agents;
mod atr;
mod board;
pub mod card;
mod drivers;
#[cfg(fuzzing)]
pub mod fuzz;
mod lines;
pub mod piv;
mod readers;
mod snapshot;
mod status;
mod tlv;
mod trouble;
mod watch;

pub use agents::AgentAt;
pub use atr::{Aid, AtrPattern};
pub use card::CardSession;
pub use drivers::{AgentDriver, AgentList, AgentPorts, CertificateRead, Drivers, ListShape, LockDriver, PinUse};
pub use lines::watch_main;
pub use snapshot::{AgentSeen, Detector, Lock, Service, Snapshot};
pub use status::{PinAnswer, Tries};
pub use watch::{LockOptions, LockWatch};
