//! A site profile as plain data: where the portals are, what they say, and what is allowed there.
//!
//! It is the trusted side: a playbook may come from a stranger, the profile does not. Never holds a default address of a real portal.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{Fault, FaultKind, Message};

/// Where the port of the training instance is filled in.
pub const PORT: &str = "{port}";

/// What no profile of a stranger can make reversible.
const ONCE_WORDS: &[&str] = &["提交", "签章", "同步", "解绑", "确认申请", "授权"];
/// The one word that a stranger's profile may excuse: the button only opens the page of 确认授权.
const HARMLESS: &str = "进入授权";

/// The portals of one region, by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Stable name, such as `training`.
    pub name: String,
    /// What people call it.
    pub title: Message,
    /// Whether these are the training portals on loopback. Only there a scripted operator and secret inputs are allowed.
    pub training: bool,
    /// The portals by name.
    pub places: BTreeMap<String, SitePlace>,
    /// Lists of alternative texts by name (`bind.success`); seeing one of a list is enough.
    pub texts: BTreeMap<String, Vec<String>>,
    /// Other words for what a playbook points at, by the playbook's own (`刷新`): tried after those, for every target. Never graver ones.
    pub words: BTreeMap<String, Vec<String>>,
    /// Words that make a press irreversible even when the playbook does not say so.
    pub once_words: Vec<String>,
    /// Words that hold one of those and are still no irreversible press (进入授权 only opens the page of 确认授权).
    pub harmless: Vec<String>,
    /// The only actions allowed; none means all.
    pub allowed_actions: Option<Vec<String>>,
    /// Words of the page that stop the run at once.
    pub stop_words: Vec<String>,
    /// Labels of the fields that must be filled in, by what they are required for.
    pub required: BTreeMap<String, Vec<String>>,
    /// What can be chosen for an input, by its name; an empty list leaves it open. Goes before what a playbook says.
    pub choices: BTreeMap<String, Vec<String>>,
    /// Inputs whose values may be shown; all others are hidden whatever a playbook says of them.
    pub public_inputs: Vec<String>,
    /// Labels of receipts whose values may be kept in clear; all others are hidden whatever a playbook keeps.
    pub receipts: Vec<String>,
    /// Public texts of the portals, by the portal's name: labels, and headings of lists, whose words `read` may leave in clear.
    pub public_texts: BTreeMap<String, Vec<String>>,
    /// Portals all of whose pages may draw personal data: there pictures are covered from the first page on.
    pub personal_places: Vec<String>,
    /// Paths of pictures at these portals that show nothing personal and stay in clear on personal pages; a folder ends with a slash.
    pub harmless_pictures: Vec<String>,
}

/// One portal.
#[derive(Debug, Clone, PartialEq)]
pub struct SitePlace {
    /// What people call it.
    pub title: Message,
    /// Start address. None when the operator has not entered it yet.
    pub address: Option<String>,
    /// Origins (`scheme://host:port`) that belong to it; the address's own one is among them. Until [`Site::fill_port`] they may be
    /// addresses that still hold [`PORT`].
    pub origins: Vec<String>,
}

impl Site {
    /// What people call the portal `name`; the name itself when the profile has no such portal.
    pub fn title(&self, name: &str) -> Message {
        self.places.get(name).map_or_else(|| Message::same(name), |place| place.title.clone())
    }

    /// The start address of the portal `name`. Refused when the profile has none: there is no default.
    pub fn address(&self, name: &str) -> Result<String, Fault> {
        let place = self.places.get(name).ok_or_else(|| self.unknown("平台", "site", name))?;
        place.address.clone().ok_or_else(|| {
            let title = &place.title;
            Fault::new(
                FaultKind::Refused,
                Message::new(
                    format!("平台配置中没有「{}」的网址，请先填写。", title.zh),
                    format!("the site profile has no address of “{}”: enter it first", title.en),
                ),
            )
        })
    }

    /// The alternative texts called `name`. Refused when the profile has none.
    pub fn texts(&self, name: &str) -> Result<&[String], Fault> {
        match self.texts.get(name) {
            Some(texts) if !texts.is_empty() => Ok(texts),
            _ => Err(self.unknown("文字", "text", name)),
        }
    }

