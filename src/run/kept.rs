//! What a run needs to go on after it was killed or stopped: a file beside its folder, for this user alone, sealed with the key of the
//! installation.
//!
//! Never holds a secret input, never lies inside the bag, and is gone once the run is done.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::sealed;
use crate::base::{Fault, FaultKind, Secret, files};
use crate::proof::{self, RunResult};

/// What the key of these files is made for.
const PURPOSE: &str = "ruku resume v1";

/// What is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// How the run was started, in the words of whoever started it.
    pub command: serde_json::Value,
    /// The inputs that are no secrets.
    pub inputs: BTreeMap<String, String>,
    /// The name of the run's temporary folder, where its browser may still live.
    pub work: String,
    /// The folders, by name, of the runs that this one goes on with: Ruku may be killed before what was kept for them is removed.
    #[serde(default)]
    pub before: Vec<String>,
}

/// The file that belongs to a run folder.
fn path(run: &Path) -> PathBuf {
    let mut name = run.file_name().unwrap_or_default().to_os_string();
    name.push(".resume");
    run.with_file_name(name)
}

/// Which run it belongs to is sealed in: the file of another run does not open.
fn belongs(run: &Path) -> Vec<u8> {
    run.file_name().unwrap_or_default().to_string_lossy().into_owned().into_bytes()
}

/// Writes the file for a run folder, or writes it anew.
///
/// # Errors
/// [`FaultKind::Io`].
pub(super) fn write(run: &Path, kept: &Kept, installation: &Secret) -> Result<(), Fault> {
    let path = path(run);
    let failed = || Fault::io("写入文件", "write", &path, &std::io::Error::other("not sealed"));
    let plain = zeroize::Zeroizing::new(serde_json::to_vec(kept).map_err(|_| failed())?);
    sealed::write(&path, &plain, PURPOSE, &belongs(run), installation)
}

/// The right to go on with a run, for as long as it lives: two that go on at once would enter everything twice.
#[derive(Debug)]
pub struct Claim(#[expect(dead_code, reason = "the lock on it ends with it")] File);

/// What was kept for a run, for the one who goes on with it.
///
/// # Errors
/// [`FaultKind::Precondition`] when nothing is kept: the run was done, or it was cleared away; [`FaultKind::Refused`] when somebody else goes
/// on with it already, or when the file was written by another installation or was changed.
pub fn claim(run: &Path, installation: &Secret) -> Result<(Kept, Claim), Fault> {
    let path = path(run);
    let failed = |error: std::io::Error| Fault::io("读取", "read", &path, &error);
    let mut file = match File::options().read(true).write(true).open(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            // Killed before it had begun, while this was being written: what is left of it leads nowhere.
            if !proof::is_being_written(run) {
                forget(run)?;
            }
            return Err(nothing_kept(run));
        }
        opened => opened.map_err(failed)?,
    };
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => return Err(claimed(run)),
        Err(TryLockError::Error(error)) => return Err(failed(error)),
        Ok(()) => {}
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(failed)?;
    let plain = sealed::open(&bytes, PURPOSE, &belongs(run), installation).ok_or_else(|| unreadable(&path))?;
    Ok((serde_json::from_slice(&plain).map_err(|_| unreadable(&path))?, Claim(file)))
}

/// Removes it. Nothing there is fine.
///
/// # Errors
/// [`FaultKind::Io`].
pub fn forget(run: &Path) -> Result<(), Fault> {
    files::remove(&path(run))
}

/// The same at the end of a run, which must not fail over it.
pub(super) fn remove(run: &Path) {
    if let Err(fault) = forget(run) {
        tracing::warn!(%fault, "what was kept for going on was not removed");
    }
}

/// A run that was done needs nothing more; the file is gone with its end.
pub(super) fn was_done() -> Fault {
    Fault::new(
        FaultKind::Precondition,
        crate::say!("这次办理已经办完，无需继续。", "this run was done; there is nothing to go on with"),
    )
}

