//! Ruku 入库: a robot that replays the steps of a Chinese public-procurement onboarding guide in a real browser, pauses for the
//! CA lock, the PIN and the seal, and keeps proof. `ARCHITECTURE.md` is the map; floors import only from lower floors.

pub mod actions;
pub mod base;
pub mod browser;
pub mod cli;
pub mod doctor;
pub mod guide;
pub mod lock;
pub mod operator;
pub mod picture;
pub mod pki;
pub mod playbook;
pub mod proof;
pub mod run;
pub mod training;
