//! Inputs: what a run has to be given, what it must look like, and how private it is.
//!
//! Never says a value in a message: a refusal names the input only.

use std::path::Path;

use schemars::JsonSchema;
use serde::Deserialize;

use super::model::Bilingual;
use super::papers::leads_out;
use crate::actions::Words;
use crate::actions::site::{Site, folded};
use crate::base::diagnostic::closest;
use crate::base::spanned::Form;
use crate::base::{Fault, FaultKind, Message, number};
use crate::say;

/// One input.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
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
    /// 只能填哪几项（type: choice）；只写不因平台而异的，平台的列表写在平台配置的 choices 里，以那里的为准 · The only values of a choice, where they are the
    /// same at every portal; those of a portal stand in its site profile, which goes first.
    #[serde(default)]
    pub choices: Vec<Words>,
    /// What the site profile says of it.
    #[serde(skip)]
    pub(super) offered: Option<Vec<String>>,
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
    /// 年-月-日，如 2010-01-31；或 choices 中的词，如 长期 · A day such as 2010-01-31, or one of the words in choices, such as 长期.
    Date,
    /// 列表中的一项，一字不差；有哪几项见 choices 和平台配置 · One item of a list, to the letter; which ones is said by choices and the site profile.
    Choice,
    /// 省 / 市 / 区三级 · A region in three levels, 省 / 市 / 区.
    Region,
    /// 要上传的文件，在所选文件夹中的路径 · A file to upload, as a path inside the chosen folder.
    File,
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

impl Input {
    /// What can be chosen: the site profile's list, else the playbook's own. None where nobody says, or where the profile's is empty: then the
    /// page alone knows.
    pub fn choices(&self) -> Vec<&str> {
        match &self.offered {
            Some(offered) => offered.iter().map(String::as_str).collect(),
            None => self.choices.iter().map(|choice| choice.as_str()).collect(),
        }
    }

    /// Why `value` cannot be right, by its looks and by what can be chosen; none when it may be. `name` is the input's name, and the value is
    /// not said.
    pub fn refuses(&self, name: &str, value: &str) -> Option<Message> {
        if self.kind == InputType::Date && self.offers(value) {
            return None;
        }
        self.kind.refuses(name, value).or_else(|| self.not_offered(name, value))
    }

    /// Whether a value is one of those that can be chosen.
    fn offers(&self, value: &str) -> bool {
        let value = folded(value);
        self.choices().into_iter().any(|choice| folded(choice) == value)
    }

    fn not_offered(&self, name: &str, value: &str) -> Option<Message> {
        let choices = self.choices();
        if self.kind != InputType::Choice || choices.is_empty() || self.offers(value) {
            return None;
        }
        let (zh, en) = match closest(value.trim(), choices.iter().copied()) {
            Some(near) => (format!("是不是「{near}」？"), format!("Did you mean “{near}”? ")),
            None => Default::default(),
        };
        let list = choices.iter().take(NAMED).map(|choice| format!("「{choice}」")).collect::<String>();
        let more = choices.len().saturating_sub(NAMED);
        let (more_zh, more_en) =
            if more > 0 { (format!("等，另有 {more} 项"), format!(" and {more} more")) } else { Default::default() };
        Some(say!(
            "「{name}」只能是下列之一，一字不差：{list}{more_zh}。{zh}平台的列表另有不同时，请改平台配置里的 choices。",
            "“{name}” must be one of these, to the letter: {list}{more_en}. {en}Where the portal's list has others, put them into “choices” of the site profile"
        ))
    }
}

/// So many choices are named; a list of all regions would hide what to do.
const NAMED: usize = 40;

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
            // What can be chosen is known to the input, not to its type.
            InputType::Text | InputType::Choice => None,
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
            InputType::Date => (!is_day(value)).then(|| {
                say!(
                    "「{name}」应是日历上有的一天，写成 2010-01-31。",
                    "“{name}” must be a day of the calendar, written 2010-01-31"
                )
            }),
            InputType::Region => (!is_region(value)).then(|| {
                say!(
                    "「{name}」应写成 省 / 市 / 区 三级，斜杠前后各空一格，如：内蒙古自治区 / 呼和浩特市 / 新城区。",
                    "“{name}” must have three levels, 省 / 市 / 区, with a space on either side of each slash, such as: 内蒙古自治区 / 呼和浩特市 / 新城区"
                )
            }),
            InputType::File => leads_out(name, value).or_else(|| {
                Path::new(value.trim()).extension().is_none().then(|| {
                    say!(
                        "「{name}」应是文件名，且要有扩展名，如 {name}.pdf。",
                        "“{name}” must be the name of a file with its ending, such as {name}.pdf"
                    )
                })
            }),
        }
    }
}

