//! What this installation did once, across runs: a line for each intent and each outcome, in one file that all its runs share.
//!
//! Never presses for anybody: an intent is on disk before `intend` returns, and one that another run wrote meanwhile is refused. Holds keys
//! and folders of runs, no name and no number of a person.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[cfg(debug_assertions)]
use crate::base::crash;
use crate::base::{Fault, FaultKind, cost, files};
use crate::proof::{self, Event, OnceOutcome};

/// The file.
pub const FILE: &str = "once.jsonl";
/// Put beside it and taken away again, to see whether its disk has room.
const PROBE: &str = "once.room";
/// Bytes that the lines of an act need at most: its intent, and what becomes of it.
const ROOM: usize = 1 << 16;

/// How an act stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Standing {
    /// It was about to be done; what became of it is not known.
    Intent,
    /// It was done.
    Done,
    /// It surely was not done.
    NotDone,
    /// It was pressed, and nobody could tell.
    Unsure,
}

impl From<OnceOutcome> for Standing {
    fn from(outcome: OnceOutcome) -> Standing {
        match outcome {
            OnceOutcome::Done => Standing::Done,
            OnceOutcome::NotDone => Standing::NotDone,
            OnceOutcome::Unsure => Standing::Unsure,
        }
    }
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Line {
    /// The act, as the journal calls it.
    pub(super) key: String,
    /// How it stands since then.
    pub(super) standing: Standing,
    /// Since when.
    pub(super) at: Timestamp,
    /// The run folder that has the evidence.
    pub(super) run: PathBuf,
    /// Which line of the file it is, from 1: nothing is ever taken out of it, so two looks that end at the same line saw the same.
    #[serde(skip)]
    pub(super) number: usize,
}

/// The file of one installation, or of one training.
#[derive(Debug, Clone)]
pub(super) struct Ledger {
    path: PathBuf,
}

impl Ledger {
    /// The ledger in this folder, which is made with its first line.
    pub(super) fn in_folder(folder: &Path) -> Ledger {
        Ledger { path: folder.join(FILE) }
    }

    /// How the act `key` stands; none when it was never about to be done. What the journal of an interrupted run knows better is
    /// taken from there.
    ///
    /// # Errors
    /// [`FaultKind::Io`] when the file cannot be read, or holds a whole line that is none; [`FaultKind::Refused`] while another run is
    /// about to do the act.
    pub(super) fn last(&self, key: &str) -> Result<Option<Line>, Fault> {
        let Some(line) = self.open_to_read()?.map(|file| self.locked(file, |file| self.find(file, key))).transpose()?.flatten()
        else {
            return Ok(None);
        };
        if line.standing != Standing::Intent {
            return Ok(Some(line));
        }
        if proof::is_being_written(&line.run) {
            return Err(under_way(&line.run));
        }
        Ok(Some(by_its_journal(key, line)))
    }

    /// Says on disk that the run in the folder `run` is about to do `key`, which stood as `seen` before.
    ///
    /// # Errors
    /// [`FaultKind::Refused`] when another line says how it stands by now; [`FaultKind::Io`], also where what becomes of it would find no
    /// room.
    pub(super) fn intend(&self, key: &str, run: &Path, seen: Option<&Line>) -> Result<(), Fault> {
        self.unless_changed(key, run, seen, Standing::Intent).map(drop)
    }

    /// Says on disk what became of an act that stood as `seen`, as far as the run in the folder `run` could find out, and gives the line
    /// that says so.
    ///
    /// # Errors
    /// As [`Ledger::intend`].
    pub(super) fn resolve(&self, key: &str, run: &Path, seen: &Line, outcome: OnceOutcome) -> Result<Line, Fault> {
        self.unless_changed(key, run, Some(seen), outcome.into())
    }

