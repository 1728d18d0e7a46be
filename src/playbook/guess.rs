//! What a person meant by a word that is no key: Chinese words and habits from other tools. Never more than a suggestion.

use crate::actions::Act;

/// Words people try, and the key they mean.
const HABITS: &[(&str, &str)] = &[
    ("press", "click"),
    ("tap", "click"),
    ("按", "click"),
    ("单击", "click"),
    ("选择", "choose"),
    ("select", "choose"),
    ("下拉", "choose"),
    ("单选", "choose"),
    ("日期", "date"),
    ("上传", "upload"),
    ("attach", "upload"),
    ("附件", "upload"),
    ("单元格", "cell"),
    ("表格", "cell"),
    ("alert", "dialog"),
    ("弹窗", "dialog"),
    ("弹出框", "dialog"),
    ("对话框", "dialog"),
    ("读取", "read"),
    ("记录", "receipt"),
    ("输入密码", "enter_pin"),
    ("盖章", "seal"),
    ("签章", "seal"),
    ("确认", "confirm"),
    ("请本人", "person"),
    ("本人", "person"),
    ("type", "fill"),
    ("input", "fill"),
    ("enter", "fill"),
    ("输入", "fill"),
    ("录入", "fill"),
    ("goto", "open"),
    ("navigate", "open"),
    ("visit", "open"),
    ("访问", "open"),
    ("check", "tick"),
    ("同意", "tick"),
    ("wait", "expect"),
    ("wait_for", "expect"),
    ("assert", "expect"),
    ("等待", "expect"),
    ("出现", "expect"),
    ("插锁", "insert_lock"),
    ("插入CA锁", "insert_lock"),
    ("窗口", "window"),
    ("核对", "check_holder"),
    ("if", "when"),
    ("如果", "when"),
    ("若", "when"),
    ("loop", "repeat"),
    ("重复", "repeat"),
    ("include", "run"),
    ("timeout", "within"),
    ("限时", "within"),
    ("手册", "guide"),
    ("章节", "guide"),
    ("版本", "edition"),
    ("标题", "title"),
    ("名称", "name"),
    ("前提条件", "requires"),
    ("前提", "requires"),
    ("基本功能", "purpose"),
    ("注", "notes"),
    ("资料", "inputs"),
    ("vars", "inputs"),
    ("步骤", "steps"),
    ("操作步骤", "steps"),
    ("类型", "type"),
    ("必填", "required"),
    ("隐私", "privacy"),
    ("地址", "address"),
    ("url", "address"),
    ("文字", "text"),
    ("标签", "label"),
    ("中文", "zh"),
    ("英文", "en"),
    ("phone", "cn-mobile"),
    ("mobile", "cn-mobile"),
    ("手机号", "cn-mobile"),
    ("身份证", "cn-id"),
    ("身份证号", "cn-id"),
    ("string", "text"),
    ("private", "personal"),
    ("password", "secret"),
];

/// The allowed key that `word` most likely means.
pub(super) fn guess(word: &str, allowed: &[&'static str]) -> Option<&'static str> {
    let known = |key: &str| allowed.iter().find(|own| **own == key).copied();
    let lower = word.trim().to_lowercase();
    if let Some(key) = HABITS.iter().find(|(habit, _)| *habit == lower).and_then(|(_, key)| known(key)) {
        return Some(key);
    }
    if word.is_ascii() {
        return None;
    }
    // The manual's own words: the action that speaks of it earliest.
    Act::words()
        .iter()
        .filter_map(|(key, (zh, _))| Some((zh.find(word)?, known(key)?)))
        .min_by_key(|(at, _)| *at)
        .map(|(_, key)| key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::WORDS;

    #[test]
    fn chinese_words_find_their_action() {
        let found: Vec<_> = ["点击", "打开", "填写", "勾选", "选择", "上传", "等待", "插入", "核对", "天气"]
            .map(|word| guess(word, WORDS))
            .to_vec();
        let wanted = [
            Some("click"),
            Some("open"),
            Some("fill"),
            Some("tick"),
            Some("choose"),
            Some("upload"),
            Some("expect"),
            Some("insert_lock"),
            Some("check_holder"),
            None,
        ];
        assert_eq!(found, wanted);
    }

    #[test]
    fn every_habit_is_a_word_of_one_kind_only() {
        for (at, (habit, _)) in HABITS.iter().enumerate() {
            assert!(HABITS[at + 1..].iter().all(|(other, _)| other != habit), "{habit} twice");
        }
        assert_eq!(guess("手机号", &["text"]), None);
    }
}
