//! Reading a site profile: `playbooks/sites/<name>.yaml`, checked like a playbook, with all its faults at once.
//!
//! A profile that calls itself training may name loopback addresses only; a real one must hold what the operator entered.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;

use super::guess;
use super::model::Bilingual;
use crate::actions::Words;
use crate::actions::site::{PORT, Site, SitePlace, is_loopback, origin};
use crate::actions::{Act, WORDS};
use crate::base::diagnostic::closest;
use crate::base::spanned::Form;
use crate::base::{Diagnostic, Message, Source, tree};
use crate::say;

/// A site profile as written.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SiteProfile")]
pub struct ProfileText {
    /// 配置名 · Stable name.
    pub name: Words,
    /// 平台名称 · What people call it.
    pub title: Form<Bilingual>,
    /// 是否本机模拟平台 · Whether these are the training portals on this machine.
    #[serde(default)]
    pub training: bool,
    /// 各平台 · The portals by name.
    pub places: BTreeMap<String, PlaceText>,
    /// 平台上的文字，每组任一出现即可 · Texts of the portals; seeing one of a list is enough.
    #[serde(default)]
    pub texts: BTreeMap<String, Vec<Words>>,
    /// 平台对流程中的某个按钮、标签等另有叫法：流程的叫法，后面是本平台的叫法 · Other words of these portals for a target of the playbooks, by the
    /// playbook's own.
    #[serde(default)]
    pub words: BTreeMap<String, Vec<Words>>,
    /// 含这些字的按钮一律防重复 · Words that make a press irreversible.
    #[serde(default)]
    pub once_words: Vec<Words>,
    /// 含上述字但按下无妨的文字 · Words that hold one of those and are still harmless to press.
    #[serde(default)]
    pub harmless: Vec<Words>,
    /// 只允许这些动作；不写则不限 · The only actions allowed; all when not written.
    #[serde(default)]
    pub allowed_actions: Option<Vec<Words>>,
    /// 页面出现即停止 · Words of the page that stop the run at once.
    #[serde(default)]
    pub stop_words: Vec<Words>,
    /// 必填栏目的清单，按用途命名 · Labels of required fields by what they are required for.
    #[serde(default)]
    pub required: BTreeMap<String, Vec<Words>>,
    /// 各项资料在平台的列表中有哪几项，一字不差；不写则不限，留空（[]）则连流程里写的也不限 · What the portals' lists offer for an input, by its name; open when
    /// not written, and when empty whatever a playbook says.
    #[serde(default)]
    pub choices: BTreeMap<String, Vec<Words>>,
    /// 可以显示的资料名称；其余一律遮盖 · Inputs whose values may be shown; all others are masked.
    #[serde(default)]
    pub public_inputs: Vec<Words>,
    /// 平台出具的哪些内容可以原样留存；其余一律遮盖 · Labels whose values may be kept as the portal shows them; all others are masked.
    #[serde(default)]
    pub receipts: Vec<Words>,
    /// 各平台上公开的文字（标签或列表的标题），读出后不遮盖；其余一律遮盖 · Labels and headings of lists, by portal, whose words are public; all others are masked.
    #[serde(default)]
    pub public_texts: BTreeMap<String, Vec<Words>>,
    /// 页面一律按含个人信息处理的平台：其图片全部遮盖；其余平台从出现或填入个人信息起才如此 · Portals all of whose pages count as personal: pictures there are covered.
    #[serde(default)]
    pub personal_places: Vec<Words>,
    /// 各平台上不含个人信息、无需遮盖的图片的路径，如徽标；以 / 结尾即整个文件夹 · Paths of pictures at these portals that show nothing personal, such as logos; a folder ends with a slash.
    #[serde(default)]
    pub harmless_pictures: Vec<Words>,
}

