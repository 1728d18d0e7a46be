//! The part of the memory that says what the 自治区公共资源交易主体信息库 knows of each applicant.
//!
//! Never counts a submission twice: one revision takes effect once. A request that comes while the portal still verifies is counted
//! apart and changes nothing.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Store;
use crate::base::Fault;

/// This part, as it is kept.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Registry {
    #[serde(flatten)]
    switches: RegistrySwitches,
    /// By applicant.
    entries: BTreeMap<String, Entry>,
    /// 受理编号 issued so far.
    issued: u64,
}

/// How the registry behaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RegistrySwitches {
    /// How long the verification takes.
    pub verify_millis: u64,
    /// How it ends.
    pub verdict: Verdict,
    /// Why, when it is a rejection.
    pub reasons: Vec<String>,
    /// Every page is the one of a maintenance.
    pub maintenance: bool,
    /// A notice covers the page until it is closed.
    pub notice: bool,
    /// Somebody else has activated the company.
    pub activated_by_other: bool,
    /// The company has another name since the certificate was issued.
    pub renamed: bool,
    /// The next file is stored without ever getting its number.
    pub stuck_upload: bool,
    /// The login ends at the next 保存, which is lost.
    pub expire_in_form: bool,
}

impl Default for RegistrySwitches {
    fn default() -> RegistrySwitches {
        RegistrySwitches {
            verify_millis: 2_000,
            verdict: Verdict::Pass,
            reasons: vec!["营业执照扫描件不清晰".to_owned()],
            maintenance: false,
            notice: false,
            activated_by_other: false,
            renamed: false,
            stuck_upload: false,
            expire_in_form: false,
        }
    }
}

/// How a verification ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// 验证通过.
    #[default]
    Pass,
    /// 退回修改.
    Reject,
}

/// Where an applicant stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Not handed in: 未完善 or 待提交.
    #[default]
    Draft,
    /// 待验证.
    Pending,
    /// 验证通过.
    Verified,
    /// 退回修改.
    Rejected,
}

/// What the registry knows of one applicant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Entry {
    /// Where it stands.
    pub status: Status,
    /// Which submission is being prepared, or was made last.
    pub revision: u32,
    /// Values of the form that were saved.
    pub values: BTreeMap<String, String>,
    /// Rows of 从业人员: 姓名, 职称, 证书编号.
    pub staff: Vec<[String; 3]>,
    /// 电子件.
    pub files: Vec<StoredFile>,
    /// 受理编号 of the last submission.
    pub number: Option<String>,
    /// 提交时间.
    pub submitted: Option<Timestamp>,
    /// When the portal decides.
    pub decides: Option<Timestamp>,
    /// Why it was sent back.
    pub reasons: Vec<String>,
    /// 提交信息 that arrived, whatever became of it.
    pub submit_requests: u64,
    /// The notice was closed.
    pub notice_read: bool,
}

impl Default for Entry {
    fn default() -> Entry {
        Entry {
            status: Status::Draft,
            revision: 1,
            values: BTreeMap::new(),
            staff: Vec::new(),
            files: Vec::new(),
            number: None,
            submitted: None,
            decides: None,
            reasons: Vec::new(),
            submit_requests: 0,
            notice_read: false,
        }
    }
}

/// A file that was uploaded; its content is not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredFile {
    /// `fileGuid`.
    pub guid: String,
    /// The category's key.
    pub category: String,
    /// Name.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256, lower hex.
    pub sha256: String,
}

/// Why something does not happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotNow {
    /// The portal is verifying.
    Pending,
    /// It has passed, and nothing was changed since.
    Verified,
}

impl Registry {
    /// As it is now: what was to be decided by now is.
    pub(super) fn at(&self, now: Timestamp) -> Registry {
        let mut next = self.clone();
        let switches = &self.switches;
        for entry in next.entries.values_mut() {
            if entry.status == Status::Pending && entry.decides.is_some_and(|at| at <= now) {
                entry.decide(switches.verdict, &switches.reasons);
            }
        }
        next
    }
}

impl Entry {
    fn decide(&mut self, verdict: Verdict, reasons: &[String]) {
        self.decides = None;
        match verdict {
            Verdict::Pass => self.status = Status::Verified,
            Verdict::Reject => {
                self.status = Status::Rejected;
                self.reasons = reasons.to_vec();
                self.revision += 1;
            }
        }
    }

    /// Makes room for a change: what had passed is a new revision from then on.
    fn open(&mut self) -> Result<(), NotNow> {
        match self.status {
            Status::Pending => return Err(NotNow::Pending),
            Status::Verified => {
                self.status = Status::Draft;
                self.revision += 1;
            }
            Status::Draft | Status::Rejected => {}
        }
        Ok(())
    }
}

