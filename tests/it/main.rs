//! The one integration binary.

#[cfg(target_os = "linux")]
mod card;
#[cfg(target_os = "linux")]
mod lock;
