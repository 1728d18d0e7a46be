//! What the forms of the portals ask for beyond name and number, drawn for a fictitious company.
//!
//! Never draws from the people's own dice: what is drawn here changes nobody's name or number.

use std::collections::BTreeMap;

use super::papers;
use super::people::Legal;

const BANKS: [&str; 3] = ["虚构银行呼和浩特敕勒川支行", "虚构银行呼和浩特青城支行", "虚构商业银行白塔支行"];
const STREETS: [&str; 4] = ["虚构大街", "模拟路", "样本街", "演练大道"];
const AREAS: [&str; 4] = ["新城区", "回民区", "玉泉区", "赛罕区"];
const SCALES: [&str; 3] = ["中型", "小型", "微型"];
const STAFF: [&str; 4] = ["文虚构", "武虚构", "成虚构", "康虚构"];
const TITLES: [&str; 3] = ["高级工程师", "工程师", "一级建造师"];

/// Values by the name of the playbooks' inputs, from `random`; the same dice give the same values.
pub(super) fn draw(random: &mut fastrand::Rng, legal: &Legal) -> BTreeMap<String, String> {
    let mut pick = |list: &[&str]| list[random.usize(..list.len())].to_owned();
    let (bank, street, area, office_area) = (pick(&BANKS), pick(&STREETS), pick(&AREAS), pick(&AREAS));
    let (scale, member, member_title) = (pick(&SCALES), pick(&STAFF), pick(&TITLES));
    let mut digits = |count: usize| (0..count).map(|_| char::from(b'0' + random.u8(0..10))).collect::<String>();
    let (number, phone, postcode, account) = (digits(2), digits(7), digits(3), digits(15));
    let (bank_code, permit, certificate, mobile) = (digits(11), digits(12), digits(8), digits(4));
    let amount = |random: &mut fastrand::Rng, most: u32| random.u32(100..most).to_string();
    let (capital, assets, revenue) = (amount(random, 5_000), amount(random, 9_000), amount(random, 9_000));
    let employees = amount(random, 400);
    let founded = format!("{}-{:02}-{:02}", random.u32(2001..2020), random.u32(1..=12), random.u32(1..=28));
    let opened = format!("{}-{:02}-{:02}", random.u32(2020..2024), random.u32(1..=12), random.u32(1..=28));
    // The seventeenth digit of the identity number tells the sex, the seventh to fourteenth the day of birth.
    let id = &legal.id_number;
    let sex = if id.as_bytes().get(16).is_some_and(|digit| digit % 2 == 1) { "男" } else { "女" };
    let birth = format!("{}-{}-{}", &id[6..10], &id[10..12], &id[12..14]);
    let values = [
        ("单位性质", "民营企业".to_owned()),
        ("所属行业", "租赁和商务服务业".to_owned()),
        ("主体角色", "投标人".to_owned()),
        ("企业规模", scale),
        ("成立日期", founded),
        ("营业期限至", "2049-12-31".to_owned()),
        ("注册资本", capital),
        ("注册资本币种", "人民币".to_owned()),
        ("注册地区", format!("内蒙古自治区 / 呼和浩特市 / {area}")),
        ("注册地址", format!("呼和浩特市{area}{street}{number}号")),
        ("英文名称", format!("Fictitious Company {number}")),
        ("登记机关", format!("呼和浩特市{area}虚构市场监督管理局")),
        ("固定电话", format!("0471-{phone}")),
        ("传真", format!("0471-{}", phone.chars().rev().collect::<String>())),
        ("电子邮箱", format!("office{number}@example.cn")),
        ("邮政编码", format!("010{postcode}")),
        ("办公地区", format!("内蒙古自治区 / 呼和浩特市 / {office_area}")),
        ("办公地址", format!("呼和浩特市{office_area}{street}{number}号虚构大厦{postcode}室")),
        ("单位网址", format!("https://www.example.cn/{account}")),
        ("法定代表人姓名", legal.name.clone()),
        ("法定代表人证件号码", id.clone()),
        ("法定代表人性别", sex.to_owned()),
        ("法定代表人出生日期", birth),
        ("法定代表人手机", format!("1990001{mobile}")),
        ("法定代表人职务", "执行董事".to_owned()),
        ("法定代表人学历", "大学本科".to_owned()),
        ("主营业务", "虚构项目的咨询与服务".to_owned()),
        ("经营范围", "虚构项目的咨询、服务、采购与施工（仅供演练，不得据以开展经营活动）。".to_owned()),
        ("从业人数", employees),
        ("资产总额", assets),
        ("上年度营业收入", revenue),
        ("纳税人类型", "一般纳税人".to_owned()),
        ("主管税务机关", format!("呼和浩特市{area}虚构税务局")),
        ("质量管理体系认证", "有".to_owned()),
        ("主要业绩", "虚构项目三项（仅供演练）".to_owned()),
        ("单位简介", format!("本单位为演练虚构，设在{area}{street}。")),
        ("基本户开户银行", bank),
        ("基本户账号", format!("0199{account}")),
        ("开户行联行号", format!("9{bank_code}")),
        ("账户性质", "基本存款账户".to_owned()),
        ("开户日期", opened),
        ("开户许可证核准号", format!("J9{permit}")),
        ("从业人员姓名", member),
        ("从业人员职称", member_title),
        ("从业人员证书编号", format!("XG{certificate}")),
    ];
    let values = values.into_iter().map(|(name, value)| (name.to_owned(), value));
    values.chain(papers::names()).collect()
}
