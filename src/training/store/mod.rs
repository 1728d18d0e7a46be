//! What the portals know: who is bound, and how often each irreversible act happened. Kept in `DIR/store.json`.
//!
//! A change is on the disk before anybody is told of it: a killed portal comes back with what it had promised, and never with half a file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

mod member;
mod registry;
mod sign_on;

pub use member::{Document, MemberSwitches, NotSynced, SealSet, Standing, Synced};
pub use registry::{Entry, NotNow, RegistrySwitches, Status, StoredFile, Verdict};
pub use sign_on::{Sms, Switches};

use super::people::{self, Applicant};
use crate::base::{Fault, FaultKind, files};

/// How often each irreversible act happened. `bind_requests` counts what arrived, `bind` what took effect.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counters {
    /// 确认申请 that took effect.
    pub bind: u64,
    /// 确认申请 that arrived, whatever became of it.
    pub bind_requests: u64,
    /// 确认授权.
    pub authorise: u64,
    /// 提交信息.
    pub submit: u64,
    /// 签章.
    pub seal: u64,
    /// 同步内蒙古主体库诚信信息.
    pub sync: u64,
    /// CA 证书解绑.
    pub unbind: u64,
}

/// A certificate that is bound to a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// SHA-256 of the certificate's DER, lower hex.
    pub certificate: String,
    /// Its serial number, upper hex.
    pub serial: String,
    /// The person.
    pub name: String,
    /// Kind of the identity document, as the form calls it.
    pub id_kind: String,
    /// Number of the identity document.
    pub id_number: String,
    /// Mobile number.
    pub mobile: String,
    /// The company.
    pub company: String,
    /// Its unified social credit code.
    pub credit_code: String,
    /// E-mail address; empty when none was given.
    pub email: String,
    /// When it took effect, UTC.
    pub at: jiff::Timestamp,
}

/// How the binding page asks "are you sure".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confirm {
    /// A dialog drawn by the page (layer).
    #[default]
    Layer,
    /// The browser's own `confirm()`.
    Native,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct State {
    version: u32,
    seed: u64,
    people: usize,
    #[serde(default)]
    confirm: Confirm,
    /// By applicant.
    bindings: BTreeMap<String, Binding>,
    counters: Counters,
    per_applicant: BTreeMap<String, Counters>,
    #[serde(default)]
    sign_on: sign_on::SignOn,
    #[serde(default)]
    registry: registry::Registry,
    #[serde(default)]
    member: member::Member,
}

/// Why a certificate was not bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotBound {
    /// This very certificate is bound already.
    CertificateBound,
    /// The person is bound with another certificate.
    PersonBound,
}

/// The portals' memory. One writer; the portals keep it behind a lock.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    state: State,
    applicants: Vec<Applicant>,
}

