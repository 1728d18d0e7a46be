//! The run's own temporary folder: browser profile, crash database, driver output. Gone at the end.
//!
//! What a killed run left behind is ended and removed by the next one. Never touches the folder of a run that still lives: each
//! holds a lock on its own.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use crate::base::{Fault, files};
use crate::browser;

/// Beginning of the folder names, so that leftovers can be found.
const PREFIX: &str = "ruku-run-";
/// The file whose lock says that the run lives.
const ALIVE: &str = "alive.lock";

/// The folder; removed when dropped.
pub(super) struct Work {
    /// Where it is.
    pub(super) path: PathBuf,
    _alive: File,
}

impl Work {
    /// Makes the folder for the run called `name`, after clearing up behind runs that were killed.
    pub(super) async fn create(name: &str) -> Result<Work, Fault> {
        let temporary = std::env::temp_dir();
        for path in leftovers(&temporary) {
            // Another user's, or another run is clearing it up at this moment: not ours to worry about.
            let _ = clear(&path).await;
        }
        let path = temporary.join(format!("{PREFIX}{name}"));
        files::private_dir(&path)?;
        let lock = path.join(ALIVE);
        let alive = files::create_new(&lock)?;
        alive.lock().map_err(|error| Fault::io("锁定文件", "lock", &lock, &error))?;
        Ok(Work { path, _alive: alive })
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        // What a dying browser still holds open is cleared by the next run.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

fn leftovers(temporary: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(temporary) else { return Vec::new() };
    let ours = |entry: &std::fs::DirEntry| {
        // A link in a folder that everybody may write to could lead anywhere.
        entry.file_name().to_string_lossy().starts_with(PREFIX) && entry.file_type().is_ok_and(|kind| kind.is_dir())
    };
    entries.filter_map(Result::ok).filter(ours).map(|entry| entry.path()).collect()
}

/// Ends what a dead run left running and removes its folder; leaves a living one alone.
async fn clear(path: &Path) -> Result<(), Fault> {
    let lock = path.join(ALIVE);
    let file = File::options().write(true).open(&lock).map_err(|error| Fault::io("打开文件", "open", &lock, &error))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(()),
        Err(TryLockError::Error(error)) => return Err(Fault::io("锁定文件", "lock", &lock, &error)),
    }
    browser::reap(path).await?;
    std::fs::remove_dir_all(path).map_err(|error| Fault::io("删除文件夹", "remove", path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_dead_runs_folder_is_cleared_and_a_living_ones_is_not() {
        let temporary = tempfile::tempdir().unwrap();
        let (dead, living) = (temporary.path().join("ruku-run-1"), temporary.path().join("ruku-run-2"));
        for path in [&dead, &living] {
            files::private_dir(path).unwrap();
        }
        drop(files::create_new(&dead.join(ALIVE)).unwrap());
        let alive = files::create_new(&living.join(ALIVE)).unwrap();
        alive.lock().unwrap();
        assert_eq!(leftovers(temporary.path()).len(), 2);
        for path in leftovers(temporary.path()) {
            clear(&path).await.unwrap();
        }
        assert!(!dead.exists() && living.exists());
    }
}
