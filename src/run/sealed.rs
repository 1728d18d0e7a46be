//! Files that only this installation reads: personal values at rest, sealed with its key.
//!
//! Never says what went wrong inside: a file that was changed, and one of another installation, both do not open.

use std::path::Path;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::base::{Fault, Secret, files, random};

/// Bytes of the nonce, which stand before the sealed ones.
pub(super) const NONCE: usize = 24;

fn cipher(installation: &Secret, purpose: &str) -> Option<XChaCha20Poly1305> {
    // HMAC takes keys of any length, and gives the 32 bytes that the cipher takes.
    let mac = <Hmac<Sha256> as Mac>::new_from_slice(installation.expose().as_bytes()).ok()?;
    let key = zeroize::Zeroizing::new(mac.chain_update(purpose.as_bytes()).finalize().into_bytes().to_vec());
    XChaCha20Poly1305::new_from_slice(&key).ok()
}

/// Writes `plain` for this `purpose` and for what it `belongs` to, or writes it anew.
///
/// # Errors
/// `Io`.
pub(super) fn write(path: &Path, plain: &[u8], purpose: &str, belongs: &[u8], installation: &Secret) -> Result<(), Fault> {
    let failed = || Fault::io("写入文件", "write", path, &std::io::Error::other("not sealed"));
    let nonce = XNonce::from(random::bytes::<NONCE>()?);
    let payload = Payload { msg: plain, aad: belongs };
    let cipher = cipher(installation, purpose).ok_or_else(failed)?;
    let sealed = cipher.encrypt(&nonce, payload).map_err(|_| failed())?;
    files::replace(path, &[&nonce[..], &sealed].concat())
}

/// What was sealed; none where it does not open.
pub(super) fn open(bytes: &[u8], purpose: &str, belongs: &[u8], installation: &Secret) -> Option<zeroize::Zeroizing<Vec<u8>>> {
    let (nonce, sealed) = bytes.split_first_chunk::<NONCE>()?;
    let payload = Payload { msg: sealed, aad: belongs };
    cipher(installation, purpose)?.decrypt(&XNonce::from(*nonce), payload).ok().map(zeroize::Zeroizing::new)
}
