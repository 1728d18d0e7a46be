//! Filling in, choosing, answering boxes, reading.

use super::run;

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
async fn a_box_that_asks_for_something_irreversible_is_left_open() {
    let ended = run(PAGE, "  - click: 下一步\n  - dialog: 确定\n", &[], None).await;
    assert!(ended.why().contains("不可撤回"), "{}", ended.why());
    let ended = run(PAGE, "  - click: 保存\n  - dialog: { answer: 确定, text: 确认删除 }\n", &[], None).await;
    assert!(ended.why().contains("确认保存？"), "{}", ended.why());
    let ended = run(PAGE, "  - click: 下一步\n  - dialog: 取消\n", &[], None).await;
    assert_eq!(ended.why(), "");
}
