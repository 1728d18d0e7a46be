//! The form of 主体信息: its fields in the order of the page, and what the server finds wrong in each.
//!
//! Never believes what the page's script has checked, and never takes 单位名称 and 统一社会信用代码 from the browser.

use std::collections::BTreeMap;

use serde::Serialize;

use super::regions;
use crate::training::numbers;

/// Tabs of the form, in order.
pub(super) const TABS: [&str; 5] = ["基本信息", "联系信息", "法定代表人信息", "经营信息", "银行信息"];

/// What the page builds a field from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    /// A text that the certificate or the binding gave.
    Readonly,
    /// A plain text box.
    Text,
    /// A text box in the shape of MiniUI.
    Mini,
    /// Several lines.
    Area,
    /// The browser's own list.
    Select,
    /// A list drawn by layui.
    LayuiSelect,
    /// A list in the shape of MiniUI.
    MiniSelect,
    /// Radio buttons drawn by layui.
    Radio,
    /// Checkboxes.
    Checks,
    /// A date by laydate that can be typed.
    Date,
    /// A date by laydate that can only be picked.
    PickedDate,
    /// Three lists of which each depends on the one before.
    Region,
    /// A panel with three columns.
    RegionPanel,
}

/// What a value must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Check {
    Any,
    IdNumber,
    Mobile,
    Phone,
    Email,
    Digits(usize, usize),
    Amount,
    Date,
    Option,
    Options,
    Region,
    Permit,
    Website,
    SameAsCompany,
}

/// One field.
#[derive(Debug, Serialize)]
pub(super) struct Field {
    pub(super) key: &'static str,
    pub(super) label: &'static str,
    /// Index into [`TABS`].
    pub(super) tab: usize,
    pub(super) kind: Kind,
    pub(super) required: bool,
    pub(super) options: &'static [&'static str],
    #[serde(skip)]
    check: Check,
}

const fn field(
    tab: usize,
    key: &'static str,
    label: &'static str,
    kind: Kind,
    required: bool,
    check: Check,
    options: &'static [&'static str],
) -> Field {
    Field { key, label, tab, kind, required, check, options }
}

