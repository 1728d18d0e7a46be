//! The journal of a batch, beside the table: which row has which run, and how that ended. Lines are only ever added.
//!
//! Never says whom a row is about: its key is a hash with the key of the installation, so that it cannot be guessed from the numbers that there are.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use hmac::{Hmac, Mac};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::Ending;
use crate::base::{Fault, FaultKind, Secret, files};
use crate::say;

/// One line.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
enum Line {
    /// A run for a row is about to start.
    Begin { row: String, values: String, number: u32, at: Timestamp },
    /// It has this folder.
    Run { row: String, run: String },
    /// It has ended.
    End { row: String, ending: Ending, seconds: u64 },
}

/// What is known of a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Hash of the values that it was begun with.
    pub values: String,
    /// When it was begun last.
    pub began: Option<Timestamp>,
    /// The folder of its last run, by name.
    pub run: Option<String>,
    /// How that ended; none while it is under way, and for ever if it was killed.
    pub ending: Option<Ending>,
    /// How long it took, in seconds.
    pub seconds: u64,
}

/// The journal, held by one batch at a time.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    key: Secret,
    rows: HashMap<String, Known>,
}

impl Journal {
    /// Opens it, or begins one. A line that a killed process was writing is cut off.
    ///
    /// # Errors
    /// [`FaultKind::Refused`] when another batch holds it, or a line is none of a batch; [`FaultKind::Io`].
    pub fn open(path: &Path, installation: &Secret) -> Result<Journal, Fault> {
        if !path.exists() {
            drop(files::create_new(path)?);
        }
        let failed = |error: std::io::Error| Fault::io("打开批量办理的记录", "open the journal of the batch", path, &error);
        let mut file = File::options().read(true).write(true).open(path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => return Err(taken(path)),
            Err(std::fs::TryLockError::Error(error)) => return Err(failed(error)),
        }
        let mut bytes = Vec::new();
        // Through the file that is held: elsewhere Windows lets nobody read it.
        file.read_to_end(&mut bytes).map_err(failed)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let mut rows = HashMap::new();
        for line in bytes[..whole].split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            add(&mut rows, serde_json::from_slice(line).map_err(|_| foreign(path))?);
        }
        file.set_len(whole as u64).and_then(|()| file.seek(SeekFrom::End(0))).map_err(failed)?;
        Ok(Journal { path: path.to_owned(), file, key: installation.clone(), rows })
    }

    /// The key of a row: `what` is done, for `who`.
    pub fn key(&self, what: &str, who: &[&str]) -> String {
        self.mac(&std::iter::once(what).chain(who.iter().copied()).collect::<Vec<_>>().join("\0").to_uppercase())
    }

    /// A hash of what a row holds, by which a correction is seen.
    pub fn hash(&self, parts: &[&str]) -> String {
        self.mac(&parts.join("\0"))
    }

    fn mac(&self, text: &str) -> String {
        // HMAC takes keys of any length, so this cannot fail.
        let mac = Hmac::<Sha256>::new_from_slice(self.key.expose().as_bytes());
        let mac = mac.map(|mac| mac.chain_update(b"ruku batch\0").chain_update(text.as_bytes()).finalize().into_bytes());
        mac.map(|mac| hex::encode(&mac[..16])).unwrap_or_default()
    }

    /// What is known of a row.
    pub fn known(&self, row: &str) -> Option<&Known> {
        self.rows.get(row)
    }

    /// A run for this row is about to start, with values of this hash.
    ///
    /// # Errors
    /// [`FaultKind::Io`]: then it must not start.
    pub fn begin(&mut self, row: &str, values: &str, number: u32) -> Result<(), Fault> {
        self.write(Line::Begin { row: row.to_owned(), values: values.to_owned(), number, at: Timestamp::now() })
    }

    /// The run has this folder.
    ///
    /// # Errors
    /// [`FaultKind::Io`].
    pub fn run(&mut self, row: &str, run: &str) -> Result<(), Fault> {
        self.write(Line::Run { row: row.to_owned(), run: run.to_owned() })
    }

    /// The run has ended.
    ///
    /// # Errors
    /// [`FaultKind::Io`].
    pub fn end(&mut self, row: &str, ending: Ending, seconds: u64) -> Result<(), Fault> {
        self.write(Line::End { row: row.to_owned(), ending, seconds })
    }

    fn write(&mut self, line: Line) -> Result<(), Fault> {
        let failed =
            |error: &std::io::Error| Fault::io("写入批量办理的记录", "write the journal of the batch", &self.path, error);
        let mut bytes = serde_json::to_vec(&line).map_err(|error| failed(&error.into()))?;
        bytes.push(b'\n');
        self.file.write_all(&bytes).and_then(|()| self.file.sync_data()).map_err(|error| failed(&error))?;
        add(&mut self.rows, line);
        Ok(())
    }
}

