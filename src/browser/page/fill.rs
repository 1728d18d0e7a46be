//! Filling fields with real keys, choosing, ticking, and reading back.
//!
//! Never reads a password field, and never fills one but through [`Browser::fill_secret`].

use serde_json::{Value, json};

use super::super::Browser;
use super::press::{Hit, Permit};
use super::ready::not_ready;
use super::target::{Found, Purpose, Target};
use super::words;
use crate::base::until::rung;
use crate::base::{Fault, FaultKind, Message, Secret, Until};
use crate::say;

/// How many looks the page may take to settle a value after the focus has left.
const SETTLING: usize = 5;
/// How many looks a list may take to show what is chosen: portals load options after the page.
const LOADING: usize = 8;
/// Keys sent in one go.
const CHUNK: usize = 32;
const DELETE: char = '\u{e017}';
const ENTER: char = '\u{e006}';

/// A field that was filled in, or held the value already.
#[derive(Debug, Clone, PartialEq)]
pub struct Filled {
    /// The field.
    pub found: Found,
    /// What stood there.
    pub old: String,
    /// What stands there now, as the page shows it.
    pub new: String,
}

impl Browser {
    /// Types `value` into a field with real keys, if `permit` lets it, in place of what was there, leaves the field and reads it back. An empty value
    /// clears it; a field that holds the value already is left alone. Line ends are typed where a field takes lines, and left out elsewhere. Date and colour pickers of the browser take no keys and are set.
    ///
    /// # Errors
    /// As [`Browser::find`]; [`FaultKind::NotReady`] for a field that is disabled or read-only; [`FaultKind::Refused`] for a password
    /// field, and when the page keeps another value than was typed (formatting aside).
    pub async fn fill(&self, target: &Target, value: &str, permit: &Permit<'_>, until: &Until) -> Result<Filled, Fault> {
        let (found, _) = self.make_ready(target, Purpose::Fill, until).await?;
        permit(&Hit::field(&found))?;
        let old = self.value_of(&found, target, until).await?;
        if old == value {
            return Ok(Filled { found, new: old.clone(), old });
        }
        self.entering(&found, value);
        self.type_into(&found, target, value, false, until).await?;
        let mut kept = String::new();
        for attempt in 0..SETTLING {
            until.pause(rung(attempt), &target.words()).await?;
            match self.value_of(&found, target, until).await {
                Ok(shown) => kept = shown,
                // The value made the page move on: there is nothing left to compare with.
                Err(fault) if self.passing(&fault) => return Ok(Filled { found, old, new: value.to_owned() }),
                Err(fault) => return Err(fault),
            }
            if words::same_but_formatted(value, &kept) {
                return Ok(Filled { found, old, new: kept });
            }
        }
        Err(changed(target, value, &kept))
    }

    /// Types a secret into a password field, if `permit` lets it. Nothing is read back.
    ///
    /// # Errors
    /// As [`Browser::fill`], but for the comparison.
    pub async fn fill_secret(
        &self,
        target: &Target,
        secret: &Secret,
        permit: &Permit<'_>,
        until: &Until,
    ) -> Result<Found, Fault> {
        let (found, _) = self.make_ready(target, Purpose::Fill, until).await?;
        permit(&Hit::field(&found))?;
        self.type_into(&found, target, secret.expose(), true, until).await?;
        Ok(found)
    }

    pub(super) async fn type_into(
        &self,
        found: &Found,
        target: &Target,
        value: &str,
        secret: bool,
        until: &Until,
    ) -> Result<(), Fault> {
        let focus =
            self.ask(&found.context, "ruku.takeFocus(args[0], args[1])", &[json!(found.key), json!(secret)], until).await?;
        match focus["state"].as_str() {
            Some("set") => {
                self.ask(&found.context, "ruku.setValue(args[0], args[1])", &[json!(found.key), json!(value)], until).await?;
            }
            Some("focused") => {
                let lines = focus["lines"] == true;
                let keys: Vec<char> = std::iter::once(DELETE).chain(value.chars().filter_map(|c| key(c, lines))).collect();
                for keys in keys.chunks(CHUNK) {
                    self.perform(&found.context, key_presses(keys), until).await?;
                }
            }
            _ => return Err(not_ready(target, &focus)),
        }
        self.ask(&found.context, "ruku.leave(args[0])", &[json!(found.key)], until).await.map(drop)
    }

    /// The text a person reads in the target, or the value of a field (`✓` for a ticked box; what is chosen of a list, levels with
    /// ` / ` between them).
    ///
    /// # Errors
    /// As [`Browser::find`]; [`FaultKind::Refused`] for a password field.
    pub async fn read(&self, target: &Target, until: &Until) -> Result<String, Fault> {
        self.ladder(target, until, async |attempt| {
            let (found, list) = self.find_to_read(target, until).await?;
            let args = [json!(found.key), json!(list)];
            let told = self.ask(&found.context, "ruku.fieldValue(args[0], args[1])", &args, until).await?;
            match told["value"].as_str() {
                Some(_) if told["whole"] == false && attempt < LOADING => Ok(Err(not_ready(target, &told))),
                Some(value) => Ok(Ok(match target.any.get(found.alternative).map(|place| &place.by) {
                    Some(super::By::Label(label)) => words::after_label(value, label).to_owned(),
                    _ => value.to_owned(),
                })),
                None => match not_ready(target, &told) {
                    fault if fault.kind == FaultKind::NotReady => Ok(Err(fault)),
                    fault => Err(fault),
                },
            }
        })
        .await
    }

