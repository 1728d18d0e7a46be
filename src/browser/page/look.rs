//! Where a target is: one probe through all frames, and the ladder of looks until it is there.
//!
//! Never picks one of several equally good elements: that is [`FaultKind::Many`], with all of them in words.

use serde_json::{Value, json};

use super::super::Browser;
use super::target::{By, Found, Purpose, Target};
use super::world::View;
use crate::base::until::rung;
use crate::base::{Fault, FaultKind, Message, Until};
use crate::say;

/// One candidate with where it is.
struct Candidate<'a> {
    view: &'a View,
    value: &'a Value,
    /// Smaller is better: nearness, then rank.
    order: (f64, u64),
}

impl Browser {
    /// Looks once, in all frames of the current window. None when nothing matches now.
    ///
    /// # Errors
    /// [`FaultKind::Many`] with the candidates in words; [`FaultKind::Refused`] for a selector the browser cannot read;
    /// [`FaultKind::Dialog`] while a native dialog is open; [`FaultKind::Gone`] when the page is moving on.
    pub async fn look(&self, target: &Target, purpose: Purpose, until: &Until) -> Result<Option<Found>, Fault> {
        self.look_closely(target, purpose, until).await.map(Result::ok)
    }

    /// Looks until the target is there.
    ///
    /// # Errors
    /// [`FaultKind::NotFound`] with the last reason when `until` has passed; the others as [`Browser::look`].
    pub async fn find(&self, target: &Target, purpose: Purpose, until: &Until) -> Result<Found, Fault> {
        self.ladder(target, until, async |_| match self.look_closely(target, purpose, until).await? {
            Ok(found) => Ok(Ok(found)),
            Err(why) => Ok(Err(not_found(target, &why))),
        })
        .await
    }

    /// Tries until it works. `work` gets the number of the try; its inner error is a reason to try again, its outer one is final,
    /// unless it only says that a frame has moved on. When time is up, the answer is the last reason and not that time is up.
    pub(super) async fn ladder<T>(
        &self,
        target: &Target,
        until: &Until,
        work: impl AsyncFn(usize) -> Result<Result<T, Fault>, Fault>,
    ) -> Result<T, Fault> {
        let (mut attempt, mut last) = (0, None);
        loop {
            let why = match work(attempt).await {
                Ok(Ok(done)) => return Ok(done),
                Ok(Err(why)) => why,
                Err(fault) if self.passing(&fault) => fault,
                Err(late) if late.kind == FaultKind::TimedOut => return Err(last.map_or(late, |why| waited(until, why))),
                Err(fault) => return Err(fault),
            };
            attempt += 1;
            match until.pause(rung(attempt), &target.words()).await {
                Err(late) if late.kind == FaultKind::TimedOut => return Err(waited(until, why)),
                Err(stopped) => return Err(stopped),
                Ok(()) => last = Some(why),
            }
        }
    }

    /// One look; what was missing when nothing matched.
    pub(super) async fn look_closely(
        &self,
        target: &Target,
        purpose: Purpose,
        until: &Until,
    ) -> Result<Result<Found, Message>, Fault> {
        let mut why = say!("网页中没有它", "the page does not have it");
        for (alternative, place) in target.any.iter().enumerate() {
            let args = [place.json(), json!(purpose.name())];
            let views = self.ask_all("ruku.probe(args[0], args[1])", &args, until).await?;
            let mut candidates = Vec::new();
            for view in &views {
                let answer = match &view.answer {
                    Ok(answer) => answer,
                    // A child frame that is just loading shows nothing a person could press yet.
                    Err(fault) if self.passing(fault) && view.parent.is_some() => continue,
                    Err(fault) => return Err(fault.clone()),
                };
                if let Some(bad) = answer["bad"].as_str() {
                    return Err(bad_selector(&place.by, bad));
                }
                if let Some(crowd) = answer["crowd"].as_array() {
                    let anchor = answer["anchor"].as_str().unwrap_or_default();
                    return Err(many(&Message::same(format!("“{anchor}”")), crowd.iter().filter_map(Value::as_str)));
                }
                if !view.shown && purpose != Purpose::Upload {
                    continue;
                }
                if answer["hidden"].as_u64().is_some_and(|hidden| hidden > 0) {
                    why = say!("它在网页中，但没有显示", "the page has it, but does not show it");
                }
                candidates.extend(answer["list"].as_array().into_iter().flatten().map(|value| Candidate {
                    view,
                    value,
                    order: (value["near"].as_f64().unwrap_or_default(), value["rank"].as_u64().unwrap_or_default()),
                }));
            }
            if let Some(found) = best(&candidates, alternative, &target.words())? {
                return Ok(Ok(found));
            }
        }
        Ok(Err(why))
    }
}