/// All fields.
#[rustfmt::skip]
pub(super) const FIELDS: &[Field] = {
    use Check as C;
    use Kind as K;
    &[
        field(0, "company", "单位名称", K::Readonly, true, C::Any, &[]),
        field(0, "credit_code", "统一社会信用代码", K::Readonly, true, C::Any, &[]),
        field(0, "unit_kind", "单位性质", K::Select, true, C::Option, &["国有企业", "民营企业", "外资企业", "事业单位", "其他"]),
        field(0, "industry", "所属行业", K::LayuiSelect, true, C::Option, &["建筑业", "批发和零售业", "信息传输、软件和信息技术服务业", "租赁和商务服务业", "科学研究和技术服务业", "水利、环境和公共设施管理业"]),
        field(0, "roles", "主体角色", K::Checks, true, C::Options, &["投标人", "招标人", "招标代理机构", "供应商"]),
        field(0, "scale", "企业规模", K::Radio, true, C::Option, &["大型", "中型", "小型", "微型"]),
        field(0, "founded", "成立日期", K::Date, true, C::Date, &[]),
        field(0, "license_until", "营业期限至", K::PickedDate, true, C::Date, &[]),
        field(0, "capital", "注册资本（万元）", K::Text, true, C::Amount, &[]),
        field(0, "currency", "注册资本币种", K::MiniSelect, true, C::Option, &["人民币", "美元", "欧元", "港元"]),
        field(0, "region", "注册地区", K::Region, true, C::Region, &[]),
        field(0, "address", "注册地址", K::Text, true, C::Any, &[]),
        field(0, "registrar", "登记机关", K::Text, true, C::Any, &[]),
        field(0, "english_name", "英文名称", K::Text, false, C::Any, &[]),
        field(1, "contact", "联系人", K::Mini, true, C::Any, &[]),
        field(1, "contact_id", "联系人证件号码", K::Mini, true, C::IdNumber, &[]),
        field(1, "contact_mobile", "联系人手机", K::Mini, true, C::Mobile, &[]),
        field(1, "phone", "固定电话", K::Mini, true, C::Phone, &[]),
        field(1, "fax", "传真", K::Mini, false, C::Phone, &[]),
        field(1, "email", "电子邮箱", K::Mini, true, C::Email, &[]),
        field(1, "postcode", "邮政编码", K::Mini, true, C::Digits(6, 6), &[]),
        field(1, "office_region", "办公地区", K::RegionPanel, true, C::Region, &[]),
        field(1, "office_address", "办公地址", K::Area, true, C::Any, &[]),
        field(1, "website", "单位网址", K::Mini, false, C::Website, &[]),
        field(2, "legal_name", "法定代表人姓名", K::Text, true, C::Any, &[]),
        field(2, "legal_id_kind", "法定代表人证件类型", K::MiniSelect, true, C::Option, &["居民身份证", "港澳居民来往内地通行证", "外国人永久居留身份证"]),
        field(2, "legal_id", "法定代表人证件号码", K::Text, true, C::IdNumber, &[]),
        field(2, "legal_sex", "法定代表人性别", K::Radio, true, C::Option, &["男", "女"]),
        field(2, "legal_birth", "法定代表人出生日期", K::Date, true, C::Date, &[]),
        field(2, "legal_mobile", "法定代表人手机", K::Text, true, C::Mobile, &[]),
        field(2, "legal_title", "法定代表人职务", K::Text, true, C::Any, &[]),
        field(2, "legal_education", "法定代表人学历", K::LayuiSelect, true, C::Option, &["博士研究生", "硕士研究生", "大学本科", "大学专科", "其他"]),
        field(3, "main_business", "主营业务", K::Text, true, C::Any, &[]),
        field(3, "scope", "经营范围", K::Area, true, C::Any, &[]),
        field(3, "employees", "从业人数", K::Text, true, C::Digits(1, 6), &[]),
        field(3, "assets", "资产总额（万元）", K::Text, true, C::Amount, &[]),
        field(3, "revenue", "上年度营业收入（万元）", K::Text, true, C::Amount, &[]),
        field(3, "taxpayer", "纳税人类型", K::Select, true, C::Option, &["一般纳税人", "小规模纳税人"]),
        field(3, "tax_authority", "主管税务机关", K::Text, true, C::Any, &[]),
        field(3, "certified", "质量管理体系认证", K::Radio, true, C::Option, &["有", "无"]),
        field(3, "achievements", "主要业绩", K::Area, false, C::Any, &[]),
        field(3, "summary", "单位简介", K::Area, false, C::Any, &[]),
        field(4, "account_name", "基本户账户名称", K::Mini, true, C::SameAsCompany, &[]),
        field(4, "bank", "基本户开户银行", K::Mini, true, C::Any, &[]),
        field(4, "account", "基本户账号", K::Mini, true, C::Digits(12, 20), &[]),
        field(4, "bank_code", "开户行联行号", K::Mini, true, C::Digits(12, 12), &[]),
        field(4, "account_kind", "账户性质", K::MiniSelect, true, C::Option, &["基本存款账户", "一般存款账户"]),
        field(4, "account_opened", "开户日期", K::Date, true, C::Date, &[]),
        field(4, "permit", "开户许可证核准号", K::Mini, true, C::Permit, &[]),
    ]
};

/// One wrong field: its key, and the portal's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Wrong {
    pub(super) field: &'static str,
    pub(super) tab: usize,
    pub(super) words: String,
}

