//! A site profile as plain data: where the portals are, what they say, and what is allowed there.
//!
//! It is the trusted side: a playbook may come from a stranger, the profile does not. Never holds a default address of a real portal.

use std::collections::BTreeMap;

use crate::base::Message;

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

    /// The word that makes pressing something with these words irreversible.
    pub fn once_word(&self, words: &str) -> Option<&str> {
        self.once_words.iter().find(|word| words.contains(word.as_str())).map(String::as_str)
    }
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
