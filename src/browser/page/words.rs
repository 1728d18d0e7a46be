//! How words are compared: as people read them. `js/fold.js` does the same in the page.
//!
//! Never changes what is shown or kept: folding is for comparing only.

/// Folds white space, full-width forms, case, 登陆/登录 and 帐/账.
pub(super) fn fold(text: &str) -> String {
    let folded: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '\u{200b}'..='\u{200d}' | '\u{feff}' | '\u{ad}'))
        .map(|c| match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
            other => other,
        })
        .flat_map(char::to_lowercase)
        .collect();
    folded.replace("登陆", "登录").replace('帐', "账")
}

/// Whether a person reads `words` in `text`.
pub(super) fn contains(text: &str, words: &str) -> bool {
    let sought = fold(words);
    !sought.is_empty() && fold(text).contains(&sought)
}

/// Whether a page shows `value` as `shown`, but for its formatting: spaces, dashes, slashes, thousands commas, case, full-width forms.
pub(super) fn same_but_formatted(value: &str, shown: &str) -> bool {
    let plain = |text: &str| fold(text).replace(['-', '/', ',', '—'], "");
    plain(value) == plain(shown)
}

/// Whether two choices are the same, whatever stands between their levels.
pub(super) fn same_path(one: &str, other: &str) -> bool {
    let plain = |text: &str| fold(text).replace(['/', '>', ',', '，', '、', '-', '—'], "");
    plain(one) == plain(other)
}

/// What follows `label` and a colon in a text that begins so; the whole text when it does not.
pub(super) fn after_label<'a>(text: &'a str, label: &str) -> &'a str {
    let colons = text.match_indices([':', '：']);
    let after = colons.map(|(at, colon)| (&text[..at], &text[at + colon.len()..]));
    let sought = fold(label.trim_end_matches([':', '：']));
    after.into_iter().find(|(before, _)| fold(before) == sought).map_or(text, |(_, after)| after.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded_as_people_read_them() {
        for (text, words) in [
            ("绑定 / 登陆", "绑定/登录"),
            ("ＣＡ互认", "ca 互认"),
            ("确 认\u{3000}申\n请", "确认申请"),
            ("帐号", "账号"),
            ("a\u{200b}b", "AB"),
        ] {
            assert_eq!(fold(text), fold(words), "{text} / {words}");
        }
        assert!(contains("您好，绑定 成功！", "绑定成功"));
        assert!(!contains("绑定成功", ""), "nothing is not found everywhere");
    }

    #[test]
    fn levels_are_the_same_whatever_stands_between_them() {
        assert!(same_path("内蒙古自治区/呼和浩特市", "内蒙古自治区 / 呼和浩特市"));
        assert!(!same_path("内蒙古自治区", "内蒙古自治区 / 呼和浩特市"));
    }

    #[test]
    fn a_label_is_no_part_of_the_value_after_it() {
        assert_eq!(after_label("受理 编号： 2020-1", "受理编号"), "2020-1");
        assert_eq!(after_label("说明：见受理编号：1", "受理编号"), "说明：见受理编号：1");
    }

    #[test]
    fn formatting_is_no_change_of_a_value() {
        assert!(same_but_formatted("13800001234", "138 0000-1234"));
        assert!(same_but_formatted("12ab", "12AB"));
        assert!(!same_but_formatted("12.5", "125"));
        assert!(!same_but_formatted("150102199003072345", "15010219900307234"), "a cut value is a changed one");
    }
}
