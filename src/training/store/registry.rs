//! The part of the memory that says what the 自治区公共资源交易主体信息库 knows of each applicant.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Store;
use crate::base::Fault;

/// This part, as it is kept.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Registry {
    /// By applicant.
    entries: BTreeMap<String, Entry>,
}

/// Where an applicant stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Not handed in.
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
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Entry {
    /// Where it stands.
    pub status: Status,
    /// Which submission is being prepared, or was made last.
    pub revision: u32,
    /// Values of the form that were saved.
    pub values: BTreeMap<String, String>,
}

impl Store {
    /// What the registry knows of `subject` now.
    pub fn entry(&self, subject: &str) -> Entry {
        self.state.registry.entries.get(subject).cloned().unwrap_or_default()
    }

    /// Puts an applicant where a trainer wants them: the next revision, with these values.
    pub fn put_entry(&mut self, subject: &str, status: Status, values: BTreeMap<String, String>) -> Result<(), Fault> {
        let mut entry = self.entry(subject);
        (entry.status, entry.revision, entry.values) = (status, entry.revision + 1, values);
        self.change(|state| drop(state.registry.entries.insert(subject.to_owned(), entry)))
    }
}