impl Store {
    /// How the registry behaves.
    pub fn registry_switches(&self) -> &RegistrySwitches {
        &self.state.registry.switches
    }

    /// Changes how the registry behaves from now on: what was to be decided by now is decided the old way.
    pub fn set_registry_switches(&mut self, switches: RegistrySwitches) -> Result<(), Fault> {
        self.change(|state| {
            state.registry = state.registry.at(Timestamp::now());
            state.registry.switches = switches;
        })
    }

    /// What the registry knows of `subject` now.
    pub fn entry(&self, subject: &str) -> Entry {
        self.state.registry.at(Timestamp::now()).entries.remove(subject).unwrap_or_default()
    }

    /// Puts an applicant where an exercise begins: the next revision, with these values.
    pub fn put_entry(&mut self, subject: &str, status: Status, values: BTreeMap<String, String>) -> Result<(), Fault> {
        let before = self.entry(subject);
        let entry = Entry { status, revision: before.revision + 1, values, ..Entry::default() };
        self.change(|state| drop(state.registry.entries.insert(subject.to_owned(), entry)))
    }

    /// Changes the entry of `subject`; what `change` refuses leaves it as it was.
    fn change_entry<T, E>(
        &mut self,
        subject: &str,
        change: impl FnOnce(&mut Entry) -> Result<T, E>,
    ) -> Result<Result<T, E>, Fault> {
        let mut entry = self.entry(subject);
        let done = match change(&mut entry) {
            Ok(done) => done,
            Err(no) => return Ok(Err(no)),
        };
        self.change(|state| drop(state.registry.entries.insert(subject.to_owned(), entry)))?;
        Ok(Ok(done))
    }

    /// 保存.
    pub fn save_entry(
        &mut self,
        subject: &str,
        values: BTreeMap<String, String>,
        staff: Vec<[String; 3]>,
    ) -> Result<Result<(), NotNow>, Fault> {
        self.change_entry(subject, |entry| {
            if entry.status == Status::Verified && entry.values == values && entry.staff == staff {
                return Ok(());
            }
            entry.open()?;
            (entry.values, entry.staff) = (values, staff);
            Ok(())
        })
    }

    /// Takes in a file, and gives it its number.
    pub fn store_file(&mut self, subject: &str, file: StoredFile) -> Result<Result<(), NotNow>, Fault> {
        self.change_entry(subject, |entry| {
            entry.open()?;
            entry.files.push(file);
            Ok(())
        })
    }

    /// Removes a file; false when there is none with this number.
    pub fn remove_file(&mut self, subject: &str, guid: &str) -> Result<Result<bool, NotNow>, Fault> {
        self.change_entry(subject, |entry| {
            let before = entry.files.len();
            if entry.files.iter().any(|file| file.guid == guid) {
                entry.open()?;
                entry.files.retain(|file| file.guid != guid);
            }
            Ok(entry.files.len() < before)
        })
    }

    /// Remembers that the notice was closed.
    pub fn close_notice(&mut self, subject: &str) -> Result<(), Fault> {
        let done = self.change_entry(subject, |entry| {
            entry.notice_read = true;
            Ok::<(), std::convert::Infallible>(())
        })?;
        done.map_or_else(|never| match never {}, Ok)
    }

    /// Uses up the switch of this name: it holds for one request.
    pub fn take_stuck_upload(&mut self) -> Result<bool, Fault> {
        let on = self.state.registry.switches.stuck_upload;
        if on {
            self.change(|state| state.registry.switches.stuck_upload = false)?;
        }
        Ok(on)
    }

    /// Uses up the switch of this name: it holds for one request.
    pub fn take_expire_in_form(&mut self) -> Result<bool, Fault> {
        let on = self.state.registry.switches.expire_in_form;
        if on {
            self.change(|state| state.registry.switches.expire_in_form = false)?;
        }
        Ok(on)
    }

    /// Counts a 提交信息 that arrived, whatever becomes of it.
    pub fn count_submit_request(&mut self, subject: &str) -> Result<(), Fault> {
        let done = self.change_entry(subject, |entry| {
            entry.submit_requests += 1;
            Ok::<(), std::convert::Infallible>(())
        })?;
        done.map_or_else(|never| match never {}, Ok)
    }

