//! What a journal says, folded: the one reading that report, resume and console share. Never asks the world, never fails:
//! whatever a killed process left behind has a state.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::event::{Event, LockChange, OnceOutcome, Record, RunResult, RunStart, Shot, StepResult, UPLOAD};
use crate::base::{FaultKind, Message};

/// A moment of the run: by the wall clock, and in milliseconds since the writer was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At {
    /// Local wall clock.
    pub wall: Timestamp,
    /// Clock that nobody can set, milliseconds.
    pub mono_ms: u64,
}

impl At {
    fn of(record: &Record) -> At {
        At { wall: record.t_wall, mono_ms: record.t_mono_ms }
    }
}

/// One going through a step. A step that is gone through again stands here again, with the same number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Number in the run.
    pub number: u32,
    /// Its playbook.
    pub playbook: String,
    /// The verb.
    pub action: String,
    /// What it does.
    pub title: Message,
    /// When it began.
    pub began: At,
    /// When it ended; none while it runs, and for ever if the process was killed.
    pub ended: Option<At>,
    /// How it ended.
    pub result: Option<StepResult>,
    /// Why.
    pub why: Option<Message>,
    /// Its pictures: places in [`State::shots`].
    pub shots: Vec<usize>,
    /// Words that the page showed for a moment.
    pub messages: Vec<String>,
    /// Files that were given to the page: name, size, SHA-256.
    pub uploads: Vec<String>,
    /// Targets that were found by an alternative: which (from 0), and what matched.
    pub alternatives: Vec<(u32, String)>,
}

/// One pause for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// Number in the run.
    pub number: u32,
    /// What kind of thing was asked.
    pub kind: String,
    /// What was asked.
    pub message: Message,
    /// When it was asked.
    pub opened: At,
    /// When it was answered, and how.
    pub closed: Option<(At, String)>,
}

/// One irreversible act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    /// The step.
    pub step: u32,
    /// What was authorised; none when this run only learnt of an earlier outcome.
    pub action: Option<Message>,
    /// Which confirmed repetition.
    pub revision: u32,
    /// When the intent was on disk.
    pub intended: Option<At>,
    /// What is known. [`OnceOutcome::Unsure`] when there is an intent without an outcome.
    pub outcome: OnceOutcome,
    /// When the outcome was on disk.
    pub known: Option<At>,
    /// What the portal showed.
    pub evidence: Option<Message>,
}

/// A warning or a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The step, if one is meant.
    pub step: Option<u32>,
    /// The cause of a fault; none for a warning.
    pub kind: Option<FaultKind>,
    /// What happened and what to do.
    pub message: Message,
    /// When.
    pub at: At,
}

/// A change at the lock readers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockNote {
    /// What changed.
    pub change: LockChange,
    /// Reader or agent.
    pub reader: Option<String>,
    /// Holder, as far as it may be shown.
    pub holder: Option<String>,
    /// Serial, likewise.
    pub serial: Option<String>,
    /// End of validity.
    pub not_after: Option<Timestamp>,
    /// When.
    pub at: At,
}

/// How the run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// How.
    pub result: RunResult,
    /// Why.
    pub why: Option<Message>,
    /// Steps started.
    pub steps: u32,
    /// Pictures kept.
    pub shots: u32,
    /// Exit code of the process.
    pub exit_code: u8,
}

/// Everything that a journal says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// What the run is.
    pub start: Option<RunStart>,
    /// When the first line was written.
    pub began: Option<At>,
    /// When the last line was written.
    pub last: Option<At>,
    /// How it ended; none while it runs, and for ever if the process was killed.
    pub end: Option<End>,
    /// The steps, in the order in which they began.
    pub steps: Vec<Step>,
    /// The gates, likewise.
    pub gates: Vec<Gate>,
    /// Irreversible acts by key.
    pub once: BTreeMap<String, Once>,
    /// The pictures and when they were taken.
    pub shots: Vec<(At, Shot)>,
    /// Pictures that belong to no step: places in `shots`.
    pub loose_shots: Vec<usize>,
    /// Kept files: path and SHA-256.
    pub files: Vec<(String, String)>,
    /// Warnings and faults in their order.
    pub troubles: Vec<Trouble>,
    /// Milestones in their order: stable name, words, when.
    pub milestones: Vec<(String, Message, At)>,
    /// What the portal issued, in its order: label, value, when.
    pub receipts: Vec<(String, String, At)>,
    /// What happened at the readers.
    pub locks: Vec<LockNote>,
}

impl State {
    /// How the run ended; none when it has no end yet.
    pub fn result(&self) -> Option<RunResult> {
        self.end.as_ref().map(|end| end.result)
    }

    /// Whether an irreversible act was begun and nobody knows what became of it.
    pub fn is_unsure(&self) -> bool {
        self.once.values().any(|once| once.outcome == OnceOutcome::Unsure)
    }

    fn step(&mut self, number: u32) -> Option<&mut Step> {
        self.steps.iter_mut().rev().find(|step| step.number == number)
    }
}

/// Folds a journal.
pub fn fold(records: &[Record]) -> State {
    let mut state = State::default();
    for record in records {
        let at = At::of(record);
        state.began = state.began.or(Some(at));
        state.last = Some(at);
        take(&mut state, at, &record.event);
    }
    state
}

