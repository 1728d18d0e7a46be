//! A batch: one applicant after another, each in a run of its own. What became of each row, and what is to be done with it next.
//!
//! Never runs a row twice that is done, and never starts anew what a run can go on with. The journal beside the table says whom a row is about by
//! a keyed hash alone; the rest it takes from the run folders, which are the truth.

use std::path::Path;

mod handed;
mod journal;
mod results;

pub use handed::Handed;
pub use journal::{Journal, Known};
pub use results::{Line, csv, masked, workbook};

use serde::{Deserialize, Serialize};

use crate::base::{Fault, FaultKind, Message};
use crate::proof::{self, Event, state};
use crate::say;

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Done, or nothing was left to do.
    Done,
    /// The portal takes its time.
    Parked,
    /// A person has to do something first: the lock, a document, the portal's no. Trying again alone helps nothing.
    Business,
    /// Page, network or machine; trying again may help.
    Technical,
    /// Pressed, and nobody knows what became of it.
    Unsure,
    /// Stopped or killed in the middle.
    Stopped,
}

impl Class {
    /// What an exit code of `ruku run` means for a row.
    pub fn of(code: u8) -> Class {
        match code {
            0 => Class::Done,
            8 => Class::Parked,
            5 => Class::Unsure,
            130 => Class::Stopped,
            4 | 6 => Class::Business,
            _ => Class::Technical,
        }
    }

    /// The word for it.
    pub fn word(self) -> Message {
        match self {
            Class::Done => say!("完成", "done"),
            Class::Parked => say!("挂起", "parked"),
            Class::Business => say!("业务问题", "business"),
            Class::Technical => say!("技术故障", "technical"),
            Class::Unsure => say!("结果待核实", "unsure"),
            Class::Stopped => say!("已停下", "stopped"),
        }
    }

    /// Whether it is one of those that `--only failed` takes.
    pub fn is_failed(self) -> bool {
        matches!(self, Class::Business | Class::Technical)
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// What it means for the row.
    pub class: Class,
    /// Exit code of the run; none where it was killed.
    pub code: Option<u8>,
    /// Why, with what is personal hidden.
    pub why: Option<Message>,
    /// Whether this machine itself failed: the next row would fail as well.
    #[serde(default)]
    pub machine: bool,
}

impl Ending {
    /// That of a run that was killed.
    pub fn cut_off() -> Ending {
        let why = say!("办理被中断，再次执行同一命令即可接着办。", "the run was cut off; the same command goes on with it");
        Ending { class: Class::Stopped, code: None, why: Some(why), machine: false }
    }

    /// That of a run without an end in its journal, after it had pressed something irreversible whose outcome is not on record.
    fn unsure() -> Ending {
        let why = say!(
            "有一步已经点击，是否办成没有记录。请先到平台查看，切勿重复点击；再次执行同一命令会接着核实。",
            "something irreversible was pressed and what became of it is not on record; look at the portal first, do not press it again; the same command goes on with it"
        );
        Ending { class: Class::Unsure, code: None, why: Some(why), machine: false }
    }

    /// That of a run that ended by itself with this exit code, and could not write so into its folder: `told` is what the folder says.
    pub fn unwritten(told: Ending, code: u8) -> Ending {
        if told.class == Class::Unsure {
            return Ending { machine: true, ..told };
        }
        if Class::of(code) == Class::Unsure {
            return Ending { code: Some(code), machine: true, ..Ending::unsure() };
        }
        let why = say!(
            "办理档案没有写完，原因见终端上的提示。请排除后再次执行同一命令。",
            "the run folder could not be finished, the terminal says why; put it right, then the same command goes on"
        );
        Ending { class: Class::of(code), code: Some(code), why: Some(why), machine: true }
    }

