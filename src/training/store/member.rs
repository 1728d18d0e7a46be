//! The part of the memory that says what the 呼和浩特市公共资源交易平台（新版）会员端 knows of each applicant: activation, seals, the synced
//! record, and how the portal behaves.
//!
//! Never counts a seal or a synchronisation that changed nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Status, Store};
use crate::base::Fault;

/// This part, as it is kept.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Member {
    switches: MemberSwitches,
    applicants: BTreeMap<String, Standing>,
}

/// How the portal behaves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MemberSwitches {
    /// 平台使用告知书 takes the seal of the legal representative only.
    pub legal_seal: bool,
    /// No lock holds a seal.
    pub no_seal: bool,
    /// 签章 works in another browser only.
    pub needs_ie: bool,
    /// 签章 opens nothing.
    pub popup_blocked: bool,
    /// The registry's keys of fields that the synced record lacks.
    pub gaps: Vec<String>,
    /// A 公告 lies over the first page after the login.
    pub notice: bool,
    /// Nothing but a maintenance page is served.
    pub maintenance: bool,
}

/// A document that takes a seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Document {
    /// 诚信承诺书.
    Commitment,
    /// 平台使用告知书.
    Notice,
}

impl Document {
    /// Both, in the order of the page.
    pub const ALL: [Document; 2] = [Document::Commitment, Document::Notice];

    /// What people call it.
    pub fn title(self) -> &'static str {
        match self {
            Document::Commitment => "诚信承诺书",
            Document::Notice => "平台使用告知书",
        }
    }
}

/// A seal that was set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealSet {
    /// When, UTC.
    pub at: jiff::Timestamp,
    /// Holder of the lock that signed; none when it was set in another browser.
    pub holder: Option<String>,
}

/// The record as it was synced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Synced {
    /// When, UTC.
    pub at: jiff::Timestamp,
    /// Of the registry's record.
    pub revision: u32,
    /// Value by the registry's key of the field, without the gaps.
    pub values: BTreeMap<String, String>,
}

/// What the portal knows of one applicant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Standing {
    /// When the first login through the CA 互认系统 activated the applicant.
    pub activated: Option<jiff::Timestamp>,
    /// Seals by document.
    pub seals: BTreeMap<Document, SealSet>,
    /// The record; none before the first synchronisation.
    pub synced: Option<Synced>,
}

/// Why a synchronisation came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotSynced {
    /// A document is not sealed.
    Unsealed,
    /// The registry has not verified the applicant.
    Unverified,
    /// The record is what the registry has already.
    Current,
}

impl Store {
    /// How the 会员端 behaves.
    pub fn member_switches(&self) -> &MemberSwitches {
        &self.state.member.switches
    }

    /// Changes how the 会员端 behaves.
    pub fn set_member_switches(&mut self, switches: MemberSwitches) -> Result<(), Fault> {
        self.change(|state| state.member.switches = switches)
    }

    /// What the 会员端 knows of an applicant.
    pub fn standing(&self, subject: &str) -> Standing {
        self.state.member.applicants.get(subject).cloned().unwrap_or_default()
    }

    /// Activates the applicant; later calls change nothing.
    pub fn activate(&mut self, subject: &str) -> Result<(), Fault> {
        if self.standing(subject).activated.is_some() {
            return Ok(());
        }
        self.change(|state| state.of(subject).activated = Some(jiff::Timestamp::now()))
    }

    /// Sets a seal, once: the second time nothing changes and nothing is counted.
    pub fn seal(&mut self, subject: &str, document: Document, holder: Option<String>) -> Result<(), Fault> {
        if self.standing(subject).seals.contains_key(&document) {
            return Ok(());
        }
        self.change(|state| {
            state.of(subject).seals.insert(document, SealSet { at: jiff::Timestamp::now(), holder });
            state.count(subject, |counters| counters.seal += 1);
        })
    }

    /// 同步内蒙古主体库诚信信息. The outer result is the disk's.
    pub fn sync(&mut self, subject: &str) -> Result<Result<(), NotSynced>, Fault> {
        let standing = self.standing(subject);
        if !Document::ALL.iter().all(|document| standing.seals.contains_key(document)) {
            return Ok(Err(NotSynced::Unsealed));
        }
        let entry = self.entry(subject);
        if entry.status != Status::Verified {
            return Ok(Err(NotSynced::Unverified));
        }
        if standing.synced.is_some_and(|synced| synced.revision == entry.revision) {
            return Ok(Err(NotSynced::Current));
        }
        let gaps = &self.member_switches().gaps;
        let values = entry.values.into_iter().filter(|(key, _)| !gaps.contains(key)).collect();
        let synced = Synced { at: jiff::Timestamp::now(), revision: entry.revision, values };
        self.change(|state| {
            state.of(subject).synced = Some(synced);
            state.count(subject, |counters| counters.sync += 1);
        })?;
        Ok(Ok(()))
    }
}

impl super::State {
    fn of(&mut self, subject: &str) -> &mut Standing {
        self.member.applicants.entry(subject.to_owned()).or_default()
    }
}