/// One portal as written.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SiteProfilePlace")]
pub struct PlaceText {
    /// 名称 · What people call it.
    pub title: Form<Bilingual>,
    /// 首页网址；真实平台由操作人填写 · Start address; at a real portal the operator enters it.
    #[serde(default)]
    pub address: Option<Words>,
    /// 请操作人填写什么 · What the operator has to enter.
    #[serde(default)]
    pub enter: Option<Form<Bilingual>>,
    /// 同属该平台的其他网址 · Further addresses that belong to it.
    #[serde(default)]
    pub origins: Vec<Words>,
}

/// Reads a site profile. Missing addresses are no fault here: see [`missing_addresses`].
pub fn read(source_name: &str, bytes: &[u8]) -> (Option<Site>, Vec<Diagnostic>, Source) {
    let reading = tree::read::<ProfileText>(source_name, bytes, guess::guess);
    let mut diagnostics = reading.diagnostics;
    let site = reading.value.map(|profile| {
        let mut checks = Checks { profile: &profile, diagnostics: &mut diagnostics };
        checks.words();
        let places = profile.places.iter().map(|(name, place)| (name.clone(), checks.place(place))).collect();
        let site = site(&profile, places);
        checks.other_words(&site);
        site
    });
    tree::sort(&mut diagnostics);
    (site, diagnostics, reading.source)
}

/// Whether a text is meant as a site profile, wherever it lies: only a profile has `places`.
pub fn is_profile(bytes: &[u8]) -> bool {
    let tree = tree::read::<serde::de::IgnoredAny>("", bytes, guess::guess).tree;
    tree.is_some_and(|tree| tree.get("places").is_some() && tree.get("steps").is_none())
}

/// What keeps a profile from a real run: one diagnostic for each address that is `needed` and that the operator has not entered, in the
/// order of the file.
pub fn missing_addresses(site: &Site, source: &Source, needed: &dyn Fn(&str) -> bool) -> Vec<Diagnostic> {
    let reading = tree::read::<ProfileText>(&source.name, source.text.as_bytes(), guess::guess);
    let Some((profile, tree)) = reading.value.zip(reading.tree) else { return Vec::new() };
    let mut diagnostics = Vec::new();
    if site.training {
        let message = say!(
            "这是模拟平台的配置，不能用于真实办理。",
            "this is the profile of the training portals: it cannot serve a real run"
        );
        let help = say!("用 --site 指明真实平台的配置。", "name the profile of the real portals with --site");
        diagnostics.push(Diagnostic::error("training-profile", message, Some(profile.name.span.clone())).help(help));
    }
    for (key, _) in tree.get("places").map_or(&[][..], tree::Tree::entries) {
        let Some((name, place)) = key.text().and_then(|name| Some((name, profile.places.get(name)?))) else { continue };
        // A wrong one has been told by reading.
        let written = place.address.as_ref().is_some_and(|address| !address.trim().is_empty());
        if !written && needed(name) && site.places.get(name).is_none_or(|own| own.address.is_none()) {
            diagnostics.push(missing(name, place).at(key.span.clone()));
        }
    }
    diagnostics
}

/// A warning for each list of choices that is for none of the `inputs` of all playbooks: misspelt, it would be used for nothing.
pub fn unused_choices(site: &Site, inputs: &BTreeSet<String>) -> Vec<Diagnostic> {
    let unused = site.choices.keys().filter(|name| !inputs.contains(*name));
    let warning = |name: &String| {
        let message = say!(
            "choices 里的「{name}」不是任何流程的资料，不会用到。",
            "“{name}” in choices is no input of any playbook and is not used"
        );
        let help = match closest(name, inputs.iter().map(String::as_str)) {
            Some(near) => say!("是不是想写「{near}」？", "did you mean “{near}”?"),
            None => {
                say!("改成流程 inputs 里的名称，或删去。", "write a name that stands in the inputs of a playbook, or remove it")
            }
        };
        Diagnostic::error("unused-choices", message, None).help(help).warning()
    };
    unused.map(warning).collect()
}

