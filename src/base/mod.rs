//! Floor 0: what every other floor speaks in: two languages, faults and diagnostics, deadlines, secrets, safe files.
//!
//! Never imports from another floor, never touches a browser, a card or a portal.

pub mod below;
pub mod challenge;
pub mod cost;
#[cfg(debug_assertions)]
pub(crate) mod crash;
pub mod diagnostic;
pub mod fault;
pub mod files;
pub mod http;
mod letters;
mod net;
pub(crate) mod number;
pub mod random;
pub mod redact;
pub mod secret;
pub mod spanned;
pub mod template;
pub mod text;
pub mod tree;
pub mod until;

pub use diagnostic::{Diagnostic, Severity, Source, Span};
pub use fault::{Fault, FaultKind, Next};
pub use redact::Redactor;
pub use secret::Secret;
pub use spanned::Spanned;
pub use text::{Lang, Message};
pub use until::{Ladder, Until};
