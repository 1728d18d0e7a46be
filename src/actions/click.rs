//! `click`: presses what a person would press, once.

use schemars::JsonSchema;
use serde::Deserialize;

use super::dialog::{answer_native, meaning, native};
use super::place::LongPlace;
use super::press::press;
use super::{Action, Inspect, Risk, Stage, Words};
use crate::base::spanned::{Form, FromShort};
use crate::base::{Fault, FaultKind, Ladder, Message};
use crate::browser::DialogKind;
use crate::browser::page::{Purpose, Target};

/// `click: 文字`, or with `on` and `answer`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Click(pub Form<LongClick>);

/// The long form of `click`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LongClick {
    /// 点击哪个元素 · What to press.
    pub on: Form<LongPlace>,
    /// 平台随后弹出的确认框中要点的按钮 · The button of the page's own confirm box that follows, native or drawn.
    #[serde(default)]
    pub answer: Option<Words>,
}

impl FromShort for LongClick {
    fn from_short(short: Words) -> LongClick {
        LongClick { on: Form(LongPlace::from_short(short)), answer: None }
    }
}

impl Action for Click {
    const WORD: &'static str = "click";
    const DOC: (&'static str, &'static str) = ("点击按钮、链接或菜单", "Press a button, link or menu item");
    const RISK: Risk = Risk::Press;

    fn title(&self) -> Message {
        crate::say!("点击「{}」", "click “{}”", self.0.on.words())
    }

    fn inspect(&self, inspect: &mut dyn Inspect) {
        self.0.on.inspect(inspect);
        self.0.answer.iter().for_each(|words| inspect.words(words));
    }

    fn points_at(&self) -> Option<(LongPlace, bool)> {
        Some((self.0.on.0.clone(), false))
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Result<(), Fault> {
        let target = stage.target(&self.0.on, false)?;
        let Some(answer) = &self.0.answer else { return press(stage, &target).await };
        let button = stage.render(answer)?;
        let drawn = Target::text(&button);
        // A box that is there already would be taken for the one that follows.
        if stage.browser.look(&drawn, Purpose::Press, &stage.until).await?.is_some() {
            return Err(Fault::new(
                FaultKind::NotReady,
                crate::say!(
                    "还没点击，页面上就已有「{button}」按钮，无法分辨随后的确认框。请先关闭已有的提示。",
                    "a button “{button}” shows before the press, so the box that follows could not be told apart; close what is open first"
                ),
            ));
        }
        press(stage, &target).await?;
        answer_box(stage, &button, &drawn).await
    }
}

/// What a box says when it asks, whatever buttons it has.
const ASKS: [&str; 4] = ["？", "?", "吗", "是否"];

/// Answers the page's own confirm box: a native one, or a drawn one with a button of these words. The answer is the press that counts,
/// and what the box asks is no sign of success; but a portal that asks nothing may have done it already and say so in a box.
async fn answer_box(stage: &mut Stage<'_>, button: &str, drawn: &Target) -> Result<(), Fault> {
    let waiting_for = crate::say!("确认框及其「{button}」按钮", "the confirm box and its button “{button}”");
    let mut ladder = Ladder::default();
    stage.until = stage.until.awaiting(&waiting_for);
    loop {
        stage.stop_words().await?;
        if let Some(dialog) = stage.browser.dialog() {
            let accept = meaning(button).ok_or_else(|| native(button, &dialog.text))?;
            answer_native(stage, accept, dialog.kind, &dialog.text).await?;
            match stage.done_when {
                // It only told something: the question may still come.
                Some(done_when) if dialog.kind == DialogKind::Alert => {
                    match stage.glimpse(done_when, *stage.since).await {
                        Ok(Some(_)) => return Ok(()),
                        // The next box is there already.
                        Err(fault) if fault.kind != FaultKind::Dialog => return Err(fault),
                        _ => continue,
                    }
                }
                _ => return Ok(()),
            }
        }
        if stage.browser.look(drawn, Purpose::Press, &stage.until).await?.is_some() {
            break;
        }
        stage.until.climb(&mut ladder, &waiting_for).await?;
    }
    if done_already(stage, button).await? {
        return Ok(());
    }
    press(stage, drawn).await
}

/// Whether the first press alone did it, as the box tells in which `button` is: then nothing more is pressed. A sign of success beside a
/// question shows nothing, and an answer would hide which of the two it was.
async fn done_already(stage: &mut Stage<'_>, button: &str) -> Result<bool, Fault> {
    let Some(done_when) = stage.done_when else { return Ok(false) };
    let Some(evidence) = stage.look(done_when, *stage.since).await? else { return Ok(false) };
    let drawn = stage.browser.drawn_box(button, &stage.until).await?.filter(|drawn| drawn.button.is_some());
    if drawn.is_some_and(|drawn| drawn.buttons.len() == 1 && !ASKS.iter().any(|asks| drawn.text.contains(asks))) {
        return Ok(true);
    }
    stage.sign_asked = true;
    Err(Fault::new(
        FaultKind::Unsure,
        crate::say!(
            "确认框还开着，页面上却已有完成标志 {}，因此没有点「{button}」。若只是框中的文字，请在平台配置中换一个更明确的成功提示",
            "the sign of success {} shows while the box still asks, so “{button}” was not pressed; if only the box says so, give the site profile a clearer success text",
            evidence.zh
        ),
    ))
}
