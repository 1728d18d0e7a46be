//! `dialog`: waits for the box that the page shows, a native one or a drawn one, and answers it.
//!
//! Never agrees to a question about something irreversible unless the step is once: the question is the press that counts.

use schemars::JsonSchema;
use serde::Deserialize;

use super::press::{irreversible, not_done_yet, press_found};
use super::{Action, Inspect, LongPlace, Risk, Stage, Words};
use crate::base::spanned::{Form, FromShort};
use crate::base::{Fault, FaultKind, Ladder, Message, until};
use crate::browser::DialogKind;
use crate::browser::page::DrawnBox;

/// `dialog: 确定`, or with `answer` and `text`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Dialog(pub Form<LongDialog>);

/// The long form of `dialog`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LongDialog {
    /// 要点的按钮 · The button to press: 确定 and 取消 in a native box.
    pub answer: Words,
    /// 框里应有的文字，没有就不点 · Words that must be in the box; otherwise it is left open.
    #[serde(default)]
    pub text: Option<Words>,
    /// 平台配置中的一组文字，框里应有其一，没有就不点 · The same, one of the texts that the site profile lists under this name.
    #[serde(default)]
    pub site_text: Option<Words>,
    /// 有这样的框才点，没有就往下办 · Only where such a box is open; without one the step is done.
    #[serde(default)]
    pub if_open: bool,
}

impl FromShort for LongDialog {
    fn from_short(short: Words) -> LongDialog {
        LongDialog { answer: short, text: None, site_text: None, if_open: false }
    }
}

impl Action for Dialog {
    const WORD: &'static str = "dialog";
    const DOC: (&'static str, &'static str) =
        ("等待弹出框并点其中的按钮", "Wait for a box, native or drawn by the page, and press a button in it");
    const RISK: Risk = Risk::Press;

    fn title(&self) -> Message {
        crate::say!("在弹出框中点「{}」", "answer “{}” in the box", self.0.answer.value)
    }

    fn inspect(&self, inspect: &mut dyn Inspect) {
        inspect.words(&self.0.answer);
        self.0.text.iter().for_each(|words| inspect.words(words));
        self.0.site_text.iter().for_each(|name| inspect.site_text(name));
    }