fn add(rows: &mut HashMap<String, Known>, line: Line) {
    match line {
        Line::Begin { row, values, at, .. } => {
            let known = rows.entry(row).or_default();
            // The folder of the run before stays known until there is a new one: killed in between, that one can be gone on with. Not where
            // the row was corrected: that run has the old values.
            let run = known.run.take().filter(|_| known.values == values);
            *known = Known { values, began: Some(at), run, ending: None, seconds: 0 };
        }
        Line::Run { row, run } => rows.entry(row).or_default().run = Some(run),
        Line::End { row, ending, seconds } => {
            let known = rows.entry(row).or_default();
            (known.ending, known.seconds) = (Some(ending), seconds);
        }
    }
}

fn taken(path: &Path) -> Fault {
    let path = path.display();
    Fault::new(
        FaultKind::Refused,
        say!(
            "这张表格正在另一个窗口中批量办理（{path}）。请等它结束，或先在那里按 Ctrl-C。",
            "this table is being run in another window ({path}); wait until it has ended, or press Ctrl-C there"
        ),
    )
}

fn foreign(path: &Path) -> Fault {
    let path = path.display();
    Fault::new(
        FaultKind::Refused,
        say!(
            "{path} 不是批量办理的记录，或已被改动。请把它移到别处再执行；已办过的事项不会重复提交。",
            "{path} is no journal of a batch, or was changed; move it away and start again: what was done is not done twice"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::batch::Class;

    fn ending(class: Class) -> Ending {
        Ending { class, code: Some(0), why: None, machine: false }
    }

    #[test]
    fn what_was_written_is_known_again_and_a_torn_line_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        let key = Secret::new("k");
        let mut journal = Journal::open(&path, &key).unwrap();
        assert_eq!(Journal::open(&path, &key).unwrap_err().kind, FaultKind::Refused, "held");
        let (one, two) = (journal.key("2.2", &["11010519491231002x"]), journal.key("2.2", &["乙"]));
        assert_eq!(one, journal.key("2.2", &["11010519491231002X"]));
        assert_ne!(one, journal.key("3.1", &["11010519491231002X"]));
        journal.begin(&one, "v", 2).unwrap();
        journal.run(&one, "r1").unwrap();
        journal.end(&one, ending(Class::Parked), 7).unwrap();
        journal.begin(&two, "w", 3).unwrap();
        assert_ne!(journal.hash(&["a", "b"]), journal.hash(&["A", "b"]), "a correction of case alone");
        drop(journal);
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(8).any(|part| part == b"11010519"));
        std::fs::write(&path, [&bytes, &b"{\"type\":\"end\",\"row\""[..]].concat()).unwrap();
        let mut journal = Journal::open(&path, &key).unwrap();
        let known = journal.known(&one).unwrap();
        assert_eq!((known.run.as_deref(), known.seconds, known.values.as_str()), (Some("r1"), 7, "v"));
        assert_eq!(known.ending, Some(ending(Class::Parked)));
        assert_eq!(journal.known(&two).unwrap().ending, None);
        journal.begin(&one, "v", 2).unwrap();
        assert_eq!(journal.known(&one).unwrap().run.as_deref(), Some("r1"), "can be gone on with");
        journal.begin(&one, "corrected", 2).unwrap();
        assert_eq!(journal.known(&one).unwrap().run, None, "has the old values");
        drop(journal);
        assert!(Journal::open(&path, &key).unwrap().known(&one).unwrap().ending.is_none(), "the torn line is gone");
        std::fs::write(&path, b"{}\n").unwrap();
        assert_eq!(Journal::open(&path, &key).unwrap_err().kind, FaultKind::Refused);
    }
}
