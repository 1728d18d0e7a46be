//! `check_holder`: compares the holder that the page shows with the expected one, before anything is authorised or submitted.

use schemars::JsonSchema;
use serde::Deserialize;

use super::insert_lock::same_name;
use super::stage::LADDER;
use super::{Action, Inspect, Place, Risk, Stage, Words};
use crate::base::{Fault, FaultKind, Message};

/// `check_holder: { shown: { label: 证书持有人 }, expected: "{{ 姓名 }}" }`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckHolder {
    /// 页面显示持有人的位置 · Where the page shows the holder.
    pub shown: Place,
    /// 应为何人 · Who it must be.
    pub expected: Words,
}

impl Action for CheckHolder {
    const WORD: &'static str = "check_holder";
    const DOC: (&'static str, &'static str) = (
        "核对页面显示的证书持有人，不符则停止",
        "Compare the holder shown by the page with the expected one; stop if they differ",
    );
    const RISK: Risk = Risk::Look;

    fn title(&self) -> Message {
        crate::say!("核对「{}」", "check “{}”", self.shown.words())
    }

    fn inspect(&self, inspect: &mut dyn Inspect) {
        self.shown.inspect(inspect);
        inspect.words(&self.expected);
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Result<(), Fault> {
        let (target, expected) = (stage.target(&self.shown, true)?, stage.render(&self.expected)?);
        let waiting_for = self.title();
        let mut rungs = LADDER.into_iter();
        let shown = loop {
            let shown = stage.browser.read(&target, &stage.until).await?;
            if !shown.trim().is_empty() {
                break shown;
            }
            stage.until.pause(rungs.next().unwrap_or(LADDER[LADDER.len() - 1]), &waiting_for).await?;
        };
        // Whoever it is, the name is a personal datum.
        stage.redactor.add(&shown);
        let held = stage.held.as_ref().and_then(|held| held.certificate());
        if !same_name(&shown, &expected) || held.is_some_and(|held| !same_name(&held.holder, &shown)) {
            return Err(Fault::new(
                FaultKind::WrongHolder,
                crate::say!(
                    "页面读取到的证书持有人是「{shown}」，本次办理的是「{expected}」。已停止，没有提交任何内容。请换上正确的 CA 锁后重新办理。",
                    "the page shows the certificate of “{shown}”, but this run is for “{expected}”; stopped, nothing was submitted; insert the right CA lock and start again"
                ),
            ));
        }
        *stage.holder_checked = true;
        Ok(())
    }
}