    fn points_at(&self) -> Option<(LongPlace, bool)> {
        Some((LongPlace { text: Some(self.0.answer.clone()), ..LongPlace::default() }, false))
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Result<(), Fault> {
        let button = stage.render(&self.0.answer)?;
        let wanted = self.wanted(stage)?;
        let says = |text: &str| wanted.iter().try_for_each(|any| says(text, any));
        let fits = |drawn: &DrawnBox| drawn.button.is_some() && says(&drawn.text).is_ok();
        let waiting_for = crate::say!("弹出框及其「{button}」按钮", "a box with the button “{button}”");
        stage.allowed_here().await?;
        let mut ladder = Ladder::default();
        let (mut other, until) = (None, stage.until.awaiting(&waiting_for));
        // Whatever was going on when the time was up: what matters is what was waited for.
        let late = |fault: Fault, other: &Option<DrawnBox>| match other {
            Some(drawn) if fault.kind == FaultKind::TimedOut => no_button(&button, drawn),
            None if fault.kind == FaultKind::TimedOut => until::timed_out(&waiting_for),
            _ => fault,
        };
        loop {
            stage.stop_words().await.map_err(|fault| late(fault, &other))?;
            if let Some(dialog) = stage.browser.dialog() {
                if self.0.if_open && says(&dialog.text).is_err() {
                    return Ok(());
                }
                let accept = meaning(&button).ok_or_else(|| native(&button, &dialog.text))?;
                says(&dialog.text)?;
                return answer_native(stage, accept, dialog.kind, &dialog.text).await;
            }
            match stage.browser.drawn_box(&button, &until).await {
                Ok(drawn) if self.0.if_open && !drawn.as_ref().is_some_and(fits) => return Ok(()),
                Ok(Some(drawn)) if drawn.button.is_some() => {
                    says(&drawn.text)?;
                    let answered = answer_drawn(stage, drawn, &button).await;
                    let closed_by_itself = answered.is_err()
                        && self.0.if_open
                        && !stage.pressed
                        && matches!(stage.browser.drawn_box(&button, &until).await, Ok(None));
                    return if closed_by_itself { Ok(()) } else { answered };
                }
                Ok(drawn) => other = drawn,
                Err(fault) if stage.passing(&fault) || fault.kind == FaultKind::Dialog => {}
                Err(fault) => return Err(late(fault, &other)),
            }
            until.climb(&mut ladder, &waiting_for).await.map_err(|fault| late(fault, &other))?;
        }
    }
}

impl Dialog {
    /// The texts of which the box must say one each.
    fn wanted(&self, stage: &Stage<'_>) -> Result<Vec<Vec<String>>, Fault> {
        let text = self.0.text.as_ref().map(|words| stage.render(words).map(|text| vec![text]));
        let listed = self.0.site_text.as_ref().map(|name| stage.site.texts(name).map(<[String]>::to_vec));
        text.into_iter().chain(listed).collect()
    }
}

/// Answers a native box. `alert` only tells something; the others ask.
pub(super) async fn answer_native(stage: &mut Stage<'_>, accept: bool, kind: DialogKind, text: &str) -> Result<(), Fault> {
    if accept
        && kind != DialogKind::Alert
        && !stage.once
        && let Some(word) = stage.site.once_word(text)
    {
        return Err(irreversible(word));
    }
    stage.pressed = true;
    // What a box asks says nothing of how the press ends; what it only tells does.
    if kind != DialogKind::Alert || stage.since.is_none() {
        *stage.since = Some(stage.browser.mark());
    }
    stage.browser.answer_dialog(accept, &stage.until).await
}

async fn answer_drawn(stage: &mut Stage<'_>, drawn: DrawnBox, button: &str) -> Result<(), Fault> {
    not_done_yet(stage, button).await?;
    let Some(found) = drawn.button else { return Ok(()) };
    press_found(stage, &found, button).await
}

/// What a word on a button means to a native box; none when it means neither.
pub(super) fn meaning(button: &str) -> Option<bool> {
    match button.trim().to_lowercase().as_str() {
        "确定" | "确认" | "是" | "好" | "继续" | "ok" | "yes" => Some(true),
        "取消" | "否" | "不" | "cancel" | "no" => Some(false),
        _ => None,
    }
}

/// Refuses a box that says none of what it should.
fn says(shown: &str, wanted: &[String]) -> Result<(), Fault> {
    let plain = |text: &str| text.split_whitespace().collect::<String>();
    if wanted.iter().any(|wanted| plain(shown).contains(&plain(wanted))) {
        return Ok(());
    }
    let (zh, en) = (wanted.join("」或「"), wanted.join("” or “"));
    Err(Fault::new(
        FaultKind::Refused,
        crate::say!(
            "弹出框写的是「{shown}」，没有「{zh}」，因此没有点。请看清后再决定。",
            "the box says “{shown}” and not “{en}”, so nothing was pressed; read it before you decide"
        ),
    ))
}

pub(super) fn native(button: &str, text: &str) -> Fault {
    Fault::new(
        FaultKind::Dialog,
        crate::say!(
            "浏览器弹出对话框「{text}」，它只有“确定/取消”，没有「{button}」。请联系支持人员修改流程中的 answer。",
            "the browser asks “{text}” and offers only OK and Cancel, not “{button}”; ask support to change `answer` in the playbook"
        ),
    )
}

fn no_button(button: &str, drawn: &DrawnBox) -> Fault {
    let (text, buttons) = (&drawn.text, drawn.buttons.join("、"));
    Fault::new(
        FaultKind::NotFound,
        crate::say!(
            "弹出框「{text}」中没有「{button}」按钮，只有：{buttons}。请看清后由本人选择，或联系支持人员修改流程。",
            "the box “{text}” has no button “{button}”, only: {buttons}; read it and choose yourself, or ask support to change the playbook"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::{meaning, says};

    #[test]
    fn only_clear_words_answer_a_native_box() {
        assert_eq!((meaning("确定"), meaning("取消"), meaning("提交")), (Some(true), Some(false), None));
    }

    #[test]
    fn a_box_must_say_what_was_expected() {
        let any = ["保存成功".to_owned(), "已保存".to_owned()];
        assert!(says("保存 成功！", &any).is_ok() && says("您的信息已保存", &any).is_ok());
        assert!(says("保存失败", &any).unwrap_err().message.zh.contains("没有「保存成功」或「已保存」"));
    }
}
