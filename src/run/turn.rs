//! Whose turn an irreversible act is: what earlier runs of this installation did of it, by the ledger.
//!
//! Never lets an act begin whose last press has an unknown end: the page may show that it was done, else the person says so. An act that
//! was done is done again only where its playbook expects that, or the person wants it.

use std::path::Path;

use super::ledger::{Ledger, Line, Standing};
use super::once_key::OnceKey;
use crate::actions::Stage;
use crate::actions::condition::Seen;
use crate::actions::stage::Asked;
use crate::base::{Fault, FaultKind, Message, until};
use crate::operator::{Answer, GateKind};
use crate::playbook::Revision;
use crate::proof::{Event, OnceOutcome};

/// The right to do an act once.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    ledger: &'a Ledger,
    key: String,
    revision: u32,
    /// How it stood when the turn was given.
    seen: Option<Line>,
    /// When it was done before, if it was.
    earlier: Option<Line>,
}

/// What is to be done now.
#[derive(Debug)]
pub(super) enum Now<'a> {
    /// The act, in its turn.
    Act(Turn<'a>),
    /// Nothing: an earlier run did it, and only now that is known.
    Nothing,
}

/// Finds out whose turn it is. `key` comes with any revision and is given the right one.
///
/// # Errors
/// [`FaultKind::Unsure`] when nobody can tell how an earlier press ended; [`FaultKind::Precondition`] when it was done before and nobody
/// is there to want it again; as [`Ledger::last`].
pub(super) async fn turn<'a>(
    stage: &mut Stage<'_>,
    title: &Message,
    done: &Seen,
    mut key: OnceKey<'_>,
    again: Revision,
    ledger: &'a Ledger,
) -> Result<Now<'a>, Fault> {
    key.revision = 1;
    let mut earlier = None;
    let mut seen = loop {
        match ledger.last(&key.text())? {
            Some(line) if line.standing == Standing::Done => {
                earlier = Some(line);
                key.revision += 1;
            }
            seen => break seen,
        }
    };
    let text = key.text();
    let mut asked = false;
    if let Some(open) = seen.clone().filter(|line| matches!(line.standing, Standing::Intent | Standing::Unsure)) {
        let (outcome, evidence) = match stage.look(done, None).await? {
            Some(evidence) => (OnceOutcome::Done, evidence),
            None => match ask_how_it_ended(stage, title, &open).await? {
                OnceOutcome::Done => (OnceOutcome::Done, seen_done()),
                _ => (OnceOutcome::NotDone, seen_not_done()),
            },
        };
        // The ledger first: another run may have asked the same, and gone on, while this one waited for its answer.
        let resolved = ledger.resolve(&text, stage.folder.path(), &open, outcome)?;
        stage.record_synced(Event::OnceOutcome { step: stage.step, key: text.clone(), outcome, evidence })?;
        if outcome == OnceOutcome::Done {
            return Ok(Now::Nothing);
        }
        (seen, asked) = (Some(resolved), true);
    }
    // Once for each try: what somebody wanted again, and did not get, this run's person may not want. Who has just been asked how that try
    // ended knows of it, and confirms the press with its number.
    if let (Some(line), Revision::First, false) = (&earlier, again, asked) {
        ask_for_another(stage, title, line).await?;
    }
    Ok(Now::Act(Turn { ledger, key: text, revision: key.revision, seen, earlier }))
}

impl Turn<'_> {
    /// A line for the question before the press, where it was done before.
    pub(super) fn line(&self) -> Option<Message> {
        let (earlier, number) = (self.earlier.as_ref()?, self.revision);
        let (when, run) = (when(earlier), name(&earlier.run));
        Some(crate::say!(
            "本机记录：此事已于北京时间 {when} 办成过（办理档案 {run}），这是第 {number} 次。",
            "this machine did it before, on {when} Beijing time (run folder {run}); this is number {number}"
        ))
    }

    /// Ledger and journal say on disk that the act is about to be done.
    ///
    /// # Errors
    /// [`FaultKind::Refused`] when another run came first; [`FaultKind::Io`]. Nothing may be pressed then.
    pub(super) fn intend(&self, stage: &mut Stage<'_>, action: Message) -> Result<(), Fault> {
        stage.folder.has_room()?;
        self.ledger.intend(&self.key, stage.folder.path(), self.seen.as_ref())?;
        let (key, revision) = (self.key.clone(), self.revision);
        stage.record_synced(Event::OnceIntent { step: stage.step, key, action, revision })
    }

    /// Journal and ledger say on disk what became of it.
    ///
    /// # Errors
    /// [`FaultKind::Io`].
    pub(super) fn settle(&self, stage: &mut Stage<'_>, outcome: OnceOutcome, evidence: Message) -> Result<(), Fault> {
        settle(stage, self.ledger, &self.key, outcome, evidence)
    }
}