    fn unless_changed(&self, key: &str, run: &Path, seen: Option<&Line>, standing: Standing) -> Result<Line, Fault> {
        self.locked(self.open_to_write()?, |file| {
            let now = self.find(file, key)?;
            // By the line and not by what it says: where a journal knew better, `seen` says something else.
            if now.as_ref().map(|line| line.number) != seen.map(|line| line.number) {
                return Err(under_way(now.as_ref().map_or(run, |line| &line.run)));
            }
            // The line that says how it ended must find room, too, and this disk may be another one than the run folder's.
            if standing == Standing::Intent {
                files::prove_room(&self.path.with_file_name(PROBE), ROOM)?;
            }
            self.append(file, key, run, standing)
        })
    }

    /// Says on disk what became of it.
    ///
    /// # Errors
    /// [`FaultKind::Io`].
    pub(super) fn settle(&self, key: &str, run: &Path, outcome: OnceOutcome) -> Result<(), Fault> {
        self.locked(self.open_to_write()?, |file| self.append(file, key, run, outcome.into())).map(drop)
    }

    fn open_to_read(&self) -> Result<Option<File>, Fault> {
        match File::open(&self.path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            opened => opened.map(Some).map_err(|error| self.failed(&error)),
        }
    }

    fn open_to_write(&self) -> Result<File, Fault> {
        let folder = files::folder_of(&self.path);
        files::private_dir(folder)?;
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&self.path).map_err(|error| self.failed(&error))?;
        files::sync_dir(folder)?;
        Ok(file)
    }

    /// Works with the file while no other run does.
    fn locked<T>(&self, mut file: File, work: impl FnOnce(&mut File) -> Result<T, Fault>) -> Result<T, Fault> {
        file.lock().map_err(|error| self.failed(&error))?;
        // Closing the file gives the lock back.
        work(&mut file)
    }

    /// All of the file but a torn last line, which was never synced: nothing was pressed for it.
    fn whole_lines(&self, file: &mut File) -> Result<Vec<u8>, Fault> {
        let mut text = Vec::new();
        file.seek(SeekFrom::Start(0)).and_then(|_| file.read_to_end(&mut text)).map_err(|error| self.failed(&error))?;
        text.truncate(text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1));
        Ok(text)
    }

    /// The last line of `key`.
    fn find(&self, file: &mut File, key: &str) -> Result<Option<Line>, Fault> {
        let text = self.whole_lines(file)?;
        let mut lines = read(&text).map_err(|number| self.damaged(number))?;
        lines.retain(|line| line.key == key);
        Ok(lines.pop())
    }

    fn append(&self, file: &mut File, key: &str, run: &Path, standing: Standing) -> Result<Line, Fault> {
        let run = std::path::absolute(run).map_err(|error| self.failed(&error))?;
        let before = self.whole_lines(file)?;
        let number = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let line = Line { key: key.to_owned(), standing, at: Timestamp::now(), run, number };
        let mut text = serde_json::to_vec(&line).map_err(|error| self.failed(&error.into()))?;
        text.push(b'\n');
        let whole = before.len() as u64;
        let write = |file: &mut File| {
            file.set_len(whole)?;
            file.seek(SeekFrom::Start(whole))?;
            #[cfg(debug_assertions)]
            crash::before(crash::Written::Ledger);
            file.write_all(&text)?;
            #[cfg(debug_assertions)]
            crash::written(crash::Written::Ledger, file, whole, whole + text.len() as u64);
            cost::timed(cost::SYNCS, || file.sync_data())
        };
        write(file).map_err(|error| self.failed(&error))?;
        Ok(line)
    }

    fn failed(&self, error: &std::io::Error) -> Fault {
        Fault::io("读写防重复提交记录", "use the ledger of irreversible acts", &self.path, error)
    }

    fn damaged(&self, number: usize) -> Fault {
        let path = self.path.display();
        Fault::new(
            FaultKind::Io,
            crate::say!(
                "防重复提交记录 {path} 第 {number} 行已损坏，因此不再点击任何不可撤回的按钮。请保留原样并联系支持人员。",
                "line {number} of the ledger of irreversible acts {path} is damaged, so nothing irreversible is pressed; keep it as it is and ask support"
            ),
        )
    }
}

