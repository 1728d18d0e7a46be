//! What the person is asked before an irreversible press: what is done, with whose lock, and what was done to the page for it.
//!
//! Values are for the screen alone: what is kept names fields, boxes and no values.

use crate::actions::Stage;
use crate::actions::stage::Change;
use crate::base::Message;

/// The question as it is shown, and as it is kept; with a line about what was done `earlier`.
pub(super) fn question(stage: &Stage<'_>, title: &Message, earlier: Option<Message>) -> (Message, Message) {
    let (zh, en) = match (stage.held.as_ref().and_then(|held| held.certificate()), &stage.holder) {
        (Some(certificate), _) => {
            let (holder, serial) = (&certificate.holder, &certificate.serial);
            (
                format!("\n  CA 锁持有人：{holder}，证书序列号：{serial}"),
                format!("\n  holder of the CA lock: {holder}, certificate serial {serial}"),
            )
        }
        (None, Some(checked)) => {
            let holder = &checked.expected;
            (format!("\n  页面显示的持有人：{holder}"), format!("\n  holder shown by the page: {holder}"))
        }
        (None, None) => Default::default(),
    };
    let asked = Message::new(
        format!("即将{}。此操作提交后不可撤回，将由 Ruku 代为点击。确认无误吗？{zh}", title.zh),
        format!("about to {}; this cannot be undone, Ruku will press it; is everything right?{en}", title.en),
    );
    let asked = earlier.map_or(asked.clone(), |line| {
        Message::new(format!("{}\n  {}", asked.zh, line.zh), format!("{}\n  {}", asked.en, line.en))
    });
    for change in stage.changes.iter() {
        if let Change::Field { old, .. } = change {
            // What the page held before may show again in a later picture.
            stage.redactor.add(old);
        }
    }
    let (shown, kept) = done(stage.changes);
    let with = |lines: &Message| Message::new(asked.zh.clone() + &lines.zh, asked.en.clone() + &lines.en);
    (with(&shown), with(&kept))
}

/// What was done to the page, a line each: as it is shown, and as it is kept. What was saved at the portal before this run nobody can
/// tell, so where nothing was done the person is sent to the page.
fn done(changes: &[Change]) -> (Message, Message) {
    let (mut shown, mut kept) = (Message::same(""), Message::same(""));
    let add = |to: &mut Message, line: Message| {
        *to = Message::new(format!("{}\n  {}", to.zh, line.zh), format!("{}\n  {}", to.en, line.en))
    };
    for change in changes {
        match change {
            Change::Field { label, old, new } if old != new => {
                let or = |value: &str, none: &str| if value.is_empty() { none.to_owned() } else { value.to_owned() };
                let (old_zh, new_zh, old_en, new_en) =
                    (or(old, "（空）"), or(new, "（空）"), or(old, "(empty)"), or(new, "(empty)"));
                add(&mut shown, crate::say!("{label}：{old_zh} → {new_zh}", "{label}: {old_en} → {new_en}"));
                add(&mut kept, crate::say!("改动：{label}", "changed: {label}"));
            }
            Change::Field { .. } => {}
            Change::Ticked { words } => {
                let line = crate::say!("勾选：{words}", "ticked: {words}");
                add(&mut shown, line.clone());
                add(&mut kept, line);
            }
            Change::Uploaded { field, files } => {
                let (zh, en) = (files.join("、"), files.join(", "));
                add(&mut shown, crate::say!("上传：{field}：{zh}", "uploaded: {field}: {en}"));
                add(&mut kept, crate::say!("上传：{field}", "uploaded: {field}"));
            }
            Change::Kept { .. } => {}
        }
    }
    if shown.zh.is_empty() {
        let line = crate::say!(
            "Ruku 在本次办理中没有为它填写、勾选或上传任何内容；页面上的内容可能是以前保存的，请先查看浏览器里的页面，再确认。",
            "Ruku filled in, ticked and uploaded nothing for it in this run; what the page holds may have been saved before: look at the page in the browser first"
        );
        add(&mut shown, line.clone());
        add(&mut kept, line);
    }
    let fields: Vec<&str> = changes
        .iter()
        .filter_map(|change| if let Change::Kept { field } = change { Some(field.as_str()) } else { None })
        .collect();
    if !fields.is_empty() {
        let (zh, en) = (fields.join("、"), fields.join(", "));
        let line = crate::say!("已有，未上传，保持原样：{zh}", "there already, not uploaded, left as it was: {en}");
        add(&mut shown, line.clone());
        add(&mut kept, line);
    }
    (shown, kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_person_sees_all_that_was_done_and_the_record_no_values() {
        let changes = [
            Change::Field { label: "姓名".into(), old: String::new(), new: "云小鹿".into() },
            Change::Field { label: "手机号".into(), old: "1".into(), new: "1".into() },
            Change::Ticked { words: "「我已阅读并同意」".into() },
            Change::Uploaded { field: "营业执照".into(), files: vec!["a.pdf".into(), "b.pdf".into()] },
        ];
        let (shown, kept) = done(&changes);
        assert_eq!(shown.zh, "\n  姓名：（空） → 云小鹿\n  勾选：「我已阅读并同意」\n  上传：营业执照：a.pdf、b.pdf");
        assert_eq!(shown.en, "\n  姓名: (empty) → 云小鹿\n  ticked: 「我已阅读并同意」\n  uploaded: 营业执照: a.pdf, b.pdf");
        assert_eq!(kept.zh, "\n  改动：姓名\n  勾选：「我已阅读并同意」\n  上传：营业执照");
    }

    #[test]
    fn the_person_sees_which_files_were_left_as_they_were() {
        let left = ["营业执照", "开户许可证"].map(|field| Change::Kept { field: field.into() });
        let (shown, kept) = done(&left);
        assert!(
            shown.zh.contains("没有为它填写") && shown.zh.ends_with("\n  已有，未上传，保持原样：营业执照、开户许可证"),
            "{shown:?}"
        );
        assert!(shown.en.ends_with("left as it was: 营业执照, 开户许可证") && kept == shown, "{shown:?}");
    }

    #[test]
    fn where_nothing_was_done_the_person_is_sent_to_the_page() {
        let (shown, kept) = done(&[]);
        assert!(shown.zh.contains("没有为它填写") && shown.en.contains("nothing") && kept == shown, "{shown:?}");
    }
}
