//! The ends of a playbook that are no step's: finished early, refused by what the page shows, parked for the portal.
//!
//! Each leaves a step with its reason and a picture in the record. Never presses anything itself.

use std::time::Duration;

use super::keep::When;
use super::{Flow, GLANCE, STEP, Scope, Walk};
use crate::base::{Fault, FaultKind, Message};
use crate::playbook::{Bilingual, FinishWhen, Node, Park, Refusal, RefuseWhen};
use crate::proof::{Event, StepResult};

/// How long one look of a `park` may take.
const LOOK: Duration = Duration::from_millis(500);

impl Walk<'_> {
    pub(super) async fn finish_when(&mut self, scope: Scope<'_>, node: &Node, finish: &FinishWhen) -> Result<Flow, Fault> {
        let allowed = finish.within.map_or(GLANCE, |within| within.0);
        let Some(evidence) = self.glance(&finish.seen, allowed).await? else { return Ok(Flow::On) };
        let step = self.begin(scope, node, "finish_when")?;
        self.end(step, StepResult::Finished, &shown(finish.reason.as_ref(), &evidence)).await?;
        Ok(Flow::Finish(told(finish.reason.as_ref(), self.title(node), &evidence)))
    }

    pub(super) async fn refuse_when(&mut self, scope: Scope<'_>, node: &Node, refuse: &RefuseWhen) -> Result<Flow, Fault> {
        let seen = match refuse.within {
            Some(within) => self.glance(&refuse.seen, within.0).await?,
            None => {
                let since = self.since;
                self.stage(STEP).glimpse(&refuse.seen, since).await?
            }
        };
        let Some(evidence) = seen else { return Ok(Flow::On) };
        let step = self.begin(scope, node, "refuse_when")?;
        self.end(step, StepResult::Failed, &shown(refuse.reason.as_ref(), &evidence)).await?;
        let kind = match refuse.kind {
            Refusal::Precondition => FaultKind::Precondition,
            Refusal::Business => FaultKind::Business,
            Refusal::Card => FaultKind::Card,
        };
        Err(Fault::new(kind, told(refuse.reason.as_ref(), self.title(node), &evidence)))
    }

    /// Looks again and again, with the playbook's steps in between; what does not come in time is left for a later run.
    pub(super) async fn park(&mut self, scope: Scope<'_>, node: &Node, park: &Park) -> Result<Flow, Fault> {
        let step = self.begin(scope, node, "park")?;
        let title = self.title(node);
        let patience = self.until(park.within.map_or(STEP, |within| within.0));
        loop {
            if let Some(evidence) = self.glance(&park.wait.until, LOOK).await? {
                self.end(step, StepResult::Done, &shown(None, &evidence)).await?;
                return Ok(Flow::On);
            }
            match patience.pause(park.wait.every.0, &title).await {
                Ok(()) => {}
                Err(fault) if fault.kind == FaultKind::TimedOut => break,
                Err(fault) => return Err(fault),
            }
            match self.nodes(scope, &park.steps).await {
                Ok(Flow::On) => {}
                Ok(flow) => return Ok(flow),
                Err(fault) if fault.kind == FaultKind::Stopped || self.browser.took_away().is_some() => return Err(fault),
                // What was handed in waits at the portal, whether or not the page can be looked at anew.
                Err(fault) => self.stage(STEP).warn(fault.message)?,
            }
            self.step = step;
        }
        let why = park.reason.as_ref().map_or(title, |reason| reason.message());
        let why = Message::new(
            format!("{}。已挂起，之后再次执行即可接着办理。", why.zh.trim_end_matches('。')),
            format!("{}; parked, run it again later to go on", why.en.trim_end_matches('.')),
        );
        self.end(step, StepResult::Parked, &why).await?;
        Ok(Flow::Park(why))
    }

    fn begin(&mut self, scope: Scope<'_>, node: &Node, action: &str) -> Result<u32, Fault> {
        self.steps += 1;
        self.step = self.steps;
        let (step, title) = (self.step, self.title(node));
        let playbook = scope.playbook.guide.value.clone();
        self.stage(STEP).record(Event::StepStart { step, playbook, action: action.to_owned(), title })?;
        Ok(step)
    }

    async fn end(&mut self, step: u32, result: StepResult, why: &Message) -> Result<(), Fault> {
        self.step = step;
        self.stage(STEP).record(Event::StepEnd { step, result, why: Some(why.clone()) })?;
        self.picture(step, When::Looked, &[]).await
    }
}

/// A reason, with what the page shows for it; that alone where the playbook gives none: the step's title stands before it already.
fn shown(reason: Option<&Bilingual>, evidence: &Message) -> Message {
    let Message { zh, en } = evidence;
    match reason.map(Bilingual::message) {
        Some(reason) => Message::new(format!("{}（页面显示{zh}）", reason.zh), format!("{} (the page shows {en})", reason.en)),
        None => Message::new(format!("页面显示{zh}"), format!("the page shows {en}")),
    }
}

/// The same where no title stands before it.
fn told(reason: Option<&Bilingual>, title: Message, evidence: &Message) -> Message {
    if reason.is_some() {
        return shown(reason, evidence);
    }
    let Message { zh, en } = evidence;
    Message::new(format!("{}（页面显示{zh}）", title.zh), format!("{} (the page shows {en})", title.en))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_reason_nothing_is_said_twice() {
        let evidence = Message::same("「验证通过」");
        assert_eq!(shown(None, &evidence).zh, "页面显示「验证通过」");
        assert_eq!(told(None, Message::same("如果已绑定"), &evidence).zh, "如果已绑定（页面显示「验证通过」）");
    }
}
