//! Filling in, choosing, answering boxes, reading.

use ruku::operator::Answer;

use super::run;
use crate::trial::{Person, Trial};

const PAGE: &str = r#"
<table><tr><td>企业名称</td><td><input id="name" value="旧名称"></td></tr><tr><td>类型</td><td><select><option>请选择<option>企业<option>个人</select></td></tr></table>
<p>受理编号：H2020-0007</p><button onclick="if (confirm('确认保存？')) document.body.append('已保存')">保存</button>
<button onclick="if (confirm('确认提交？')) document.body.append('已办')">下一步</button>"#;

#[tokio::test]
async fn a_form_is_filled_in_and_its_number_read() {
    let steps = "  - fill: { 企业名称: '{{ 名称 }}' }\n  - choose: { 类型: 企业 }\n  - read: { 编号: 受理编号 }\n  - fill: { 企业名称: '{{ read.编号 }}' }\n  - click: 保存\n  - dialog: { answer: 确定, text: 确认保存 }\n  - expect: 已保存\n";
    let ended = run(PAGE, steps, &[("名称", "云鹿公司")], None).await;
    assert_eq!((ended.why(), ended.outcome.exit_code), (String::new(), 0));
    let log = std::fs::read_to_string(ended.outcome.folder.join("data/log.jsonl")).unwrap();
    for hidden in ["云鹿公司", "H2020-0007", "旧名称"] {
        assert!(!log.contains(hidden), "{hidden} is in the record");
    }
}

#[tokio::test]
async fn what_the_page_makes_of_a_value_is_hidden_too() {
    let page = r#"<label>注册地址 <input id=f oninput="this.value = this.value.replace('帐', '账')"></label><button onclick="alert('地址是' + f.value)">看</button>"#;
    let steps = "  - fill: { 注册地址: '{{ 地址 }}' }\n  - click: 看\n  - click: 看\n";
    let ended = run(page, steps, &[("地址", "北街帐房")], None).await;
    assert!(ended.why().contains("地址是▇▇▇"), "{}", ended.why());
    let log = std::fs::read_to_string(ended.outcome.folder.join("data/log.jsonl")).unwrap();
    assert!(!log.contains("账房"), "the page's own way to write it is in the record");
}

#[tokio::test]
async fn a_box_that_asks_for_something_irreversible_is_left_open() {
    let ended = run(PAGE, "  - click: 下一步\n  - dialog: 确定\n", &[], None).await;
    assert!(ended.why().contains("不可撤回"), "{}", ended.why());
    let ended = run(PAGE, "  - click: 保存\n  - dialog: { answer: 确定, text: 确认删除 }\n", &[], None).await;
    assert!(ended.why().contains("确认保存？"), "{}", ended.why());
    let ended = run(PAGE, "  - click: 下一步\n  - dialog: 取消\n", &[], None).await;
    assert_eq!(ended.why(), "");
}

/// A message that may show or not, on a page that has its words and another 确定 besides.
#[tokio::test]
async fn a_box_is_closed_only_where_it_is_open_and_says_so() {
    let page = |box_says: &str, ends: &str| {
        let shown = format!(
            "<div role=dialog {ends}><p>{box_says}</p><button onclick=\"this.parentNode.remove(); document.body.append('已关')\">确定</button></div>"
        );
        let shown = if box_says.is_empty() { "" } else { &shown };
        format!("<p>请插入 CA 锁后读取</p><button onclick=\"document.body.append('误按')\">确定</button>{shown}")
    };
    let closes = |page: String, then: &'static str| async move {
        let steps = format!(
            "  - dialog: {{ answer: 确定, site_text: lock.none, if_open: true }}\n  - expect: {then}\n  - when: {{ seen: 误按 }}\n    then:\n      - expect: 不该按\n"
        );
        let texts = "{ lock.none: [未检测到CA锁, 请插入CA锁] }";
        Trial { texts, ..Trial::new(&page, &steps) }.run().await.why()
    };
    assert_eq!(closes(page("请插入 CA 锁", ""), "已关").await, "");
    assert_eq!(closes(page("保存成功", ""), "保存成功").await, "", "another box stays as it is");
    assert_eq!(closes(page("", ""), "请插入").await, "");
    let leaves = page("请插入CA锁", "onmousemove='this.remove()'");
    assert_eq!(closes(leaves, "请插入").await, "", "it closed by itself before the press");
}

#[tokio::test]
async fn what_the_profile_calls_public_is_read_in_clear_and_nothing_else() {
    let page = "<h2>流程说明</h2><ol><li>请沐乙本人到场。</li><li>满三日后再来。</li></ol><h2>审核意见</h2><ul><li>材料不够清晰</li></ul>";
    let steps = "  - expect: '{{ 姓名 }}'\n  - read: { 流程: { role: list, after: 流程说明 }, 意见: { role: list, after: 审核意见 } }\n  - person: { kind: read, to: '{{ read.流程 }}；{{ read.意见 }}' }\n";
    let told = async |profile, page| {
        let person = Person::who(|_| Some(Answer::Go));
        let trial = Trial { profile, inputs: &[("姓名", "沐乙")], person, ..Trial::new(page, steps) };
        let ended = trial.run().await;
        assert_eq!(ended.outcome.exit_code, 0, "{:?}", ended.outcome.why);
        let log = std::fs::read_to_string(ended.outcome.folder.join("data/log.jsonl")).unwrap();
        let report = std::fs::read_to_string(&ended.outcome.report).unwrap();
        ["满三日后再来", "沐乙", "材料不够清晰"].map(|words| [log.contains(words), report.contains(words)])
    };
    let listed = "public_texts: { portal: [流程说明] }\n";
    assert_eq!(told(listed, page).await, [[true; 2], [false; 2], [false; 2]], "but for the name in it");
    assert_eq!(told("", page).await, [[false; 2]; 3], "deny by default");
    let number = page.replace("再来", "再来，或致电 19900010001");
    assert_eq!(told(listed, &number).await, [[false; 2]; 3], "a number of somebody");
}