    /// 提交信息, once a revision: 受理编号 and 提交时间, or why not.
    pub fn submit_entry(&mut self, subject: &str) -> Result<Result<Entry, NotNow>, Fault> {
        let now = Timestamp::now();
        let number = format!("NMZT{}{:06}", now.strftime("%Y%m%d"), self.state.registry.issued + 1);
        let wait = SignedDuration::from_millis(i64::try_from(self.state.registry.switches.verify_millis).unwrap_or(i64::MAX / 2));
        let decides = now.checked_add(wait).unwrap_or(Timestamp::MAX);
        let mut entry = self.entry(subject);
        match entry.status {
            Status::Pending => return Ok(Err(NotNow::Pending)),
            Status::Verified => return Ok(Err(NotNow::Verified)),
            Status::Draft | Status::Rejected => {}
        }
        entry.status = Status::Pending;
        entry.reasons.clear();
        (entry.number, entry.submitted, entry.decides) = (Some(number), Some(now), Some(decides));
        self.change(|state| {
            state.registry.entries.insert(subject.to_owned(), entry.clone());
            state.registry.issued += 1;
            state.count(subject, |counters| counters.submit += 1);
        })?;
        Ok(Ok(entry))
    }

    /// Decides every pending entry now, as the trainer says or else as the switches do. Says how many there were.
    pub fn decide_entries(&mut self, verdict: Option<Verdict>, reasons: Option<Vec<String>>) -> Result<usize, Fault> {
        let switches = self.state.registry.switches.clone();
        let (verdict, reasons) = (verdict.unwrap_or(switches.verdict), reasons.unwrap_or(switches.reasons));
        let mut registry = self.state.registry.at(Timestamp::now());
        let pending: Vec<&mut Entry> = registry.entries.values_mut().filter(|entry| entry.status == Status::Pending).collect();
        let count = pending.len();
        pending.into_iter().for_each(|entry| entry.decide(verdict, &reasons));
        self.change(|state| state.registry = registry)?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(dir: &std::path::Path) -> Store {
        Store::open(dir, Some(3), 1).unwrap()
    }

    #[test]
    fn a_revision_is_submitted_once() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = store(dir.path());
        let slow = RegistrySwitches { verify_millis: 3_600_000, ..RegistrySwitches::default() };
        store.set_registry_switches(slow).unwrap();
        let first = store.submit_entry("p1").unwrap().unwrap();
        assert!(first.number.is_some() && first.submitted.is_some());
        assert_eq!(store.submit_entry("p1").unwrap(), Err(NotNow::Pending));
        assert_eq!(store.save_entry("p1", BTreeMap::new(), Vec::new()).unwrap(), Err(NotNow::Pending));
        assert_eq!(store.decide_entries(Some(Verdict::Reject), Some(vec!["不清晰".into()])).unwrap(), 1);
        let entry = store.entry("p1");
        assert_eq!((entry.status, entry.revision, entry.reasons), (Status::Rejected, 2, vec!["不清晰".to_owned()]));
        let second = store.submit_entry("p1").unwrap().unwrap();
        assert_ne!(second.number, first.number);
        assert_eq!(store.decide_entries(None, None).unwrap(), 1);
        assert_eq!((store.entry("p1").status, store.submit_entry("p1").unwrap()), (Status::Verified, Err(NotNow::Verified)));
        assert_eq!(store.counters().submit, 2);
    }

    #[test]
    fn time_decides_and_a_change_after_that_is_a_new_revision() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = store(dir.path());
        store.set_registry_switches(RegistrySwitches { verify_millis: 0, ..RegistrySwitches::default() }).unwrap();
        store.submit_entry("p1").unwrap().unwrap();
        assert_eq!(store.entry("p1").status, Status::Verified);
        let rejecting = RegistrySwitches { verdict: Verdict::Reject, verify_millis: 0, ..RegistrySwitches::default() };
        store.set_registry_switches(rejecting).unwrap();
        assert_eq!(store.view()["registry"]["entries"]["p1"]["status"], "verified", "decided before the switch");
        store.save_entry("p1", BTreeMap::new(), Vec::new()).unwrap().unwrap();
        assert_eq!((store.entry("p1").status, store.entry("p1").revision), (Status::Verified, 1), "nothing was changed");
        let values = BTreeMap::from([("phone".to_owned(), "0471-0000000".to_owned())]);
        store.save_entry("p1", values, Vec::new()).unwrap().unwrap();
        assert_eq!((store.entry("p1").status, store.entry("p1").revision), (Status::Draft, 2));
    }

    #[test]
    fn files_come_and_go() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = store(dir.path());
        let file = |guid: &str| StoredFile {
            guid: guid.into(),
            category: "license".into(),
            name: "a.pdf".into(),
            size: 3,
            sha256: String::new(),
        };
        store.store_file("p1", file("g1")).unwrap().unwrap();
        assert_eq!(store.remove_file("p1", "g2").unwrap(), Ok(false));
        assert_eq!(store.remove_file("p1", "g1").unwrap(), Ok(true));
        assert!(store.entry("p1").files.is_empty());
    }
}