    /// A field called so, a list called so, or else the text itself; whether it is a list.
    async fn find_to_read(&self, target: &Target, until: &Until) -> Result<(Found, bool), Fault> {
        let fields = Target { any: target.any.iter().filter(|place| matches!(place.by, super::By::Label(_))).cloned().collect() };
        for (purpose, list) in [(Purpose::Fill, false), (Purpose::List, true)] {
            match self.look(&fields, purpose, until).await {
                Ok(Some(found)) => return Ok((found, list)),
                Ok(None) => {}
                Err(fault) if self.passing(&fault) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok((self.find(target, Purpose::See, until).await?, false))
    }

    /// Ticks or clears a check box (or picks a radio button) by pressing that very one, if `permit` lets it; one that is right
    /// already is left alone. Says whether it was pressed.
    ///
    /// # Errors
    /// As [`Browser::press`]; [`FaultKind::Refused`] when the page did not keep the tick.
    pub async fn tick(&self, target: &Target, on: bool, permit: &Permit<'_>, until: &Until) -> Result<(Found, bool), Fault> {
        let found = self.find(target, Purpose::Choose, until).await?;
        permit(&Hit::field(&found))?;
        if self.is_ticked(&found, target, until).await? == on {
            return Ok((found, false));
        }
        let told = self.ask(&found.context, "ruku.tickFace(args[0])", &[json!(found.key)], until).await?;
        let key = told["key"].as_u64().ok_or_else(|| not_ready(target, &told))?;
        let pressed = self.press_found(target, &Found { key, ..found.clone() }, permit, until).await?;
        for attempt in 0..SETTLING {
            until.pause(rung(attempt), &target.words()).await?;
            if pressed.dialog.is_some() || self.is_ticked(&found, target, until).await? == on {
                return Ok((found, true));
            }
        }
        let words = target.words();
        Err(Fault::new(
            FaultKind::Refused,
            Message::new(
                format!("点击后，{}的勾选状态没有改变。请查看网页是否有提示。", words.zh),
                format!("{} did not keep its tick; see whether the page says why", words.en),
            ),
        ))
    }

    async fn is_ticked(&self, found: &Found, target: &Target, until: &Until) -> Result<bool, Fault> {
        let told = self.ask(&found.context, "ruku.isChecked(args[0])", &[json!(found.key)], until).await?;
        told["value"].as_bool().ok_or_else(|| not_ready(target, &told))
    }

    pub(super) async fn value_of(&self, found: &Found, target: &Target, until: &Until) -> Result<String, Fault> {
        let told = self.ask(&found.context, "ruku.valueOf(args[0])", &[json!(found.key)], until).await?;
        told["value"].as_str().map(str::to_owned).ok_or_else(|| not_ready(target, &told))
    }
}

/// The key for a character; none for what no keyboard has (WebDriver gives the private use area meanings of its own) and for what is
/// no character: Enter hands in forms, except where it begins a line.
fn key(c: char, lines: bool) -> Option<char> {
    match c {
        '\n' if lines => Some(ENTER),
        '\u{e000}'..='\u{f8ff}' => None,
        c if c.is_control() => None,
        other => Some(other),
    }
}

fn key_presses(keys: &[char]) -> Value {
    let actions: Vec<Value> =
        keys.iter().flat_map(|key| [json!({"type": "keyDown", "value": key}), json!({"type": "keyUp", "value": key})]).collect();
    json!([{"type": "key", "id": "ruku-keys", "actions": actions}])
}

/// The values themselves stay out of the message: a cut value is still a personal one.
pub(super) fn changed(target: &Target, value: &str, kept: &str) -> Fault {
    let (words, typed, kept) = (target.words(), value.chars().count(), kept.chars().count());
    let (zh, en) = (words.zh, words.en);
    Fault::new(
        FaultKind::Refused,
        say!(
            "网页没有保留填写的内容：{zh}填写了 {typed} 个字，网页上是 {kept} 个字且内容不同。请核对这一栏的要求。",
            "the page did not keep what was typed: {en} got {typed} characters, the page shows {kept} and other ones; check what this field wants"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::{ENTER, key};

    #[test]
    fn keys_that_act_are_no_characters() {
        let keys = |lines| "a\r\n\tb\u{1b}\u{e006}".chars().filter_map(|c| key(c, lines)).collect::<String>();
        assert_eq!((keys(false), keys(true)), ("ab".to_owned(), format!("a{ENTER}b")));
    }
}
