use super::*;
use crate::playbook;

fn training() -> Site {
    let text = include_bytes!("../../../playbooks/sites/training.yaml");
    playbook::site::read("training.yaml", text).0.unwrap()
}

fn codes(site: &Site, steps: &str) -> Vec<&'static str> {
    let text = format!(
        "guide: '2.2'\nedition: {}\ntitle: 甲\ninputs:\n  姓名: {{ privacy: public }}\n  口令: {{ privacy: secret }}\nsteps:\n  - fill: {{ 姓名: '{{{{ 姓名 }}}}' }}\n{steps}",
        sections::EDITION
    );
    let (playbook, read, _) = playbook::read("t.yaml", text.as_bytes());
    assert!(read.is_empty(), "{read:?}");
    check(&playbook.unwrap(), site).into_iter().map(|fault| fault.code).filter(|code| *code != "unused-input").collect()
}

#[test]
fn irreversible_words_are_the_profiles() {
    let mut site = training();
    assert_eq!(codes(&site, "  - click: 提交信息\n"), ["looks-irreversible"]);
    assert_eq!(codes(&site, "  - click: { on: { any: [甲, 确认申请] } }\n"), ["looks-irreversible"]);
    assert_eq!(codes(&site, "  - expect: 提交信息\n"), [""; 0]);
    site.once_words.clear();
    assert_eq!(codes(&site, "  - click: 提交信息\n"), [""; 0]);
}

#[test]
fn secrets_stay_off_real_sites_and_out_of_texts() {
    let mut site = training();
    let fill = "  - fill: { CA锁密码: '{{ 口令 }}' }\n";
    assert_eq!(codes(&site, fill), [""; 0]);
    site.training = false;
    assert_eq!(codes(&site, fill), ["secret-on-real-site"]);
    assert_eq!(codes(&site, "  - expect: '{{ 口令 }}'\n"), ["secret-shown"]);
    let asked = "  - open: { site: ca-mutual, ask: 请输入 CA 锁密码 }\n";
    assert_eq!(codes(&site, asked), ["secret-on-real-site"]);
    assert_eq!(codes(&site, "  - open: { site: ca-mutual, ask: 请粘贴网址 }\n"), [""; 0]);
    assert_eq!(codes(&training(), asked), [""; 0]);
}

#[test]
fn finishing_comes_before_what_cannot_be_undone() {
    let steps = "  - click: 提交\n    once: { done_when: 已受理 }\n  - when: { seen: 甲 }\n    then:\n      - expect: 乙\n  - finish_when: 已绑定\n";
    assert_eq!(codes(&training(), steps), ["finish-after-once"]);
}

#[test]
fn names_are_pointed_at_inside_their_text() {
    let text = format!("guide: '2.2'\nedition: {}\ntitle: 甲\nsteps:\n  - expect: 您好，{{{{ 姓命 }}}}！\n", sections::EDITION);
    let (playbook, _, _) = playbook::read("t.yaml", text.as_bytes());
    let found = check(&playbook.unwrap(), &training());
    assert_eq!(&text[found[0].span.clone().unwrap().0], "姓命");
}

#[test]
fn allowed_actions_are_the_profiles() {
    let mut site = training();
    site.allowed_actions = Some(vec!["fill".into()]);
    assert_eq!(codes(&site, "  - expect: 甲\n"), ["action-not-allowed"]);
}