/// What the journal of the run knows of an act that was about to be done: its outcome, or that the journal never got as far as the intent,
/// which is there before anything is pressed. A journal that is gone or broken knows nothing.
fn by_its_journal(key: &str, line: Line) -> Line {
    let Ok(records) = proof::read(&line.run) else { return line };
    let told = records.iter().rev().find_map(|record| match &record.event {
        Event::OnceOutcome { key: own, outcome, .. } if own == key => Some((record.t_wall, (*outcome).into())),
        Event::OnceIntent { key: own, .. } if own == key => Some((record.t_wall, Standing::Intent)),
        _ => None,
    });
    let (at, standing) = told.unwrap_or((line.at, Standing::NotDone));
    if records.is_empty() { line } else { Line { standing, at, ..line } }
}

/// Another run is at it.
fn under_way(run: &Path) -> Fault {
    let run = run.display();
    Fault::new(
        FaultKind::Refused,
        crate::say!(
            "另一次办理正在做同一件事，因此没有点击：{run}。请等它结束后再办。",
            "another run is doing the same thing right now, so nothing was pressed: {run}; wait until it ends"
        ),
    )
}

/// The lines of a ledger, or the number of the first that is none.
pub(super) fn read(text: &[u8]) -> Result<Vec<Line>, usize> {
    let lines = (1..).zip(text.split_inclusive(|byte| *byte == b'\n'));
    let read = |(number, line)| serde_json::from_slice(line).map(|line| Line { number, ..line }).map_err(|_| number);
    lines.map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(ledger: &Ledger, key: &str) -> Option<Standing> {
        ledger.last(key).unwrap().map(|line| line.standing)
    }

    #[test]
    fn an_act_stands_as_its_last_line_says() {
        let folder = tempfile::tempdir().unwrap();
        let (ledger, run) = (Ledger::in_folder(&folder.path().join("deep")), folder.path().join("run"));
        assert_eq!(standing(&ledger, "a"), None);
        ledger.intend("a", &run, None).unwrap();
        assert_eq!((standing(&ledger, "a"), standing(&ledger, "b")), (Some(Standing::Intent), None));
        ledger.settle("a", &run, OnceOutcome::Unsure).unwrap();
        ledger.settle("b", &run, OnceOutcome::NotDone).unwrap();
        assert_eq!((standing(&ledger, "a"), standing(&ledger, "b")), (Some(Standing::Unsure), Some(Standing::NotDone)));
        let seen = ledger.last("b").unwrap();
        ledger.intend("b", &folder.path().join("other"), seen.as_ref()).unwrap();
        assert_eq!(standing(&ledger, "b"), Some(Standing::Intent));
    }

    #[test]
    fn of_two_runs_that_saw_the_same_one_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::in_folder(folder.path());
        let runs: Vec<PathBuf> = (0..8).map(|number| folder.path().join(number.to_string())).collect();
        let went = std::thread::scope(|scope| {
            let tries: Vec<_> = runs.iter().map(|run| scope.spawn(|| ledger.intend("a", run, None).is_ok())).collect();
            tries.into_iter().map(|one| one.join().unwrap()).filter(|went| *went).count()
        });
        assert_eq!(went, 1);
        assert_eq!(ledger.intend("a", &runs[0], None).unwrap_err().kind, FaultKind::Refused, "it stands otherwise");
    }

    #[test]
    fn what_one_run_found_out_is_not_overwritten_by_another_that_looked_earlier() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::in_folder(folder.path());
        let [killed, a, b] = ["killed", "a", "b"].map(|name| folder.path().join(name));
        ledger.intend("x", &killed, None).unwrap();
        // Both ask how it ended; the first one is told that it was not done, and does it.
        let open = ledger.last("x").unwrap().unwrap();
        ledger.resolve("x", &a, &open, OnceOutcome::NotDone).unwrap();
        ledger.intend("x", &a, ledger.last("x").unwrap().as_ref()).unwrap();
        ledger.settle("x", &a, OnceOutcome::Done).unwrap();
        assert_eq!(ledger.resolve("x", &b, &open, OnceOutcome::NotDone).unwrap_err().kind, FaultKind::Refused);
        assert_eq!(standing(&ledger, "x"), Some(Standing::Done));
    }

    /// One run found out that it was not done, and is about to do it: whoever saw that line, too, may not press beside it, and still less
    /// when the first was killed.
    #[test]
    fn of_two_runs_that_know_that_it_was_not_done_one_presses() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::in_folder(folder.path());
        let [killed, a, b] = ["killed", "a", "b"].map(|name| folder.path().join(name));
        ledger.intend("x", &killed, None).unwrap();
        let found = ledger.resolve("x", &a, &ledger.last("x").unwrap().unwrap(), OnceOutcome::NotDone).unwrap();
        let seen_by_b = ledger.last("x").unwrap().unwrap();
        assert_eq!((seen_by_b.standing, &seen_by_b.run), (Standing::NotDone, &a));
        ledger.intend("x", &a, Some(&found)).unwrap();
        assert_eq!(ledger.intend("x", &b, Some(&seen_by_b)).unwrap_err().kind, FaultKind::Refused);
        assert_eq!(standing(&ledger, "x"), Some(Standing::Intent));
    }

    #[test]
    fn a_torn_line_was_never_meant_and_a_damaged_one_stops_everything() {
        let folder = tempfile::tempdir().unwrap();
        let (ledger, run) = (Ledger::in_folder(folder.path()), folder.path().join("run"));
        ledger.intend("a", &run, None).unwrap();
        let path = folder.path().join(FILE);
        let whole = std::fs::read(&path).unwrap();
        for cut in 0..whole.len() {
            std::fs::write(&path, [whole.as_slice(), &whole[..cut]].concat()).unwrap();
            assert_eq!(standing(&ledger, "a"), Some(Standing::Intent), "{cut}");
            ledger.settle("a", &run, OnceOutcome::Done).unwrap();
            assert_eq!(standing(&ledger, "a"), Some(Standing::Done), "{cut}");
        }
        std::fs::write(&path, [b"{\"key\":\n".as_slice(), &whole].concat()).unwrap();
        let fault = ledger.last("a").unwrap_err();
        assert!(fault.kind == FaultKind::Io && fault.message.zh.contains("第 1 行"), "{fault:?}");
        assert_eq!(ledger.intend("b", &run, None).unwrap_err().kind, FaultKind::Io);
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(64))]

        /// Against a map: whatever is intended and settled in whatever order, and wherever a power cut tears a line.
        #[test]
        fn it_says_what_was_said_to_it(steps in proptest::collection::vec((0usize..3, 0u8..5, 0usize..60), 1..12)) {
            let folder = tempfile::tempdir().unwrap();
            let (ledger, run) = (Ledger::in_folder(folder.path()), folder.path().join("run"));
            let mut model = std::collections::BTreeMap::new();
            for (key, what, torn) in steps {
                let key = ["甲", "b", "c\"\n"][key];
                let outcome = match what {
                    0 => Some(OnceOutcome::Done),
                    1 => Some(OnceOutcome::NotDone),
                    2 => Some(OnceOutcome::Unsure),
                    _ => None,
                };
                match outcome {
                    Some(outcome) => ledger.settle(key, &run, outcome).unwrap(),
                    None => ledger.intend(key, &run, ledger.last(key).unwrap().as_ref()).unwrap(),
                }
                model.insert(key, outcome.map_or(Standing::Intent, Standing::from));
                let whole = std::fs::read(folder.path().join(FILE)).unwrap();
                let lost = br#"{"key":"b","standing":"done","at":"2026-11-22T06:31:00Z","run":"x"}"#;
                std::fs::write(folder.path().join(FILE), [whole.as_slice(), &lost[..torn.min(lost.len() - 1)]].concat()).unwrap();
                for key in ["甲", "b", "c\"\n"] {
                    proptest::prop_assert_eq!(standing(&ledger, key), model.get(key).copied());
                }
            }
        }

        #[test]
        fn garbage_never_panics(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300), line in ".{0,80}") {
            let folder = tempfile::tempdir().unwrap();
            let ledger = Ledger::in_folder(folder.path());
            for bytes in [bytes.clone(), [line.as_bytes(), b"\n", &bytes].concat()] {
                std::fs::write(folder.path().join(FILE), bytes).unwrap();
                let _ = ledger.last("a");
            }
        }
    }
}