/// The journal first: the ledger looks there for what it does not know.
fn settle(stage: &mut Stage<'_>, ledger: &Ledger, key: &str, outcome: OnceOutcome, evidence: Message) -> Result<(), Fault> {
    stage.record_synced(Event::OnceOutcome { step: stage.step, key: key.to_owned(), outcome, evidence })?;
    ledger.settle(key, stage.folder.path(), outcome)
}

/// What the person saw, as it is kept.
pub(super) fn seen_done() -> Message {
    crate::say!("操作人核实：已成功", "the operator saw that it was done")
}

/// The same.
pub(super) fn seen_not_done() -> Message {
    crate::say!("操作人核实：没有成功。可以重新办理。", "the operator saw that it was not done; it may be done again")
}

/// Puts the question what the portal shows, with `unknown` as its words; that fault where nobody can tell.
///
/// # Errors
/// `unknown`.
pub(super) async fn ask_the_portal(stage: &mut Stage<'_>, unknown: Fault) -> Result<OnceOutcome, Fault> {
    let options = vec![
        crate::say!("平台显示已成功", "the portal shows that it was done"),
        crate::say!("平台显示没有成功", "the portal shows that it was not done"),
        crate::say!("看不出来", "cannot tell"),
    ];
    match stage.gate(GateKind::Unsure, unknown.message.clone(), options, std::future::pending::<()>()).await {
        Ok(Asked::Person(Answer::Pick(0))) => Ok(OnceOutcome::Done),
        Ok(Asked::Person(Answer::Pick(1))) => Ok(OnceOutcome::NotDone),
        _ => Err(unknown),
    }
}

async fn ask_how_it_ended(stage: &mut Stage<'_>, title: &Message, open: &Line) -> Result<OnceOutcome, Fault> {
    let (when, run) = (when(open), name(&open.run));
    let unknown = Fault::new(
        FaultKind::Unsure,
        Message::new(
            format!(
                "结果待核实：北京时间 {when} 的办理（办理档案 {run}）可能已{}，结果不明，因此没有再点。请到平台查看，切勿重复点击。",
                title.zh
            ),
            format!(
                "result to be checked: the run of {when} Beijing time (run folder {run}) may have pressed this ({}) and its end is not known, so nothing was pressed; look at the portal, do not press again",
                title.en
            ),
        ),
    );
    ask_the_portal(stage, unknown).await
}

/// It was done, the page does not show it, and the playbook does not expect that.
async fn ask_for_another(stage: &mut Stage<'_>, title: &Message, earlier: &Line) -> Result<(), Fault> {
    let (when, run) = (when(earlier), name(&earlier.run));
    let done = Message::new(
        format!(
            "本机记录：已于北京时间 {when} {}并办成（办理档案 {run}），但页面上没有显示，因此没有再点。请到平台核实。",
            title.zh
        ),
        format!(
            "this machine did this on {when} Beijing time ({}; run folder {run}), but the page does not show it, so nothing was pressed; check the portal",
            title.en
        ),
    );
    if stage.operator.is_person() {
        let options = vec![
            crate::say!("不再办理，停下", "stop, do nothing"),
            crate::say!("平台上确实已撤销，需要再办一次", "it was undone at the portal and has to be done once more"),
        ];
        let asked = stage.gate(GateKind::Unsure, done.clone(), options, std::future::pending::<()>()).await?;
        return match asked {
            Asked::Person(Answer::Pick(1)) => Ok(()),
            _ => Err(until::stopped()),
        };
    }
    Err(Fault::new(FaultKind::Precondition, done))
}

fn when(line: &Line) -> String {
    line.at.to_zoned(crate::proof::beijing()).strftime("%Y-%m-%d %H:%M").to_string()
}

fn name(run: &Path) -> String {
    run.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
