//! Random numbers of the operating system. Never a fallback to anything weaker.

use super::fault::{Fault, FaultKind};

/// `N` random bytes.
///
/// # Errors
/// [`FaultKind::Setup`] when the system gives none.
pub fn bytes<const N: usize>() -> Result<[u8; N], Fault> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| {
        Fault::new(
            FaultKind::Setup,
            crate::say!(
                "系统无法提供随机数（{error}）。请重启电脑后再试。",
                "the system gives no random numbers ({error}); restart the machine and try again"
            ),
        )
    })?;
    Ok(bytes)
}

/// 32 random bytes in hex.
///
/// # Errors
/// As [`bytes`].
pub fn hex() -> Result<String, Fault> {
    Ok(hex::encode(bytes::<32>()?))
}
