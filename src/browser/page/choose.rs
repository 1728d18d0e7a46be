//! Choosing in whatever a portal calls a list: a native one, a drawn one with a popup, a group of radio buttons, lists of which each
//! depends on the one before, a panel with several levels.
//!
//! Never counts a choice that the page does not show afterwards, never touches one that is right already.

use std::cell::Cell;
use std::time::Duration;

use serde_json::{Value, json};

use super::super::Browser;
use super::look::not_found;
use super::press::{Hit, Permit};
use super::ready::not_ready;
use super::target::{Found, Purpose, Target};
use super::words;
use crate::base::until::rung;
use crate::base::{Fault, FaultKind, Until};
use crate::say;

/// What stands between the levels of a choice.
const LEVEL: &str = " / ";
/// How many looks the page may take to show a choice.
const SETTLING: usize = 8;
/// After so many looks without options a list is opened again.
const REOPEN: usize = 8;
/// How long an option may take to become pressable before the list is looked at anew.
const OPTION: Duration = Duration::from_secs(3);

/// A choice that was made, or was right already.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    /// The list.
    pub found: Found,
    /// What it showed before; levels with ` / ` between them.
    pub old: String,
    /// What it shows now.
    pub new: String,
}

/// Where one level of a choice is made.
#[derive(Clone, Copy)]
struct Level {
    /// In which list, counted from the target's.
    place: usize,
    /// In its panel with several levels, which is open.
    panel: bool,
    /// Its option was pressed already, and the list may still be open.
    again: bool,
}

/// One level of a choice, once its option was taken.
struct Taken {
    option: String,
    /// Whether the page showed it already.
    right: bool,
    /// Whether the page surely got the press.
    sure: bool,
}

impl Browser {
    /// Chooses the option that reads `option`; `a / b / c` chooses level by level, in lists that depend on each other or in one panel.
    /// Touches only what `permit` lets it.
    ///
    /// # Errors
    /// As [`Browser::find`]; [`FaultKind::Business`] with the options when none or several of them fit: the value is wrong, not the page;
    /// [`FaultKind::NotFound`] when the list offers nothing at all; [`FaultKind::Refused`] when the page does not keep the choice.
    pub async fn choose(&self, target: &Target, option: &str, permit: &Permit<'_>, until: &Until) -> Result<Chosen, Fault> {
        let found = self.find(target, Purpose::List, until).await?;
        permit(&Hit::field(&found))?;
        let shown = self.list_state(&found, 0, None, target, until).await?.0;
        if words::same_path(&shown, option) {
            return Ok(Chosen { found, old: shown.clone(), new: shown });
        }
        self.entering(&found, option);
        let levels: Vec<&str> = option.split(LEVEL).map(str::trim).filter(|level| !level.is_empty()).collect();
        let mut old = vec![shown];
        for place in 1..levels.len() {
            // Lists further on may not be there yet.
            match self.list_state(&found, place, None, target, until).await {
                Ok((shown, _)) => old.push(shown),
                Err(fault) if fault.kind == FaultKind::NotReady => break,
                Err(fault) => return Err(fault),
            }
        }
        let (mut new, mut panel) = (Vec::new(), false);
        for (index, level) in levels.iter().enumerate() {
            let next = levels.get(index + 1).copied();
            let mut at = Level { place: if panel { 0 } else { index }, panel, again: false };
            let mut taken = self.take_option(target, at, level, permit, until).await?;
            new.push(taken.option.clone());
            while !taken.right {
                let wanted = if panel { new.join(LEVEL) } else { taken.option.clone() };
                match self.settled(target, at, &wanted, next, until).await {
                    // Drawn anew under the pointer: to choose the same again does no harm.
                    Err(fault) if fault.kind == FaultKind::Refused && !taken.sure => {
                        at.again = true;
                        taken = self.take_option(target, at, level, permit, until).await?;
                    }
                    settled => {
                        panel = settled?;
                        break;
                    }
                }
            }
        }
        old.retain(|level| !level.is_empty());
        Ok(Chosen { found, old: old.join(LEVEL), new: new.join(LEVEL) })
    }

    /// Takes one option, opening the list if it has to be opened. Portals load their options after the page: looks until it is there.
    async fn take_option(
        &self,
        target: &Target,
        at: Level,
        option: &str,
        permit: &Permit<'_>,
        until: &Until,
    ) -> Result<Taken, Fault> {
        let opened = Cell::new(None);
        self.ladder(target, until, async |attempt| {
            let found = match self.look_closely(target, Purpose::List, until).await? {
                Ok(found) => found,
                Err(why) => return Ok(Err(not_found(target, &why))),
            };
            permit(&Hit::field(&found))?;
            let fresh = attempt == 0 && !at.again;
            let args = [json!(found.key), json!(at.place), json!(option), json!(at.panel), json!(fresh)];
            let step = "ruku.listStep(args[0], args[1], args[2], args[3], args[4])";
            let told = self.ask(&found.context, step, &args, until).await?;
            let word = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
            let part = Found { key: told["key"].as_u64().unwrap_or_default(), text: word("words"), ..found.clone() };
            match told["state"].as_str() {
                Some("chosen") => Ok(Ok(Taken { option: word("value"), right: true, sure: true })),
                Some("set") => Ok(Ok(Taken { option: word("words"), right: false, sure: true })),
                Some("press") => match self.press_found(target, &part, permit, &until.within(OPTION)).await {
                    Ok(_) => Ok(Ok(Taken { option: word("words"), right: false, sure: true })),
                    // A list that closes under the pointer: what it shows then tells what became of it.
                    Err(fault) if fault.kind == FaultKind::Unsure => {
                        Ok(Ok(Taken { option: word("words"), right: false, sure: false }))
                    }
                    Err(fault) if untouched(&fault) => Ok(Err(fault)),
                    Err(fault) => Err(fault),
                },
                Some("open") => {
                    if opened.get().is_none_or(|at| attempt >= at + REOPEN) {
                        match self.press_found(target, &part, permit, &until.within(OPTION)).await {
                            Err(fault) if untouched(&fault) => return Ok(Err(fault)),
                            // A list that is drawn anew under the pointer: the next looks tell whether it opened.
                            Err(fault) if fault.kind != FaultKind::Unsure => return Err(fault),
                            _ => {}
                        }
                        opened.set(Some(attempt));
                    }
                    Ok(Err(no_option(target, option, &json!([]), false)))
                }
                Some("none") => Ok(Err(no_option(target, option, &told["list"], false))),
                Some("many") => Err(no_option(target, option, &told["list"], true)),
                Some("missing") => Ok(Err(no_level(target, option))),
                _ => Ok(Err(not_ready(target, &told))),
            }
        })
        .await
    }

