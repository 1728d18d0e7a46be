//! Whether a found element can take the act now, through all frames around it.
//!
//! Never changes more than the scroll position: a check may be made as often as needed.

use serde_json::{Value, json};

use super::super::Browser;
use super::super::script::Frame;
use super::target::{Found, Purpose, Target};
use crate::base::{Fault, FaultKind, Message, Until};
use crate::say;

/// Where the act goes: a point in the window's viewport, CSS pixels.
pub(super) type Point = (f64, f64);

impl Browser {
    /// Finds the target and brings it into a state that takes the act, on the ladder; gives the checked point.
    ///
    /// # Errors
    /// As [`Browser::find`]; [`FaultKind::NotReady`] or [`FaultKind::Covered`] with the last reason when `until` has passed.
    pub(super) async fn make_ready(&self, target: &Target, purpose: Purpose, until: &Until) -> Result<(Found, Point), Fault> {
        self.ladder(target, until, async |attempt| self.try_ready(target, purpose, attempt, until).await).await
    }

    /// Scrolls to the target as an act would, and says where it is then.
    ///
    /// # Errors
    /// As [`Browser::find`]; [`FaultKind::NotReady`] or [`FaultKind::Covered`] when it could not be pressed.
    pub async fn show(&self, target: &Target, until: &Until) -> Result<Found, Fault> {
        self.make_ready(target, Purpose::Press, until).await?;
        self.find(target, Purpose::Press, until).await
    }

    /// One try: the outer error stops, the inner one is the reason to try again.
    async fn try_ready(
        &self,
        target: &Target,
        purpose: Purpose,
        attempt: usize,
        until: &Until,
    ) -> Result<Result<(Found, Point), Fault>, Fault> {
        let found = match self.look_closely(target, purpose, until).await? {
            Ok(found) => found,
            Err(why) => return Ok(Err(super::look::not_found(target, &why))),
        };
        self.try_ready_kept(target, found, purpose, attempt, until).await
    }

    /// The same for an element that was found already; `target` is what it is called in messages.
    pub(super) async fn try_ready_kept(
        &self,
        target: &Target,
        found: Found,
        purpose: Purpose,
        attempt: usize,
        until: &Until,
    ) -> Result<Result<(Found, Point), Fault>, Fault> {
        let around = self.frames_around(&found.context, until).await?;
        for (parent, index) in around.iter().rev() {
            self.ask(parent, "ruku.showFrame(args[0], args[1])", &[json!(index), json!(attempt)], until).await?;
        }
        let args = [json!(found.key), json!(purpose.name()), json!(attempt)];
        let mut state = self.ask(&found.context, "ruku.ready(args[0], args[1], args[2])", &args, until).await?;
        if purpose == Purpose::Press {
            for (parent, index) in &around {
                if state["state"] != "ready" {
                    break;
                }
                let args = [json!(index), state["x"].clone(), state["y"].clone()];
                state = self.ask(parent, "ruku.frameHit(args[0], args[1], args[2])", &args, until).await?;
            }
        }
        Ok(match (state["x"].as_f64(), state["y"].as_f64()) {
            (Some(x), Some(y)) if state["state"] == "ready" => Ok((found, (x, y))),
            _ => Err(not_ready(target, &state)),
        })
    }

    /// The frames around a frame, innermost first: each with the index of its child on the way.
    async fn frames_around(&self, context: &str, until: &Until) -> Result<Vec<(String, usize)>, Fault> {
        if context == self.current_context() {
            return Ok(Vec::new());
        }
        let views = self.ask_all("null", &[], until).await?;
        let mut around = Vec::new();
        let mut at = views.iter().position(|view| view.context == context);
        while let Some((index, parent)) = at.and_then(|at| Some((views[at].index, views[at].parent?))) {
            around.push((views[parent].context.clone(), index));
            at = Some(parent);
        }
        Ok(around)
    }

    /// All frames but one.
    pub(super) async fn other_frames(&self, context: &str, until: &Until) -> Result<Vec<Frame>, Fault> {
        Ok(self.frames(until).await?.into_iter().filter(|frame| frame.context != context).collect())
    }
}

/// What keeps the element from taking the act, as a fault.
pub(super) fn not_ready(target: &Target, state: &Value) -> Fault {
    let by = state["by"].as_str().unwrap_or_default();
    let (kind, why) = match state["state"].as_str().unwrap_or_default() {
        "covered" => (
            FaultKind::Covered,
            say!(
                "被遮挡，点不到：上面是{by}。请等它消失，或先把它关掉",
                "is covered by {by}; wait until that is gone, or close it"
            ),
        ),
        "moving" => (
            FaultKind::NotReady,
            say!(
                "还在移动，没有操作。请等网页停稳后再试",
                "is still moving, so nothing was done; try again when the page stands still"
            ),
        ),
        "hidden" => (
            FaultKind::NotReady,
            say!("没有显示。请看看是否要先展开或翻到这一部分", "is not visible; see whether that part has to be opened first"),
        ),
        "disabled" => (
            FaultKind::NotReady,
            say!(
                "是灰色的，不能操作。请看看是否还有没填、没勾选或没读完的内容",
                "is disabled; see whether something is still to be filled in, ticked or read"
            ),
        ),
        "readonly" => (
            FaultKind::NotReady,
            say!(
                "是只读的，不能填写。请看看是否已经提交，或要先点“修改”",
                "is read-only; see whether it was submitted already, or has to be opened for editing first"
            ),
        ),
        "outside" => (
            FaultKind::NotReady,
            say!("滚动后也不在窗口里。请把窗口调大再试", "is outside the window, even after scrolling; make the window larger"),
        ),
        "unfocused" => (
            FaultKind::NotReady,
            say!("不接受输入。请看看网页是否有提示框挡着", "takes no input; see whether a box of the page is in the way"),
        ),
        "secret" => (
            FaultKind::Refused,
            say!(
                "是密码栏，Ruku 不代填也不读取。请本人输入",
                "is a password field: Ruku neither fills nor reads it, the person types there"
            ),
        ),
        "wrong" => (
            FaultKind::Refused,
            say!(
                "不是可选择的项目。请联系支持人员核对流程",
                "is not something to choose from or to tick; ask support to look at the playbook"
            ),
        ),
        _ => (
            FaultKind::NotReady,
            say!("刚刚从网页上消失。请等网页停稳后再试", "has just left the page; try again when the page stands still"),
        ),
    };
    let words = target.words();
    Fault::new(kind, Message::new(format!("{}{}。", words.zh, why.zh), format!("{} {}", words.en, why.en)))
}
