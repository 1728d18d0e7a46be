//! Secrets and personal data: never a password at a real site, never a secret in a text, no personal data in the file itself.

use std::ops::Range;

use super::{Check, template};
use crate::actions::{Act, Words};
use crate::playbook::model::Privacy;
use crate::say;

/// Words for what only the person knows.
const PASSWORD: [&str; 3] = ["密码", "口令", "PIN"];

impl Check<'_> {
    /// A secret may be typed into a field and nowhere else.
    pub(super) fn no_secret(&mut self, words: &[Words]) {
        for words in words {
            let secret = self.names.in_template(words).into_iter().find(|name| self.names.privacy(name) == Some(Privacy::Secret));
            if let Some(name) = secret {
                self.error(
                    "secret-shown",
                    say!("「{name}」是保密资料，只能填入输入框。", "“{name}” is secret and may only be filled into a field"),
                    &words.span,
                    say!("不要在页面文字或条件里用它。", "do not use it in texts of the page or in conditions"),
                );
            }
        }
    }

    /// Ruku reads what the person answers to `open.ask`: on a real site that is an address and never a password.
    pub(super) fn asks_no_password(&mut self, act: &Act) {
        let Act::Open(open) = act else { return };
        let asked = open.0.ask.iter().flat_map(|ask| [&ask.zh, &ask.en]);
        let found = asked.into_iter().find(|words| PASSWORD.iter().any(|word| words.contains(word)));
        if !self.site.training
            && let Some(words) = found
        {
            self.error(
                "secret-on-real-site",
                say!(
                    "open 的 ask 只能请本人粘贴网址，Ruku 会读到所答的内容。",
                    "“ask” of open is for an address: Ruku reads what is answered"
                ),
                &words.span,
                say!("删去密码一类的字样；密码只由本人在页面上输入。", "ask for no password: the person types it into the page"),
            );
        }
    }

    /// A step over fields that names none does nothing.
    pub(super) fn empty_fields(&mut self, act: &Act, at: &Range<usize>) {
        let empty = match act {
            Act::Fill(fill) => fill.0.0.is_empty(),
            Act::Choose(choose) => choose.0.0.is_empty(),
            Act::Date(date) => date.0.0.is_empty(),
            Act::Read(read) => read.0.0.is_empty(),
            Act::Upload(upload) => upload.names().next().is_none(),
            _ => false,
        };
        if empty && !self.partial {
            let word = act.word();
            self.error(
                "empty-fill",
                say!("没有写要填什么。", "nothing is to be filled in"),
                at,
                match act {
                    Act::Upload(_) => say!("写上 file: 所选文件夹中的路径。", "write file: a path inside the chosen folder"),
                    _ => say!("写成 {word}: {{ 标签: 值 }}。", "write {word}: {{ label: value }}"),
                },
            );
        }
    }

    /// On a real site a password is the person's, and personal data stands in no playbook.
    pub(super) fn fill(&mut self, fields: &[(Words, Words)]) {
        for (label, value) in fields {
            self.no_secret(std::slice::from_ref(label));
            let secret = self.names.in_template(value).iter().any(|name| self.names.privacy(name) == Some(Privacy::Secret));
            let password = PASSWORD.iter().any(|word| label.contains(word));
            if !self.site.training && (secret || password) {
                self.error(
                    "secret-on-real-site",
                    say!(
                        "真实平台上的密码由本人输入，Ruku 不代填。",
                        "on a real site the person types passwords: Ruku never does"
                    ),
                    if secret { &value.span } else { &label.span },
                    say!("删去这一项，请操作人在页面上亲自输入。", "remove this entry and let the person type it into the page"),
                );
            }
            if template::looks_personal(value) {
                self.warning(
                    "personal-data",
                    say!(
                        "流程文件里写着像证件号或手机号的内容。",
                        "this looks like an identity or mobile number inside the playbook"
                    ),
                    &value.span,
                    say!(
                        "放进 inputs，用 {{{{ }}}} 引用；流程文件会被转发。",
                        "make it an input and write {{{{ }}}}: playbooks are passed on"
                    ),
                );
            }
        }
    }
}
