//! `click`: presses what a person would press, once.

use schemars::JsonSchema;
use serde::Deserialize;

use super::place::LongPlace;
use super::stage::LADDER;
use super::{Action, Inspect, Risk, Stage, Words};
use crate::base::spanned::{Form, FromShort};
use crate::base::{Fault, FaultKind, Message};
use crate::browser::page::{By, Place as Spot, Purpose, Target};
use crate::proof::Event;

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

    async fn run(&self, stage: &mut Stage<'_>) -> Result<(), Fault> {
        let target = stage.target(&self.0.on, false)?;
        let answer = self.0.answer.as_ref().map(|words| stage.render(words)).transpose()?;
        *stage.since = Some(stage.browser.mark());
        press(stage, &target).await?;
        match answer {
            Some(button) => answer_box(stage, &button).await,
            None => Ok(()),
        }
    }
}

/// Presses once. From the moment an input event may have left, the stage knows that the step was pressed.
async fn press(stage: &mut Stage<'_>, target: &Target) -> Result<(), Fault> {
    match stage.browser.press(target, &stage.until).await {
        Ok(pressed) => {
            stage.pressed = true;
            stage.matched(&pressed.found)
        }
        Err(fault) => {
            stage.pressed |= fault.kind == FaultKind::Unsure;
            Err(fault)
        }
    }
}

/// Answers the page's own confirm box: a native one, or a drawn one with a button of these words.
async fn answer_box(stage: &mut Stage<'_>, button: &str) -> Result<(), Fault> {
    let waiting_for = crate::say!("确认框及其「{button}」按钮", "the confirm box and its button “{button}”");
    let spot = Spot { by: By::Text(button.to_owned()), role: None, row: None, before: None, after: None };
    let target = Target { any: vec![spot] };
    let mut rungs = LADDER.into_iter();
    loop {
        if let Some(dialog) = stage.browser.dialog() {
            stage.record(Event::Message { step: Some(stage.step), text: dialog.text, kind: "dialog".into() })?;
            return stage.browser.answer_dialog(true, &stage.until).await;
        }
        if stage.browser.look(&target, Purpose::Press, &stage.until).await?.is_some() {
            return press(stage, &target).await;
        }
        stage.until.pause(rungs.next().unwrap_or(LADDER[LADDER.len() - 1]), &waiting_for).await?;
    }
}