    fn unknown(&self, kind_zh: &str, kind_en: &str, name: &str) -> Fault {
        let profile = &self.name;
        Fault::new(
            FaultKind::Refused,
            crate::say!(
                "平台配置「{profile}」中没有{kind_zh}「{name}」，请补上。",
                "the site profile “{profile}” has no {kind_en} “{name}”: add it"
            ),
        )
    }

    /// Whether `url` belongs to the portal `name`.
    pub fn is_at(&self, name: &str, url: &str) -> bool {
        let place = self.places.get(name);
        place.zip(origin(url)).is_some_and(|(place, origin)| place.origins.contains(&origin))
    }

    /// Fills in the port of the training instance.
    pub fn fill_port(&mut self, port: u16) {
        let port = port.to_string();
        for place in self.places.values_mut() {
            for address in place.address.iter_mut().chain(&mut place.origins) {
                *address = address.replace(PORT, &port);
            }
            // As browsers write it: a default port goes.
            place.origins = place.origins.iter().filter_map(|address| origin(address)).collect();
        }
    }

    /// Refuses unless this is a training profile whose every address is on this machine.
    pub fn only_loopback(&self) -> Result<(), Fault> {
        let addresses = self.places.values().flat_map(|place| place.address.iter().chain(&place.origins));
        let mut strange = addresses.filter(|address| !is_loopback(&address.replace(PORT, "80")));
        let refuse = |message| Err(Fault::new(FaultKind::Refused, message));
        match strange.next() {
            _ if !self.training => refuse(crate::say!(
                "平台配置「{}」不是模拟平台的配置。",
                "the site profile “{}” is not of the training portals",
                self.name
            )),
            Some(address) => refuse(crate::say!("{address} 不在本机。", "{address} is not on this machine")),
            None => Ok(()),
        }
    }

    /// Refuses unless this is a training profile whose every address is of the instance at `port` on this machine.
    pub fn only_at(&self, port: u16) -> Result<(), Fault> {
        self.only_loopback()?;
        let own = |address: &String| url::Url::parse(address).is_ok_and(|url| url.port_or_known_default() == Some(port));
        let mut addresses = self.places.values().flat_map(|place| place.address.iter().chain(&place.origins));
        addresses.find(|address| !own(address)).map_or(Ok(()), |address| {
            let message = crate::say!(
                "{address} 不是正在使用的模拟平台（端口 {port}）。",
                "{address} is not of the training that is used (port {port})"
            );
            Err(Fault::new(FaultKind::Refused, message))
        })
    }

    /// Holds a profile that came from somebody else to Ruku's own idea of what is irreversible, personal and a reason to stop, as `own`
    /// has it: it may add to that, not take away. What it lists as `choices` stays: it can only refuse values, or leave them to the page.
    pub fn distrust(&mut self, own: &Site) {
        // What this machine did at a portal is known by the profile's name.
        self.name.clone_from(&own.name);
        let missing = ONCE_WORDS.iter().filter(|word| !self.once_words.iter().any(|own| own == *word));
        let missing: Vec<String> = missing.map(|word| (*word).to_owned()).collect();
        self.once_words.extend(missing);
        self.harmless.retain(|word| word == HARMLESS);
        let mut words = std::mem::take(&mut self.words);
        words.iter_mut().for_each(|(word, others)| others.retain(|other| self.graver(word, other).is_none()));
        self.words = words;
        self.public_inputs.retain(|name| own.public_inputs.contains(name));
        self.receipts.retain(|label| own.receipts.contains(label));
        self.public_texts.retain(|portal, headings| {
            let known = own.public_texts.get(portal);
            headings.retain(|heading| known.is_some_and(|known| known.contains(heading)));
            !headings.is_empty()
        });
        self.harmless_pictures.retain(|path| own.harmless_pictures.contains(path));
        let missing = own.personal_places.iter().filter(|name| !self.personal_places.contains(name)).cloned();
        self.personal_places.extend(missing.collect::<Vec<_>>());
        let missing: Vec<String> = own.stop_words.iter().filter(|word| !self.stop_words.contains(word)).cloned().collect();
        self.stop_words.extend(missing);
    }

