//! Pressing: never what is covered, moving or disabled; never twice; never hung by a dialog.

use ruku::base::FaultKind;
use ruku::browser::page::{Target, Where};

use super::{Stage, soon};
use crate::driver::until;

const COUNT: &str = "onclick=\"document.title='n'+(++window.n||(window.n=1))\"";

#[tokio::test]
async fn a_covered_button_says_what_covers_it() {
    let stage = Stage::page(&format!(
        r#"<button {COUNT}>确认申请</button><div class="mini-mask" style="position:fixed;inset:0;background:#0003">请稍候</div>"#
    ))
    .await;
    let target = Target::text("确认申请");
    let covered = stage.browser.press(&target, &soon()).await.unwrap_err();
    assert_eq!(covered.kind, FaultKind::Covered);
    assert!(
        covered.message.zh.contains("「确认申请」被遮挡") && covered.message.zh.contains("mini-mask"),
        "{}",
        covered.message.zh
    );
    assert!(covered.message.en.contains("is covered"), "{}", covered.message.en);
    assert_eq!(stage.title().await, "测试", "the page has seen nothing");

    stage.end().await;
}

#[tokio::test]
async fn moving_and_disabled_ones_are_waited_for() {
    let stage = Stage::page(&format!(
        r#"<style>@keyframes m{{from{{margin-left:0}}to{{margin-left:300px}}}} #m{{animation:m 1s linear}}</style>
        <button id=m {COUNT}>移动</button><fieldset id=f disabled><button {COUNT}>提交</button></fieldset>
        <div style="position:fixed;inset:auto 0 0 0;height:60px;background:#fff">页脚</div><p style="height:3000px">
        <button {COUNT}>页底</button><p style="height:2000px">"#
    ))
    .await;
    stage.browser.press(&Target::text("移动"), &until()).await.unwrap();
    stage.eventually_title("n1").await;
    let disabled = stage.browser.press(&Target::text("提交"), &soon()).await.unwrap_err();
    assert_eq!(disabled.kind, FaultKind::NotReady);
    assert!(disabled.message.zh.contains("灰色") && disabled.message.en.contains("disabled"), "{disabled:?}");
    stage.browser.press(&Target::text("页底"), &until()).await.unwrap();
    stage.eventually_title("n2").await;
    stage.end().await;
}

#[tokio::test]
async fn what_becomes_ready_while_waiting_is_pressed_once() {
    let stage = Stage::page(&format!(
        r#"<button id=b disabled {COUNT}>提交</button><div id=c style="position:fixed;inset:0"></div>
        <script>setTimeout(() => b.disabled = false, 700); setTimeout(() => c.remove(), 1400)</script>"#
    ))
    .await;
    stage.browser.press(&Target::text("提交"), &until()).await.unwrap();
    stage.eventually_title("n1").await;
    stage.end().await;
}

#[tokio::test]
async fn a_layout_shift_at_the_last_moment_is_held_back() {
    // The page lets 解绑 slide under the pointer as soon as the pointer comes near: after every check, before the press.
    let stage = Stage::page(&format!(
        r#"<div id=top style="height:0"></div><button style="display:block;height:40px" {COUNT}>解绑</button>
        <button style="display:block;height:40px" id=ok {COUNT}>查询</button>
        <script>ok.addEventListener("pointerover", () => {{ top_.style.height = "40px" }}); const top_ = document.getElementById("top");
        for (const type of ["pointerdown","mousedown","mouseup","click"]) addEventListener(type, () => window.seen = true, true);</script>"#
    ))
    .await;
    let held = stage.browser.press(&Target::text("查询"), &until()).await.unwrap_err();
    assert_eq!(held.kind, FaultKind::Covered, "{held:?}");
    assert!(held.message.zh.contains("解绑") && held.message.zh.contains("没有收到"), "{}", held.message.zh);
    assert_eq!(stage.title().await, "测试", "the page has seen nothing");
    // The guards are down again: pressing 解绑 on purpose works.
    stage.browser.press(&Target::text("解绑"), &until()).await.unwrap();
    stage.eventually_title("n1").await;
    stage.end().await;
}

#[tokio::test]
async fn a_dialog_opened_by_the_press_is_reported_and_does_not_hang() {
    let stage = Stage::page(
        r#"<button onclick="if (confirm('确定提交吗？')) document.title='已提交'">提交</button><a href="/other">离开</a>"#,
    )
    .await;
    let mark = stage.browser.mark();
    let pressed = stage.browser.press(&Target::text("提交"), &until()).await.unwrap();
    assert_eq!(pressed.dialog.unwrap().text, "确定提交吗？");
    let again = stage.browser.press(&Target::text("提交"), &until()).await.unwrap_err();
    assert_eq!(again.kind, FaultKind::Dialog);
    assert_eq!(stage.browser.shot(&until()).await.unwrap_err().kind, FaultKind::Dialog);
    let words = ["确定提交".to_owned()];
    let seen = stage.browser.seen_text(&words, None, &until()).await.unwrap().unwrap();
    assert_eq!(seen.place, Where::Dialog);
    stage.browser.answer_dialog(true, &until()).await.unwrap();
    stage.eventually_title("已提交").await;
    assert_eq!(stage.browser.seen_text(&words, None, &until()).await.unwrap(), None);
    let seen = stage.browser.seen_text(&words, Some(mark), &until()).await.unwrap().unwrap();
    assert_eq!(seen.place, Where::Dialog, "an answered dialog is remembered");
    stage.browser.press(&Target::text("离开"), &until()).await.unwrap();
    stage.end().await;
}
