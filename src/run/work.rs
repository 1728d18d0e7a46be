//! The run's own temporary folder: browser profile, crash database, driver output. Gone at the end.
//!
//! All of them lie in one folder of this user, which is checked before anything in it is trusted: the temporary folder is
//! everybody's. What a killed run left behind is ended and removed by the next one. Never touches the folder of a run that still
//! lives: each holds a lock on its own, taken while the lock of the whole folder is held.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use crate::base::{Fault, FaultKind, files};
use crate::browser;

/// The file whose lock says that the run lives.
const ALIVE: &str = "alive.lock";
/// The file beside the run folders whose lock says that one of them is being made, or cleared.
const CHANGING: &str = "changing.lock";

/// The folder; removed when dropped.
#[derive(Debug)]
pub(super) struct Work {
    /// Where it is.
    pub(super) path: PathBuf,
    /// None while it is dropped.
    alive: Option<File>,
}

impl Work {
    /// Makes the folder for the run called `name`, after clearing up behind runs that were killed.
    ///
    /// # Errors
    /// `Setup` when this user's temporary folder is another's, or open to others.
    pub(super) async fn create(name: &str) -> Result<Work, Fault> {
        Work::create_in(&files::users_temporary(), name).await
    }

    /// The folder of the killed run called `name`, browser and all; none when there is none, or its run lives.
    ///
    /// # Errors
    /// As [`Work::create`].
    pub(super) async fn take_over(name: &str) -> Result<Option<Work>, Fault> {
        Work::take_over_in(&files::users_temporary(), name).await
    }