impl Store {
    /// Opens `dir/store.json`, or begins it. `seed`: none keeps the people that are there (or draws new ones), another one than theirs
    /// begins anew with new people.
    pub fn open(dir: &Path, seed: Option<u64>, people: usize) -> Result<Store, Fault> {
        files::private_dir(dir)?;
        let path = dir.join("store.json");
        let kept = match std::fs::read(&path) {
            Ok(bytes) => {
                Some(serde_json::from_slice::<State>(&bytes).ok().filter(|state| state.version == 1).ok_or_else(|| {
                    let path = path.display();
                    Fault::new(
                        FaultKind::Setup,
                        crate::say!(
                            "模拟平台的数据文件 {path} 无法读取。请删除该文件后重新启动模拟平台。",
                            "the training data file {path} cannot be read; delete it and start the training again"
                        ),
                    )
                })?)
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(Fault::io("读取文件", "read", &path, &error)),
        };
        let fits = |state: &State| seed.is_none_or(|seed| seed == state.seed) && state.people == people;
        let fresh = kept.as_ref().is_none_or(|state| !fits(state));
        let state = kept.filter(fits).unwrap_or_else(|| State::new(seed.unwrap_or_else(|| fastrand::u64(..)), people));
        let mut store = Store { path, applicants: people::applicants(state.seed, state.people), state };
        if fresh {
            store.change(|_| ())?;
        }
        Ok(store)
    }

    /// The people of this training.
    pub fn applicants(&self) -> &[Applicant] {
        &self.applicants
    }

    /// The seed they come from.
    pub fn seed(&self) -> u64 {
        self.state.seed
    }

    /// How the binding page asks "are you sure".
    pub fn confirm(&self) -> Confirm {
        self.state.confirm
    }

    /// Changes how the binding page asks "are you sure".
    pub fn set_confirm(&mut self, confirm: Confirm) -> Result<(), Fault> {
        self.change(|state| state.confirm = confirm)
    }

    /// The binding of a certificate, by the SHA-256 of its DER.
    pub fn binding(&self, certificate: &str) -> Option<&Binding> {
        self.state.bindings.values().find(|binding| binding.certificate == certificate)
    }

    /// The counters of all people together.
    pub fn counters(&self) -> &Counters {
        &self.state.counters
    }

    /// The key that acts of this certificate's holder are counted under: the applicant's id, else one made of the certificate's hash.
    pub fn subject(&self, holder: &str, organisation: Option<&str>, certificate: &str) -> String {
        let known = self.applicants.iter().find(|a| a.name == holder && organisation.is_none_or(|o| o == a.company));
        known.map_or_else(|| format!("certificate-{}", &certificate[..certificate.len().min(12)]), |a| a.id.clone())
    }

    /// Counts a 确认申请 that arrived for `subject`, whatever becomes of it.
    pub fn count_bind_request(&mut self, subject: &str) -> Result<(), Fault> {
        self.change(|state| state.count(subject, |counters| counters.bind_requests += 1))
    }

    /// Binds, once: the second time says why not. The outer result is the disk's.
    pub fn bind(&mut self, subject: &str, binding: Binding) -> Result<Result<(), NotBound>, Fault> {
        if self.binding(&binding.certificate).is_some() {
            return Ok(Err(NotBound::CertificateBound));
        }
        let same_person = |known: &Binding| known.id_number.eq_ignore_ascii_case(&binding.id_number);
        if self.state.bindings.contains_key(subject) || self.state.bindings.values().any(same_person) {
            return Ok(Err(NotBound::PersonBound));
        }
        self.change(|state| {
            state.bindings.insert(subject.to_owned(), binding);
            state.count(subject, |counters| counters.bind += 1);
        })?;
        Ok(Ok(()))
    }

    /// Forgets bindings and counters; the people stay.
    pub fn reset(&mut self) -> Result<(), Fault> {
        self.change(|state| *state = State::new(state.seed, state.people))
    }

    /// Forgets everything and takes the people of `seed`.
    pub fn reseed(&mut self, seed: u64) -> Result<(), Fault> {
        self.change(|state| *state = State::new(seed, state.people))?;
        self.applicants = people::applicants(seed, self.state.people);
        Ok(())
    }

    /// What tests and people look at: `{"seed", "confirm", "applicants": {id: {"bound", …}}, "counters": {…}, "per_applicant": {id: {…}}}`.
    pub fn view(&self) -> serde_json::Value {
        let mut applicants = serde_json::Map::new();
        let known = self.applicants.iter().map(|a| a.id.as_str());
        let strangers = self.state.bindings.keys().map(String::as_str).filter(|id| !self.applicants.iter().any(|a| a.id == **id));
        for id in known.chain(strangers) {
            let binding = self.state.bindings.get(id);
            let bound = binding.is_some();
            applicants.insert(id.to_owned(), serde_json::json!({"bound": bound, "binding": binding}));
        }
        let mut per_applicant = self.state.per_applicant.clone();
        for applicant in &self.applicants {
            per_applicant.entry(applicant.id.clone()).or_default();
        }
        serde_json::json!({
            "seed": self.state.seed, "confirm": self.state.confirm, "applicants": applicants,
            "counters": self.state.counters, "per_applicant": per_applicant,
            "sign_on": self.state.sign_on, "registry": self.state.registry.at(jiff::Timestamp::now()), "member": self.state.member,
        })
    }

    /// Changes a copy, writes it, and only then believes it.
    fn change(&mut self, change: impl FnOnce(&mut State)) -> Result<(), Fault> {
        let mut next = self.state.clone();
        change(&mut next);
        let bytes = serde_json::to_vec_pretty(&next)
            .map_err(|error| Fault::io("写入文件", "write", &self.path, &std::io::Error::other(error)))?;
        files::replace(&self.path, &bytes)?;
        self.state = next;
        Ok(())
    }
}

impl State {
    fn new(seed: u64, people: usize) -> State {
        State {
            version: 1,
            seed,
            people,
            confirm: Confirm::default(),
            bindings: BTreeMap::new(),
            counters: Counters::default(),
            per_applicant: BTreeMap::new(),
            sign_on: sign_on::SignOn::default(),
            registry: registry::Registry::default(),
            member: member::Member::default(),
        }
    }

