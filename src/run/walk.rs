//! The loop: nodes in order, a picture per step, the once gate where a step is once, a pause where the lock is gone.
//!
//! A step that may have pressed something is never done again by itself, but for presses that are not irreversible while the lock
//! was away: those are repeated whole once it is back.

mod back;
mod ends;
mod keep;
mod present;
mod require;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use futures_util::future::LocalBoxFuture;

use self::keep::When;
use super::earlier::Entry;
use super::ledger::Ledger;
use super::once::{Signs, once};
use super::once_key::{OnceKey, act, subject};
use super::{Options, lock_guard};
use crate::actions::condition::Seen;
use crate::actions::stage::{Change, Checked, Held};
use crate::actions::{Act, Risk, Stage};
use crate::base::{Fault, FaultKind, Ladder, Message, Redactor, Until, template};
use crate::browser::Browser;
use crate::browser::page::Mark;
use crate::lock::LockWatch;
use crate::operator::GateKind;
use crate::playbook::{Fact, Handler, Node, Playbook, Repeat, Step, Test, Work};
use crate::proof::{Event, Mode, RunFolder, StepResult};

/// How long a step may take when the playbook does not say.
const STEP: Duration = Duration::from_secs(30);
/// How long `finish_when` looks when the playbook does not say.
const GLANCE: Duration = Duration::from_secs(2);

/// How a list of nodes ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Flow {
    /// At its end.
    On,
    /// Early and well, for this reason.
    Finish(Message),
    /// It waits for the portal, longer than this run: later playbooks are left for the next run.
    Park(Message),
}

/// One walk through all playbooks of a run.
pub(super) struct Walk<'a> {
    options: &'a Options,
    redactor: &'a Redactor,
    browser: &'a Browser,
    locks: &'a LockWatch,
    folder: &'a mut RunFolder,
    /// The run's temporary folder.
    work: &'a Path,
    values: serde_json::Value,
    held: Option<Held>,
    holder: Option<Checked>,
    changes: Vec<Change>,
    wrong_pin: bool,
    since: Option<Mark>,
    gates: u32,
    /// Steps begun so far.
    steps: u32,
    /// The step under way; a handler's steps come in between.
    step: u32,
    given: Vec<Fact>,
    ledger: Ledger,
    /// Keys of the irreversible acts that were pressed in this run, by playbook.
    pressed: BTreeSet<String>,
    /// The picture kept last.
    last_picture: keep::LastPicture,
}