    async fn take_over_in(folder: &Path, name: &str) -> Result<Option<Work>, Fault> {
        files::private_dir(folder)?;
        if !files::is_private(folder) {
            return Err(not_private(folder));
        }
        let _changing = lock_changes(folder).await?;
        let path = folder.join(name);
        let lock = path.join(ALIVE);
        match File::options().write(true).open(&lock) {
            // Made only when it is ours: a dropped one removes its folder.
            Ok(alive) => Ok(alive.try_lock().is_ok().then(|| Work { path, alive: Some(alive) })),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Fault::io("打开文件", "open", &lock, &error)),
        }
    }

    /// Its name.
    pub(super) fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Ends what still runs in the folder, which goes too.
    pub(super) async fn give_up(self) {
        if let Err(fault) = browser::reap(&self.path).await {
            tracing::warn!(%fault, "what an earlier run left was not ended");
        }
    }

    async fn create_in(folder: &Path, name: &str) -> Result<Work, Fault> {
        files::private_dir(folder)?;
        if !files::is_private(folder) {
            return Err(not_private(folder));
        }
        let _changing = lock_changes(folder).await?;
        for path in leftovers(folder) {
            // One that cannot be cleared, such as by a browser that will not die, is not worth this run.
            if let Err(fault) = clear(&path).await {
                tracing::warn!(%fault, "what an earlier run left was not cleared");
            }
        }
        let path = folder.join(name);
        files::private_dir(&path)?;
        let lock = path.join(ALIVE);
        let alive = files::create_new(&lock)?;
        alive.lock().map_err(|error| Fault::io("锁定文件", "lock", &lock, &error))?;
        Ok(Work { path, alive: Some(alive) })
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        // Windows removes no folder with an open file in it; elsewhere nobody else may take the folder over while it goes.
        if cfg!(windows) {
            drop(self.alive.take());
        }
        // What a dying browser still holds open is cleared by the next run.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

fn not_private(folder: &Path) -> Fault {
    let (folder, variable) = (folder.display(), files::TEMPORARY);
    Fault::new(
        FaultKind::Setup,
        crate::say!(
            "临时文件夹 {folder} 不是您本人专有的（应属于当前用户、权限 0700、不是链接）。请删除它，或把 {variable} 设为另一个文件夹。",
            "the temporary folder {folder} is not yours alone (it must belong to this user, with mode 0700, and be no link); remove it or set {variable} to another folder"
        ),
    )
}

/// Waits until no other run makes or clears a folder; none does while the file is held.
async fn lock_changes(folder: &Path) -> Result<File, Fault> {
    let path = folder.join(CHANGING);
    let failed = |error: &std::io::Error| Fault::io("锁定文件", "lock", &path, error);
    let file = File::options().write(true).create(true).truncate(false).open(&path).map_err(|error| failed(&error))?;
    let locked = tokio::task::spawn_blocking(move || file.lock().map(|()| file)).await;
    locked.map_err(std::io::Error::other).flatten().map_err(|error| failed(&error))
}

/// The folders of other runs, dead or alive.
fn leftovers(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    // `metadata` of an entry does not follow links.
    let ours = |entry: &std::fs::DirEntry| entry.metadata().is_ok_and(|metadata| files::is_private_folder(&metadata));
    entries.filter_map(Result::ok).filter(ours).map(|entry| entry.path()).collect()
}

/// Ends what a dead run left running and removes its folder; leaves a living one alone. The lock of all changes is held, so a
/// folder without a file to lock is not one that is being made: its run was killed at its beginning or at its end.
async fn clear(path: &Path) -> Result<(), Fault> {
    let lock = path.join(ALIVE);
    match File::options().write(true).open(&lock) {
        Ok(file) => match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(Fault::io("锁定文件", "lock", &lock, &error)),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(Fault::io("打开文件", "open", &lock, &error)),
    }
    browser::reap(path).await?;
    match std::fs::remove_dir_all(path) {
        // Its own run has just removed it.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        done => done.map_err(|error| Fault::io("删除文件夹", "remove", path, &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::files::users_folder;

    #[tokio::test]
    async fn dead_runs_are_cleared_and_living_ones_are_not() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = users_folder(temporary.path());
        let living = Work::create_in(&folder, "living").await.unwrap();
        let (dead, begun) = (folder.join("dead"), folder.join("begun"));
        for path in [&dead, &begun] {
            files::private_dir(path).unwrap();
        }
        drop(files::create_new(&dead.join(ALIVE)).unwrap());
        let next = Work::create_in(&folder, "next").await.unwrap();
        assert!(!dead.exists(), "its lock is free");
        assert!(!begun.exists(), "it has no lock, and nobody is making it");
        assert!(living.path.exists() && next.path.exists());
        drop(living);
        assert!(!folder.join("living").exists());
    }

    #[tokio::test]
    async fn runs_that_begin_together_leave_each_other_alone() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = users_folder(temporary.path());
        let begin = |number: u32| {
            let folder = folder.clone();
            tokio::spawn(async move { Work::create_in(&folder, &number.to_string()).await.unwrap() })
        };
        let begun: Vec<_> = (0..16).map(begin).collect();
        let mut works = Vec::new();
        for work in begun {
            works.push(work.await.unwrap());
        }
        assert!(works.iter().all(|work| work.path.join(ALIVE).is_file()));
    }

    #[tokio::test]
    async fn the_folder_of_a_dead_run_is_taken_over_and_no_other() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = users_folder(temporary.path());
        let living = Work::create_in(&folder, "living").await.unwrap();
        assert!(Work::take_over_in(&folder, "living").await.unwrap().is_none(), "it lives");
        assert!(Work::take_over_in(&folder, "never").await.unwrap().is_none());
        let dead = folder.join("dead");
        files::private_dir(&dead).unwrap();
        drop(files::create_new(&dead.join(ALIVE)).unwrap());
        let taken = Work::take_over_in(&folder, "dead").await.unwrap().unwrap();
        let next = Work::create_in(&folder, "next").await.unwrap();
        assert!(taken.path.exists() && next.path.exists() && living.path.exists(), "it lives again");
        taken.give_up().await;
        assert!(!dead.exists());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_folder_that_others_may_enter_is_refused() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let temporary = tempfile::tempdir().unwrap();
        let folder = users_folder(temporary.path());
        let elsewhere = temporary.path().join("elsewhere");
        files::private_dir(&elsewhere).unwrap();
        symlink(&elsewhere, &folder).unwrap();
        assert_eq!(Work::create_in(&folder, "run").await.unwrap_err().kind, FaultKind::Setup, "a link");
        std::fs::remove_file(&folder).unwrap();

        files::private_dir(&folder).unwrap();
        std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o777)).unwrap();
        assert_eq!(Work::create_in(&folder, "run").await.unwrap_err().kind, FaultKind::Setup, "open to all");
        std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o700)).unwrap();
        Work::create_in(&folder, "run").await.unwrap();

        assert_eq!(std::fs::read_dir(&elsewhere).unwrap().count(), 0, "nothing was made behind the link");
    }
}
