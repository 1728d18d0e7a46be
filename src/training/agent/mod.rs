//! The local agent of the training portals, in the shape of 互助手 (`RS_*` calls over two loopback ports).
//!
//! Touches only cards of the training lock's driver whose certificate is a training one, answers only pages of the listed origins,
//! listens on 127.0.0.1 alone, and ends with the process that started it. Never sends a PIN twice: one call of `RS_CertLogin` is at most
//! one VERIFY, and none at all when the card does not tell a positive count of tries.
//!
//! `RS_CertLogin` with `window=1` and without `password` opens the agent's own PIN window and answers when the person has typed the PIN
//! there (then one VERIFY), closed it (9010), or pulled the lock (9008). The trainer may hand the PIN over instead: [`AgentProcess::type_pin`].
//!
//! For the pages: `RS_KeySignByP1` signs the *decoded* `asn1Msg` (base64) by ECDSA P-256 with SHA-256 and answers `data.signature`, the DER
//! in base64. `RS_GetCertInfo` answers every part of the certificate whatever `type` asks for.

mod calls;
mod order;
mod process;
mod reply;
mod second;
mod server;
mod tokens;
mod window;

use std::path::PathBuf;

pub use process::AgentProcess;
pub use second::SecondAgent;
pub use server::agent_main;

/// What the hidden command `ruku training-agent` is told.
#[derive(Debug, Clone)]
pub struct AgentOptions {
    /// The folder of the training instance; the agent keeps its log there.
    pub dir: PathBuf,
    /// The ports for crypto and for version calls; 0 chooses a free one.
    pub ports: Vec<u16>,
    /// The origins whose pages may call, such as `http://ca-mutual.localhost:8000`.
    pub origins: Vec<String>,
}