/// What belongs to the playbook being walked.
#[derive(Clone, Copy)]
struct Scope<'p> {
    playbook: &'p Playbook,
    /// Handlers do not handle themselves.
    handling: bool,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        options: &'a Options,
        redactor: &'a Redactor,
        browser: &'a Browser,
        locks: &'a LockWatch,
        folder: &'a mut RunFolder,
        work: &'a Path,
    ) -> Walk<'a> {
        let values = options.inputs.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
        Walk {
            options,
            redactor,
            browser,
            locks,
            folder,
            work,
            values: serde_json::Value::Object(values),
            held: None,
            holder: None,
            changes: Vec::new(),
            wrong_pin: false,
            since: None,
            // The first was before the run.
            gates: u32::from(options.agreed.is_some()),
            steps: 0,
            step: 0,
            given: Vec::new(),
            ledger: Ledger::in_folder(&options.ledger),
            pressed: BTreeSet::new(),
            last_picture: keep::LastPicture::default(),
        }
    }

    /// Walks all playbooks, or those from `entry` on where its page can be gone back to. One that finishes early has reached its end: the
    /// next one starts.
    pub(super) async fn playbooks(mut self, entry: Option<Entry>) -> Result<Flow, Fault> {
        let options = self.options;
        let mut flow = Flow::On;
        let first = match entry {
            Some(entry) => self.back_to(entry).await?,
            None => 0,
        };
        for (number, chosen) in options.playbooks.iter().enumerate().skip(first) {
            let playbook = &chosen.playbook;
            // Whoever was checked for the playbook before was checked for that one.
            self.holder = None;
            self.changes.clear();
            for fact in &playbook.requires {
                self.require(fact).await?;
            }
            self.remember_entry(number).await?;
            flow = self.nodes(Scope { playbook, handling: false }, &playbook.steps).await?;
            if matches!(flow, Flow::Park(_)) {
                break;
            }
            self.given.extend(playbook.gives.iter().map(|fact| fact.value.clone()));
        }
        Ok(flow)
    }

    fn nodes<'s>(&'s mut self, scope: Scope<'s>, nodes: &'s [Node]) -> LocalBoxFuture<'s, Result<Flow, Fault>> {
        Box::pin(async move {
            for node in nodes {
                let flow = match &node.work {
                    Work::Step(step) => self.step(scope, node, step).await?,
                    Work::When(when) => {
                        let branch = if self.holds(&when.test).await? { &when.then } else { &when.otherwise };
                        self.nodes(scope, branch).await?
                    }
                    Work::Repeat(repeat) => self.repeat(scope, node, repeat).await?,
                    Work::FinishWhen(finish) => self.finish_when(scope, node, finish).await?,
                    Work::RefuseWhen(refuse) => self.refuse_when(scope, node, refuse).await?,
                    Work::Park(park) => self.park(scope, node, park).await?,
                    Work::Run(run) => self.nodes(scope, &run.steps).await?,
                };
                if flow != Flow::On {
                    return Ok(flow);
                }
            }
            Ok(Flow::On)
        })
    }

    async fn holds(&mut self, test: &Test) -> Result<bool, Fault> {
        if let Some(expression) = &test.expr {
            let holds = template::holds(expression, &self.values).map_err(|fault| {
                let (text, detail) = (&expression.value, &fault.detail);
                Fault::new(
                    FaultKind::Precondition,
                    crate::say!("条件「{text}」无法判断：{detail}", "the condition “{text}” cannot be told: {detail}"),
                )
            })?;
            if !holds {
                return Ok(false);
            }
        }
        match &test.seen {
            Some(seen) => {
                let since = self.since;
                Ok(self.stage(STEP).glimpse(seen, since).await?.is_some())
            }
            None => Ok(true),
        }
    }

    async fn repeat(&mut self, scope: Scope<'_>, node: &Node, repeat: &Repeat) -> Result<Flow, Fault> {
        for _ in 0..repeat.limits.times {
            let flow = self.nodes(scope, &repeat.steps).await?;
            if flow != Flow::On {
                return Ok(flow);
            }
            if let Some(until) = &repeat.limits.until
                && self.glance(until, GLANCE).await?.is_some()
            {
                return Ok(Flow::On);
            }
        }
        if repeat.limits.until.is_none() {
            return Ok(Flow::On);
        }
        let (title, times) = (self.title(node), repeat.limits.times);
        Err(Fault::new(
            FaultKind::TimedOut,
            Message::new(
                format!("试了 {times} 次仍没有成功：{}。请看看网页上有什么提示，再决定是否重试。", title.zh),
                format!("no success after {times} tries: {}; see what the page says before you try again", title.en),
            ),
        ))
    }

    /// Looks for a while; none when it was not seen.
    async fn glance(&mut self, seen: &Seen, allowed: Duration) -> Result<Option<Message>, Fault> {
        let since = self.since;
        let looked = match self.stage(allowed).wait_seen(seen, since).await {
            // On a busy machine not one look may have come to its end: what is there is seen all the same.
            Err(fault) if fault.kind == FaultKind::TimedOut => self.stage(STEP).glimpse(seen, since).await,
            seen => seen.map(Some),
        };
        match looked {
            Err(fault) if fault.kind == FaultKind::TimedOut => Ok(None),
            looked => looked,
        }
    }

    /// One leaf step, with its handlers, its pause for a missing lock, its picture.
    async fn step(&mut self, scope: Scope<'_>, node: &Node, step: &Step) -> Result<Flow, Fault> {
        lock_guard::wait_for_return(&mut self.stage(STEP)).await?;
        self.handle(scope).await?;
        let outer = self.step;
        self.steps += 1;
        self.step = self.steps;
        let (number, mark, before) = (self.step, self.browser.mark(), self.browser.commands());
        let start = Event::StepStart {
            step: number,
            playbook: scope.playbook.guide.value.clone(),
            action: step.act.word().to_owned(),
            title: self.title(node),
        };
        self.stage(STEP).record(start)?;
        self.point(number, step).await?;
        self.present(node).await?;
        let done = match self.attempts(scope, node, step).await {
            Err(fault) => Err(self.browser.explain(fault, matches!(step.act, Act::Window(_)), &self.until(STEP)).await),
            done => done,
        };
        keep::measure(number, step.act.word(), before, self.browser.commands());
        let kept = self.keep(number, mark, step, &done).await;
        self.step = outer;
        // How the step itself ended comes first: it may have to be checked at the portal.
        done.and(kept).map(|()| Flow::On)
    }

    /// Keeps how a step ended, what the page said meanwhile, and a picture.
    async fn keep(&mut self, number: u32, mark: Mark, step: &Step, done: &Result<(), Fault>) -> Result<(), Fault> {
        self.messages(number, mark)?;
        let (result, why) = match done {
            Ok(()) => (StepResult::Done, None),
            Err(fault) if fault.kind == FaultKind::Stopped => (StepResult::Stopped, Some(fault.message.clone())),
            Err(fault) if fault.kind == FaultKind::Unsure => (StepResult::Unsure, Some(fault.message.clone())),
            Err(fault) => (StepResult::Failed, Some(fault.message.clone())),
        };
        self.stage(STEP).record(Event::StepEnd { step: number, result, why })?;
        if step.keep_picture || done.is_err() {
            let when = if waits(&step.act) { When::Looked } else { When::Acted };
            // What points at a button has shown its fields before it was pressed.
            let shows = done.is_ok() && step.act.points_at().is_none();
            let entered = if shows { self.entered(step).await } else { Vec::new() };
            self.picture(number, when, &entered).await?;
        }
        Ok(())
    }

    async fn attempts(&mut self, scope: Scope<'_>, node: &Node, step: &Step) -> Result<(), Fault> {
        let allowed = step.within.map_or(STEP, |within| within.0);
        loop {
            lock_guard::wait_for_return(&mut self.stage(allowed)).await?;
            self.stage(allowed).stop_words().await?;
            let (done, pressed) = self.attempt(scope, node, step, allowed).await;
            // What is once is never done again by itself.
            if step.once.is_some() || done.is_ok() {
                return done;
            }
            let was_gone = match &done {
                Ok(()) => false,
                Err(fault) if is_final(fault, self.wrong_pin) || self.browser.took_away().is_some() => false,
                Err(_) => lock_guard::wait_for_return(&mut self.stage(allowed)).await?,
            };
            if was_gone {
                self.handle(scope).await?;
                let number = self.step;
                let why = crate::say!("CA 锁曾被拔出，重做本步骤", "the CA lock was away, so this step is done again");
                self.stage(STEP).record(Event::StepEnd { step: number, result: StepResult::Redone, why: Some(why) })?;
                continue;
            }
            // Something may have been in the way that a handler deals with.
            if !pressed && self.browser.took_away().is_none() && self.handle(scope).await? {
                return self.attempt(scope, node, step, allowed).await.0;
            }
            return done;
        }
    }

    /// Carries the act out once; says whether an input event may have reached the page.
    async fn attempt(&mut self, scope: Scope<'_>, node: &Node, step: &Step, allowed: Duration) -> (Result<(), Fault>, bool) {
        let held = self.held.clone();
        let changes = self.locks.changes();
        let (options, title) = (self.options, self.title(node));
        let holder = self.holder.as_ref().map(|checked| checked.expected.as_str());
        let subject = subject(&options.playbooks, &options.inputs, holder, &options.applicant);
        let (mut pressed, ledger) = (std::mem::take(&mut self.pressed), self.ledger.clone());
        let mut stage = self.stage(allowed);
        let done = match &step.once {
            Some(spec) => {
                (stage.once, stage.done_when) = (true, Some(&spec.done_when.0));
                let signs = Signs { done: &spec.done_when, refused: spec.refused_when.as_deref(), again: spec.revision };
                let key = OnceKey {
                    installation: &options.installation,
                    site: &options.site.name,
                    subject: &subject,
                    act: act(scope.playbook, node, spec),
                    revision: 1,
                };
                // Each playbook of a run may press it once.
                let pressing = format!("{} {}", scope.playbook.guide.value, key.text());
                let done = if pressed.contains(&pressing) {
                    Err(pressed_before(&title))
                } else {
                    Box::pin(once(&mut stage, &step.act, &title, signs, key, &ledger)).await
                };
                if stage.pressed && !stage.held_back {
                    pressed.insert(pressing);
                }
                done
            }
            None if waits(&step.act) => tokio::select! {
                biased;
                done = step.act.run(&mut stage) => done,
                () = lock_guard::gone(held, changes) => Err(Fault::new(
                    FaultKind::Card,
                    crate::say!("等待期间 CA 锁被拔出", "the CA lock was pulled out during the wait"),
                )),
            },
            None => step.act.run(&mut stage).await,
        };
        let sent = stage.pressed;
        self.pressed = pressed;
        (done, sent)
    }

    /// Deals with what may show up at any time. Says whether anything did.
    async fn handle(&mut self, scope: Scope<'_>) -> Result<bool, Fault> {
        if scope.handling {
            return Ok(false);
        }
        let mut handled = false;
        for handler in &scope.playbook.handlers {
            handled |= self.handler(scope, handler).await?;
        }
        Ok(handled)
    }

    async fn handler(&mut self, scope: Scope<'_>, handler: &Handler) -> Result<bool, Fault> {
        for time in 0..=handler.times {
            if self.stage(STEP).glimpse(&handler.when_seen, None).await?.is_none() {
                return Ok(time > 0);
            }
            if time == handler.times {
                break;
            }
            self.nodes(Scope { handling: true, ..scope }, &handler.then).await?;
            self.until_gone(&handler.when_seen).await?;
        }
        let (times, seen) = (handler.times, handler.when_seen.title());
        Err(Fault::new(
            FaultKind::Refused,
            Message::new(
                format!("{}已处理 {times} 次仍然出现，已停止。请本人看清并关闭它，再重新办理。", seen.zh),
                format!(
                    "{} still shows after {times} tries to deal with it; stopped; read it, close it yourself and start again",
                    seen.en
                ),
            ),
        ))
    }

    /// Gives what was dealt with a moment to go: a box that is still closing is not one that came again.
    async fn until_gone(&mut self, seen: &Seen) -> Result<(), Fault> {
        let (closing, mut ladder) = (self.until(GLANCE), Ladder::default());
        let waiting_for = seen.title();
        while self.stage(STEP).glimpse(seen, None).await?.is_some() {
            match closing.climb(&mut ladder, &waiting_for).await {
                Err(fault) if fault.kind == FaultKind::Stopped => return Err(fault),
                Err(_) => break,
                Ok(()) => {}
            }
        }
        Ok(())
    }

    /// A node in words.
    fn title(&self, node: &Node) -> Message {
        self.options.site.in_words(&node.title())
    }

    fn until(&self, allowed: Duration) -> Until {
        Until::after(allowed, self.options.cancel.clone())
    }

    fn stage(&mut self, allowed: Duration) -> Stage<'_> {
        Stage {
            browser: self.browser,
            locks: self.locks,
            operator: self.options.operator.as_ref(),
            site: &self.options.site,
            until: Until::after(allowed, self.options.cancel.clone()),
            folder: self.folder,
            drivers: &self.options.drivers,
            values: &mut self.values,
            redactor: self.redactor.clone(),
            held: &mut self.held,
            holder: &mut self.holder,
            done_when: None,
            once: false,
            held_back: false,
            sign_asked: false,
            changes: &mut self.changes,
            wrong_pin: &mut self.wrong_pin,
            files: self.options.files.as_deref(),
            since: &mut self.since,
            gates: &mut self.gates,
            step: self.step,
            patience: self.options.patience,
            pressed: false,
        }
    }
}

