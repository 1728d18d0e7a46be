//! Dates: typed where a field takes keys alone, picked in the calendar where the page opens one, set in the browser's own picker.
//!
//! Never counts a date that the page does not show afterwards, never touches one that is right already.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::Browser;
use super::fill::Filled;
use super::press::{Hit, Permit};
use super::ready::not_ready;
use super::target::{Found, Purpose, Target};
use crate::base::until::rung;
use crate::base::{Fault, FaultKind, Until};
use crate::say;

/// Looks until a calendar counts as not coming.
const OPENING: usize = 5;
/// Looks until the page shows the date.
const SETTLING: usize = 8;
/// Presses in one calendar: a century by years, and then some.
const PRESSES: usize = 120;
/// How long a part of the calendar may take to become pressable.
const PART: Duration = Duration::from_secs(5);

/// Year, month and day.
type Day = (u32, u32, u32);

impl Browser {
    /// Enters a date (`2020-01-31`, `2020年1月31日`, `2020/1/31`) in the form that the page shows. Words that are no date, such as 长期, are
    /// typed where the field takes them. Touches only what `permit` lets it.
    ///
    /// # Errors
    /// As [`Browser::fill`]; [`FaultKind::Refused`] for a day that the calendar does not allow, and when the page keeps another one.
    pub async fn enter_date(&self, target: &Target, value: &str, permit: &Permit<'_>, until: &Until) -> Result<Filled, Fault> {
        let Some(day) = day_of(value) else { return self.fill(target, value, permit, until).await };
        let found = self.find(target, Purpose::Fill, until).await?;
        permit(&Hit::field(&found))?;
        let field = self.ask(&found.context, "ruku.dateField(args[0])", &[json!(found.key)], until).await?;
        let old = field["value"].as_str().ok_or_else(|| not_ready(target, &field))?.to_owned();
        if day_of(&old) == Some(day) {
            return Ok(Filled { found, new: old.clone(), old });
        }
        if field["state"] == "set" {
            let (y, m, d) = day;
            let value = if field["type"] == "month" { format!("{y:04}-{m:02}") } else { format!("{y:04}-{m:02}-{d:02}") };
            return self.fill(target, &value, permit, until).await;
        }
        self.entering(&found, value);
        self.press_found(target, &found, permit, until).await?;
        if self.pick_day(&found, target, day, permit, until).await? {
            return self.shown_date(found, target, old, day, until).await;
        }
        if field["state"] == "readonly" {
            return Err(no_calendar(target));
        }
        self.type_into(&found, target, value, false, until).await?;
        self.shown_date(found, target, old, day, until).await
    }

    /// Picks the day in the calendar that has opened; says whether one has.
    async fn pick_day(
        &self,
        found: &Found,
        target: &Target,
        (y, m, d): Day,
        permit: &Permit<'_>,
        until: &Until,
    ) -> Result<bool, Fault> {
        let (mut presses, mut last) = (0, None);
        for attempt in 0..OPENING + PRESSES {
            until.pause(rung(if presses == 0 { attempt } else { 1 }), &target.words()).await?;
            let told = self.ask(&found.context, "ruku.dateStep(args[0])", &[json!([y, m, d])], until).await?;
            match told["state"].as_str() {
                Some("press") if presses < PRESSES => {
                    // The same day twice without a way to confirm: it is chosen, and the calendar stays.
                    if last == told["key"].as_u64() && told["text"] == json!(d.to_string()) {
                        return Ok(true);
                    }
                    last = told["key"].as_u64();
                    let part = part(found, &told);
                    match self.press_found(target, &part, permit, &until.within(PART)).await {
                        // The calendar was drawn anew under the pointer, or moved: the next look tells.
                        Err(fault) if matches!(fault.kind, FaultKind::NotReady | FaultKind::Covered | FaultKind::Unsure) => {}
                        pressed => drop(pressed?),
                    }
                    presses += 1;
                }
                Some("disabled") => return Err(not_allowed(target, (y, m, d))),
                Some("closed") if presses > 0 => return Ok(true),
                Some("closed") if attempt >= OPENING => return Ok(false),
                Some("closed") => {}
                _ => return Err(no_calendar(target)),
            }
        }
        Ok(presses > 0)
    }

    async fn shown_date(&self, found: Found, target: &Target, old: String, day: Day, until: &Until) -> Result<Filled, Fault> {
        let mut shown = String::new();
        for attempt in 0..SETTLING {
            until.pause(rung(attempt), &target.words()).await?;
            shown = self.value_of(&found, target, until).await?;
            if day_of(&shown) == Some(day) {
                return Ok(Filled { found, old, new: shown });
            }
        }
        let (zh, en) = (target.words().zh, target.words().en);
        Err(Fault::new(
            FaultKind::Refused,
            say!(
                "网页没有保留日期：{zh}显示的是“{shown}”。请核对这一栏的要求。",
                "the page did not keep the date: {en} shows “{shown}”; check what this field wants"
            ),
        ))
    }
}

fn part(found: &Found, told: &Value) -> Found {
    let text = told["text"].as_str().unwrap_or_default().to_owned();
    Found { key: told["key"].as_u64().unwrap_or_default(), text, ..found.clone() }
}

/// The day that a text names; none when it is no date.
fn day_of(text: &str) -> Option<Day> {
    let digits = |c: char| c.is_ascii_digit();
    let dividers = text.trim().trim_end_matches('日').chars().filter(|c| !digits(*c));
    if !dividers.clone().all(|c| matches!(c, '-' | '/' | '.' | '年' | '月' | ' ')) {
        return None;
    }
    let numbers: Vec<u32> =
        text.split(|c| !digits(c)).filter(|part| !part.is_empty()).map(str::parse).collect::<Result<_, _>>().ok()?;
    let [year, month, day] = numbers[..] else { return None };
    ((1800..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day)).then_some((year, month, day))
}

fn not_allowed(target: &Target, (y, m, d): Day) -> Fault {
    let (zh, en) = (target.words().zh, target.words().en);
    Fault::new(
        FaultKind::Refused,
        say!(
            "{zh}的日历不允许选 {y}-{m:02}-{d:02}。请核对日期。",
            "the calendar of {en} does not allow {y}-{m:02}-{d:02}; check the date"
        ),
    )
}

fn no_calendar(target: &Target) -> Fault {
    let (zh, en) = (target.words().zh, target.words().en);
    Fault::new(
        FaultKind::NotReady,
        say!(
            "{zh}是只读的，点击后也没有出现 Ruku 认识的日历。请本人在网页上选择日期。",
            "{en} is read-only, and pressing it opens no calendar that Ruku knows; pick the date yourself"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::day_of;

    #[test]
    fn a_date_is_the_same_in_every_form() {
        for text in ["2020-01-31", "2020/1/31", "2020年1月31日", "2020.01.31", " 2020-1-31 "] {
            assert_eq!(day_of(text), Some((2020, 1, 31)), "{text}");
        }
        for text in ["长期", "", "2020-13-01", "2020-01", "2020-01-31 至 2021-01-31", "约2020-01-31"] {
            assert_eq!(day_of(text), None, "{text}");
        }
    }
}
