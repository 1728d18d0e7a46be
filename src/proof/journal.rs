//! The journal: append-only, hash-chained lines of canonical JSON. The only truth of a run.
//!
//! Never two writers, never a line half written by a live process, never a line without the hash of the one before.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Instant;

use jiff::{Timestamp, TimestampRound, Unit};

use super::canonical;
use super::event::{Event, Record};
#[cfg(debug_assertions)]
use crate::base::crash;
use crate::base::{Fault, FaultKind, cost, files};

/// `prev` of the first line.
pub(super) const NOTHING_BEFORE: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// No line is longer, in bytes: a text that a portal floods the journal with is not proof.
const LONGEST_LINE: usize = 1 << 20;

/// The last line of a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its number, from 0.
    pub seq: u64,
    /// SHA-256 of it with its line feed, lower-case hex.
    pub sha256: String,
}

/// A journal as it lies on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// Its whole lines.
    pub records: Vec<Record>,
    /// Bytes after the last line feed: the line that a killed process was writing. Not part of the journal.
    pub torn: u64,
}

/// Reads a journal. Only a last line without line feed is cut; anything else that is no event is a fault that names the line.
/// Whether chain and spelling are right is for [`super::verify()`] to say.
pub(super) fn read(bytes: &[u8]) -> Result<Log, Fault> {
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let mut records = Vec::new();
    for (at, line) in bytes[..whole].split_inclusive(|byte| *byte == b'\n').enumerate() {
        let number = at + 1;
        let mut record: Record = serde_json::from_slice(line).map_err(|_| unreadable(number))?;
        if record.event.is_misshapen() {
            return Err(unreadable(number));
        }
        record.sha256 = canonical::sha256(line);
        records.push(record);
    }
    Ok(Log { records, torn: (bytes.len() - whole) as u64 })
}

fn unreadable(line: usize) -> Fault {
    Fault::new(
        FaultKind::Refused,
        crate::say!(
            "办理日志第 {line} 行不是有效的记录，日志可能被改动或损坏。请使用原始的办理档案。",
            "line {line} of the journal is not a valid record: it was changed or damaged; use the original run folder"
        ),
    )
}

/// The first line at which chain or numbering breaks, from 1.
pub(super) fn first_break(records: &[Record]) -> Option<usize> {
    let mut prev = NOTHING_BEFORE;
    for (at, record) in records.iter().enumerate() {
        if record.seq != at as u64 || record.prev != prev {
            return Some(at + 1);
        }
        prev = &record.sha256;
    }
    None
}

/// The writer's end.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
    path: std::path::PathBuf,
    /// Bytes of whole lines.
    length: u64,
    head: Option<Head>,
    opened: Instant,
    /// Milliseconds that earlier writers of this journal used up.
    before_ms: u64,
    /// Set when a part of a line may be in the file and could not be cut off again.
    broken: bool,
}

impl Journal {
    /// A new journal at `path`, which must not exist.
    pub(super) fn create(path: &Path) -> Result<Journal, Fault> {
        files::write_new(path, b"")?;
        #[cfg(debug_assertions)]
        crash::synced(0);
        Journal::append_to(path, 0, None, 0)
    }

    /// The journal at `path`, to go on after `log`, which was read from it; the torn tail is cut off.
    pub(super) fn reopen(path: &Path, log: &Log) -> Result<Journal, Fault> {
        let length = std::fs::metadata(path).map_err(|error| cannot_write(path, &error))?.len().saturating_sub(log.torn);
        let head = log.records.last().map(|record| Head { seq: record.seq, sha256: record.sha256.clone() });
        // The time between the two writers is only known by the wall clock; a clock set back counts as no time.
        let before_ms = log.records.last().map_or(0, |last| {
            let since = Timestamp::now().as_millisecond().saturating_sub(last.t_wall.as_millisecond());
            last.t_mono_ms.saturating_add(u64::try_from(since).unwrap_or(0))
        });
        let journal = Journal::append_to(path, length, head, before_ms)?;
        journal
            .file
            .set_len(length)
            .and_then(|()| journal.file.sync_all())
            .map_err(|error| cannot_write(&journal.path, &error))?;
        #[cfg(debug_assertions)]
        crash::synced(length);
        Ok(journal)
    }

    fn append_to(path: &Path, length: u64, head: Option<Head>, before_ms: u64) -> Result<Journal, Fault> {
        // Not opened to append: Windows lets nobody cut such a file.
        let opened = OpenOptions::new().write(true).open(path);
        let placed = opened.and_then(|mut file| file.seek(SeekFrom::Start(length)).map(|_| file));
        let file = placed.map_err(|error| cannot_write(path, &error))?;
        Ok(Journal { file, path: path.to_owned(), length, head, opened: Instant::now(), before_ms, broken: false })
    }

