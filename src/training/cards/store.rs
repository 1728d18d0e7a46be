//! The card file: what one virtual lock remembers, as JSON that only its owner may read.
//!
//! The file is the truth: tries are spent there first, so pulling the lock, killing the host or a power cut never gives one back.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::base::{Fault, FaultKind, Secret, files};
use crate::pki;

/// Digits of a PIN: PIV allows up to eight; fewer than six is no CA lock's rule.
const PIN_DIGITS: std::ops::RangeInclusive<usize> = 6..=8;
/// Tries that fit the status word 63Cx.
const TRIES: std::ops::RangeInclusive<u8> = 1..=15;

/// What stands in the file. Byte strings are lower-case hex. PIN and key belong to nobody real, and whoever may read the file has them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    version: u32,
    certificate: String,
    key_pkcs8: String,
    pin: String,
    tries: u8,
    tries_max: u8,
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
    if !pki::is_training(&pki::read(&issued.der)?) {
        return Err(Fault::new(
            FaultKind::Refused,
            crate::say!(
                "模拟锁只接受模拟 CA 签发的证书，真实证书不得写入。",
                "a training lock takes certificates of the training CA only; a real one is refused"
            ),
        ));
    }
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

/// One virtual lock's memory, read from its file.
pub(super) struct Memory {
    path: PathBuf,
    content: Content,
    /// The certificate, DER.
    pub(super) certificate: Vec<u8>,
    /// The private key, PKCS#8 DER.
    pub(super) key_pkcs8: Zeroizing<Vec<u8>>,
}

/// What became of a PIN that was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tried {
    /// Right; the counter is full again.
    Right,
    /// Wrong (or not given at all); so many tries are left.
    Wrong(u8),
    /// No tries were left; the PIN was not compared.
    Blocked,
}

impl Memory {
    /// Reads the lock `name` below `dir`.
    pub(super) fn open(dir: &Path, name: &str) -> Result<Memory, Fault> {
        let path = path_of(dir, name)?;
        let content = read(&path)?;
        let bytes = |text: &str| hex::decode(text).map_err(|error| broken(&path, &error));
        let (certificate, key_pkcs8) = (bytes(&content.certificate)?, Zeroizing::new(bytes(&content.key_pkcs8)?));
        Ok(Memory { path, content, certificate, key_pkcs8 })
    }

    /// Tries left, as of now.
    pub(super) fn tries(&self) -> u8 {
        self.content.tries
    }

    /// Spends a try, on disk first, and then compares `pin`; with none, the try is just spent.
    ///
    /// # Errors
    /// [`FaultKind::Io`] when the file cannot be written: nothing is compared then, so no PIN can be guessed on a full disk.
    pub(super) fn try_pin(&mut self, pin: Option<&[u8]>) -> Result<Tried, Fault> {
        if self.content.tries == 0 {
            return Ok(Tried::Blocked);
        }
        self.keep(self.content.tries - 1)?;
        let right = pin.is_some_and(|pin| subtle::ConstantTimeEq::ct_eq(pin, self.content.pin.as_bytes()).into());
        if right {
            self.keep(self.content.tries_max)?;
            return Ok(Tried::Right);
        }
        Ok(Tried::Wrong(self.content.tries))
    }

    fn keep(&mut self, tries: u8) -> Result<(), Fault> {
        let before = std::mem::replace(&mut self.content.tries, tries);
        write(&self.path, &self.content).inspect_err(|_| self.content.tries = before)
    }
}

fn path_of(dir: &Path, name: &str) -> Result<PathBuf, Fault> {
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

fn read(path: &Path) -> Result<Content, Fault> {
    let text = std::fs::read(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            Fault::new(
                FaultKind::Refused,
                crate::say!("没有名为“{name}”的模拟锁。请核对名称。", "there is no training lock named “{name}”; check the name"),
            )
        }
        _ => Fault::io("读取模拟锁文件", "read the training lock's file", path, &error),
    })?;
    let content: Content = serde_json::from_slice(&text).map_err(|error| broken(path, &error))?;
    if content.version != 1 || content.tries > content.tries_max || !TRIES.contains(&content.tries_max) {
        return Err(broken(path, &"version or tries"));
    }
    Ok(content)
}

