//! The one vocabulary of a run. Plain data, versioned from day one: an event that this program does not know stays readable as
//! [`Event::Other`]. Never holds a float: other programs spell them differently, and the chain is over bytes.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::base::{FaultKind, Lang, Message};

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Ruku acts.
    Auto,
    /// The person acts, Ruku shows the next place and checks.
    Assist,
    /// Ruku acts slowly, with captions.
    Present,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepResult {
    /// It did what it should.
    Done,
    /// Its condition did not hold.
    Skipped,
    /// It waits for the portal, longer than this run.
    Parked,
    /// It found that the playbook is finished (`finish_when`).
    Finished,
    /// It did not succeed.
    Failed,
    /// A person or a signal stopped the run during it.
    Stopped,
    /// It pressed something irreversible, and nobody knows what became of it.
    Unsure,
    /// It is gone through again, under the same number, in a later attempt.
    Redone,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunResult {
    /// Every step was gone through.
    Done,
    /// Nothing was left to do: the portal already shows the aim.
    Finished,
    /// A person or a signal stopped it.
    Stopped,
    /// The portal takes its time (待验证): the run ended in order and goes on with a new login.
    Parked,
    /// It did not succeed.
    Failed,
    /// Something irreversible was pressed, and nobody knows what became of it.
    Unsure,
    /// It was killed; somebody sealed what was left.
    Interrupted,
}

impl RunResult {
    /// Whether nothing is left to do.
    pub fn is_done(self) -> bool {
        matches!(self, RunResult::Done | RunResult::Finished)
    }
}

/// What is known of an irreversible act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnceOutcome {
    /// The portal showed that it happened.
    Done,
    /// It surely did not happen.
    NotDone,
    /// Nobody knows yet.
    Unsure,
}

/// What changed at the lock readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LockChange {
    /// A lock was put in.
    Inserted,
    /// A lock was pulled.
    Removed,
    /// A lock was there when the run began to look.
    Present,
    /// The card service went away.
    ServiceGone,
}

/// One playbook of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaybookRef {
    /// File name as the person knows it.
    pub file: String,
    /// SHA-256 of its exact bytes, lower-case hex; the bytes themselves are kept under `data/playbooks/`.
    pub sha256: String,
    /// The same of the shared lists of steps that it takes in, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<String>,
    /// Section of the guide, such as `2.2`.
    pub guide: String,
    /// Edition of the guide.
    pub edition: String,
    /// Its title.
    pub title: Message,
}

/// What a run is: the first line of every journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunStart {
    /// Name of the run: the name of its folder.
    pub run: String,
    /// Version of Ruku.
    pub ruku: String,
    /// The playbooks, in the order of the run.
    pub playbooks: Vec<PlaybookRef>,
    /// Name of the site profile.
    pub site: String,
    /// What people call the site; journals of before have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_title: Option<Message>,
    /// SHA-256 of the site profile's exact bytes, lower-case hex; journals of before have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_sha256: Option<String>,
    /// Whether the site is the training portals: such a run proves nothing about a real portal.
    pub training: bool,
    /// Who acts.
    pub mode: Mode,
    /// The language of the person.
    pub lang: Lang,
    /// Facts of the machine: versions of browser and driver, operating system, proxy … Short names to values.
    pub machine: BTreeMap<String, String>,
    /// The applicant, as the operator's table names it; personal parts are covered.
    pub subject: String,
    /// The run that this one goes on with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continues: Option<Continues>,
}

/// An earlier run, by its name and by the end of its journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Continues {
    /// Name of its folder.
    pub run: String,
    /// SHA-256 of the last line of its journal, lower-case hex.
    pub head: String,
}

/// One mask of a picture, disclosed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaskNote {
    /// Left edge, device pixels.
    pub x: i32,
    /// Top edge, device pixels.
    pub y: i32,
    /// Width, device pixels.
    pub width: u32,
    /// Height, device pixels.
    pub height: u32,
    /// Why: `personal` or `secret`.
    pub reason: String,
    /// Whether Ruku painted it, because the page's own style could not cover it.
    pub painted: bool,
}

/// One picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shot {
    /// The step it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u32>,
    /// Path from the run folder: `data/shots/0001.png`.
    pub file: String,
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
    /// Width in device pixels.
    pub width: u32,
    /// Height in device pixels.
    pub height: u32,
    /// Address of the page, without the values of its query.
    pub url: String,
    /// Title of the page.
    pub title: String,
    /// What was covered, and where.
    pub masks: Vec<MaskNote>,
    /// Whether it shows the page before its step: the marks are what is pressed next.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub before: bool,
    /// Places that the step pressed or entered something in, for films and guides; kept by `present` runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Spot>,
}

/// The kind of an [`Event::Message`] that is Ruku's own word of a file that it gave to the page, not the page's.
pub const UPLOAD: &str = "upload";

/// A place in a picture, in its device pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spot {
    /// Left edge; may be negative when it is partly outside.
    pub x: i32,
    /// Top edge, likewise.
    pub y: i32,
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