fn missing(name: &str, place: &PlaceText) -> Diagnostic {
    let title = place.title.message();
    let what = place.enter.as_ref().map_or_else(
        || {
            Message::new(
                format!("打开{}首页，复制浏览器地址栏里的网址。", title.zh),
                format!("Open the start page of {} and copy its address.", title.en),
            )
        },
        |enter| enter.message(),
    );
    let message = Message::new(
        format!("还没有填写「{}」的网址，不能真实办理。", title.zh),
        format!("the address of “{}” has not been entered: no real run without it", title.en),
    );
    let help = Message::new(
        format!("{}在 {name} 下面写一行：address: https://…", what.zh),
        format!("{} Write a line below {name}: address: https://…", what.en),
    );
    Diagnostic::error("missing-address", message, None).help(help)
}

fn site(profile: &ProfileText, places: BTreeMap<String, SitePlace>) -> Site {
    let plain = |words: &[Words]| words.iter().map(|word| word.value.clone()).collect::<Vec<_>>();
    Site {
        name: profile.name.value.clone(),
        title: profile.title.message(),
        training: profile.training,
        places,
        texts: profile.texts.iter().map(|(name, texts)| (name.clone(), plain(texts))).collect(),
        words: profile.words.iter().map(|(word, others)| (word.clone(), plain(others))).collect(),
        once_words: plain(&profile.once_words),
        harmless: plain(&profile.harmless),
        allowed_actions: profile.allowed_actions.as_deref().map(plain),
        stop_words: plain(&profile.stop_words),
        required: profile.required.iter().map(|(name, labels)| (name.clone(), plain(labels))).collect(),
        choices: profile.choices.iter().map(|(name, choices)| (name.clone(), plain(choices))).collect(),
        public_inputs: plain(&profile.public_inputs),
        receipts: plain(&profile.receipts),
        public_texts: profile.public_texts.iter().map(|(name, headings)| (name.clone(), plain(headings))).collect(),
        personal_places: plain(&profile.personal_places),
        harmless_pictures: plain(&profile.harmless_pictures),
    }
}