/// The one best candidate, if there is one.
fn best(candidates: &[Candidate<'_>], alternative: usize, target: &Message) -> Result<Option<Found>, Fault> {
    let order = |a: &&Candidate<'_>, b: &&Candidate<'_>| a.order.0.total_cmp(&b.order.0).then(a.order.1.cmp(&b.order.1));
    let Some(first) = candidates.iter().min_by(order) else { return Ok(None) };
    let equal: Vec<_> = candidates.iter().filter(|other| other.order == first.order).collect();
    if equal.len() > 1 {
        let words: Vec<String> = equal.iter().map(|candidate| words_of(candidate.value)).collect();
        return Err(many(target, words.iter().map(String::as_str)));
    }
    Ok(Some(Found {
        words: words_of(first.value),
        alternative,
        rect: first.view.to_window(&first.value["rect"]),
        text: first.value["text"].as_str().unwrap_or_default().to_owned(),
        document: first.view.document.clone(),
        context: first.view.context.clone(),
        key: first.value["key"].as_u64().unwrap_or_default(),
    }))
}

/// The last reason, with how long was waited.
fn waited(until: &Until, why: Fault) -> Fault {
    let (zh, en, seconds) = (why.message.zh, why.message.en, until.allowed().as_secs_f64().ceil());
    Fault::new(why.kind, say!("{zh}（已等待 {seconds} 秒）", "{en} (waited {seconds} s)"))
}

/// A candidate for people: its label or text, and its kind.
fn words_of(candidate: &Value) -> String {
    let word = |name: &str| candidate[name].as_str().unwrap_or_default();
    let words = if word("label").is_empty() { word("text") } else { word("label") };
    let words: String = words.chars().take(40).collect();
    format!("「{words}」({})", word("kind"))
}

fn many<'a>(target: &Message, candidates: impl Iterator<Item = &'a str>) -> Fault {
    let list: Vec<&str> = candidates.collect();
    let (zh, en, count, list) = (&target.zh, &target.en, list.len(), list.join("、"));
    Fault::new(
        FaultKind::Many,
        say!(
            "网页上有 {count} 处{zh}，无法确定是哪一处，没有操作：{list}。请联系支持人员，在流程中用 row、before、after 或 role 写明。",
            "{en} is on the page {count} times, so nothing was done: {list}; ask support to say in the playbook which one is meant, by row, before, after or role"
        ),
    )
}

fn bad_selector(by: &By, error: &str) -> Fault {
    let words = super::target::Place::of(by.clone()).words();
    let (zh, en) = (words.zh, words.en);
    Fault::new(
        FaultKind::Refused,
        say!(
            "浏览器看不懂{zh}（{error}）。请检查流程中的写法。",
            "the browser cannot read {en} ({error}); check how the playbook spells it"
        ),
    )
}

/// Nothing matches the target now.
pub(super) fn not_found(target: &Target, why: &Message) -> Fault {
    let words = target.words();
    Fault::new(
        FaultKind::NotFound,
        Message::new(
            format!("没有找到{}：{}。请核对网页是否为要办理的那一页；平台已改版时请联系支持人员。", words.zh, why.zh),
            format!(
                "{} was not found: {}; check that this is the right page, ask support where the portal has changed",
                words.en, why.en
            ),
        ),
    )
}

/// A frame did not answer.
pub(super) fn frame_silent() -> Fault {
    Fault::new(
        FaultKind::Gone,
        say!("网页的一部分没有反应。请刷新网页后再试。", "a part of the page did not answer; reload it and try again"),
    )
}
