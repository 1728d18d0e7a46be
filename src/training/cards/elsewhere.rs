//! The virtual lock on systems that cannot have one: every call says so.
//!
//! Never pretends: [`CardHost`] has no value here.

use std::convert::Infallible;
use std::path::{Path, PathBuf};

use super::{Mode, SlotState};
use crate::base::{Fault, FaultKind};

/// A running card host; on this system there is none.
pub struct CardHost(Infallible);

impl CardHost {
    /// Whether this machine can have one.
    ///
    /// # Errors
    /// Always [`FaultKind::Setup`]: the virtual lock needs Linux.
    pub fn possible() -> Result<(), Fault> {
        Err(needs_linux())
    }

    /// # Errors
    /// Always [`FaultKind::Setup`]: the virtual lock needs Linux.
    pub async fn start(_dir: &Path, _exe: &Path) -> Result<CardHost, Fault> {
        Err(needs_linux())
    }

    /// The socket of the private pcscd.
    pub fn pcsc_socket(&self) -> PathBuf {
        match self.0 {}
    }

    /// Inserts a card.
    ///
    /// # Errors
    /// Cannot be called here.
    pub async fn insert(&self, _slot: usize, _name: &str) -> Result<Vec<SlotState>, Fault> {
        match self.0 {}
    }

    /// Pulls a card.
    ///
    /// # Errors
    /// Cannot be called here.
    pub async fn pull(&self, _slot: usize) -> Result<Vec<SlotState>, Fault> {
        match self.0 {}
    }

    /// Changes a card's behaviour.
    ///
    /// # Errors
    /// Cannot be called here.
    pub async fn mode(&self, _slot: usize, _mode: Mode) -> Result<Vec<SlotState>, Fault> {
        match self.0 {}
    }

    /// What is in the slots.
    ///
    /// # Errors
    /// Cannot be called here.
    pub async fn state(&self) -> Result<Vec<SlotState>, Fault> {
        match self.0 {}
    }

    /// Ends the host.
    pub async fn end(self) {
        match self.0 {}
    }
}

/// The entry of the hidden command `ruku training-cards --dir DIR`.
///
/// # Errors
/// Always [`FaultKind::Setup`]: the virtual lock needs Linux.
pub fn host_main(_dir: &Path) -> Result<(), Fault> {
    Err(needs_linux())
}

fn needs_linux() -> Fault {
    Fault::new(
        FaultKind::Setup,
        crate::say!(
            "模拟锁需要 Linux（vpcd）。请在 Linux 上练习；在本机办理真实业务不受影响。",
            "the virtual lock needs Linux (vpcd); practise on Linux. Real work on this machine is not affected"
        ),
    )
}