/// One thing that happened. The words of `type` are for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum Event {
    /// The run begins. Always the first event.
    #[serde(rename = "run.start")]
    RunStart(RunStart),
    /// A step begins.
    #[serde(rename = "step.start")]
    StepStart {
        /// Its number in the run, from 1.
        step: u32,
        /// Its playbook: the section of the guide, or the file name.
        playbook: String,
        /// The verb.
        action: String,
        /// What it does, for people.
        title: Message,
    },
    /// A step ended.
    #[serde(rename = "step.end")]
    StepEnd {
        /// Its number.
        step: u32,
        /// How.
        result: StepResult,
        /// Why, unless it is simply done.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<Message>,
    },
    /// Which words on the page a target matched.
    #[serde(rename = "target")]
    Target {
        /// The step.
        step: u32,
        /// What matched, in words.
        matched: String,
        /// Which of the alternatives, from 0.
        alternative: u32,
    },
    /// Something to look at; the run goes on.
    #[serde(rename = "warning")]
    Warning {
        /// The step, if one is meant.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<u32>,
        /// What, and what to do.
        message: Message,
    },
    /// A picture was kept.
    #[serde(rename = "shot")]
    Shot(Shot),
    /// A file was kept: a playbook, or a document that the portal issued.
    #[serde(rename = "file")]
    File {
        /// Path from the run folder.
        file: String,
        /// SHA-256, lower-case hex.
        sha256: String,
    },
    /// Words that the page showed for a moment: a toast, a dialog.
    #[serde(rename = "message")]
    Message {
        /// The step.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<u32>,
        /// The words.
        text: String,
        /// Where: `toast`, `dialog`, `page`.
        kind: String,
    },
    /// A person is asked to do something.
    #[serde(rename = "gate.open")]
    GateOpen {
        /// Number of the gate in this run, from 1.
        gate: u32,
        /// What kind of thing: `insert-lock`, `pin`, `seal`, `confirm`, `package`, `captcha`, `pick`, `read` …
        kind: String,
        /// What is asked.
        message: Message,
    },
    /// The person has answered, or the world has.
    #[serde(rename = "gate.close")]
    GateClose {
        /// Number of the gate.
        gate: u32,
        /// The answer: `done`, `yes`, `no`, `timed-out`, `stopped` … Never a PIN.
        answer: String,
    },
    /// A lock came or went. Holder and serial are covered when the redactor knows them.
    #[serde(rename = "lock")]
    Lock {
        /// What changed.
        change: LockChange,
        /// Name of the reader or agent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reader: Option<String>,
        /// Holder of the certificate.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        holder: Option<String>,
        /// Serial of the certificate.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        serial: Option<String>,
        /// End of validity of the certificate.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        not_after: Option<Timestamp>,
    },
    /// An irreversible act is about to be done. On disk before the act.
    #[serde(rename = "once.intent")]
    OnceIntent {
        /// The step.
        step: u32,
        /// What must not happen twice: site, subject, step.
        key: String,
        /// What is done, for people.
        action: Message,
        /// Which confirmed submission this is: 1 the first time.
        revision: u32,
    },
    /// What became of it. On disk before anything else is done.
    #[serde(rename = "once.outcome")]
    OnceOutcome {
        /// The step.
        step: u32,
        /// The same key.
        key: String,
        /// What is known.
        outcome: OnceOutcome,
        /// What the portal showed.
        evidence: Message,
    },
    /// Something that matters beyond this run was reached.
    #[serde(rename = "milestone")]
    Milestone {
        /// Stable name.
        name: String,
        /// For people.
        message: Message,
    },
    /// What the portal issued or shows for good: a number and a time of acceptance, the reasons of a rejection.
    #[serde(rename = "receipt")]
    Receipt {
        /// The step.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<u32>,
        /// Value by the label that the page gives it.
        values: BTreeMap<String, String>,
    },
    /// The world said no.
    #[serde(rename = "fault")]
    Fault {
        /// The step.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<u32>,
        /// The cause.
        kind: FaultKind,
        /// What happened and what to do.
        message: Message,
    },
    /// The run ended. Always the last event; without it a journal is incomplete.
    #[serde(rename = "run.end")]
    RunEnd {
        /// How.
        result: RunResult,
        /// Why, unless it is simply done.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<Message>,
        /// How many steps were started. The run folder counts; what is given is overwritten.
        steps: u32,
        /// How many pictures were kept. Counted likewise.
        shots: u32,
        /// Exit code of the process.
        exit_code: u8,
    },
    /// An event of a later version: kept as it is.
    #[serde(untagged)]
    Other(serde_json::Map<String, serde_json::Value>),
}

/// The types that this version knows; a line of such a type that does not fit is an error, never [`Event::Other`].
const KNOWN: [&str; 17] = [
    "run.start",
    "step.start",
    "step.end",
    "target",
    "warning",
    "shot",
    "file",
    "message",
    "gate.open",
    "gate.close",
    "lock",
    "once.intent",
    "once.outcome",
    "milestone",
    "receipt",
    "fault",
    "run.end",
];

impl Event {
    /// Whether this is an `Other` that hides a known type with wrong fields, or has no type at all.
    pub(super) fn is_misshapen(&self) -> bool {
        match self {
            Event::Other(fields) => match fields.get("type") {
                Some(serde_json::Value::String(name)) => KNOWN.contains(&name.as_str()),
                _ => true,
            },
            _ => false,
        }
    }
}

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Number of the line, from 0.
    pub seq: u64,
    /// SHA-256 of the whole previous line with its line feed, lower-case hex; 64 zeros on the first.
    pub prev: String,
    /// Local wall clock, UTC, milliseconds. Says no more than the clock of the machine.
    #[serde(with = "milliseconds")]
    pub t_wall: Timestamp,
    /// Milliseconds since the writer was opened, by a clock that nobody can set.
    pub t_mono_ms: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
    /// SHA-256 of this line with its line feed: the `prev` of the next. Not in the line itself.
    #[serde(skip)]
    pub sha256: String,
}

/// Time stamps always with three digits, so that lines of one moment compare as text.
mod milliseconds {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{time:.3}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        Timestamp::deserialize(deserializer)
    }
}