fn write(path: &Path, content: &Content) -> Result<(), Fault> {
    let text = serde_json::to_vec(content).map_err(|error| broken(path, &error))?;
    files::replace(path, &text)
}

fn broken(path: &Path, detail: &dyn std::fmt::Display) -> Fault {
    let path = path.display();
    Fault::new(
        FaultKind::Card,
        crate::say!(
            "模拟锁文件已损坏：{path}（{detail}）。请重新启动模拟平台以生成新的模拟锁。",
            "the training lock's file is damaged: {path} ({detail}); start the training portals again for new locks"
        ),
    )
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A folder with the lock `p1` (PIN 482913, three tries).
    pub(in crate::training::cards) fn folder() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let ca = pki::TrainingCa::create().unwrap();
        let person =
            pki::PersonSubject { holder: "云小鹿".into(), organisation: "青城试验有限公司".into(), valid_days: 30 };
        make_card(dir.path(), "p1", &ca.issue(&person).unwrap(), &Secret::new("482913"), 3).unwrap();
        dir
    }

    #[test]
    fn tries_are_spent_on_disk_and_come_back_only_by_the_right_pin() {
        let dir = folder();
        let open = || Memory::open(dir.path(), "p1").unwrap();
        assert_eq!(open().try_pin(Some(b"000000")).unwrap(), Tried::Wrong(2));
        assert_eq!(open().try_pin(None).unwrap(), Tried::Wrong(1));
        assert_eq!(open().tries(), 1, "a fresh reading sees what was spent");
        assert_eq!(open().try_pin(Some(b"482913")).unwrap(), Tried::Right);
        assert_eq!(open().tries(), 3);
        for left in [2, 1, 0] {
            assert_eq!(open().try_pin(Some(b"48291")).unwrap(), Tried::Wrong(left));
        }
        assert_eq!(open().try_pin(Some(b"482913")).unwrap(), Tried::Blocked, "the right PIN comes too late");
    }

    #[test]
    fn a_try_that_cannot_be_written_down_is_not_made() {
        let dir = folder();
        let mut memory = Memory::open(dir.path(), "p1").unwrap();
        std::fs::remove_dir_all(dir.path().join("cards")).unwrap();
        assert_eq!(memory.try_pin(Some(b"482913")).unwrap_err().kind, FaultKind::Io);
        assert_eq!(memory.tries(), 3);
    }

    #[test]
    fn only_the_owner_may_read_the_file() {
        use std::os::unix::fs::PermissionsExt;
        let dir = folder();
        let mode = |path: &str| std::fs::metadata(dir.path().join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("cards"), mode("cards/p1.json")), (0o700, 0o600));
    }

    #[test]
    fn wrong_names_pins_and_files_are_refused() {
        let dir = folder();
        let ca = pki::TrainingCa::create().unwrap();
        let person =
            pki::PersonSubject { holder: "云小鹿".into(), organisation: "青城试验有限公司".into(), valid_days: 30 };
        let issued = ca.issue(&person).unwrap();
        for (name, pin, tries) in
            [("../p1", "482913", 3), ("", "482913", 3), ("p", "12345", 3), ("p", "12345x", 3), ("p", "482913", 16)]
        {
            let fault = make_card(dir.path(), name, &issued, &Secret::new(pin), tries).unwrap_err();
            assert_eq!(fault.kind, FaultKind::Refused, "{name} {pin} {tries}");
            assert!(!fault.message.zh.contains(pin) && !fault.message.en.contains(pin));
        }
        assert_eq!(Memory::open(dir.path(), "nobody").err().unwrap().kind, FaultKind::Refused);
        std::fs::write(dir.path().join("cards/p1.json"), "{}").unwrap();
        assert_eq!(Memory::open(dir.path(), "p1").err().unwrap().kind, FaultKind::Card);
    }
}
