//! Inputs: what a run has to be given, what it must look like, and how private it is.
//!
//! Never says a value in a message: a refusal names the input only.

use schemars::JsonSchema;
use serde::Deserialize;

use super::model::Bilingual;
use crate::actions::Words;
use crate::base::spanned::Form;
use crate::base::{Fault, FaultKind, Message, number};
use crate::say;

/// One input.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// 类型 · What it must look like.
    #[serde(rename = "type", default)]
    pub kind: InputType,
    /// 隐私级别；不写即 personal · How private it is; personal unless written.
    #[serde(default)]
    pub privacy: Privacy,
    /// 是否必填 · Whether the run needs it.
    #[serde(default = "yes")]
    pub required: bool,
    /// 说明 · What to enter.
    #[serde(default)]
    pub note: Option<Form<Bilingual>>,
}

fn yes() -> bool {
    true
}

/// What an input must look like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum InputType {
    /// 任意文字 · Any text.
    #[default]
    Text,
    /// 大陆手机号 · A mobile number of mainland China.
    CnMobile,
    /// 居民身份证号 (GB 11643) · A resident identity number.
    CnId,
    /// 统一社会信用代码 (GB 32100) · A unified social credit code.
    CreditCode,
    /// 电子邮箱 · An e-mail address.
    Email,
}

/// How private a value is. Everything that is not public is masked wherever it shows up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Privacy {
    /// 可公开 · May be shown.
    Public,
    /// 个人信息，处处遮盖 · Masked in pictures and text.
    #[default]
    Personal,
    /// 密码一类：遮盖、不留存，且不得用于真实平台 · As a password: masked, never kept, never used at a real site.
    Secret,
}

impl InputType {
    /// Refuses a `value` that cannot be right. `name` is the input's name; the fault never shows the value.
    pub fn accept(self, name: &str, value: &str) -> Result<(), Fault> {
        self.refuses(name, value).map_or(Ok(()), |message| Err(Fault::new(FaultKind::Precondition, message)))
    }

    /// Why `value` cannot be right; none when it may be. `name` is the input's name.
    pub fn refuses(self, name: &str, value: &str) -> Option<Message> {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if value.trim().is_empty() {
            return Some(say!("「{name}」是空的，请填写。", "“{name}” is empty: fill it in"));
        }
        match self {
            InputType::Text => None,
            InputType::CnMobile => (value.len() != 11 || !digits(value) || !value.starts_with('1'))
                .then(|| say!("「{name}」应是 1 开头的 11 位手机号。", "“{name}” must be a mobile number of 11 digits that begins with 1")),
            InputType::CnId => (!number::is_id(value)).then(|| {
                say!(
                    "「{name}」应是 18 位身份证号，且校验位要对；请逐位核对。",
                    "“{name}” must be an identity number of 18 characters with the right check digit: compare it digit by digit"
                )
            }),
            InputType::CreditCode => (!number::is_credit_code(value)).then(|| {
                say!(
                    "「{name}」应是 18 位统一社会信用代码，且校验位要对；字母没有 I、O、S、V、Z。",
                    "“{name}” must be a credit code of 18 characters with the right check character; the letters I, O, S, V, Z do not occur"
                )
            }),
            InputType::Email => {
                let good = value.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'));
                (!good).then(|| say!("「{name}」应是邮箱地址，如 name@example.cn。", "“{name}” must be an e-mail address such as name@example.cn"))
            }
        }
    }
}

/// Inputs by name, in the order written.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema)]
#[schemars(transparent)]
pub struct Inputs(#[schemars(with = "std::collections::BTreeMap<String, Input>")] pub Vec<(Words, Input)>);

impl Inputs {
    /// The input called `name`.
    pub fn get(&self, name: &str) -> Option<&Input> {
        self.0.iter().find(|(own, _)| own.value == name).map(|(_, input)| input)
    }
}

impl<'a> IntoIterator for &'a Inputs {
    type Item = &'a (Words, Input);
    type IntoIter = std::slice::Iter<'a, (Words, Input)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<'de> Deserialize<'de> for Inputs {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Inputs;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a map of names and inputs")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Inputs, A::Error> {
                let mut inputs = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    inputs.push(entry);
                }
                Ok(Inputs(inputs))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_are_counted() {
        // GB 11643's own example, and a code whose check character was computed by hand.
        assert!(InputType::CnId.refuses("x", "11010519491231002X").is_none());
        assert!(InputType::CnId.refuses("x", "110105194912310021").is_some());
        assert!(InputType::CnId.refuses("x", "1101051949123100").is_some());
        assert!(InputType::CnId.refuses("x", "一二三四五六").is_some());
        assert!(InputType::CreditCode.refuses("x", "91350100M000100Y43").is_none());
        assert!(InputType::CreditCode.refuses("x", "91350100M000100Y44").is_some());
        assert!(InputType::CreditCode.refuses("x", "9135").is_some());
    }

    #[test]
    fn a_refusal_names_the_input_and_not_the_value() {
        let message = InputType::CnMobile.refuses("手机号", "1390000000").unwrap();
        assert!(message.zh.contains("手机号") && !message.zh.contains("139") && !message.en.contains("139"));
        assert!(InputType::CnMobile.refuses("手机号", "13900000000").is_none());
        assert!(InputType::Email.refuses("邮箱", "a@b").is_some() && InputType::Email.refuses("邮箱", "a@b.cn").is_none());
        assert!(InputType::Text.refuses("姓名", " ").is_some());
    }
}