    /// What this portal calls what a playbook calls `word`, compared as people read.
    pub fn other_words(&self, word: &str) -> &[String] {
        let wanted = folded(word);
        self.words.iter().find(|(own, _)| !wanted.is_empty() && folded(own) == wanted).map_or(&[], |(_, others)| others)
    }

    /// The word that makes `other` irreversible where `word` is not, or is by another one: the person agrees to what the playbook says.
    pub fn graver(&self, word: &str, other: &str) -> Option<&str> {
        let agreed: Vec<&str> = self.once_words_in(word).collect();
        self.once_words_in(other).find(|once| !agreed.contains(once))
    }

    /// The origins of the portals whose pages are all personal.
    pub fn personal_origins(&self) -> BTreeSet<String> {
        let places = self.personal_places.iter().filter_map(|name| self.places.get(name));
        places.flat_map(|place| place.origins.iter().cloned()).collect()
    }

    /// The addresses of the harmless pictures: their paths at the portals of this profile, and nowhere else.
    pub fn harmless_addresses(&self) -> Vec<String> {
        let origins: BTreeSet<&String> = self.places.values().flat_map(|place| &place.origins).collect();
        let at = |origin: &&String| self.harmless_pictures.iter().map(|path| format!("{origin}{path}")).collect::<Vec<_>>();
        origins.iter().flat_map(at).collect()
    }

    /// Who is behind every address that a run may open, for the person who has to agree: title and origins.
    pub fn portals(&self) -> Vec<Message> {
        let known = self.places.values().filter(|place| !place.origins.is_empty());
        let line = |place: &SitePlace| {
            let origins = place.origins.join(" ");
            let title = &place.title;
            Message::new(format!("{}：{origins}", title.zh), format!("{}: {origins}", title.en))
        };
        known.map(line).collect()
    }

    /// A title with the names of this profile said as people say them: the portal's title for its name, the words for a list of texts, and
    /// an input's name without braces (`{{ 姓名 }}` reads 姓名: values never stand in titles).
    pub fn in_words(&self, title: &Message) -> Message {
        let bare = |text: &str| text.replace("{{ ", "").replace(" }}", "").replace("{{", "").replace("}}", "");
        let mut said = Message::new(bare(&title.zh), bare(&title.en));
        for (name, place) in &self.places {
            said.zh = said.zh.replace(&format!("平台「{name}」"), &format!("「{}」", place.title.zh));
            said.en = said.en.replace(&format!("site “{name}”"), &format!("“{}”", place.title.en));
        }
        for (name, texts) in &self.texts {
            let words = texts.first().map_or(name.as_str(), String::as_str);
            said.zh = said.zh.replace(&format!("平台文字「{name}」"), &format!("「{words}」"));
            said.en = said.en.replace(&format!("site text “{name}”"), &format!("“{words}”"));
        }
        said
    }

    /// The word that makes pressing something with these words irreversible. Compared as people read: white space and full-width
    /// forms do not hide a word.
    pub fn once_word(&self, words: &str) -> Option<&str> {
        self.once_words_in(words).next()
    }

    /// All of them.
    fn once_words_in(&self, words: &str) -> impl Iterator<Item = &str> {
        let mut words = folded(words);
        for harmless in &self.harmless {
            words = words.replace(&folded(harmless), "");
        }
        self.once_words.iter().filter(move |word| words.contains(&folded(word))).map(String::as_str)
    }

    /// Whether what stands at `url` under this label or heading is a public text of the portal.
    pub fn is_public(&self, url: &str, heading: &str) -> bool {
        let listed =
            |(portal, headings): (&String, &Vec<String>)| self.is_at(portal, url) && headings.iter().any(|own| own == heading);
        self.public_texts.iter().any(listed)
    }

    /// Whether `url` belongs to any portal of this profile.
    pub fn knows(&self, url: &str) -> bool {
        origin(url).is_some_and(|origin| self.places.values().any(|place| place.origins.contains(&origin)))
    }
}

/// A text without white space, invisible marks and full-width forms.
pub fn folded(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{ad}'))
        .map(narrow)
        .collect()
}

fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        other => other,
    }
}

