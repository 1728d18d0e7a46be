//! Frames inside a portal's page: its own are worked in, those of a stranger are left alone whatever the act.

use futures_util::StreamExt;

use super::run;
use crate::trial::Trial;

const STRANGER: &str = r#"<p>证书持有人：<b>云小鹿</b></p><button>领取</button><label>姓名 <input></label><label>日期 <input type=date></label>
<label><input type=checkbox>我同意</label><label>类型 <select><option>请选择<option>企业</select></label><label>附件 <input type=file></label>
<label>CA锁密码 <input type=password></label><button>立即登录</button>
<table><tr><th>名称</th><th>数量</th></tr><tr><td>挖掘机</td><td><input value=1></td></tr></table>"#;
const AROUND: &str = r#"<p>门户</p><iframe width=900 height=600 src="http://b.localhost:{port}/"></iframe>"#;

#[tokio::test]
async fn nothing_is_done_in_a_frame_of_a_stranger() {
    let files = tempfile::tempdir().unwrap();
    std::fs::write(files.path().join("a.pdf"), "甲").unwrap();
    let acts = [
        "click: 领取",
        "fill: { 姓名: '{{ 姓名 }}' }",
        "date: { 日期: 2020-01-31 }",
        "tick: 我同意",
        "choose: { 类型: 企业 }",
        "upload: { to: 附件, file: a.pdf, done: { text: 已上传 } }",
        "cell: { row: 挖掘机, column: 数量, value: '1' }",
        "collect: { as: 库, fields: [姓名] }",
        "check_holder: { shown: { label: 证书持有人 }, expected: '{{ 姓名 }}' }",
        "enter_pin: { field: CA锁密码, press: 立即登录, next: 已登录, wrong: pin.wrong, blocked: pin.blocked }",
    ];
    let trials = acts.into_iter().map(async |act| {
        let steps = format!("  - {act}\n");
        let texts = "{ pin.wrong: [密码错误], pin.blocked: [锁已锁定] }";
        let inputs: &[(&str, &str)] = if act.contains("{{") { &[("姓名", "云小鹿")] } else { &[] };
        let trial = Trial { stranger: STRANGER, texts, inputs, files: Some(files.path()), ..Trial::new(AROUND, &steps) };
        (act, trial.run().await)
    });
    let ended: Vec<_> = futures_util::stream::iter(trials).buffer_unordered(2).collect().await;
    for (act, ended) in ended {
        let why = ended.why();
        assert!(why.contains("嵌入的") && why.contains("b.localhost"), "{act}: {why}");
    }
}

#[tokio::test]
async fn frames_of_the_portal_itself_are_its_page() {
    let page = r#"<iframe srcdoc="<label>备注 <input></label>"></iframe><iframe srcdoc="<button onclick=&quot;document.body.append('已查询')&quot;>查询</button>"></iframe>
<iframe sandbox="allow-scripts" srcdoc="<button>领取</button>"></iframe>"#;
    let steps = "  - fill: { 备注: 甲 }\n  - click: 查询\n  - expect: 已查询\n";
    assert_eq!(run(page, steps, &[], None).await.why(), "");
    // A sandboxed frame without an address belongs to nobody.
    let why = run(page, "  - click: 领取\n", &[], None).await.why();
    assert!(why.contains("嵌入的 null"), "{why}");
}
