//! The run folder while it is written: one writer, everything on disk as it happens, sealed at the end into a bag.
//!
//! Never edits a sealed bag, never writes a picture that is not masked, never lets a string past the `Redactor`, never lets an irreversible
//! act begin before its intent is on disk.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::bag;
use super::canonical;
use super::event::{Event, MaskNote, Record, RunResult, Shot, Spot};
use super::hide;
use super::journal::{self, Head, Journal};
use super::layout;
use super::report;
use super::room;
use super::state;
use crate::base::{Fault, FaultKind, Lang, Message, Redactor, files};
use crate::picture::{Cover, MaskedShot};

/// A run folder that was sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The folder.
    pub path: PathBuf,
    /// The report in the language asked for.
    pub report: PathBuf,
    /// The last line of the journal.
    pub head: Head,
}

/// The one writer of a run's folder.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    name: String,
    redactor: Redactor,
    journal: Journal,
    lock: File,
    /// Steps started, as run.end will say.
    steps: u32,
    /// Pictures kept, likewise.
    shots: u32,
    started: bool,
    ended: bool,
    observer: Observer,
}

/// Who is told about each event.
type Tell = Arc<dyn Fn(&Event) + Send + Sync>;

#[derive(Default)]
struct Observer(Option<Tell>);

impl std::fmt::Debug for Observer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Observer")
    }
}

impl RunFolder {
    /// Makes the folder `under/name` (mode 0700), which must not exist yet, with an empty journal. Every string that is recorded passes
    /// `redactor`. `name` is plain ASCII and holds nothing that the redactor hides.
    pub fn create(under: &Path, name: &str, redactor: Redactor) -> Result<RunFolder, Fault> {
        if !bag::is_safe(name) || name.contains('/') || !redactor.is_clean(name) {
            return Err(Fault::new(
                FaultKind::Refused,
                crate::say!(
                    "办理档案的名称只能使用英文字母、数字、“.”、“_”和“-”，且不能含个人信息。",
                    "the name of a run folder may only have ASCII letters, digits, '.', '_' and '-', and no personal data"
                ),
            ));
        }
        let path = under.join(name);
        if path.symlink_metadata().is_ok() {
            return Err(Fault::new(
                FaultKind::Refused,
                crate::say!(
                    "办理档案已存在：{0}。请换一个名称。",
                    "the run folder exists already: {0}; choose another name",
                    path.display()
                ),
            ));
        }
        for folder in [under, &path, &path.join(layout::DATA), &path.join(layout::SHOTS), &path.join(layout::PLAYBOOKS)] {
            files::private_dir(folder)?;
        }
        let lock = files::create_new(&path.join(layout::WRITER_LOCK))?;
        take_lock(&lock, &path)?;
        let journal = Journal::create(&path.join(layout::LOG))?;
        for folder in [&path.join(layout::DATA), &path, under] {
            files::sync_dir(folder)?;
        }
        Ok(RunFolder {
            path,
            name: name.to_owned(),
            redactor,
            journal,
            lock,
            steps: 0,
            shots: 0,
            started: false,
            ended: false,
            observer: Observer::default(),
        })
    }