/// Whether an address is on this machine: `localhost`, names below it, 127.0.0.1, `[::1]`.
pub fn is_loopback(address: &str) -> bool {
    let Ok(url) = url::Url::parse(address) else { return false };
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// The origin of an address as browsers write it; none for what has none (`about:blank`, files, no address at all).
pub fn origin(url: &str) -> Option<String> {
    let origin = url::Url::parse(url).ok()?.origin();
    origin.is_tuple().then(|| origin.ascii_serialization())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Site, SitePlace, is_loopback, origin};
    use crate::base::Message;

    fn nowhere() -> Site {
        Site {
            name: "s".into(),
            title: Message::same("s"),
            training: false,
            places: BTreeMap::new(),
            texts: BTreeMap::new(),
            words: BTreeMap::new(),
            once_words: Vec::new(),
            harmless: Vec::new(),
            allowed_actions: None,
            stop_words: Vec::new(),
            required: BTreeMap::new(),
            choices: BTreeMap::new(),
            public_inputs: Vec::new(),
            receipts: Vec::new(),
            public_texts: BTreeMap::new(),
            personal_places: Vec::new(),
            harmless_pictures: Vec::new(),
        }
    }

    #[test]
    fn titles_say_portals_and_texts_as_people_do_and_inputs_by_name() {
        let place = SitePlace { title: Message::new("互认系统", "the CA system"), address: None, origins: Vec::new() };
        let site = Site {
            places: BTreeMap::from([("ca".to_owned(), place)]),
            texts: BTreeMap::from([("done".to_owned(), vec!["绑定成功".to_owned()])]),
            ..nowhere()
        };
        let title =
            crate::say!("打开平台「ca」，等平台文字「done」，{}", "open site “ca”, wait for site text “done”, {}", "{{ 姓名 }}");
        let said = site.in_words(&title);
        assert_eq!(said.zh, "打开「互认系统」，等「绑定成功」，姓名");
        assert_eq!(said.en, "open “the CA system”, wait for “绑定成功”, 姓名");
    }

    #[test]
    fn harmless_words_excuse_themselves_and_nothing_beside_them() {
        let site = Site { once_words: vec!["授权".into()], harmless: vec!["进入授权".into()], ..nowhere() };
        assert_eq!(site.once_word("进入 授权"), None);
        assert_eq!(site.once_word("确认授权"), Some("授权"));
        assert_eq!(site.once_word("进入授权并确认授权"), Some("授权"));
    }

    #[test]
    fn a_text_is_public_at_its_portal_only() {
        let place = |address: &str| SitePlace { title: Message::same("x"), address: None, origins: vec![address.to_owned()] };
        let mut site = Site { public_texts: BTreeMap::from([("a".to_owned(), vec!["流程说明".to_owned()])]), ..nowhere() };
        site.places.insert("a".into(), place("http://a.example.cn"));
        site.places.insert("b".into(), place("http://b.example.cn"));
        assert!(site.is_public("http://a.example.cn/x", "流程说明"));
        assert!(!site.is_public("http://a.example.cn/x", "审核意见") && !site.is_public("http://b.example.cn/", "流程说明"));
    }

    #[test]
    fn pictures_are_harmless_at_the_portals_and_nowhere_else() {
        let place = |origins: &[&str]| SitePlace {
            title: Message::same("x"),
            address: None,
            origins: origins.iter().map(|origin| (*origin).to_owned()).collect(),
        };
        let mut site = Site { harmless_pictures: vec!["/logo.svg".into(), "/banner/".into()], ..nowhere() };
        assert!(site.harmless_addresses().is_empty(), "nowhere");
        site.places.insert("a".into(), place(&["http://a.example.cn", "http://cdn.example.cn"]));
        site.places.insert("b".into(), place(&["http://a.example.cn"]));
        let addresses =
            ["http://a.example.cn", "http://cdn.example.cn"].map(|own| [format!("{own}/logo.svg"), format!("{own}/banner/")]);
        assert_eq!(site.harmless_addresses(), addresses.concat());
    }

    #[test]
    fn a_strangers_profile_takes_nothing_away() {
        let mut site =
            Site { once_words: vec!["绑定".into()], harmless: vec!["确认授权".into(), "进入授权".into()], ..nowhere() };
        site.distrust(&nowhere());
        assert_eq!(site.once_word("确认授权"), Some("授权"));
        assert_eq!(site.once_word("提交"), Some("提交"));
        assert_eq!(site.once_word("绑定"), Some("绑定"));
        assert_eq!(site.once_word("进入授权"), None);
    }

    #[test]
    fn a_strangers_profile_unmasks_nothing_and_stops_where_ruku_does() {
        let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let texts = |words: &[&str]| BTreeMap::from([("ca-mutual".to_owned(), list(words))]);
        let own = Site {
            public_inputs: list(&["单位性质"]),
            receipts: list(&["受理编号"]),
            public_texts: texts(&["流程说明"]),
            stop_words: list(&["风险提示", "黑名单"]),
            personal_places: list(&["member"]),
            harmless_pictures: list(&["/logo.svg"]),
            ..nowhere()
        };
        let mut site = Site {
            public_inputs: list(&["身份证号", "单位性质"]),
            receipts: list(&["受理编号", "手机号"]),
            public_texts: BTreeMap::from([
                ("ca-mutual".to_owned(), list(&["流程说明", "证件号码"])),
                ("registry".to_owned(), list(&["流程说明"])),
            ]),
            stop_words: list(&["黑名单", "账户冻结"]),
            personal_places: list(&["registry"]),
            harmless_pictures: list(&["/logo.svg", "/"]),
            ..nowhere()
        };
        site.distrust(&own);
        assert_eq!((&site.harmless_pictures, &site.personal_places), (&own.harmless_pictures, &list(&["registry", "member"])));
        assert_eq!((&site.public_inputs, &site.receipts), (&own.public_inputs, &own.receipts));
        assert_eq!((&site.public_texts, site.stop_words), (&own.public_texts, list(&["黑名单", "账户冻结", "风险提示"])));
    }

    #[test]
    fn other_words_are_never_graver() {
        let others = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let words = BTreeMap::from([
            ("刷 新".to_owned(), others(&["查询", "提交"])),
            ("提交".to_owned(), others(&["确认提交", "签章"])),
            ("进入授权".to_owned(), others(&["授权"])),
            ("提交信息".to_owned(), others(&["同步并提交", "提交并签章", "提交"])),
        ]);
        let mut site = Site { words, harmless: vec!["进入授权".into()], ..nowhere() };
        site.distrust(&nowhere());
        assert_eq!(site.other_words("刷新"), ["查询"]);
        assert_eq!(site.other_words("提交信息"), ["提交"]);
        assert_eq!(site.other_words("提交"), ["确认提交"]);
        assert!(site.other_words("进入授权").is_empty() && site.other_words("登录").is_empty());
    }

    #[test]
    fn a_training_is_one_port() {
        let place = |address: &str| SitePlace {
            title: Message::same("门户"),
            address: Some(address.to_owned()),
            origins: origin(address).into_iter().collect(),
        };
        let mut site = Site { training: true, ..nowhere() };
        site.places.insert("a".into(), place("http://a.localhost:8001/"));
        assert!(site.only_at(8001).is_ok());
        site.places.insert("b".into(), place("http://b.localhost:8002/"));
        assert!(site.only_loopback().is_ok() && site.only_at(8001).is_err());
        let portals: Vec<String> = site.portals().into_iter().map(|line| line.en).collect();
        assert_eq!(portals, ["门户: http://a.localhost:8001", "门户: http://b.localhost:8002"]);
    }

    #[test]
    fn loopback_is_this_machine_only() {
        for address in ["http://hohhot.localhost:1/", "http://127.0.0.1/", "http://[::1]:3/", "http://localhost"] {
            assert!(is_loopback(address), "{address}");
        }
        for address in ["http://localhost.example.cn/", "http://127.0.0.1.example.cn/", "http://10.0.0.1/", "x"] {
            assert!(!is_loopback(address), "{address}");
        }
    }

    #[test]
    fn origins_are_as_browsers_write_them() {
        assert_eq!(origin("http://hohhot.localhost:8080/a?b").as_deref(), Some("http://hohhot.localhost:8080"));
        assert_eq!(origin("https://Example.CN:443/").as_deref(), Some("https://example.cn"));
        assert_eq!(origin("about:blank"), None);
        assert_eq!(origin("呼和浩特"), None);
    }
}