/// Whether a step only waits, so that it can be broken off at any moment.
fn waits(act: &Act) -> bool {
    act.risk() == Risk::Look
}

/// Whether a step failed for a reason that a missing lock has no part in: the person, the rules or the portal said no.
fn is_final(fault: &Fault, wrong_pin: bool) -> bool {
    use FaultKind::{Business, Refused, Stopped, WrongHolder};
    wrong_pin || matches!(fault.kind, Stopped | Refused | Business | WrongHolder)
}

fn pressed_before(title: &Message) -> Fault {
    Fault::new(
        FaultKind::Refused,
        Message::new(
            format!("本次办理已经{}过一次，没有再点。请到平台核实结果。", title.zh),
            format!("“{}” was pressed once in this run and is not pressed again; check the result at the portal", title.en),
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_told_no_does_not_do_it_again_because_the_lock_was_away() {
        let is_final = |kind, wrong_pin| is_final(&Fault::new(kind, Message::same("x")), wrong_pin);
        for kind in [FaultKind::Stopped, FaultKind::Refused, FaultKind::Business, FaultKind::WrongHolder] {
            assert!(is_final(kind, false), "{kind:?}");
        }
        for kind in [FaultKind::Card, FaultKind::TimedOut, FaultKind::NotFound] {
            assert!(!is_final(kind, false) && is_final(kind, true), "{kind:?}");
        }
    }
}
