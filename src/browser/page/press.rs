//! Pressing: all checks, then one real pointer press at the checked point.
//!
//! Never presses again once input was sent. What is known not to have reached the page is a plain fault; all else is
//! [`FaultKind::Unsure`]. However a press ends, its guards are put down: they would swallow the person's own clicks.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::super::Browser;
use super::super::events::DialogInfo;
use super::super::script::Frame;
use super::messages::Mark;
use super::ready::Point;
use super::target::{Found, Purpose, Target};
use crate::base::{Fault, FaultKind, Message, Until};
use crate::say;

/// How long putting down the guards may take; they lapse by themselves as well.
const PUT_DOWN: Duration = Duration::from_secs(2);

/// A press that reached its element.
#[derive(Debug, Clone)]
pub struct Pressed {
    /// What was pressed.
    pub found: Found,
    /// Where, in CSS pixels of the window's viewport.
    pub point: (f64, f64),
    /// The native dialog that it opened, still waiting for its answer.
    pub dialog: Option<DialogInfo>,
    /// The moment just before the input was sent: what the page says about it comes after.
    pub at: Mark,
}

/// What an act would reach.
#[derive(Debug)]
pub struct Hit<'a> {
    /// The element, as it was found.
    pub found: &'a Found,
    /// All words and names on it, on what the pointer meets there, and on what around it takes the press; none of a field or an option
    /// of a list, which only names what is entered.
    pub words: Vec<String>,
    /// What the box asks in which it is a button; empty when there is none.
    pub question: String,
}

impl Hit<'_> {
    /// What entering something reaches: the field alone.
    pub(super) fn field(found: &Found) -> Hit<'_> {
        Hit { found, words: Vec::new(), question: String::new() }
    }
}

/// Lets an act go ahead or says why not. It is asked before anything is entered, and last before each press, with nothing sent yet.
pub type Permit<'a> = dyn Fn(&Hit<'_>) -> Result<(), Fault> + 'a;

impl Browser {
    /// Presses the target with the main button.
    ///
    /// # Errors
    /// Before any input: as [`Browser::find`], [`FaultKind::NotReady`], [`FaultKind::Covered`], [`FaultKind::Dialog`]. `Covered` is
    /// also the answer when something slid under the pointer at the last moment: the press was held back, the page did not see it.
    /// [`FaultKind::Unsure`] when the input was sent and what became of it is not known.
    pub async fn press(&self, target: &Target, until: &Until) -> Result<Pressed, Fault> {
        self.press_if(target, &|_| Ok(()), until).await
    }

    /// The same, if `permit` lets the element that was found be pressed.
    ///
    /// # Errors
    /// What `permit` says; otherwise as [`Browser::press`].
    pub async fn press_if(&self, target: &Target, permit: &Permit<'_>, until: &Until) -> Result<Pressed, Fault> {
        if let Some(dialog) = self.dialog() {
            return Err(super::super::fault::dialog_open(&dialog.text));
        }
        let (found, point) = self.make_ready(target, Purpose::Press, until).await?;
        self.press_at(target, found, point, permit, until).await
    }

    /// Presses an element that was found already, a part of `target` such as an option of a list, if `permit` lets it.
    ///
    /// # Errors
    /// As [`Browser::press_if`].
    pub async fn press_found(
        &self,
        target: &Target,
        found: &Found,
        permit: &Permit<'_>,
        until: &Until,
    ) -> Result<Pressed, Fault> {
        let ready = async |attempt| self.try_ready_kept(target, found.clone(), Purpose::Press, attempt, until).await;
        let (found, point) = self.ladder(target, until, ready).await?;
        self.press_at(target, found, point, permit, until).await
    }

