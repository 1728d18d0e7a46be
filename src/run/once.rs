//! The once gate: probe false, Intent, sync, act, Outcome, sync.
//!
//! Never presses when the sign of success already shows, never presses twice, and never calls an unknown outcome a failure.

use std::time::Duration;

use super::ledger::Ledger;
use super::lock_guard;
use super::once_key::OnceKey;
use super::question::question;
use super::turn::{Now, Turn, ask_the_portal, seen_done, seen_not_done, turn};
use crate::actions::check_holder::still_the_holder;
use crate::actions::condition::Seen;
use crate::actions::stage::Asked;
use crate::actions::{Act, Stage};
use crate::base::{Fault, FaultKind, Message, until};
use crate::operator::{Answer, GateKind};
use crate::playbook::Revision;
use crate::proof::OnceOutcome;

/// How long the sign of success may still come after words of refusal, or after the person has stopped.
const SETTLING: Duration = Duration::from_secs(3);
/// Messages of up to this many characters are titles of boxes.
const TITLE: usize = 4;

/// What shows how an act ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signs<'a> {
    /// It was done.
    pub done: &'a Seen,
    /// The portal refused it, and nothing was done.
    pub refused: Option<&'a Seen>,
    /// Whether it may be done again after it was done.
    pub again: Revision,
}

/// Carries out `act` at most once. `stage.done_when` is what shows that it was done.
pub(super) async fn once(
    stage: &mut Stage<'_>,
    act: &Act,
    title: &Message,
    signs: Signs<'_>,
    key: OnceKey<'_>,
    ledger: &Ledger,
) -> Result<(), Fault> {
    let done_when = signs.done;
    still_the_holder(stage).await?;
    let turn = match Box::pin(turn(stage, title, done_when, key, signs.again, ledger)).await? {
        Now::Act(turn) => turn,
        Now::Nothing => {
            stage.changes.clear();
            return Ok(());
        }
    };
    not_done_yet(stage, done_when).await?;
    let (question, kept) = question(stage, title, turn.line());
    let asked = stage.ask_keeping(GateKind::Confirm, question, kept, Vec::new(), std::future::pending::<()>()).await;
    let asked = asked.and_then(|asked| match asked {
        Asked::Person(Answer::Stop) => Err(until::stopped()),
        asked => Ok(asked),
    });
    if let Err(fault) = asked {
        return Err(if fault.kind == FaultKind::Stopped { not_pressed(title) } else { fault });
    }
    // The person may have taken an hour, the lock may be out, the page may show somebody else: look at all of it again.
    if lock_guard::wait_for_return(stage).await? && stage.holder.is_none() {
        return Err(perhaps_another_lock());
    }
    stage.stop_words().await?;
    still_the_holder(stage).await?;
    not_done_yet(stage, done_when).await?;
    // Words of refusal that stand there anyway say nothing about this press.
    let refused = match signs.refused {
        Some(refused) if stage.glimpse(refused, None).await?.is_none() => Some(refused),
        _ => None,
    };
    turn.intend(stage, title.clone())?;
    let sent = stage.browser.sent_since(0).last().map_or(0, |sent| sent.number);
    let acted = act.run(stage).await;
    match acted {
        Err(fault) if !stage.pressed || stage.held_back => {
            let settled = turn.settle(stage, OnceOutcome::NotDone, fault.message.clone());
            Err(settled.err().map_or_else(|| fault.clone(), |unkept| not_kept(&fault, &unkept)))
        }
        Err(why) if stage.sign_asked => unsure(stage, title, &turn, why, sent).await,
        // Pressed, whatever was said afterwards: only what the page shows counts, and it gets its own time to show it.
        _ => {
            // Who stopped is not kept waiting for the whole step.
            let stopped = matches!(&acted, Err(fault) if fault.kind == FaultKind::Stopped);
            let allowed = stage.until.allowed();
            stage.until = stage.until.renewed(if stopped { allowed.min(SETTLING) } else { allowed });
            match wait_for(stage, done_when, refused).await {
                Ok(Ending::Done(evidence)) => {
                    settle(stage, title, &turn, OnceOutcome::Done, evidence)?;
                    stage.changes.clear();
                    Ok(())
                }
                Ok(Ending::Refused(evidence)) => {
                    settle(stage, title, &turn, OnceOutcome::NotDone, evidence.clone())?;
                    Err(refused_by_portal(title, &evidence))
                }
                Err(fault) => {
                    let why = acted.err().unwrap_or(fault);
                    unsure(stage, title, &turn, why, sent).await
                }
            }
        }
    }
}

/// How an act ended, with what the page showed.
enum Ending {
    Done(Message),
    Refused(Message),
}

/// Waits until the page shows that it was done, or that the portal refused. Words of refusal may belong to a message that only passes
/// (正在提交): they count when nothing else has come for a while.
async fn wait_for(stage: &mut Stage<'_>, done: &Seen, refused: Option<&Seen>) -> Result<Ending, Fault> {
    let since = *stage.since;
    let Some(refused) = refused else { return stage.wait_seen(done, since).await.map(Ending::Done) };
    let evidence = tokio::select! {
        biased;
        seen = stage.wait_seen(done, since) => return seen.map(Ending::Done),
        Ok(evidence) = stage.wait_seen(refused, since) => evidence,
    };
    // A time of its own: words of refusal that come late in the step's must settle like any others.
    stage.until = stage.until.renewed(SETTLING);
    match stage.wait_seen(done, since).await {
        Ok(seen) => Ok(Ending::Done(seen)),
        Err(fault) if fault.kind == FaultKind::TimedOut => {
            // A page that did not answer meanwhile has shown nothing: a last look tells the one from the other.
            stage.until = stage.until.renewed(SETTLING);
            Ok(stage.look(done, since).await?.map_or(Ending::Refused(evidence), Ending::Done))
        }
        // Nobody looked to the end, so nobody knows.
        Err(fault) => Err(fault),
    }
}

