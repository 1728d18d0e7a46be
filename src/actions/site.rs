//! A site profile as plain data: where the portals are, what they say, and what is allowed there.
//!
//! It is the trusted side: a playbook may come from a stranger, the profile does not. Never holds a default address of a real portal.

use std::collections::BTreeMap;

use crate::base::{Fault, FaultKind, Message};

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
    /// Words that make a press irreversible even when the playbook does not say so.
    pub once_words: Vec<String>,
    /// The only actions allowed; none means all.
    pub allowed_actions: Option<Vec<String>>,
    /// Words of the page that stop the run at once.
    pub stop_words: Vec<String>,
}

/// One portal.
#[derive(Debug, Clone, PartialEq)]
pub struct SitePlace {
    /// What people call it.
    pub title: Message,
    /// Start address. None when the operator has not entered it yet.
    pub address: Option<String>,
    /// Origins (`scheme://host:port`) that belong to it; the address's own one is among them.
    pub origins: Vec<String>,
}

impl Site {
    /// The portal called `name`.
    pub fn place(&self, name: &str) -> Option<&SitePlace> {
        self.places.get(name)
    }

    /// The alternative texts called `name`; empty when the profile has none.
    pub fn text(&self, name: &str) -> &[String] {
        self.texts.get(name).map_or(&[], Vec::as_slice)
    }

    /// The name of the portal that `url` belongs to.
    pub fn place_at(&self, url: &str) -> Option<&str> {
        let origin = origin(url)?;
        let holds = |place: &SitePlace| place.origins.iter().any(|own| *own == origin);
        self.places.iter().find(|(_, place)| holds(place)).map(|(name, _)| name.as_str())
    }

    /// The start address of the portal called `name`.
    pub fn address(&self, name: &str) -> Result<&str, Fault> {
        let place = self.place(name).ok_or_else(|| unknown(name))?;
        place.address.as_deref().ok_or_else(|| {
            let title = &place.title;
            Fault::new(
                FaultKind::Refused,
                Message::new(
                    format!("还没有填写「{}」的网址。请打开平台，把地址栏里的网址写入平台配置。", title.zh),
                    format!("the address of “{}” has not been entered; copy it from the browser into the site profile", title.en),
                ),
            )
        })
    }

    /// The alternative texts called `name`, of which at least one is there.
    pub fn texts_of(&self, name: &str) -> Result<&[String], Fault> {
        match self.text(name) {
            [] => Err(unknown(name)),
            texts => Ok(texts),
        }
    }

    /// Whether `url` belongs to the portal called `name`.
    pub fn is_at(&self, name: &str, url: &str) -> bool {
        origin(url).is_some_and(|origin| self.place(name).is_some_and(|place| place.origins.contains(&origin)))
    }

    /// What people call the portal; its name when the profile does not know it.
    pub fn title_of(&self, name: &str) -> Message {
        self.place(name).map_or_else(|| Message::same(name), |place| place.title.clone())
    }

    /// Refuses a profile of which any origin is not on this machine.
    ///
    /// # Errors
    /// `Refused`, naming the origin.
    pub fn only_loopback(&self) -> Result<(), Fault> {
        let here = |origin: &str| {
            let host = url::Url::parse(origin).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
            host == "localhost" || host.ends_with(".localhost") || host == "127.0.0.1" || host == "[::1]"
        };
        match self.places.values().flat_map(|place| &place.origins).find(|origin| !here(origin)) {
            None if self.training => Ok(()),
            outside => {
                let what = outside.unwrap_or(&self.name);
                Err(Fault::new(
                    FaultKind::Refused,
                    crate::say!(
                        "「{what}」不在本机模拟平台上，脚本操作人不能用。",
                        "“{what}” is not a training portal on this machine: no scripted operator there"
                    ),
                ))
            }
        }
    }

    /// The word that makes pressing something with these words irreversible.
    pub fn once_word(&self, words: &str) -> Option<&str> {
        self.once_words.iter().find(|word| words.contains(word.as_str())).map(String::as_str)
    }
}

fn unknown(name: &str) -> Fault {
    Fault::new(
        FaultKind::Refused,
        crate::say!("平台配置中没有「{name}」。", "the site profile has no “{name}”"),
    )
}

/// The origin of an address as browsers write it; none for what has none (`about:blank`, files, no address at all).
pub fn origin(url: &str) -> Option<String> {
    let origin = url::Url::parse(url).ok()?.origin();
    origin.is_tuple().then(|| origin.ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::origin;

    #[test]
    fn origins_are_as_browsers_write_them() {
        assert_eq!(origin("http://hohhot.localhost:8080/a?b").as_deref(), Some("http://hohhot.localhost:8080"));
        assert_eq!(origin("https://Example.CN:443/").as_deref(), Some("https://example.cn"));
        assert_eq!(origin("about:blank"), None);
        assert_eq!(origin("呼和浩特"), None);
    }
}
