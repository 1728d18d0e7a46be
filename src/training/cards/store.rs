//! The card file: what one virtual lock remembers, as JSON that only its owner may read.
//!
//! Never holds a certificate that is not of the training, nor a real person's PIN.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::base::{Fault, FaultKind, Secret, files};
use crate::pki;

/// Digits of a PIN: PIV allows up to eight; fewer than six is no CA lock's rule.
const PIN_DIGITS: std::ops::RangeInclusive<usize> = 6..=8;
/// Tries that fit the status word 63Cx.
pub(super) const TRIES: std::ops::RangeInclusive<u8> = 1..=15;

/// What stands in the file. Byte strings are lower-case hex. PIN and key belong to nobody real, and whoever may read the file has them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Content {
    /// Version of this format: 1.
    pub(super) version: u32,
    /// The certificate, DER.
    pub(super) certificate: String,
    /// Its private key, PKCS#8 DER.
    pub(super) key_pkcs8: String,
    /// 6–8 digits.
    pub(super) pin: String,
    /// Tries left.
    pub(super) tries: u8,
    /// Tries left after the right PIN.
    pub(super) tries_max: u8,
}

/// Writes the file of a virtual lock under `dir/cards/`, replacing an earlier one of that name: certificate and key of a fictitious
/// person, PIN (6–8 digits) and the number of tries (1–15).
///
/// # Errors
/// [`FaultKind::Refused`] for a wrong name, PIN or number of tries, or a certificate that is not of the training;
/// [`FaultKind::Io`] when the file cannot be written.
pub fn make_card(dir: &Path, name: &str, issued: &pki::Issued, pin: &Secret, tries: u8) -> Result<(), Fault> {
    let path = path_of(dir, name)?;
    let digits = pin.expose();
    if !PIN_DIGITS.contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) || !TRIES.contains(&tries) {
        return Err(Fault::new(
            FaultKind::Refused,
            crate::say!(
                "模拟锁“{name}”的密码须为 6–8 位数字，可试次数须为 1–15。请改正后重试。",
                "the training lock “{name}” needs a PIN of 6 to 8 digits and 1 to 15 tries; correct it and try again"
            ),
        ));
    }
    only_training(issued)?;
    let content = Content {
        version: 1,
        certificate: hex::encode(&issued.der),
        key_pkcs8: hex::encode(&*issued.key_pkcs8),
        pin: digits.to_owned(),
        tries,
        tries_max: tries,
    };
    files::private_dir(&dir.join("cards"))?;
    write(&path, &content)
}

fn only_training(issued: &pki::Issued) -> Result<(), Fault> {
    if pki::is_training(&pki::read(&issued.der)?) {
        return Ok(());
    }
    Err(Fault::new(
        FaultKind::Refused,
        crate::say!(
            "模拟锁只接受模拟 CA 签发的证书，真实证书不得写入。",
            "a training lock takes certificates of the training CA only; a real one is refused"
        ),
    ))
}

/// Gives a virtual lock, which must not be inserted, another certificate and key; PIN and tries stay.
///
/// # Errors
/// [`FaultKind::Card`] for a lock that is not there or damaged, [`FaultKind::Refused`] for a certificate that is not of the training, and
/// whatever `revised` says.
pub fn revise(dir: &Path, name: &str, revised: impl FnOnce(&pki::Issued) -> Result<pki::Issued, Fault>) -> Result<(), Fault> {
    let path = path_of(dir, name)?;
    let text = std::fs::read(&path).map_err(|error| broken(&path, &error))?;
    let mut content: Content = serde_json::from_slice(&text).map_err(|error| broken(&path, &error))?;
    let bytes = |text: &str| hex::decode(text).map_err(|error| broken(&path, &error));
    let before = pki::Issued { der: bytes(&content.certificate)?, key_pkcs8: bytes(&content.key_pkcs8)?.into() };
    let issued = revised(&before)?;
    only_training(&issued)?;
    content.certificate = hex::encode(&issued.der);
    content.key_pkcs8 = hex::encode(&*issued.key_pkcs8);
    write(&path, &content)
}

/// The certificate of a virtual lock; none when there is no such lock.
pub fn certificate(dir: &Path, name: &str) -> Option<pki::Identity> {
    let bytes = std::fs::read(path_of(dir, name).ok()?).ok()?;
    let content: Content = serde_json::from_slice(&bytes).ok()?;
    pki::read(&hex::decode(content.certificate).ok()?).ok()
}

/// Where the lock `name` has its file; refuses names that would lead elsewhere.
pub(super) fn path_of(dir: &Path, name: &str) -> Result<PathBuf, Fault> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if name.is_empty() || name.len() > 64 || !name.bytes().all(plain) {
        return Err(Fault::new(
            FaultKind::Refused,
            crate::say!(
                "模拟锁名称“{name}”无效：只能用字母、数字、- 和 _，最多 64 个。",
                "“{name}” is no name for a training lock: letters, digits, - and _ only, 64 at most"
            ),
        ));
    }
    Ok(dir.join("cards").join(format!("{name}.json")))
}

/// Replaces the file in one step, synced.
pub(super) fn write(path: &Path, content: &Content) -> Result<(), Fault> {
    let text = serde_json::to_vec(content).map_err(|error| broken(path, &error))?;
    files::replace(path, &text)
}

/// The file is not what it should be.
pub(super) fn broken(path: &Path, detail: &dyn std::fmt::Display) -> Fault {
    let path = path.display();
    Fault::new(
        FaultKind::Card,
        crate::say!(
            "模拟锁文件已损坏：{path}（{detail}）。请重新启动模拟平台以生成新的模拟锁。",
            "the training lock's file is damaged: {path} ({detail}); start the training portals again for new locks"
        ),
    )
}
