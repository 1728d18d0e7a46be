//! What a batch hands to the run of a row: its values, in a file that only this installation reads and that is gone once the run has them.
//!
//! Never in arguments or the environment, which other programs can read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::super::sealed;
use crate::base::{Fault, FaultKind, Secret};
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

impl Handed {
    /// Writes it for the run to take.
    ///
    /// # Errors
    /// [`FaultKind::Io`].
    pub fn write(&self, path: &Path, installation: &Secret) -> Result<(), Fault> {
        let failed = |error: serde_json::Error| Fault::io("写入文件", "write", path, &error.into());
        let plain = zeroize::Zeroizing::new(serde_json::to_vec(self).map_err(failed)?);
        sealed::write(path, &plain, PURPOSE, b"", installation)
    }

    /// Takes it: the file is gone afterwards.
    ///
    /// # Errors
    /// [`FaultKind::Refused`] when it does not open; [`FaultKind::Io`].
    pub fn take(path: &Path, installation: &Secret) -> Result<Handed, Fault> {
        let bytes = std::fs::read(path).map_err(|error| Fault::io("读取", "read", path, &error))?;
        std::fs::remove_file(path).map_err(|error| Fault::io("删除文件", "remove", path, &error))?;
        let plain = sealed::open(&bytes, PURPOSE, b"", installation);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_handed_over_is_sealed_and_taken_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("row");
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
    }
}