impl Field {
    /// What is wrong with a value that is not empty.
    fn verdict(&self, value: &str, company: &str) -> Option<String> {
        let (label, digits) = (self.label, |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()));
        let longest = if self.kind == Kind::Area { 1000 } else { 200 };
        if value.chars().count() > longest {
            return Some(format!("{label}不能超过{longest}个字"));
        }
        let (ok, words) = match self.check {
            Check::Any => (true, String::new()),
            Check::IdNumber => (numbers::id_number_ok(value), format!("{label}格式不正确，请核对后重新填写")),
            Check::Mobile => (numbers::mobile_ok(value), format!("{label}格式不正确，应为11位手机号")),
            Check::Phone => {
                let (area, number) = value.split_once('-').unwrap_or_default();
                let ok = digits(area) && digits(number) && (3..=4).contains(&area.len()) && (7..=8).contains(&number.len());
                (ok, format!("{label}格式不正确，应为“区号-号码”"))
            }
            Check::Email => {
                let ok = value.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.'));
                (ok, format!("{label}格式不正确"))
            }
            Check::Digits(least, most) => {
                let words = if least == most {
                    format!("{label}应为{most}位数字")
                } else {
                    format!("{label}应为{least}至{most}位数字")
                };
                (digits(value) && (least..=most).contains(&value.len()), words)
            }
            Check::Amount => {
                let ok = value.parse::<f64>().is_ok_and(|amount| amount.is_finite() && amount >= 0.0);
                (ok, format!("{label}应为不小于0的数字"))
            }
            Check::Date => (value.parse::<jiff::civil::Date>().is_ok(), format!("{label}格式不正确，应为yyyy-MM-dd")),
            Check::Option => (self.options.contains(&value), format!("请选择{label}")),
            Check::Options => (value.split('、').all(|one| self.options.contains(&one)), format!("请选择{label}")),
            Check::Region => (regions::exists(value), format!("请选择{label}到区县")),
            Check::Permit => {
                (value.strip_prefix('J').is_some_and(|rest| rest.len() == 13 && digits(rest)), format!("{label}应为J加13位数字"))
            }
            Check::Website => {
                (value.starts_with("http://") || value.starts_with("https://"), format!("{label}应以http://或https://开头"))
            }
            Check::SameAsCompany => (value == company, format!("{label}应与单位名称一致")),
        };
        (!ok).then_some(words)
    }
}

/// What is wrong with the values that are there, in the order of the form.
pub(super) fn wrong(values: &BTreeMap<String, String>) -> Vec<Wrong> {
    let company = values.get("company").map_or("", String::as_str);
    let given = FIELDS.iter().filter_map(|field| Some((field, values.get(field.key).filter(|value| !value.is_empty())?)));
    given
        .filter_map(|(field, value)| Some(Wrong { field: field.key, tab: field.tab, words: field.verdict(value, company)? }))
        .collect()
}

/// Labels of required fields that are empty.
pub(super) fn missing(values: &BTreeMap<String, String>) -> Vec<&'static str> {
    let empty = |field: &&Field| field.required && values.get(field.key).is_none_or(String::is_empty);
    FIELDS.iter().filter(empty).map(|field| field.label).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_labels_are_different_and_no_label_holds_the_words_of_a_button() {
        let keys: std::collections::BTreeSet<_> = FIELDS.iter().map(|field| field.key).collect();
        let labels: std::collections::BTreeSet<_> = FIELDS.iter().map(|field| field.label).collect();
        assert_eq!((keys.len(), labels.len()), (FIELDS.len(), FIELDS.len()));
        assert!(FIELDS.len() > 40 && FIELDS.iter().all(|field| field.tab < TABS.len()));
    }

    #[test]
    fn every_field_with_a_form_refuses_what_has_another() {
        for field in FIELDS.iter().filter(|field| field.check != Check::Any) {
            let values = BTreeMap::from([(field.key.to_owned(), "？".to_owned())]);
            assert_eq!(wrong(&values).iter().map(|wrong| wrong.field).collect::<Vec<_>>(), [field.key]);
        }
    }

    /// What the training's profile and the playbook say can be chosen is what the form offers, to the letter.
    #[test]
    fn the_lists_that_values_are_checked_against_are_those_of_the_form() {
        let profile = include_str!("../../../../playbooks/sites/training.yaml");
        let playbook = include_str!("../../../../playbooks/3.2-registry-maintenance.yaml");
        for field in FIELDS.iter().filter(|field| matches!(field.check, Check::Option | Check::Options)) {
            let (label, list) = (field.label, field.options.join(", "));
            let listed = profile.contains(&format!("  {label}: [{list}]\n"))
                || playbook
                    .lines()
                    .any(|line| line.contains(&format!("  {label}: {{")) && line.contains(&format!("choices: [{list}]")));
            // Of these the playbook chooses one itself.
            let fixed = playbook.contains(&format!("{label}: {}", field.options[0]));
            assert!(listed || fixed, "{label}");
        }
    }

    #[test]
    fn too_long_is_wrong_everywhere_and_empty_is_missing() {
        let values: BTreeMap<_, _> = FIELDS.iter().map(|field| (field.key.to_owned(), "长".repeat(1001))).collect();
        assert_eq!(wrong(&values).len(), FIELDS.len());
        assert_eq!(missing(&BTreeMap::new()).len(), FIELDS.iter().filter(|field| field.required).count());
    }
}