    async fn press_at(
        &self,
        target: &Target,
        found: Found,
        point: Point,
        permit: &Permit<'_>,
        until: &Until,
    ) -> Result<Pressed, Fault> {
        let others = self.other_frames(&found.context, until).await?;
        let ready = self.arm(&found, &others, until).await.and_then(|told| {
            let words = told["words"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
            permit(&Hit { found: &found, words, question: told["question"].as_str().unwrap_or_default().to_owned() })
        });
        if let Err(fault) = ready {
            self.put_down_guards(until).await;
            return Err(fault);
        }
        let (window, at) = (self.current_context(), self.mark());
        let sent = self.perform(&window, pointer_press(point), until).await;
        let dialog = self.dialog();
        let pressed = |dialog| Ok(Pressed { found: found.clone(), point, dialog, at });
        match sent {
            Ok(()) => {}
            // A button that closes its own window takes the answer with it.
            Err(fault) if self.passing(&fault) && !self.has_window(&window, until).await => return pressed(None),
            Err(fault) => {
                self.put_down_guards(until).await;
                return Err(unsure(target, &fault.message));
            }
        }
        // The page cannot be asked while it is open: whoever answers it puts the guards down.
        if dialog.is_some() {
            return pressed(dialog);
        }
        // Only to know what the guards saw; the press is made whatever comes.
        let mut held = None;
        for told in join_all(others.iter().map(|frame| self.ask(&frame.context, "ruku.verdict()", &[], until))).await {
            held = held.or_else(|| told.ok()?["by"].as_str().map(str::to_owned));
        }
        match self.ask(&found.context, "ruku.verdict()", &[], until).await {
            // Moved on to another document: the press did something.
            Ok(Value::Null) => pressed(self.dialog()),
            Ok(told) => {
                let held = told["by"].as_str().map(str::to_owned).or(held);
                match (told["reached"].as_u64().unwrap_or_default(), held) {
                    (0, Some(by)) => Err(held_back(target, &by)),
                    (0, None) => Err(unsure(target, &say!("网页没有收到点击", "the page did not receive the press"))),
                    (_, None) => pressed(self.dialog()),
                    (_, Some(by)) => Err(unsure(
                        target,
                        &say!(
                            "按下后它移开了，松开时鼠标在{by}上",
                            "it moved away under the pointer, which was released over {by}"
                        ),
                    )),
                }
            }
            Err(fault) if fault.kind == FaultKind::Dialog || self.passing(&fault) => pressed(self.dialog()),
            Err(fault) => Err(unsure(target, &fault.message)),
        }
    }

    /// Puts up the guards: the element takes the press, nothing else does, in any frame. Says what is on the element.
    async fn arm(&self, found: &Found, others: &[Frame], until: &Until) -> Result<Value, Fault> {
        let told = self.ask(&found.context, "ruku.arm(args[0])", &[json!(found.key)], until).await?;
        let guards = others.iter().map(|frame| self.ask(&frame.context, "ruku.arm(null)", &[], until));
        for guard in join_all(guards).await {
            // A frame that has just gone needs no guard.
            guard.map(drop).or_else(|fault| if self.passing(&fault) { Ok(()) } else { Err(fault) })?;
        }
        Ok(told)
    }

    /// Puts down the guards of a press that was not followed to its end. A frame that does not answer lets them lapse.
    pub(in crate::browser) async fn put_down_guards(&self, until: &Until) {
        if let Err(fault) = self.ask_all("ruku.verdict()", &[], &until.within(PUT_DOWN)).await {
            tracing::debug!(%fault, "the guards of a press lapse by themselves");
        }
    }

    async fn has_window(&self, handle: &str, until: &Until) -> bool {
        match self.windows(until).await {
            Ok(windows) => windows.iter().any(|window| window.handle == handle),
            Err(_) => true,
        }
    }
}

/// Move, down, up with a mouse.
fn pointer_press((x, y): (f64, f64)) -> Value {
    json!([{"type": "pointer", "id": "ruku-mouse", "parameters": {"pointerType": "mouse"}, "actions": [
        {"type": "pointerMove", "x": x, "y": y},
        {"type": "pointerDown", "button": 0},
        {"type": "pointerUp", "button": 0},
    ]}])
}

fn held_back(target: &Target, by: &str) -> Fault {
    let words = target.words();
    let (zh, en) = (words.zh, words.en);
    Fault::new(
        FaultKind::Covered,
        say!(
            "{zh}被遮挡：点击的瞬间{by}移到了鼠标下，Ruku 拦下了这次点击，网页没有收到。请等网页停稳后再试。",
            "{en} is covered: {by} slid under the pointer at the last moment; Ruku held the press back, the page did not see it; try again when it stands still"
        ),
    )
}

fn unsure(target: &Target, why: &Message) -> Fault {
    let (words, why) = (target.words(), why.phrase());
    Fault::new(
        FaultKind::Unsure,
        Message::new(
            format!("已点击{}，但不知道结果：{}。请先在网页上核实，不要重复点击。", words.zh, why.zh),
            format!(
                "{} was pressed, but what became of it is not known: {}; check the page before pressing again",
                words.en, why.en
            ),
        ),
    )
}
