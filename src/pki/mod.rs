//! Floor 0: certificates, holder names and the training CA; the only home of the X.509 and elliptic-curve crates.
//!
//! Never decides whether a *real* certificate is trustworthy: that is the portal's business. Keys handled here belong to the
//! training alone; the key of a real CA lock never leaves the lock.

mod identity;
mod training;

pub use identity::{Identity, is_training, issued_by, read, verify};
pub use training::{Issued, PersonSubject, TrainingCa, sign_digest};

use crate::base::{Fault, FaultKind};

/// A certificate or key that cannot be read or made; `detail` is the library's own word for it.
fn unreadable(zh: &str, en: &str, detail: impl std::fmt::Display) -> Fault {
    Fault::new(
        FaultKind::Card,
        crate::say!("{zh}（{detail}）。请换一把 CA 锁，或联系 CA 机构。", "{en} ({detail}); use another CA lock or ask the CA"),
    )
}
