//! Seeded fictitious applicants: the same seed gives the same people.
//!
//! Never a real person: the numbers carry right check digits, but a county code (150199) and a mobile block that nobody was given;
//! the company says in its name that it does not exist.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{numbers, profile};
use crate::base::Secret;

/// One fictitious person, the company behind it, and the name and PIN of its training lock. The keys are those of playbook inputs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Applicant {
    /// `p1`, `p2`, …
    pub id: String,
    /// The person's name, also the holder of the certificate.
    #[serde(rename = "姓名")]
    pub name: String,
    /// 11 digits.
    #[serde(rename = "手机号")]
    pub mobile: String,
    /// 18 characters with the right check character.
    #[serde(rename = "身份证号")]
    pub id_number: String,
    /// The company, also the organisation in the certificate.
    #[serde(rename = "企业名称")]
    pub company: String,
    /// 18 characters with the right check character.
    #[serde(rename = "统一社会信用代码")]
    pub credit_code: String,
    /// PIN of the training lock, six digits.
    #[serde(with = "secret_text")]
    pub pin: Secret,
    /// Name of the card file of this person's training lock.
    pub card: String,
    /// The company's legal representative, whose lock some seals need.
    pub legal: Legal,
    /// What else the forms of the portals ask for: value by the name of the playbooks' inputs.
    #[serde(default)]
    pub profile: BTreeMap<String, String>,
}

/// The legal representative of a fictitious company (法定代表人), with a lock of their own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Legal {
    /// Name, also the holder of the certificate.
    pub name: String,
    /// 18 characters with the right check character.
    pub id_number: String,
    /// PIN of the lock, six digits.
    #[serde(with = "secret_text")]
    pub pin: Secret,
    /// Name of the card file.
    pub card: String,
}

/// Writes and reads a [`Secret`] in clear: for `training.json` (0600) alone, whose secrets open nothing but the training.
pub(crate) mod secret_text {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::base::Secret;

    pub(crate) fn serialize<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(secret.expose())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        String::deserialize(deserializer).map(Secret::new)
    }
}

const SURNAMES: [&str; 10] = ["云", "风", "雪", "星", "泉", "松", "鹿", "霜", "岚", "禾"];
const GIVEN: [&str; 14] =
    ["小鹿", "听雨", "望舒", "拾光", "问渠", "踏歌", "揽月", "知秋", "寻梅", "折柳", "观澜", "扶摇", "青禾", "南柯"];
const PLACES: [&str; 10] = ["敕勒川", "云中", "白塔", "青城", "哈素海", "武川", "大黑河", "昭君", "和林", "盛乐"];
const TRADES: [&str; 6] = ["商贸", "建设工程", "工程咨询", "信息科技", "园林绿化", "招标代理"];

/// `count` people of `seed`, ids `p1`…; no two share a name, a company or a number.
pub fn applicants(seed: u64, count: usize) -> Vec<Applicant> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut people: Vec<Applicant> = Vec::with_capacity(count);
    // The name lists bound how many different people there can be.
    let count = count.min(PLACES.len() * TRADES.len()).min(SURNAMES.len() * GIVEN.len());
    while people.len() < count {
        let number = people.len() + 1;
        let person = applicant(&mut random, number);
        let taken = |known: &Applicant| {
            known.name == person.name
                || known.company == person.company
                || known.mobile == person.mobile
                || known.id_number == person.id_number
                || known.credit_code == person.credit_code
        };
        if !people.iter().any(taken) {
            people.push(person);
        }
    }
    people
}

fn applicant(random: &mut fastrand::Rng, number: usize) -> Applicant {
    let name = format!("{}{}", SURNAMES[random.usize(..SURNAMES.len())], GIVEN[random.usize(..GIVEN.len())]);
    let place = PLACES[random.usize(..PLACES.len())];
    let company = format!("呼和浩特{place}虚构{}有限公司", TRADES[random.usize(..TRADES.len())]);
    // Months end on the 28th at the earliest, so every such date exists.
    let (year, month, day) = (random.u32(1970..2000), random.u32(1..=12), random.u32(1..=28));
    let id_first = format!("150199{year}{month:02}{day:02}{:03}", random.u32(1..1000));
    let id_number = with_check(id_first, numbers::id_check);
    let organisation_first: String = (0..8).map(|_| char::from(b'0' + random.u8(0..10))).collect();
    let credit_first = format!("91150199{}", with_check(organisation_first, numbers::organisation_check));
    let legal = legal(&company, number);
    Applicant {
        id: format!("p{number}"),
        name,
        mobile: format!("1990000{:04}", random.u32(..10_000)),
        id_number,
        credit_code: with_check(credit_first, numbers::credit_check),
        pin: Secret::new(format!("{:06}", random.u32(..1_000_000))),
        card: format!("p{number}"),
        profile: profile::draw(&mut dice(&format!("{company}-profile")), &legal),
        legal,
        company,
    }
}

/// Dice of their own for what hangs on a company's name, so that what is drawn with them changes nobody else.
fn dice(words: &str) -> fastrand::Rng {
    fastrand::Rng::with_seed(words.bytes().fold(0_u64, |seed, byte| seed.wrapping_mul(31).wrapping_add(byte.into())))
}

fn legal(company: &str, number: usize) -> Legal {
    let mut random = dice(company);
    let (year, month, day) = (random.u32(1960..1990), random.u32(1..=12), random.u32(1..=28));
    let id_first = format!("150199{year}{month:02}{day:02}{:03}", random.u32(1..1000));
    Legal {
        // A surname that no applicant has, so that the two are never one.
        name: format!("沐{}", GIVEN[random.usize(..GIVEN.len())]),
        id_number: with_check(id_first, numbers::id_check),
        pin: Secret::new(format!("{:06}", random.u32(..1_000_000))),
        card: format!("p{number}-legal"),
    }
}

fn with_check(mut first: String, check: fn(&str) -> Option<char>) -> String {
    first.extend(check(&first));
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_people() {
        let json = |seed| serde_json::to_string(&applicants(seed, 5)).unwrap();
        assert_eq!(json(7), json(7));
        assert_ne!(json(7), json(8));
    }

    #[test]
    fn every_number_has_its_check_digit_and_nobody_is_twice() {
        let people = applicants(42, 40);
        assert_eq!(people.len(), 40);
        for person in &people {
            assert!(numbers::id_number_ok(&person.id_number), "{}", person.id_number);
            assert!(numbers::credit_code_ok(&person.credit_code), "{}", person.credit_code);
            assert!(numbers::mobile_ok(&person.mobile), "{}", person.mobile);
            assert!(person.company.contains("虚构"));
            assert!(person.pin.expose().len() == 6 && person.pin.expose().bytes().all(|b| b.is_ascii_digit()));
        }
        let names: std::collections::BTreeSet<_> = people.iter().map(|p| &p.name).collect();
        assert_eq!(names.len(), people.len());
    }

    #[test]
    fn a_printed_person_shows_no_pin() {
        let person = &applicants(1, 1)[0];
        assert!(!format!("{person:?}").contains(person.pin.expose()));
    }
}