struct Checks<'a> {
    profile: &'a ProfileText,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Checks<'_> {
    fn error(&mut self, code: &'static str, message: Message, words: &Words, help: Message) {
        self.diagnostics.push(Diagnostic::error(code, message, Some(words.span.clone())).help(help));
    }

    fn words(&mut self) {
        let profile = self.profile;
        let (other, public) = (profile.words.values(), profile.public_texts.values().chain(profile.choices.values()));
        let lists = profile.texts.values().chain(profile.required.values()).chain(other).chain(public).chain([
            &profile.once_words,
            &profile.harmless,
            &profile.stop_words,
        ]);
        for word in lists.flatten().filter(|word| word.trim().is_empty()) {
            self.error(
                "empty-text",
                say!("文字是空的，会和任何页面相符。", "this text is empty and would match any page"),
                word,
                say!("写上页面上的原文，或删去。", "write the words of the page, or remove it"),
            );
        }
        let public = profile.public_texts.iter().map(|(name, headings)| (name, headings.first()));
        let named = public.chain(profile.personal_places.iter().map(|name| (&name.value, Some(name))));
        for (name, at) in named.filter(|(name, _)| !profile.places.contains_key(name.as_str())) {
            let at = at.map_or(0..0, |at| at.span.clone());
            let known = profile.places.keys().map(String::as_str);
            let help = match closest(name, known) {
                Some(near) => say!("是不是想写「{near}」？", "did you mean “{near}”?"),
                None => say!("写 places 里有的平台。", "write a portal that stands in places"),
            };
            let message = say!("places 里没有平台「{name}」。", "places has no site “{name}”");
            self.diagnostics.push(Diagnostic::error("unknown-site", message, Some(at)).help(help));
        }
        for path in profile.harmless_pictures.iter().filter(|path| !path.starts_with('/')) {
            self.error(
                "picture-path",
                say!("图片的路径要以 / 开头。", "the path of a picture begins with a slash"),
                path,
                say!(
                    "写网址中域名之后、问号之前的部分，如 /images/logo.png。",
                    "write the part of its address between host and question mark, such as /images/logo.png"
                ),
            );
        }
        let everything = |path: &&Words| path.starts_with('/') && path.trim_matches('/').is_empty();
        for path in profile.harmless_pictures.iter().filter(everything) {
            self.error(
                "picture-path",
                say!(
                    "「{}」是平台的全部图片，其中会有个人信息。",
                    "“{}” means all pictures of the portals, and some of them show personal data",
                    path.value
                ),
                path,
                say!(
                    "逐张写出不含个人信息的图片，或只写存放它们的文件夹，如 /images/banner/。",
                    "name each picture that shows nothing personal, or the folder that holds only such ones, as /images/banner/"
                ),
            );
        }
        for word in profile.allowed_actions.iter().flatten().filter(|word| !WORDS.contains(&word.value.as_str())) {
            let known = Act::words().iter().map(|(known, _)| *known);
            let help = match guess::guess(word, WORDS).or_else(|| closest(word, known)) {
                Some(known) => say!("是不是想写「{known}」？", "did you mean “{known}”?"),
                None => say!("可用的动作：{}。", "actions: {}", WORDS.join(" ")),
            };
            self.error("unknown-action", say!("没有动作「{}」。", "there is no action “{}”", word.value), word, help);
        }
    }

    /// A word that stands for another must not make its press irreversible: no step says once for it, and nobody would be asked.
    fn other_words(&mut self, site: &Site) {
        for (word, others) in &self.profile.words {
            for other in others {
                let Some(once) = site.graver(word, other) else { continue };
                self.error(
                    "graver-word",
                    say!(
                        "「{}」含有不可撤回的「{once}」，不能代替「{word}」。",
                        "“{}” holds the irreversible word “{once}” and cannot stand for “{word}”",
                        other.value
                    ),
                    other,
                    say!("在流程里为它另写一步，加上 once。", "write a step of its own for it into the playbook, with “once”"),
                );
            }
        }
    }

    fn place(&mut self, place: &PlaceText) -> SitePlace {
        let address = place.address.as_ref().and_then(|address| self.address(address));
        let mut origins: Vec<String> = address.iter().map(|address| browser_origin(address)).collect();
        for further in &place.origins {
            let further = self.address(further).map(|address| browser_origin(&address));
            origins.extend(further.filter(|further| !origins.contains(further)).into_iter().collect::<Vec<_>>());
        }
        SitePlace { title: place.title.message(), address, origins }
    }

    /// The address as written, if it is one and may stand in this profile. An empty one counts as not entered.
    fn address(&mut self, written: &Words) -> Option<String> {
        if written.trim().is_empty() {
            return None;
        }
        let address = written.replace(PORT, "80");
        let good = url::Url::parse(&address).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let Some(url) = good else {
            self.error(
                "not-an-address",
                say!("「{}」不是网址。", "“{}” is not a web address", written.value),
                written,
                say!(
                    "写完整的网址，以 https:// 或 http:// 开头。",
                    "write the whole address, beginning with https:// or http://"
                ),
            );
            return None;
        };
        let (host, loopback) = (url.host_str().unwrap_or_default(), is_loopback(&address));
        if self.profile.training && !loopback {
            self.error(
                "training-not-local",
                say!(
                    "模拟平台只能在本机，「{host}」不是本机地址。",
                    "training portals are on this machine only, and “{host}” is not"
                ),
                written,
                say!(
                    "真实平台请另写一份配置，并去掉 training: true。",
                    "write a profile of its own for real portals, without training: true"
                ),
            );
            return None;
        }
        if !self.profile.training && (loopback || written.contains(PORT)) {
            self.error(
                "real-is-local",
                say!("真实平台的网址不会在本机。", "a real portal is not on this machine"),
                written,
                say!(
                    "填写平台的真实网址；模拟平台用 sites/training.yaml。",
                    "enter the portal's real address; for training use sites/training.yaml"
                ),
            );
            return None;
        }
        Some(written.value.clone())
    }
}

/// The origin as browsers write it, or the address itself while its port is still to be filled in.
fn browser_origin(address: &str) -> String {
    origin(address).unwrap_or_else(|| address.to_owned())
}
