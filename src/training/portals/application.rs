//! The form of 自然人绑定, checked as a portal's server checks it.
//!
//! Never believes what the page's script checked before.

use serde::{Deserialize, Serialize};

use crate::training::numbers;

/// Kinds of identity documents that the form offers.
pub(crate) const ID_KINDS: [&str; 4] = ["居民身份证", "港澳居民来往内地通行证", "台湾居民来往大陆通行证", "外国人永久居留身份证"];

/// What 确认申请 posts.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Application {
    #[serde(rename = "_common_hidden_viewdata")]
    pub(crate) csrf: String,
    pub(crate) cert_sn: String,
    pub(crate) person_name: String,
    pub(crate) id_kind: String,
    pub(crate) id_number: String,
    pub(crate) mobile: String,
    pub(crate) company: String,
    pub(crate) credit_code: String,
    pub(crate) email: String,
    pub(crate) agreed: String,
}

/// One wrong field: its name in the form and the portal's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Wrong {
    pub(crate) field: &'static str,
    pub(crate) words: String,
}

impl Application {
    /// Without the blanks that people paste along.
    pub(crate) fn trimmed(mut self) -> Application {
        let fields = [
            &mut self.person_name,
            &mut self.id_number,
            &mut self.mobile,
            &mut self.company,
            &mut self.credit_code,
            &mut self.email,
        ];
        for field in fields {
            *field = field.trim().to_owned();
        }
        self.id_number.make_ascii_uppercase();
        self.credit_code.make_ascii_uppercase();
        self
    }

    /// Everything that is wrong, in the order of the form. `holder` is the name in the certificate.
    pub(crate) fn wrong(&self, holder: &str) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        let mut check = |field, value: &str, name: &str, verdict: Option<String>| {
            if value.is_empty() {
                wrong.push(Wrong { field, words: format!("{name}不能为空") });
            } else if value.chars().count() > 100 {
                wrong.push(Wrong { field, words: format!("{name}过长") });
            } else if let Some(words) = verdict {
                wrong.push(Wrong { field, words });
            }
        };
        let unless = |ok: bool, words: &str| (!ok).then(|| words.to_owned());
        check("person_name", &self.person_name, "姓名", unless(self.person_name == holder, "姓名与证书持有人不一致"));
        check("id_kind", &self.id_kind, "证件类型", unless(ID_KINDS.contains(&self.id_kind.as_str()), "请选择证件类型"));
        let id_ok = if self.id_kind == ID_KINDS[0] {
            numbers::id_number_ok(&self.id_number)
        } else {
            (6..=18).contains(&self.id_number.len()) && self.id_number.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        check("id_number", &self.id_number, "身份证号", unless(id_ok, "身份证号格式不正确，请核对后重新填写"));
        check("mobile", &self.mobile, "手机号", unless(numbers::mobile_ok(&self.mobile), "手机号格式不正确"));
        check("company", &self.company, "单位名称", None);
        let code_ok = numbers::credit_code_ok(&self.credit_code);
        check("credit_code", &self.credit_code, "统一社会信用代码", unless(code_ok, "统一社会信用代码格式不正确"));
        if !self.email.is_empty() {
            let email_ok = self.email.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.'));
            check("email", &self.email, "电子邮箱", unless(email_ok, "电子邮箱格式不正确"));
        }
        if self.agreed != "true" {
            wrong.push(Wrong { field: "agreed", words: "请先阅读并同意《CA 互认系统使用协议》".to_owned() });
        }
        wrong
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Application {
        let person = &crate::training::people::applicants(5, 1)[0];
        Application {
            person_name: person.name.clone(),
            id_kind: ID_KINDS[0].into(),
            id_number: person.id_number.clone(),
            mobile: person.mobile.clone(),
            company: person.company.clone(),
            credit_code: person.credit_code.clone(),
            agreed: "true".into(),
            ..Application::default()
        }
    }

    fn fields(application: &Application) -> Vec<&'static str> {
        application.wrong(&good().person_name).into_iter().map(|wrong| wrong.field).collect()
    }

    #[test]
    fn a_right_form_passes_and_blanks_are_forgiven() {
        assert_eq!(fields(&good()), [""; 0]);
        let blanks = Application { mobile: format!(" {} ", good().mobile), ..good() }.trimmed();
        assert_eq!(fields(&blanks), [""; 0]);
    }

    #[test]
    fn every_field_is_checked() {
        let empty = Application::default();
        assert_eq!(fields(&empty), ["person_name", "id_kind", "id_number", "mobile", "company", "credit_code", "agreed"]);
        assert_eq!(fields(&Application { person_name: "别人".into(), ..good() }), ["person_name"]);
        assert_eq!(fields(&Application { id_kind: "学生证".into(), id_number: "A123456".into(), ..good() }), ["id_kind"]);
        assert_eq!(fields(&Application { id_number: "150199199001010000".into(), ..good() }), ["id_number"]);
        assert_eq!(fields(&Application { mobile: "12345678901".into(), ..good() }), ["mobile"]);
        assert_eq!(fields(&Application { credit_code: "911501990000000000".into(), ..good() }), ["credit_code"]);
        assert_eq!(fields(&Application { email: "nobody".into(), ..good() }), ["email"]);
        assert_eq!(fields(&Application { company: "长".repeat(101), ..good() }), ["company"]);
    }
}
