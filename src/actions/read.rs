//! `read`: takes values from the page for later steps: `{{ read.名称 }}`.
//!
//! Every value is hidden from then on: what a portal shows about an applicant is personal. Only a text that the trusted site profile
//! calls public stays in clear, read from right where the profile says, and never one with a number in it that may be somebody's.

use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::Fields;
use super::place::LongPlace;
use super::press::in_portal;
use super::site::folded;
use super::{Action, Inspect, Place, Risk, Stage, Words};
use crate::base::{Fault, Ladder, Message};
use crate::browser::page::{Purpose, Target};

/// The name under which templates find the values.
pub(crate) const READ: &str = "read";
/// Mobile numbers have eleven digits, identity numbers more.
const SOMEBODYS: usize = 11;

/// `read: { 名称: 标签, … }`; a value is a place, in short form the label beside it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Read(pub Fields<Place>);

impl Action for Read {
    const WORD: &'static str = "read";
    const DOC: (&'static str, &'static str) =
        ("读取页面上的值，后面的步骤写 {{ read.名称 }} 引用", "Read values of the page; later steps write {{ read.name }}");
    const RISK: Risk = Risk::Look;

    fn title(&self) -> Message {
        Message::new(format!("读取{}", self.0.labels("、")), format!("read {}", self.0.labels(", ")))
    }

    fn inspect(&self, inspect: &mut dyn Inspect) {
        self.0.0.iter().for_each(|(_, place)| place.inspect(inspect));
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Result<(), Fault> {
        for (name, place) in &self.0.0 {
            let target = stage.target(place, true)?;
            let value = shown(stage, &target, &self.title()).await?;
            if may_be_somebodys(&value) || !is_public(stage, place).await? {
                stage.redactor.add(&value);
            }
            stage.values[READ][name.as_str()] = value.into();
        }
        Ok(())
    }
}

/// The value that the portal itself shows, as soon as it shows one: portals fill in their values after the page.
pub(super) async fn shown(stage: &Stage<'_>, target: &Target, waiting_for: &Message) -> Result<String, Fault> {
    let (mut ladder, until) = (Ladder::default(), stage.until.awaiting(waiting_for));
    let value = loop {
        let value = stage.browser.read(target, &until).await?;
        if !value.trim().is_empty() {
            break value.trim().to_owned();
        }
        until.climb(&mut ladder, waiting_for).await?;
    };
    // What a stranger's frame shows is no word of the portal.
    let found = stage.browser.look(target, Purpose::See, &stage.until).await?;
    found.iter().try_for_each(|found| in_portal(stage.site, found))?;
    Ok(value)
}

/// Whether the site profile calls the text at this place of the current portal public.
async fn is_public(stage: &Stage<'_>, place: &LongPlace) -> Result<bool, Fault> {
    let Some(heading) = heading(place) else { return Ok(false) };
    let url = stage.browser.current(&stage.until).await?.url;
    Ok(stage.site.is_public(&url, heading))
}

/// The words that a place stands by: a label, or the heading right above a list. None for a place given in any other way, which could
/// be anywhere on the page.
fn heading(place: &LongPlace) -> Option<&str> {
    let bare = |words: &Words| LongPlace { label: Some(words.clone()), ..LongPlace::default() };
    if let Some(label) = &place.label {
        return (*place == bare(label)).then_some(label.as_str());
    }
    let (role, after) = (place.role.as_ref()?, place.after.as_ref()?);
    let list = LongPlace { role: Some(role.clone()), after: Some(after.clone()), ..LongPlace::default() };
    (role.as_str() == "list" && *place == list).then_some(after.as_str())
}

/// Whether a text holds as many digits in a row as the number of a person has, whatever dashes stand between them.
fn may_be_somebodys(text: &str) -> bool {
    let together: String = folded(text).chars().filter(|c| !matches!(c, '-' | '\u{2010}'..='\u{2015}')).collect();
    together.split(|c: char| !c.is_ascii_digit()).any(|digits| digits.len() >= SOMEBODYS)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn place(json: serde_json::Value) -> LongPlace {
        serde_json::from_value::<Place>(json).unwrap().0
    }

    #[test]
    fn only_what_stands_right_by_its_heading_can_be_public() {
        assert_eq!(heading(&place(json!({ "role": "list", "after": "流程说明" }))), Some("流程说明"));
        assert_eq!(heading(&place(json!({ "label": "办理时限" }))), Some("办理时限"));
        for other in [
            json!("流程说明"),
            json!({ "role": "table", "after": "流程说明" }),
            json!({ "role": "list", "after": "流程说明", "row": "证件号码" }),
            json!({ "css": "td", "after": "流程说明" }),
            json!({ "label": "流程说明", "any": ["证件号码"] }),
            json!({ "any": [{ "role": "list", "after": "流程说明" }] }),
        ] {
            assert_eq!(heading(&place(other.clone())), None, "{other}");
        }
    }

    #[test]
    fn a_number_of_somebody_makes_a_text_personal() {
        for text in ["138-0001-2345", "138—0001—2345", "请致电１９９ ０００１ ０００１", "证件号码150102199001011234"]
        {
            assert!(may_be_somebodys(text), "{text}");
        }
        assert!(!may_be_somebodys("1. 2020-12-01 起办理；2. 请致电 400-998-0000"));
    }
}
