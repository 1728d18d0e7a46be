//! What is pressed only once or not at all, wherever its words stand; and boxes after a press that counts.

use ruku::operator::{Answer, GateKind};
use ruku::proof::{Event, OnceOutcome};

use super::{Ended, run};
use crate::trial::{Person, Trial};

const PAGE: &str = r#"
<style>.mini-window { position: fixed; top: 80px; left: 300px; z-index: 9; background: #fff; padding: 20px }</style>
<script>
const did = (words = "已经按下") => document.body.append(words);
const box = (text, ...buttons) => document.body.insertAdjacentHTML("beforeend", `<div class="mini-window mini-messagebox"><div class="mini-messagebox-content">${text}</div>
${buttons.map((button) => `<a class="mini-button" href="javascript:void(0)" onclick="this.parentElement.remove(); did('${text === "提交成功" ? "又按了一次" : "办好了"}')">${button}</a>`).join(" ")}</div>`);
const menu = () => document.body.insertAdjacentHTML("beforeend", `<ul><li onclick="did()">提交信息</li><li onclick="did()">企业</li></ul>`);
</script>
<p>证书持有人：<span>云小鹿</span></p>
<table><tr><th>文件</th><th>操作</th></tr><tr><td>诚信承诺书</td><td onclick="did()"><a>签章</a></td></tr></table>
<table><tr><td>类型</td><td><input readonly onclick="menu()"></td></tr></table>
<div id="both" style="width:400px;text-align:center"><label style="float:left"><input type="checkbox" id="agree">我承诺所提交的材料真实</label><button onclick="did()">提交</button></div>
<button title="提交" id="titled" style="width:60px" onclick="did()">&nbsp;</button><button onclick="did()">提交<i id="inner">▶</i></button>
<a href="javascript:void(0)" onclick="did()"><img id="image" width="40" height="20" alt="提交"></a><p id="long"></p>
<button onclick="box('确定要提交吗？', '确定', '取消')">保存</button>
<button onclick="box('提交成功', '确定')">直接办理</button><button onclick="box('提交成功后不可修改', '确定', '取消')">先问再办</button>
<button onclick="alert('提交成功')">弹窗办理</button><button onclick="alert('请核对'); if (confirm('确认办理？')) did('办好了')">先告后问</button>
<script>long.innerHTML = `<button onclick="did()" style="width:900px;font-size:1px">${"甲".repeat(2100)}提交</button>`.replace("<button", "<button id='longest'")</script>"#;

/// Nothing was pressed: the rule said so, by its word.
fn held(ended: &Ended, step: &str) {
    assert!(ended.why().contains("不可撤回"), "{step}: {}", ended.why());
}

#[tokio::test]
async fn entering_something_presses_nothing_irreversible() {
    for step in [
        "cell: { row: 诚信承诺书, column: 操作, value: x }",
        "choose: { 类型: 提交信息 }",
        "click: { on: { css: '#titled' } }",
        "click: { on: { css: '#inner' } }",
        "click: { on: { css: '#image' } }",
        "click: { on: { css: '#longest' } }",
    ] {
        held(&run(PAGE, &format!("  - {step}\n"), &[], None).await, step);
    }
    let steps = "  - choose: { 类型: 企业 }\n";
    let ended = run(PAGE, steps, &[], None).await;
    assert!(!ended.why().contains("不可撤回"), "{}", ended.why());
}

#[tokio::test]
async fn the_box_that_is_tested_is_the_one_that_is_ticked() {
    let steps = "  - tick: { css: '#both' }\n  - expect: { target: { css: '#agree:checked' } }\n  - when: { seen: 已经按下 }\n    then:\n      - expect: 不该按下\n";
    let ended = run(PAGE, steps, &[], None).await;
    assert_eq!(ended.why(), "");
}

#[tokio::test]
async fn what_a_drawn_box_asks_counts_for_its_buttons() {
    held(&run(PAGE, "  - click: 保存\n  - click: 确定\n", &[], None).await, "click");
    held(&run(PAGE, "  - click: { on: 保存, answer: 确定 }\n", &[], None).await, "answer");
    let ended = run(PAGE, "  - click: 保存\n  - click: 取消\n  - expect: 办好了\n", &[], None).await;
    assert_eq!(ended.why(), "");
}

/// How the record says that the irreversible step ended.
pub(super) fn outcomes(ended: &Ended) -> Vec<OnceOutcome> {
    let outcome = |event: &Event| match event {
        Event::OnceOutcome { outcome, .. } => Some(*outcome),
        _ => None,
    };
    ended.events.iter().filter_map(outcome).collect()
}

#[tokio::test]
async fn a_box_after_the_press_is_a_question_or_says_that_it_was_done() {
    for (button, sign, expected) in [
        ("直接办理", "提交成功", OnceOutcome::Done),
        ("弹窗办理", "提交成功", OnceOutcome::Done),
        ("先告后问", "办好了", OnceOutcome::Done),
        ("先问再办", "提交成功", OnceOutcome::Unsure),
    ] {
        let steps = format!(
            "  - check_holder: {{ shown: {{ label: 证书持有人 }}, expected: \"{{{{ 姓名 }}}}\" }}\n  - click: {{ on: {button}, answer: 确定 }}\n    once: {{ done_when: {sign} }}\n  - when: {{ seen: 又按了一次 }}\n    then:\n      - expect: 不该再按\n"
        );
        let person = Person::who(|kind| Some(if kind == GateKind::Confirm { Answer::Go } else { Answer::Stop }));
        let ended = Trial { person, inputs: &[("姓名", "云小鹿")], ..Trial::new(PAGE, &steps) }.run().await;
        assert_eq!(outcomes(&ended).first(), Some(&expected), "{button}: {}", ended.why());
        assert_eq!(outcomes(&ended).len(), 1, "{button}: {}", ended.why());
        assert_eq!(ended.why().is_empty(), expected == OnceOutcome::Done, "{button}: {}", ended.why());
    }
}

const AGREED: &str = r#"<p>证书持有人：<span>云小鹿</span></p><label><input type=checkbox>我已阅读并同意《平台使用告知书》</label><label><input type=checkbox checked>接收通知</label>
<label>附件 <input type=file onchange="document.body.append('已上传')"></label><button onclick="document.body.append('办好了')">提交</button>"#;

/// What the record says that the person was asked before the press.
async fn asked(steps: &str) -> String {
    let files = tempfile::tempdir().unwrap();
    std::fs::write(files.path().join("云小鹿的执照.pdf"), "甲").unwrap();
    let steps = format!(
        "  - check_holder: {{ shown: {{ label: 证书持有人 }}, expected: \"{{{{ 姓名 }}}}\" }}\n{steps}  - click: 提交\n    once: {{ done_when: 办好了 }}\n"
    );
    let person = Person::who(|kind| (kind == GateKind::Confirm).then_some(Answer::Go));
    let trial = Trial { person, inputs: &[("姓名", "云小鹿")], files: Some(files.path()), ..Trial::new(AGREED, &steps) };
    let ended = trial.run().await;
    assert_eq!(ended.why(), "");
    let asked = ended.events.iter().find_map(|event| match event {
        Event::GateOpen { message, .. } => Some(message.zh.clone()),
        _ => None,
    });
    asked.unwrap()
}

#[tokio::test]
async fn the_person_agrees_to_boxes_and_files_too() {
    let told =
        asked("  - tick: 我已阅读并同意\n  - tick: 接收通知\n  - upload: { to: 附件, file: 云小鹿的执照.pdf, done: 已上传 }\n")
            .await;
    assert!(told.contains("\n  勾选：「我已阅读并同意《平台使用告知书》」\n") && told.contains("\n  上传：附件"), "{told}");
    assert!(!told.contains("接收通知"), "it was ticked already: {told}");
    assert!(!told.contains("执照"), "names of files are for the screen: {told}");
    let told = asked("").await;
    assert!(told.contains("没有为它填写"), "{told}");
}

#[tokio::test]
async fn a_portal_may_have_other_words_for_what_is_pressed() {
    let page =
        r#"<p>刷新页面后显示</p><button onclick="document.body.append('已查')">查询状态</button><label>联系手机 <input></label>"#;
    let steps = "  - click: { on: { text: 刷新, role: button } }\n  - expect: 已查\n  - fill: { 手机号: '1' }\n";
    let profile = "words: { 刷新: [刷新状态, 查询], 手机号: [联系手机] }\n";
    let ended = Trial { profile, ..Trial::new(page, steps) }.run().await;
    assert_eq!(ended.why(), "");
    let warned =
        ended.events.iter().filter(|event| matches!(event, Event::Warning { message, .. } if message.zh.contains("首选写法")));
    assert_eq!(warned.count(), 2, "it is said each time");

    // What is on the element counts, whatever word it was found by.
    let page = "<button onclick=\"document.body.append('已经按下')\">查询并提交</button>";
    let ended = Trial { profile: "words: { 刷新: [查询] }\n", ..Trial::new(page, "  - click: 刷新\n") }.run().await;
    held(&ended, "the element");
}

#[tokio::test]
async fn a_seal_without_once_is_not_pressed_whatever_it_is_called() {
    let page = "<p>法定代表人：<b>云小鹿</b></p><button onclick=\"document.body.append('已经按下')\">盖印</button>";
    let steps =
        "  - seal: { press: 盖印, done: 已经按下, none: n, elsewhere: n, legal: n, legal_holder: '{{ 法定代表人姓名 }}' }\n";
    let trial = Trial { texts: "{ n: [没有] }", unheeded: &["seal-without-once"], ..Trial::new(page, steps) };
    let ended = Trial { inputs: &[("法定代表人姓名", "云小鹿")], ..trial }.run().await;
    assert!(ended.why().contains("once") && ended.why().contains("没有点击"), "{}", ended.why());
}
