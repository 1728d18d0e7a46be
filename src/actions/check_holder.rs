//! `check_holder`: compares the holder that the page shows with the expected one, before anything is authorised or submitted.

use schemars::JsonSchema;
use serde::Deserialize;

use super::insert_lock::same_name;
use super::read::shown;
use super::stage::Checked;
use super::{Action, Inspect, Place, Risk, Stage, Words};
use crate::base::{Fault, FaultKind, Message};
use crate::browser::page::Purpose;

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
        let shown = shown(stage, &target, &self.title()).await?;
        compare(stage, &shown, &expected)?;
        *stage.holder = Some(Checked { target, expected });
        Ok(())
    }
}

/// Compares the holder that the page shows with the expected one and with the lock in use.
///
/// # Errors
/// `WrongHolder` when they differ.
fn compare(stage: &Stage<'_>, shown: &str, expected: &str) -> Result<(), Fault> {
    // Whoever it is, the name is a personal datum.
    stage.redactor.add(shown);
    let held = stage.held.as_ref().filter(|held| !held.stands_in).and_then(|held| held.certificate());
    if same_name(shown, expected) && held.is_none_or(|held| same_name(&held.holder, shown)) {
        return Ok(());
    }
    Err(Fault::new(
        FaultKind::WrongHolder,
        crate::say!(
            "页面读取到的证书持有人是「{shown}」，本次办理的是「{expected}」。已停止，没有提交任何内容。请换上正确的 CA 锁后重新办理。",
            "the page shows the certificate of “{shown}”, but this run is for “{expected}”; stopped, nothing was submitted; insert the right CA lock and start again"
        ),
    ))
}

/// Makes sure, right before an irreversible step, that the holder was compared, and compares again where the page still shows one.
///
/// # Errors
/// `Refused` when it never was; `WrongHolder` when the page now shows somebody else.
pub(crate) async fn still_the_holder(stage: &mut Stage<'_>) -> Result<(), Fault> {
    let Some(checked) = stage.holder.clone() else {
        return Err(Fault::new(
            FaultKind::Refused,
            crate::say!(
                "尚未核对页面显示的证书持有人，不能执行不可撤回的操作。请联系支持人员，在流程的这一步之前加入 check_holder。",
                "the holder shown by the page was not checked, so nothing irreversible is done; ask support to put check_holder before this step of the playbook"
            ),
        ));
    };
    if stage.browser.look(&checked.target, Purpose::See, &stage.until).await?.is_none() {
        return stage.warn(crate::say!(
            "网页不再显示证书持有人，以先前的核对为准。",
            "the page no longer shows the holder; the earlier comparison stands"
        ));
    }
    let shown = stage.browser.read(&checked.target, &stage.until).await?;
    compare(stage, &shown, &checked.expected)
}