    /// Waits until the list shows `wanted`, or until its panel offers the `next` level; says whether it is a panel.
    async fn settled(&self, target: &Target, at: Level, wanted: &str, next: Option<&str>, until: &Until) -> Result<bool, Fault> {
        let Level { place, panel, .. } = at;
        let mut shown = String::new();
        for attempt in 0..SETTLING {
            until.pause(rung(attempt), &target.words()).await?;
            let looked = match self.look_closely(target, Purpose::List, until).await {
                Ok(Ok(found)) => self.list_state(&found, place, next, target, until).await,
                // The choice changed the form: the list itself may be gone, and there is nothing left to compare with.
                Ok(Err(_)) if attempt + 1 == SETTLING => return Ok(panel),
                Ok(Err(_)) => continue,
                Err(fault) => Err(fault),
            };
            let offers;
            (shown, offers) = match looked {
                Ok(state) => state,
                Err(fault) if self.passing(&fault) || fault.kind == FaultKind::NotReady => continue,
                Err(fault) => return Err(fault),
            };
            let last = wanted.rsplit(LEVEL).next().unwrap_or(wanted);
            if words::same_path(&shown, wanted) || (panel && next.is_none() && words::same_path(&shown, last)) {
                return Ok(panel);
            }
            if offers {
                return Ok(true);
            }
        }
        Err(not_kept(target, wanted, &shown))
    }

    async fn list_state(
        &self,
        found: &Found,
        place: usize,
        next: Option<&str>,
        target: &Target,
        until: &Until,
    ) -> Result<(String, bool), Fault> {
        let args = [json!(found.key), json!(place), json!(next)];
        let told = self.ask(&found.context, "ruku.listState(args[0], args[1], args[2])", &args, until).await?;
        let value = told["value"].as_str().ok_or_else(|| not_ready(target, &told))?;
        Ok((value.to_owned(), told["panel"] == true))
    }
}

/// Whether the page surely saw nothing of a press, so that looking again makes sense.
fn untouched(fault: &Fault) -> bool {
    matches!(fault.kind, FaultKind::NotReady | FaultKind::Covered | FaultKind::NotFound)
}

fn not_kept(target: &Target, option: &str, shown: &str) -> Fault {
    let (zh, en) = (target.words().zh, target.words().en);
    Fault::new(
        FaultKind::Refused,
        say!(
            "{zh}选了“{option}”，网页显示的却是“{shown}”。请查看网页是否有提示。",
            "“{option}” was chosen in {en}, but the page shows “{shown}”; see whether it says why"
        ),
    )
}

fn no_level(target: &Target, option: &str) -> Fault {
    let (zh, en) = (target.words().zh, target.words().en);
    Fault::new(
        FaultKind::NotFound,
        say!("{zh}后面没有可选“{option}”的下一级列表。", "{en} is followed by no list in which to choose “{option}”"),
    )
}

/// Why nothing was chosen: what the list offers is not what was given, or it offers nothing yet. `many` of its options fit.
pub(super) fn no_option(target: &Target, option: &str, list: &Value, many: bool) -> Fault {
    let words = target.words();
    let list = list.as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>().join("、");
    let (zh, en) = (words.zh, words.en);
    if list.is_empty() {
        let message = say!(
            "{zh}的列表里没有出现任何选项，选不了“{option}”。请看看网页上这个列表能否打开。",
            "the list of {en} shows no options at all, so “{option}” could not be chosen; see whether it opens on the page"
        );
        return Fault::new(FaultKind::NotFound, message);
    }
    let message = if many {
        say!(
            "{zh}中有多个选项符合“{option}”：{list}。请在资料里写全，再办；资料无误的，请联系支持人员。",
            "several options of {en} fit “{option}”: {list}; write it in full in the inputs and run again, or ask support if they are right"
        )
    } else {
        say!(
            "{zh}中没有选项“{option}”，只有：{list}。请改正资料，再办；资料无误的，请联系支持人员。",
            "{en} has no option “{option}”, only: {list}; correct the inputs and run again, or ask support if they are right"
        )
    };
    Fault::new(FaultKind::Business, message)
}