    /// That of a run whose folder cannot be read: nobody knows what it has pressed.
    pub fn unreadable(fault: &Fault) -> Ending {
        let (zh, en) = (&fault.message.zh, &fault.message.en);
        let why = say!(
            "办理档案读不出来，不知办到了哪一步：{zh} 请先到平台查看；要重新办理，先把这份档案移到别处。",
            "the run folder cannot be read, so nobody knows how far it came: {en}; look at the portal first; to run it anew, move the folder away"
        );
        Ending { class: Class::Unsure, code: None, why: Some(why), machine: false }
    }
}

/// How the run of this folder ended, as its journal says; none while it is under way.
pub fn ending(run: &Path) -> Option<Ending> {
    if proof::is_being_written(run) {
        return None;
    }
    let records = match proof::read(run) {
        Ok(records) => records,
        Err(fault) => return Some(Ending::unreadable(&fault)),
    };
    let kind = records.iter().rev().find_map(|record| match &record.event {
        Event::Fault { kind, .. } => Some(*kind),
        _ => None,
    });
    let state = state::fold(&records);
    let Some(end) = state.end else {
        return Some(if state.is_unsure() { Ending::unsure() } else { Ending::cut_off() });
    };
    let class = Class::of(end.exit_code);
    let machine = class == Class::Technical && matches!(kind, Some(FaultKind::Io | FaultKind::Setup));
    Some(Ending { class, code: Some(end.exit_code), why: end.why, machine })
}

/// What is to be done with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Nothing: this is what became of it.
    Leave(Option<Ending>),
    /// Go on with the run of this name.
    Resume(String),
    /// A new run.
    Run,
}

/// What is to be done with a row that is known so far. `changed`: its values are not those of then. `only_failed`: nothing but what failed.
pub fn next(known: Option<&Known>, changed: bool, only_failed: bool) -> Next {
    let Some(known) = known else { return if only_failed { Next::Leave(None) } else { Next::Run } };
    let class = known.ending.as_ref().map_or(Class::Stopped, |ending| ending.class);
    let again = match class {
        Class::Done => false,
        // The person corrected the table: that is meant to be tried.
        Class::Business | Class::Technical => changed || only_failed,
        Class::Parked | Class::Unsure | Class::Stopped => !only_failed,
    };
    match &known.run {
        _ if !again => Next::Leave(known.ending.clone()),
        // A run goes on with the values that it had: corrected ones need a new one, and what was done is not done twice.
        Some(run) if !changed && !class.is_failed() => Next::Resume(run.clone()),
        _ => Next::Run,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(class: Option<Class>, run: bool) -> Known {
        let ending = class.map(|class| Ending { class, code: None, why: None, machine: false });
        Known { run: run.then(|| "r".to_owned()), ending, ..Known::default() }
    }

    #[test]
    fn exit_codes_are_classes() {
        let told = [0, 8, 5, 6, 4, 3, 7, 130, 2].map(Class::of);
        use Class::{Business, Done, Parked, Stopped, Technical, Unsure};
        assert_eq!(told, [Done, Parked, Unsure, Business, Business, Technical, Technical, Stopped, Technical]);
    }

    #[test]
    fn what_is_done_stays_done_and_what_is_open_goes_on() {
        let leave = |next: &Next| matches!(next, Next::Leave(_));
        assert_eq!(next(None, false, false), Next::Run);
        assert!(leave(&next(None, false, true)), "only what failed");
        for (changed, failed) in [(false, false), (true, false), (false, true), (true, true)] {
            assert!(leave(&next(Some(&known(Some(Class::Done), true)), changed, failed)));
        }
        for class in [None, Some(Class::Parked), Some(Class::Unsure), Some(Class::Stopped)] {
            assert_eq!(next(Some(&known(class, true)), false, false), Next::Resume("r".to_owned()), "{class:?}");
            assert_eq!(next(Some(&known(class, true)), true, false), Next::Run, "{class:?}");
            assert!(leave(&next(Some(&known(class, true)), false, true)), "{class:?}");
        }
        assert_eq!(next(Some(&known(None, false)), false, false), Next::Run, "killed before it had a folder");
        for class in [Class::Business, Class::Technical] {
            assert!(leave(&next(Some(&known(Some(class), true)), false, false)));
            assert_eq!(next(Some(&known(Some(class), true)), true, false), Next::Run);
            assert_eq!(next(Some(&known(Some(class), true)), false, true), Next::Run);
        }
    }
}
