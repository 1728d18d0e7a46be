//! The virtual CA lock: a PIV-shaped software card on vpcd, in a process of its own beside a private pcscd.
//!
//! ```text
//!  CardHost ── stdin pipe ──► unshare ──► card host (pid 1 of its own pid, mount and net namespaces) ──► pcscd
//!      └── DIR/cards.sock, JSON lines ──►    └── card in slot 0, card in slot 1 ── loopback inside ──► vpcd
//!  client with PCSCLITE_CSOCK_NAME=DIR/pcsc/pcscd.comm ─────────────────────────────────────────────────► pcscd
//! ```
//!
//! vpcd listens on all interfaces and lets anybody insert a card, so it runs in a net namespace where nobody else is: nothing listens
//! outside. The private pcscd sees no USB reader: a real lock is never touched. When the owner ends, however it ends, the pipe closes
//! and everything here ends with it. Needs Linux; elsewhere [`CardHost::start`] says so.

mod control;
mod store;

// The card itself has no OS in it, but nothing to plug it into elsewhere.
#[cfg(target_os = "linux")]
mod apdu;
#[cfg(target_os = "linux")]
mod client;
#[cfg(target_os = "linux")]
mod host;
#[cfg(target_os = "linux")]
mod memory;
#[cfg(target_os = "linux")]
mod namespace;
#[cfg(target_os = "linux")]
mod piv;
#[cfg(target_os = "linux")]
mod vpcd;

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(not(target_os = "linux"))]
pub use elsewhere::{CardHost, host_main};

#[cfg(target_os = "linux")]
pub use client::CardHost;
#[cfg(target_os = "linux")]
pub use host::host_main;

pub use control::{Mode, SLOTS, SlotState};
pub use store::{certificate, make_card, revise};