fn is_day(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

/// As `choose` takes it apart.
fn is_region(text: &str) -> bool {
    let levels: Vec<&str> = text.split(" / ").collect();
    levels.len() == 3 && levels.iter().all(|level| !level.trim().is_empty() && !level.contains('/'))
}

/// Inputs by name, in the order written.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema)]
#[schemars(transparent)]
pub struct Inputs(#[schemars(with = "std::collections::BTreeMap<String, Input>")] pub Vec<(Words, Input)>);

impl Inputs {
    /// Takes over what the site profile says of what can be chosen. It is the trusted side: its list goes before the playbook's own, and
    /// makes a choice of a text.
    pub(super) fn offered_by(&mut self, site: &Site) {
        for (name, input) in &mut self.0 {
            let Some(offered) = site.choices.get(name.as_str()) else { continue };
            if matches!(input.kind, InputType::Text | InputType::Choice) {
                input.kind = InputType::Choice;
                input.offered = Some(offered.clone());
            }
        }
    }

    /// What they are called.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

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
    fn a_choice_is_of_the_list_to_the_letter_and_the_profile_goes_first() {
        let text = "guide: x\nedition: V1\ntitle: x\ninputs:\n  企业规模: { type: choice, choices: [大型, 中型, 微型] }\n  行业: { type: choice }\n  期限: { type: date, choices: [长期] }\n  性质: { type: text }\nsteps: []\n";
        let mut inputs = crate::playbook::read("x", text.as_bytes()).0.unwrap().inputs;
        let refusal = |inputs: &Inputs, name: &str, value: &str| inputs.get(name).unwrap().refuses(name, value);
        let told = refusal(&inputs, "企业规模", "特大").unwrap();
        assert!(
            told.zh.contains("「大型」「中型」「微型」") && !told.zh.contains("特大") && !told.en.contains("特大"),
            "{told:?}"
        );
        assert!(refusal(&inputs, "期限", "长期").is_none() && refusal(&inputs, "期限", "2030-01-31").is_none());
        assert!(refusal(&inputs, "期限", "永久").is_some());
        let near = refusal(&inputs, "企业规模", "微形").unwrap();
        assert!(near.zh.contains("是不是「微型」？") && near.en.contains("Did you mean “微型”?"), "{near:?}");
        assert!(refusal(&inputs, "企业规模", " 大 型").is_none() && refusal(&inputs, "行业", "农业").is_none());
        let mut site = crate::playbook::site::read("t", include_bytes!("../../playbooks/sites/training.yaml")).0.unwrap();
        site.choices = [("企业规模", &["特大"][..]), ("行业", &["农业"]), ("性质", &["国有"])]
            .map(|(name, list)| (name.to_owned(), list.iter().map(|word| (*word).to_owned()).collect()))
            .into();
        inputs.offered_by(&site);
        assert!(refusal(&inputs, "企业规模", "特大").is_none() && refusal(&inputs, "企业规模", "大型").is_some());
        assert!(refusal(&inputs, "行业", "林业").is_some() && refusal(&inputs, "性质", "民营").is_some());
        // An empty list of the profile: the page alone knows.
        site.choices.insert("企业规模".into(), Vec::new());
        inputs.offered_by(&site);
        assert!(refusal(&inputs, "企业规模", "随便").is_none());
    }

    #[test]
    fn days_regions_and_files_are_known_by_their_looks() {
        for (kind, good, bad) in [
            (InputType::Date, &["2010-01-31"][..], &["2010-02-30", "2010/01/31", "2010-1-31", "20100131", "今天", "长期"][..]),
            (
                InputType::Region,
                &["内蒙古自治区 / 呼和浩特市 / 新城区"],
                &["内蒙古自治区/呼和浩特市/新城区", "呼和浩特市 / 新城区", "新城区", "甲 / 乙 / 丙 / 丁", "甲 /  / 丙"],
            ),
            (
                InputType::File,
                &["营业执照.png", "证件/营业执照.pdf"],
                &["营业执照", ".pdf", "证件.d/营业执照", "../营业执照.pdf", "/营业执照.pdf"],
            ),
        ] {
            good.iter().for_each(|value| assert_eq!(kind.refuses("x", value), None, "{kind:?} {value}"));
            bad.iter().for_each(|value| assert!(kind.refuses("x", value).is_some(), "{kind:?} {value}"));
        }
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
