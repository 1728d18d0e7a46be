//! Floor 2: what a run leaves behind. Events, journal, fold, report, verification. Plain data, never a browser.
//!
//! A run writes [`Event`]s through one [`RunFolder`]; everything else (the screen, resume, the report, the check by a stranger) is a fold over
//! the journal. At the end the folder is sealed into a BagIt bag that `sha256sum` can check. The folder is complete on failure too.
//! Never claims more than it is: without signatures and time stamps the bag says `Attestation: none (local clock only)`.

use std::path::{Path, PathBuf};

mod bag;
mod canonical;
mod event;
mod folder;
mod hide;
mod journal;
mod layout;
pub mod prune;
pub mod report;
mod room;
pub mod state;
pub mod verify;

pub use event::{
    Continues, Event, LockChange, MaskNote, Mode, OnceOutcome, PlaybookRef, Record, RunResult, RunStart, Shot, Spot, StepResult,
    UPLOAD,
};
pub(crate) use folder::not_a_run;
pub use folder::{RunFolder, Sealed};
pub use journal::{Head, Log};
pub use layout::{beijing, beijing_now};
pub use verify::verify;

use crate::base::{Fault, FaultKind, Lang, files};

/// Reads the journal of a run folder, sealed or not. A line that a killed process was writing is left out; [`read_log`] says whether there
/// was one. A line that is no event is a fault that names it.
pub fn read(run: &Path) -> Result<Vec<Record>, Fault> {
    Ok(read_log(run)?.records)
}

/// The same, of one piece: as it was sealed, or of an unsealed one nothing changed or moved before its last line.
///
/// # Errors
/// [`FaultKind::Refused`] when something was; otherwise those of [`read`].
pub fn read_unbroken(run: &Path) -> Result<Vec<Record>, Fault> {
    let bytes = log_bytes(run)?;
    let records = journal::read(&bytes)?.records;
    if journal::first_break(&records).is_none() && is_as_sealed(run, &bytes) {
        return Ok(records);
    }
    let folder = run.display();
    Err(Fault::new(
        FaultKind::Refused,
        crate::say!(
            "{folder} 的办理日志被改动过。用 ruku proof verify 可查看改动。",
            "the journal of {folder} was changed; ruku proof verify tells what was changed"
        ),
    ))
}

/// Whether the journal has the bytes that it was sealed with, to its last line, where it was sealed.
fn is_as_sealed(run: &Path, journal: &[u8]) -> bool {
    if !is_sealed(run) {
        return true;
    }
    let listed = std::fs::read_to_string(run.join(bag::MANIFEST)).ok().and_then(|text| bag::parse(&text).ok());
    listed.is_some_and(|listed| listed.get(layout::LOG) == Some(&canonical::sha256(journal)))
}

/// Whether a Ruku that lives is writing this run folder.
pub fn is_being_written(run: &Path) -> bool {
    let lock = std::fs::File::options().write(true).open(run.join(layout::WRITER_LOCK));
    lock.is_ok_and(|lock| matches!(lock.try_lock(), Err(std::fs::TryLockError::WouldBlock)))
}

/// Whether a folder holds something that makes it a run folder, whole or not.
pub fn may_be_a_run(folder: &Path) -> bool {
    bag::TAG_FILES.into_iter().chain([layout::DATA]).any(|name| folder.join(name).exists())
}

/// Whether a path lies in a run folder, or is one: nothing else is written there.
pub fn is_in_a_run(path: &Path) -> bool {
    let Ok(path) = std::path::absolute(path) else { return false };
    // The path itself may not be there yet, and links lead elsewhere.
    let there = path.ancestors().find_map(|folder| folder.canonicalize().ok()).unwrap_or_default();
    there.ancestors().any(|folder| folder.join(layout::LOG).is_file() || folder.join(bag::BAGIT).is_file())
}

/// Takes the lock of a writer that was killed right after sealing away: a sealed folder holds none.
///
/// # Errors
/// [`FaultKind::Io`].
pub fn unlock(run: &Path) -> Result<(), Fault> {
    let path = run.join(layout::WRITER_LOCK);
    if !is_sealed(run) || !path.exists() || is_being_written(run) {
        return Ok(());
    }
    std::fs::remove_file(&path).map_err(|error| Fault::io("删除文件", "remove", &path, &error))?;
    files::sync_dir(run)
}

/// Whether the folder was sealed: nothing is written there any more.
pub fn is_sealed(run: &Path) -> bool {
    run.join(bag::TAG_MANIFEST).symlink_metadata().is_ok()
}

/// Reads the journal of a run folder and says how many bytes of an unfinished last line were left out.
pub fn read_log(run: &Path) -> Result<Log, Fault> {
    journal::read(&log_bytes(run)?)
}

fn log_bytes(run: &Path) -> Result<Vec<u8>, Fault> {
    let path = run.join(layout::LOG);
    std::fs::read(&path).map_err(|error| Fault::io("读取办理日志", "read the journal", &path, &error))
}

/// The picture `name` of a run folder, byte for byte the one that has this hash in the journal, which may come from a stranger.
///
/// # Errors
/// [`FaultKind::Refused`] when the journal names no place within the folder, or other bytes are there; [`FaultKind::Io`].
pub fn picture(run: &Path, name: &str, sha256: &str) -> Result<Vec<u8>, Fault> {
    let folder = run.display();
    let other = Fault::new(
        FaultKind::Refused,
        crate::say!(
            "{folder} 中的截图 {name} 不是当时的那一张。用 ruku proof verify 可查看改动。",
            "the picture {name} in {folder} is not the one that was taken; ruku proof verify tells what was changed"
        ),
    );
    if !bag::is_safe(name) {
        return Err(other);
    }
    let path = run.join(name);
    let bytes = std::fs::read(&path).map_err(|error| Fault::io("读取", "read", &path, &error))?;
    if canonical::sha256(&bytes) == sha256 { Ok(bytes) } else { Err(other) }
}

/// The report of a run in `lang`. Of a sealed run: the one in the bag. Of one that was killed: made now, beside its journal.
pub fn write_report(run: &Path, lang: Lang) -> Result<PathBuf, Fault> {
    let sealed = is_sealed(run);
    // The second report of a bag is named after its language; in a bag of this language that file does not exist.
    let second = run.join(layout::other_report(layout::other(lang)));
    if sealed {
        return Ok(if second.symlink_metadata().is_ok() { second } else { run.join(layout::REPORT) });
    }
    let records = read(run)?;
    let path = run.join(layout::REPORT);
    files::replace(&path, report::html(&records, &state::fold(&records), lang)?.as_bytes())?;
    Ok(path)
}

/// The reader of the journal, for `fuzz/`.
#[cfg(fuzzing)]
pub fn fuzz(bytes: &[u8]) {
    let _ = journal::read(bytes).map(|log| state::fold(&log.records));
}