/// The portal said no: nothing was done, and its words say why.
fn refused_by_portal(title: &Message, evidence: &Message) -> Fault {
    Fault::new(
        FaultKind::Business,
        Message::new(
            format!("已{}，但平台没有受理：页面显示{}。没有办成；请按平台的提示改正后再办。", title.zh, evidence.zh),
            format!(
                "the portal refused this ({}): the page shows {}; nothing was done, correct what it names and try again",
                title.en, evidence.en
            ),
        ),
    )
}

/// Why nothing was pressed, and that this could not be put on record either.
fn not_kept(fault: &Fault, unkept: &Fault) -> Fault {
    let (why, disk) = (fault.message.phrase(), unkept.message.phrase());
    let message = Message::new(
        format!("{}。没有点击；这一点也没能写入记录（{}）。", why.zh, disk.zh),
        format!("{}; nothing was pressed, which could not be recorded either ({})", why.en, disk.en),
    );
    Fault::new(fault.kind, message)
}

/// The person did not consent: says that nothing was done.
fn not_pressed(title: &Message) -> Fault {
    Fault::new(
        FaultKind::Stopped,
        Message::new(
            format!("在{}之前停止了办理：没有点击，没有提交任何内容。需要时可重新办理。", title.zh),
            format!(
                "stopped before this step ({}): nothing was pressed, nothing was submitted; start again when needed",
                title.en
            ),
        ),
    )
}

/// Nobody can tell whether the lock that is in now is the one whose holder was compared.
fn perhaps_another_lock() -> Fault {
    Fault::new(
        FaultKind::Refused,
        crate::say!(
            "CA 锁曾被拔出又插入，且无法读取持有人，不能确认还是同一把锁，因此没有点击。请重新办理，让网页重新读取证书。",
            "the CA lock was out and in again and its holder cannot be read, so it may be another one; nothing was pressed; start again so that the page reads the certificate anew"
        ),
    )
}

/// `done_when` must be seen false: words of success that stand there anyway prove nothing.
async fn not_done_yet(stage: &Stage<'_>, done_when: &Seen) -> Result<(), Fault> {
    let Some(evidence) = stage.look(done_when, None).await? else { return Ok(()) };
    Err(Fault::new(
        FaultKind::Precondition,
        Message::new(
            format!("还没点击，页面上就已出现完成标志：{}，因此没有点击。请核实此事是否已办过。", evidence.zh),
            format!(
                "the sign of success {} already shows before the press, so nothing was pressed; check whether this was done before",
                evidence.en
            ),
        ),
    ))
}

/// Puts on record what became of a press. Where the disk fails after all, whoever reads the fault is the only record.
fn settle(stage: &mut Stage<'_>, title: &Message, turn: &Turn<'_>, outcome: OnceOutcome, evidence: Message) -> Result<(), Fault> {
    turn.settle(stage, outcome, evidence).map_err(|fault| {
        let Message { zh, en } = fault.message.phrase();
        Fault::new(
            FaultKind::Unsure,
            Message::new(
                format!("结果待核实：已{}，但结果没有能写入记录（{zh}）。请到平台查看，切勿重复点击。", title.zh),
                format!(
                    "result to be checked: pressed ({}), but its outcome could not be recorded ({en}); look at the portal, do not press again",
                    title.en
                ),
            ),
        )
    })
}

/// The press went out and no sign of success came: the record says so first, then the person is asked.
async fn unsure(stage: &mut Stage<'_>, title: &Message, turn: &Turn<'_>, why: Fault, sent: u64) -> Result<(), Fault> {
    settle(stage, title, turn, OnceOutcome::Unsure, why.message.clone())?;
    let since = *stage.since;
    let messages = since.map(|since| stage.browser.messages_since(since)).unwrap_or_default();
    // A box's title (提示) is a message too, but says nothing.
    let said = messages.into_iter().map(|(_, text)| text).rfind(|text| text.chars().count() > TITLE);
    let (said_zh, said_en) = match said {
        Some(text) => (format!("平台提示「{text}」；"), format!("the portal said “{text}”; ")),
        None => Default::default(),
    };
    // That nothing was seen in time is said already.
    let why_said = (why.kind != FaultKind::TimedOut).then(|| why.message.phrase());
    let (why_zh, why_en) = why_said.map_or_else(Default::default, |why| (format!("{}；", why.zh), format!("{}; ", why.en)));
    // Only what went to a portal: the page also asks the lock's agent on this machine.
    let requests = stage.browser.sent_since(sent).into_iter().filter(|sent| stage.site.knows(&sent.url)).count();
    let unknown = Fault::new(
        FaultKind::Unsure,
        Message::new(
            format!(
                "结果待核实：已{}，但没有看到成功提示（{why_zh}{said_zh}点击后浏览器发出 {requests} 个提交请求）。请到平台查看，切勿重复点击。",
                title.zh
            ),
            format!(
                "result to be checked: pressed ({}), but no sign of success was seen ({why_en}{said_en}the browser sent {requests} submitting requests after it); look at the portal, do not press again",
                title.en
            ),
        ),
    );
    if why.kind == FaultKind::Stopped || stage.until.cancel().is_cancelled() {
        return Err(unknown);
    }
    match ask_the_portal(stage, unknown).await? {
        OnceOutcome::Done => settle(stage, title, turn, OnceOutcome::Done, seen_done()),
        outcome => {
            settle(stage, title, turn, outcome, seen_not_done())?;
            Err(Fault::new(FaultKind::TimedOut, seen_not_done()))
        }
    }
}