fn nothing_kept(run: &Path) -> Fault {
    let ended = proof::read(run).ok().and_then(|records| proof::state::fold(&records).result());
    if ended.is_some_and(RunResult::is_done) {
        return was_done();
    }
    let run = run.display();
    Fault::new(
        FaultKind::Precondition,
        crate::say!(
            "没有可继续的内容：{run}（已经另行接着办，或已清理）。需要时请用 ruku run 重新办理，已办过的事项不会重复提交。",
            "there is nothing to go on with: {run} (another run went on with it, or it was cleared away); start anew with ruku run: what was done is not done twice"
        ),
    )
}

fn claimed(run: &Path) -> Fault {
    let run = run.display();
    Fault::new(
        FaultKind::Refused,
        crate::say!(
            "另一个 ruku resume 正在接着办 {run}。请等它结束。",
            "another ruku resume goes on with {run} already; wait until it ends"
        ),
    )
}

fn unreadable(path: &Path) -> Fault {
    let path = path.display();
    Fault::new(
        FaultKind::Refused,
        crate::say!(
            "{path} 打不开：它是另一台机器或另一个用户写的，或已被改动。请用 ruku run 重新办理，已办过的事项不会重复提交。",
            "{path} does not open: another machine or user wrote it, or it was changed; start anew with ruku run: what was done is not done twice"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_opens_for_its_run_and_its_installation_only() {
        let runs = tempfile::tempdir().unwrap();
        let (run, other) = (runs.path().join("a"), runs.path().join("b"));
        let kept = Kept {
            command: serde_json::json!({ "playbooks": ["2.2"] }),
            inputs: BTreeMap::from([("姓名".to_owned(), "云小鹿".to_owned())]),
            work: "a".into(),
            before: Vec::new(),
        };
        let key = Secret::new("k");
        let read = |run: &Path, key: &Secret| claim(run, key).map(|(kept, _)| kept);
        assert_eq!(read(&run, &key).unwrap_err().kind, FaultKind::Precondition);
        write(&run, &kept, &key).unwrap();
        write(&run, &kept, &key).unwrap();
        let (again, claim_on_it) = claim(&run, &key).unwrap();
        assert_eq!(again, kept);
        assert_eq!(read(&run, &key).unwrap_err().kind, FaultKind::Refused, "somebody goes on with it");
        drop(claim_on_it);
        assert_eq!(read(&run, &key).unwrap(), kept);
        let bytes = std::fs::read(path(&run)).unwrap();
        assert!(!bytes.windows(9).any(|part| part == "云小鹿".as_bytes()) && !bytes.windows(3).any(|part| part == b"2.2"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(path(&run)).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(read(&run, &Secret::new("other")).unwrap_err().kind, FaultKind::Refused);
        std::fs::copy(path(&run), path(&other)).unwrap();
        assert_eq!(read(&other, &key).unwrap_err().kind, FaultKind::Refused, "another run's");
        for at in [0, sealed::NONCE, bytes.len() - 1] {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            std::fs::write(path(&run), changed).unwrap();
            assert_eq!(read(&run, &key).unwrap_err().kind, FaultKind::Refused, "{at}");
        }
        std::fs::write(path(&run), b"short").unwrap();
        assert_eq!(read(&run, &key).unwrap_err().kind, FaultKind::Refused);
        // A writer was killed before its file took its place.
        let left = runs.path().join("a.resume.4711-0.new");
        std::fs::write(&left, &bytes).unwrap();
        remove(&run);
        remove(&run);
        assert!(!path(&run).exists() && !left.exists());
        assert!(path(&other).exists(), "another run's stays");
        // The very first writer was killed, and its run never began.
        std::fs::write(&left, &bytes).unwrap();
        assert_eq!((read(&run, &key).unwrap_err().kind, left.exists()), (FaultKind::Precondition, false));
    }
}
