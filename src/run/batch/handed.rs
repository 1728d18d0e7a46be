//! What a batch hands to the run of a row: its values, in a file that only this installation reads and that is gone once the run has them.
//!
//! Never in arguments or the environment, which other programs can read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::super::sealed;
use crate::base::{Fault, FaultKind, Secret, files};
use crate::say;

/// What the key of these files is made for.
const PURPOSE: &str = "ruku batch row v1";

/// The values of one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handed {
    /// By the names of the inputs.
    pub inputs: BTreeMap<String, String>,
    /// The folder whose files may be uploaded.
    pub files: Option<PathBuf>,
}

/// Runs take what they are handed at once: what is older was left by a batch that was killed.
const LEFT: Duration = Duration::from_secs(3600);

impl Handed {
    /// Where it is handed over for the row of this key.
    pub fn path(folder: &Path, key: &str) -> PathBuf {
        folder.join(format!("batch-{key}.row"))
    }

    /// Removes what killed batches have left in a folder. What cannot be removed now is tried again by the next batch.
    pub fn sweep(folder: &Path) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let row = files::written_for(&name).unwrap_or(&name);
            let own = row.starts_with("batch-") && row.ends_with(".row");
            let written = entry.metadata().and_then(|found| found.modified());
            if own && written.is_ok_and(|written| written.elapsed().is_ok_and(|age| age > LEFT)) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }

    /// Writes it for the run to take.
    ///
    /// # Errors
    /// [`FaultKind::Io`].
    pub fn write(&self, path: &Path, installation: &Secret) -> Result<(), Fault> {
        let failed = |error: serde_json::Error| Fault::io("写入文件", "write", path, &error.into());
        let plain = zeroize::Zeroizing::new(serde_json::to_vec(self).map_err(failed)?);
        sealed::write(path, &plain, PURPOSE, belongs(path), installation)
    }

    /// Takes it: the file is gone afterwards.
    ///
    /// # Errors
    /// [`FaultKind::Refused`] when it does not open; [`FaultKind::Io`].
    pub fn take(path: &Path, installation: &Secret) -> Result<Handed, Fault> {
        let bytes = std::fs::read(path).map_err(|error| Fault::io("读取", "read", path, &error))?;
        std::fs::remove_file(path).map_err(|error| Fault::io("删除文件", "remove", path, &error))?;
        let plain = sealed::open(&bytes, PURPOSE, belongs(path), installation);
        plain.and_then(|plain| serde_json::from_slice(&plain).ok()).ok_or_else(|| {
            let path = path.display();
            Fault::new(
                FaultKind::Refused,
                say!(
                    "{path} 打不开：它不是本机的批量办理写的。请重新执行 ruku batch。",
                    "{path} does not open: no batch of this installation wrote it; start ruku batch again"
                ),
            )
        })
    }
}

/// Each file is for its own row: under another name it does not open.
fn belongs(path: &Path) -> &[u8] {
    path.file_name().unwrap_or_default().as_encoded_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_handed_over_is_sealed_and_taken_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = Handed::path(folder.path(), "key");
        let handed =
            Handed { inputs: BTreeMap::from([("姓名".to_owned(), "云小鹿".to_owned())]), files: Some("甲".into()) };
        let key = Secret::new("k");
        handed.write(&path, &key).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(9).any(|part| part == "云小鹿".as_bytes()));
        assert_eq!(Handed::take(&path, &key).unwrap(), handed);
        assert_eq!(Handed::take(&path, &key).unwrap_err().kind, FaultKind::Io);
        handed.write(&path, &Secret::new("other")).unwrap();
        assert_eq!(Handed::take(&path, &key).unwrap_err().kind, FaultKind::Refused);
        handed.write(&path, &key).unwrap();
        let other = Handed::path(folder.path(), "other");
        std::fs::rename(&path, &other).unwrap();
        assert_eq!(Handed::take(&other, &key).unwrap_err().kind, FaultKind::Refused, "the row of another");
    }

    #[test]
    fn what_killed_batches_left_is_swept() {
        let folder = tempfile::tempdir().unwrap();
        let old = std::time::SystemTime::now() - 2 * LEFT;
        for (name, age) in [("batch-a.row", old), ("batch-b.row", std::time::SystemTime::now()), ("key", old)] {
            let file = std::fs::File::create(folder.path().join(name)).unwrap();
            file.set_modified(age).unwrap();
        }
        Handed::sweep(folder.path());
        let mut left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["batch-b.row", "key"]);
    }
}