    /// Goes on in a folder whose writer was killed: cuts the torn tail of the journal, removes pictures and files that the journal does not
    /// know, and records that it did. Refuses a folder that is sealed, in use, or whose chain is broken.
    pub fn reopen(path: &Path, redactor: Redactor) -> Result<RunFolder, Fault> {
        if path.join(bag::TAG_MANIFEST).symlink_metadata().is_ok() {
            return Err(Fault::new(
                FaultKind::Refused,
                crate::say!("办理档案已封存，不能再写入。", "the run folder is sealed and is never written again"),
            ));
        }
        let mut options = File::options();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let lock_path = path.join(layout::WRITER_LOCK);
        let lock = options.open(&lock_path).map_err(|error| Fault::io("打开文件", "open", &lock_path, &error))?;
        take_lock(&lock, path)?;

        let log = super::read_log(path)?;
        let state = state::fold(&log.records);
        let Some(start) = &state.start else { return Err(not_a_run(path)) };
        if let Some(line) = journal::first_break(&log.records) {
            return Err(Fault::new(
                FaultKind::Refused,
                crate::say!(
                    "办理日志在第 {line} 行断链，不能继续写入。请保留原样并联系支持人员。",
                    "the chain of the journal breaks at line {line}, so nothing is added; keep it as it is and ask support"
                ),
            ));
        }
        let journal = Journal::reopen(&path.join(layout::LOG), &log)?;
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let mut folder = RunFolder {
            path: path.to_owned(),
            name: start.run.clone(),
            redactor,
            journal,
            lock,
            steps: count(state.steps.len()),
            shots: count(state.shots.len()),
            started: true,
            ended: state.end.is_some(),
            observer: Observer::default(),
        };
        let removed = folder.remove_unrecorded(&log.records)?;
        if !folder.ended && (log.torn > 0 || removed > 0) {
            let torn = log.torn;
            let message = crate::say!(
                "上次办理被强制中断：已去掉办理日志末尾未写完的 {torn} 字节和 {removed} 个未登记的文件。",
                "the run was killed: {torn} bytes of an unfinished journal line and {removed} files not yet recorded were removed"
            );
            folder.record(Event::Warning { step: None, message })?;
        }
        Ok(folder)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The last line of the journal; none before the first.
    pub fn head(&self) -> Option<&Head> {
        self.journal.head()
    }

    /// Records an event; every free text in it passes the redactor. The beginning, intents and outcomes of once-steps, and the end are on disk
    /// when this returns. The first event must be `run.start` (its `run` becomes the folder's name), the last `run.end` (its counts are the folder's).
    pub fn record(&mut self, event: Event) -> Result<Head, Fault> {
        let mut event = hide::hide(event, &self.redactor);
        let begins = matches!(event, Event::RunStart(_));
        if self.ended || begins == self.started {
            return Err(Fault::new(
                FaultKind::Refused,
                crate::say!(
                    "办理日志的记录次序不对：须以 run.start 开始、以 run.end 结束。请联系支持人员。",
                    "wrong order in the journal: it begins with run.start and ends with run.end; ask support"
                ),
            ));
        }
        let steps = self.steps + u32::from(matches!(event, Event::StepStart { .. }));
        match &mut event {
            Event::RunStart(start) => start.run.clone_from(&self.name),
            Event::RunEnd { steps: all_steps, shots: all_shots, .. } => (*all_steps, *all_shots) = (self.steps, self.shots),
            _ => {}
        }
        let (ends, must_last) = (
            matches!(event, Event::RunEnd { .. }),
            begins || matches!(event, Event::OnceIntent { .. } | Event::OnceOutcome { .. } | Event::RunEnd { .. }),
        );
        let told = self.observer.0.as_ref().map(|tell| (Arc::clone(tell), event.clone()));
        let head = self.journal.append(event)?;
        (self.steps, self.started, self.ended) = (steps, true, ends);
        if must_last {
            self.journal.sync()?;
        }
        if let Some((tell, event)) = told {
            tell(&event);
        }
        Ok(head)
    }

    /// Makes sure, before an irreversible act, that what becomes of it can be recorded here.
    ///
    /// # Errors
    /// [`FaultKind::Io`] when the folder is gone, read-only or its disk as good as full.
    pub fn has_room(&self) -> Result<(), Fault> {
        room::check(&self.path, self.journal.length())
    }

    /// From now on `tell` hears of every event after it was written, with the same values hidden.
    pub fn observe(&mut self, tell: Arc<dyn Fn(&Event) + Send + Sync>) {
        self.observer = Observer(Some(tell));
    }

    /// Records an event that is on disk when this returns.
    pub fn record_synced(&mut self, event: Event) -> Result<Head, Fault> {
        let head = self.record(event)?;
        self.journal.sync()?;
        Ok(head)
    }

    /// Records how the run ended. Nothing can be recorded after it.
    pub fn end(&mut self, result: RunResult, why: Option<Message>, exit_code: u8) -> Result<Head, Fault> {
        self.record(Event::RunEnd { result, why, steps: 0, shots: 0, exit_code })
    }

    /// Keeps a picture: its exact bytes as `data/shots/<number>.png`, on disk before the journal names it. Of `url` only the place is kept,
    /// not the values of its query. `marks` are the places that the step presses next, when it was taken `before` that, or has entered
    /// something in. Returns the path from the run folder.
    pub fn keep_shot(
        &mut self,
        step: Option<u32>,
        shot: &MaskedShot,
        url: &str,
        title: &str,
        before: bool,
        marks: Vec<Spot>,
    ) -> Result<String, Fault> {
        let file = format!("{}/{:04}.png", layout::SHOTS, self.shots + 1);
        self.keep(&file, shot.png())?;
        let masks = shot
            .masks()
            .iter()
            .map(|mask| MaskNote {
                x: mask.x,
                y: mask.y,
                width: mask.width,
                height: mask.height,
                reason: mask.reason.clone(),
                painted: mask.how == Cover::Paint,
            })
            .collect();
        self.record(Event::Shot(Shot {
            step,
            file: file.clone(),
            sha256: shot.sha256().to_owned(),
            width: shot.width(),
            height: shot.height(),
            url: hide::address(url, &self.redactor),
            title: title.to_owned(),
            masks,
            before,
            marks,
        }))?;
        self.shots += 1;
        Ok(file)
    }

    /// Keeps the exact bytes of a playbook as `data/playbooks/<name>`; characters that not every system takes become `_`. Returns the path
    /// from the run folder. The bytes do not pass the redactor: they must be the ones that ran.
    pub fn keep_file(&mut self, name: &str, bytes: &[u8]) -> Result<String, Fault> {
        let hidden = self.redactor.hide(name);
        let last = hidden.rsplit(['/', '\\']).next().unwrap_or_default();
        let plain: String = last
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '_' })
            .take(100)
            .collect();
        let plain = plain.trim_matches('.');
        let plain = if bag::is_device(plain) { format!("_{plain}") } else { plain.to_owned() };
        let (stem, extension) =
            plain.rsplit_once('.').map_or((plain.as_str(), String::new()), |(stem, end)| (stem, format!(".{end}")));
        let taken: BTreeSet<String> = bag::list(&self.path)?.files.into_keys().map(|path| path.to_ascii_lowercase()).collect();
        let file = (1u32..)
            .map(|number| match number {
                1 => format!("{}/{stem}{extension}", layout::PLAYBOOKS),
                _ => format!("{}/{stem}-{number}{extension}", layout::PLAYBOOKS),
            })
            .find(|file| bag::is_safe(file) && !taken.contains(&file.to_ascii_lowercase()))
            .unwrap_or_default();
        self.keep(&file, bytes)?;
        self.record(Event::File { file: file.clone(), sha256: canonical::sha256(bytes) })?;
        Ok(file)
    }

    /// Makes the folder a valid BagIt bag with reports in both languages, `report.html` being the one in `lang`. Works after any fault;
    /// a run without `run.end` is closed as interrupted first.
    pub fn seal(mut self, lang: Lang) -> Result<Sealed, Fault> {
        if !self.ended {
            let why =
                crate::say!("办理没有正常结束，档案按现状封存。", "the run did not end by itself; what was left was sealed");
            self.end(RunResult::Interrupted, Some(why), 130)?;
        }
        let records = super::read(&self.path)?;
        let path = |name: &str| self.path.join(name);
        for (file, text) in report::pair(&records, lang)? {
            files::replace(&path(file), text.as_bytes())?;
        }
        files::replace(&path(layout::HOW_TO_VERIFY), layout::HOW_TO_VERIFY_TEXT.as_bytes())?;
        // A picture that was taken away must not keep the rest from being sealed: `verify` will say that it is missing.
        let known: BTreeSet<String> =
            layout::known_files(&records, lang).into_iter().filter(|file| path(file).symlink_metadata().is_ok()).collect();
        files::replace(&path(bag::MANIFEST), bag::manifest(&self.path, known.iter().map(String::as_str))?.as_bytes())?;
        files::replace(&path(bag::BAGIT), bag::DECLARATION.as_bytes())?;
        let sizes: Vec<u64> = known.iter().filter_map(|file| path(file).metadata().ok()).map(|data| data.len()).collect();
        files::replace(&path(bag::INFO), layout::bag_info(&records, lang, sizes.len(), sizes.iter().sum()).as_bytes())?;
        files::replace(&path(bag::TAG_MANIFEST), bag::manifest(&self.path, bag::TAG_FILES.into_iter())?.as_bytes())?;
        let head = self.journal.head().cloned().ok_or_else(|| not_a_run(&self.path))?;
        drop(self.lock);
        let lock = self.path.join(layout::WRITER_LOCK);
        std::fs::remove_file(&lock).map_err(|error| Fault::io("删除文件", "remove", &lock, &error))?;
        files::sync_dir(&self.path)?;
        Ok(Sealed { report: self.path.join(layout::REPORT), path: self.path, head })
    }

    fn keep(&self, file: &str, bytes: &[u8]) -> Result<(), Fault> {
        let path = self.path.join(file);
        files::write_new(&path, bytes)?;
        path.parent().map_or(Ok(()), files::sync_dir)
    }

    /// Removes what a killed writer had put into the folder but not yet into the journal; says how many files.
    fn remove_unrecorded(&self, records: &[Record]) -> Result<usize, Fault> {
        let recorded = layout::recorded_files(records);
        let mut removed = 0;
        for file in bag::list(&self.path)?.files.into_keys() {
            let kept = [layout::SHOTS, layout::PLAYBOOKS].iter().any(|folder| file.starts_with(&format!("{folder}/")));
            if file.ends_with(".new") || kept && !recorded.contains(&file) {
                let path = self.path.join(&file);
                std::fs::remove_file(&path).map_err(|error| Fault::io("删除文件", "remove", &path, &error))?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}

fn take_lock(lock: &File, path: &Path) -> Result<(), Fault> {
    lock.try_lock().map_err(|error| match error {
        std::fs::TryLockError::WouldBlock => Fault::new(
            FaultKind::Refused,
            crate::say!(
                "另一个 Ruku 正在写入这份办理档案：{0}。请等它结束。",
                "another Ruku is writing this run folder: {0}; wait until it ends",
                path.display()
            ),
        ),
        std::fs::TryLockError::Error(error) => Fault::io("锁定文件夹", "lock", path, &error),
    })
}

/// The fault for a folder that is none of a run.
pub(crate) fn not_a_run(path: &Path) -> Fault {
    Fault::new(FaultKind::Refused, crate::say!("不是办理档案：{0}。", "not a run folder: {0}", path.display()))
}