    /// The last line, if there is one.
    pub(super) fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// Bytes of all lines.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Writes one event as one line. On a fault the file ends where it ended before.
    pub(super) fn append(&mut self, event: Event) -> Result<Head, Fault> {
        if self.broken {
            return Err(cannot_write(&self.path, &std::io::Error::other("an earlier line is incomplete")));
        }
        let now = Timestamp::now();
        let record = Record {
            seq: self.head.as_ref().map_or(0, |head| head.seq + 1),
            prev: self.head.as_ref().map_or_else(|| NOTHING_BEFORE.to_owned(), |head| head.sha256.clone()),
            t_wall: now.round(TimestampRound::new().smallest(Unit::Millisecond)).unwrap_or(now),
            t_mono_ms: self.before_ms + u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX),
            event,
            sha256: String::new(),
        };
        let line = serde_json::to_value(&record).ok().and_then(|value| canonical::write(&value)).ok_or_else(|| {
            Fault::new(
                FaultKind::Io,
                crate::say!(
                    "这条记录不能写入办理日志（含有小数）。请联系支持人员。",
                    "this event cannot enter the journal (it holds a fraction); ask support"
                ),
            )
        })?;
        if line.len() >= LONGEST_LINE {
            return Err(Fault::new(
                FaultKind::Io,
                crate::say!(
                    "这条记录过长，不能写入办理日志。请联系支持人员。",
                    "this event is too long for the journal; ask support"
                ),
            ));
        }
        let line = line + "\n";
        #[cfg(debug_assertions)]
        crash::before(crash::Written::Journal);
        if let Err(error) = self.file.write_all(line.as_bytes()) {
            let back = self.file.set_len(self.length).and_then(|()| self.file.seek(SeekFrom::Start(self.length)));
            self.broken = back.is_err();
            return Err(cannot_write(&self.path, &error));
        }
        #[cfg(debug_assertions)]
        crash::written(crash::Written::Journal, &self.file, self.length, self.length + line.len() as u64);
        self.length += line.len() as u64;
        let head = Head { seq: record.seq, sha256: canonical::sha256(line.as_bytes()) };
        self.head = Some(head.clone());
        Ok(head)
    }

    /// Waits until every line is on the disk.
    pub(super) fn sync(&mut self) -> Result<(), Fault> {
        cost::timed(cost::SYNCS, || self.file.sync_data()).map_err(|error| cannot_write(&self.path, &error))?;
        #[cfg(debug_assertions)]
        crash::synced(self.length);
        Ok(())
    }
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Fault {
    Fault::io("写入办理日志", "write the journal", path, error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Message;

    fn note(words: &str) -> Event {
        Event::Warning { step: None, message: Message::same(words) }
    }

    #[test]
    fn lines_are_chained_and_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log.jsonl");
        let mut journal = Journal::create(&path).unwrap();
        journal.append(note("一")).unwrap();
        let head = journal.append(note("二")).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let log = read(&bytes).unwrap();
        assert_eq!((log.torn, first_break(&log.records)), (0, None));
        assert_eq!(log.records[1].sha256, head.sha256);
        assert_eq!(log.records[1].event, note("二"));
        assert!(bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).all(canonical::is_canonical));
        assert!(Journal::create(&path).is_err(), "never over an old one");
    }

    #[test]
    fn a_torn_tail_is_cut_and_the_chain_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log.jsonl");
        let mut journal = Journal::create(&path).unwrap();
        journal.append(note("一")).unwrap();
        journal.append(note("二")).unwrap();
        drop(journal);
        let whole = std::fs::read(&path).unwrap();
        let first = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        for cut in first..whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let log = read(&whole[..cut]).unwrap();
            assert_eq!((log.records.len(), log.torn), (1, (cut - first) as u64));
            let mut journal = Journal::reopen(&path, &log).unwrap();
            assert_eq!(journal.append(note("三")).unwrap().seq, 1);
            let log = read(&std::fs::read(&path).unwrap()).unwrap();
            assert_eq!((log.torn, first_break(&log.records)), (0, None));
            assert!(log.records[1].t_mono_ms >= log.records[0].t_mono_ms);
        }
    }

    #[test]
    fn events_of_later_versions_are_kept_but_known_ones_must_fit() {
        let line = |rest: &str| {
            format!(r#"{{{rest}"prev":"{NOTHING_BEFORE}","seq":0,"t_mono_ms":0,"t_wall":"2026-11-22T06:31:00.000Z"}}"#) + "\n"
        };
        let log = read(line(r#""planet":["火星",4],"type":"launch","#).as_bytes()).unwrap();
        let Event::Other(fields) = &log.records[0].event else { panic!("{:?}", log.records[0]) };
        assert_eq!(fields["planet"][0], "火星");
        let again = canonical::write(&serde_json::to_value(&log.records[0]).unwrap()).unwrap();
        assert!(again.contains(r#""planet":["火星",4]"#), "{again}");
        for bad in [r#""step":1,"type":"step.end","#, r#""type":"run.end","#, r#""step":1,"#, ""] {
            assert!(read(line(bad).as_bytes()).is_err(), "{bad}");
        }
        assert!(read(b"\n").is_err());
        assert!(read(b"").unwrap().records.is_empty());
    }

    proptest::proptest! {
        #[test]
        fn garbage_never_panics(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
            let _ = read(&bytes);
        }

        #[test]
        fn garbled_lines_never_panic(cut in 0usize..500, replacement in ".{0,8}", times in 1usize..4) {
            let good = concat!(r#"{"file":"data/shots/0001.png","height":1,"masks":[{"height":1,"painted":true,"reason":"personal","#,
                r#""width":1,"x":-1,"y":1}],"prev":"0000000000000000000000000000000000000000000000000000000000000000","seq":0,"#,
                r#""sha256":"","t_mono_ms":0,"t_wall":"2026-11-22T06:31:00.000Z","title":"","type":"shot","url":"","width":1}"#, "\n");
            let cut = cut.min(good.len());
            let garbled = format!("{}{replacement}{}", &good[..cut], &good[cut..]).repeat(times);
            let _ = read(garbled.as_bytes());
            let _ = canonical::is_canonical(garbled.as_bytes());
        }
    }
}