fn take(state: &mut State, at: At, event: &Event) {
    match event.clone() {
        Event::RunStart(start) => state.start = state.start.take().or(Some(start)),
        Event::StepStart { step, playbook, action, title } => state.steps.push(Step {
            number: step,
            playbook,
            action,
            title,
            began: at,
            ended: None,
            result: None,
            why: None,
            shots: Vec::new(),
            messages: Vec::new(),
            uploads: Vec::new(),
            alternatives: Vec::new(),
        }),
        Event::StepEnd { step, result, why } => {
            if let Some(step) = state.step(step) {
                (step.ended, step.result, step.why) = (Some(at), Some(result), why);
            }
        }
        Event::Target { step, matched, alternative } => {
            if let Some(step) = state.step(step).filter(|_| alternative > 0) {
                step.alternatives.push((alternative, matched));
            }
        }
        Event::Warning { step, message } => state.troubles.push(Trouble { step, kind: None, message, at }),
        Event::Fault { step, kind, message } => state.troubles.push(Trouble { step, kind: Some(kind), message, at }),
        Event::Shot(shot) => {
            let place = state.shots.len();
            let number = shot.step;
            state.shots.push((at, shot));
            match number.and_then(|number| state.step(number)) {
                Some(step) => step.shots.push(place),
                None => state.loose_shots.push(place),
            }
        }
        Event::File { file, sha256 } => state.files.push((file, sha256)),
        Event::Message { step, text, kind } => {
            if let Some(step) = step.and_then(|number| state.step(number)) {
                if kind == UPLOAD { step.uploads.push(text) } else { step.messages.push(text) }
            }
        }
        Event::GateOpen { gate, kind, message } => {
            state.gates.push(Gate { number: gate, kind, message, opened: at, closed: None });
        }
        Event::GateClose { gate, answer } => {
            if let Some(gate) = state.gates.iter_mut().rev().find(|open| open.number == gate && open.closed.is_none()) {
                gate.closed = Some((at, answer));
            }
        }
        Event::Lock { change, reader, holder, serial, not_after } => {
            state.locks.push(LockNote { change, reader, holder, serial, not_after, at });
        }
        Event::OnceIntent { step, key, action, revision } => {
            // A new intent starts the knowledge anew: the outcome of an earlier revision says nothing about this one.
            state.once.insert(
                key,
                Once {
                    step,
                    action: Some(action),
                    revision,
                    intended: Some(at),
                    outcome: OnceOutcome::Unsure,
                    known: None,
                    evidence: None,
                },
            );
        }
        Event::OnceOutcome { step, key, outcome, evidence } => {
            let once = state.once.entry(key).or_insert(Once {
                step,
                action: None,
                revision: 0,
                intended: None,
                outcome,
                known: None,
                evidence: None,
            });
            (once.outcome, once.known, once.evidence) = (outcome, Some(at), Some(evidence));
        }
        Event::Milestone { name, message } => state.milestones.push((name, message, at)),
        Event::Receipt { step: _, values } => {
            state.receipts.extend(values.into_iter().map(|(label, value)| (label, value, at)));
        }
        Event::RunEnd { result, why, steps, shots, exit_code } => {
            state.end = Some(End { result, why, steps, shots, exit_code });
        }
        Event::Other(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(events: Vec<Event>) -> Vec<Record> {
        events
            .into_iter()
            .zip(0u64..)
            .map(|(event, seq)| Record {
                seq,
                prev: String::new(),
                t_wall: Timestamp::UNIX_EPOCH,
                t_mono_ms: seq * 10,
                event,
                sha256: String::new(),
            })
            .collect()
    }

    fn intent(revision: u32) -> Event {
        Event::OnceIntent { step: 1, key: "k".into(), action: Message::same("提交"), revision }
    }

    fn outcome(outcome: OnceOutcome) -> Event {
        Event::OnceOutcome { step: 1, key: "k".into(), outcome, evidence: Message::same("已绑定") }
    }

    #[test]
    fn an_intent_without_outcome_is_unsure() {
        let known = |events| fold(&records(events)).once["k"].outcome;
        assert_eq!(known(vec![intent(0)]), OnceOutcome::Unsure);
        assert_eq!(known(vec![intent(0), outcome(OnceOutcome::Done)]), OnceOutcome::Done);
        assert_eq!(
            known(vec![intent(0), outcome(OnceOutcome::Done), intent(1)]),
            OnceOutcome::Unsure,
            "a new press, a new doubt"
        );
        assert_eq!(known(vec![outcome(OnceOutcome::Done)]), OnceOutcome::Done, "learnt from an earlier run");
        assert!(fold(&records(vec![intent(0)])).is_unsure());
    }

    #[test]
    fn a_repeated_step_keeps_both_attempts() {
        let start = || Event::StepStart { step: 1, playbook: "2.2".into(), action: "click".into(), title: Message::same("点") };
        let state = fold(&records(vec![
            start(),
            Event::StepEnd { step: 1, result: StepResult::Redone, why: Some(Message::same("锁被拔出")) },
            start(),
            Event::Message { step: Some(1), text: "绑定成功".into(), kind: "toast".into() },
            Event::StepEnd { step: 1, result: StepResult::Done, why: None },
        ]));
        assert_eq!(
            state.steps.iter().map(|step| step.result).collect::<Vec<_>>(),
            [Some(StepResult::Redone), Some(StepResult::Done)]
        );
        assert_eq!((state.steps[0].messages.len(), state.steps[1].messages.len()), (0, 1));
        assert_eq!(state.steps[1].ended.unwrap().mono_ms - state.steps[1].began.mono_ms, 20);
    }

    #[test]
    fn whatever_was_left_behind_has_a_state() {
        let state = fold(&[]);
        assert_eq!((state.result(), state.start.is_none()), (None, true));
        let state = fold(&records(vec![
            Event::StepEnd { step: 9, result: StepResult::Done, why: None },
            Event::GateClose { gate: 3, answer: "yes".into() },
            Event::Target { step: 4, matched: "x".into(), alternative: 1 },
        ]));
        assert!(state.steps.is_empty() && state.gates.is_empty());
    }
}