    fn count(&mut self, subject: &str, add: impl Fn(&mut Counters)) {
        add(&mut self.counters);
        add(self.per_applicant.entry(subject.to_owned()).or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::instance::Site;

    fn binding(certificate: &str, id_number: &str) -> Binding {
        Binding {
            certificate: certificate.into(),
            serial: "01".into(),
            name: "云小鹿".into(),
            id_kind: "居民身份证".into(),
            id_number: id_number.into(),
            mobile: "19900000000".into(),
            company: "虚构公司".into(),
            credit_code: String::new(),
            email: String::new(),
            at: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn nobody_binds_twice_and_a_killed_portal_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::open(dir.path(), Some(3), 2).unwrap();
        assert_eq!(store.bind("p1", binding("aa", "1")).unwrap(), Ok(()));
        assert_eq!(store.bind("p1", binding("aa", "1")).unwrap(), Err(NotBound::CertificateBound));
        assert_eq!(store.bind("p1", binding("bb", "2")).unwrap(), Err(NotBound::PersonBound));
        assert_eq!(store.bind("p2", binding("cc", "1")).unwrap(), Err(NotBound::PersonBound));
        drop(store);
        let store = Store::open(dir.path(), None, 2).unwrap();
        assert_eq!((store.seed(), store.counters().bind, store.binding("aa").is_some()), (3, 1, true));
        assert_eq!(store.view()["per_applicant"]["p2"]["bind"], 0);
    }

    #[test]
    fn another_seed_begins_anew_and_a_reset_keeps_the_people() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::open(dir.path(), Some(3), 1).unwrap();
        store.count_bind_request("p1").unwrap();
        assert_eq!(store.bind("p1", binding("aa", "1")).unwrap(), Ok(()));
        let name = store.applicants()[0].name.clone();
        store.reset().unwrap();
        assert_eq!((store.counters(), &store.applicants()[0].name), (&Counters::default(), &name));
        let store = Store::open(dir.path(), Some(4), 1).unwrap();
        assert_eq!((store.seed(), store.counters().bind_requests), (4, 0));
    }

    #[test]
    fn a_platform_is_authorised_once_and_who_is_unbound_may_bind_again() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::open(dir.path(), Some(3), 2).unwrap();
        for _ in 0..2 {
            store.authorise("p1", Site::Registry).unwrap();
        }
        store.authorise("p1", Site::Member).unwrap();
        assert_eq!((store.counters().authorise, store.authorised("p2", Site::Registry)), (2, None));
        assert_eq!(store.bind("p1", binding("aa", "1X")).unwrap(), Ok(()));
        assert!(!store.unbind("1X", "别人", "19900000000").unwrap() && !store.unbind("2", "云小鹿", "19900000000").unwrap());
        assert!(store.unbind("1x", "云小鹿", "19900000000").unwrap() && !store.unbind("1x", "云小鹿", "19900000000").unwrap());
        assert_eq!(store.bind("p1", binding("bb", "1X")).unwrap(), Ok(()));
        drop(store);
        let store = Store::open(dir.path(), None, 2).unwrap();
        assert_eq!((store.counters().unbind, store.counters().bind), (1, 2));
        assert!(store.authorised("p1", Site::Member).is_some());
    }

    #[test]
    fn a_change_that_cannot_be_written_did_not_happen() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::open(dir.path(), Some(3), 1).unwrap();
        std::fs::remove_dir_all(dir.path()).unwrap();
        assert!(store.bind("p1", binding("aa", "1")).is_err());
        assert_eq!((store.counters().bind, store.binding("aa")), (0, None));
    }

    #[test]
    fn a_torn_file_is_refused_with_a_remedy() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("store.json"), "{").unwrap();
        let fault = Store::open(dir.path(), None, 1).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Setup);
        assert!(fault.message.zh.contains("store.json"));
    }
}
