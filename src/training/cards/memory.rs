//! A card's memory while it is in a reader: its file, read once, and the PIN counter, which is written there at each try.
//!
//! The file is the truth: a try is spent there before the PIN is compared, so pulling the lock, killing the host or a power cut
//! never gives one back.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::store::{Content, TRIES, broken, path_of, write};
use crate::base::{Fault, FaultKind};

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

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::base::Secret;
    use crate::pki;
    use crate::training::cards::make_card;

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
