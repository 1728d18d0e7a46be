//! The checks: one file an area, one function a finding. Pure: what they know is in [`Facts`]; they never look themselves.

mod agents;
mod browser;
mod locks;
mod machine;

pub(super) use machine::remote_of;
mod site;

use super::{Facts, Finding, State};
use crate::base::Message;

/// One check; none where it does not apply.
type Check = fn(&Facts) -> Option<Finding>;

/// All checks, in the order in which a person would look.
pub(super) const CHECKS: &[Check] = &[
    browser::present,
    browser::fit,
    browser::local_network,
    machine::remote,
    locks::service,
    locks::readers,
    locks::present,
    locks::certificate,
    agents::present,
    agents::fighting,
    site::addresses,
    site::reached,
    machine::clock,
    machine::font,
    machine::disk,
    machine::proxy,
    machine::temporary,
];

pub(super) use agents::fighting_of;

/// A finding with nothing to do.
fn ok(id: &'static str, title: Message, seen: Message) -> Option<Finding> {
    Some(Finding { id, title, state: State::Ok, seen, remedy: None })
}

/// A finding with a remedy.
fn not_ok(id: &'static str, title: Message, state: State, seen: Message, remedy: Message) -> Option<Finding> {
    Some(Finding { id, title, state, seen, remedy: Some(remedy) })
}

/// A list for people, in both languages.
fn listed(items: &[Message]) -> Message {
    let of = |word: fn(&Message) -> &str, gap: &str| items.iter().map(word).collect::<Vec<_>>().join(gap);
    Message::new(of(|item| &item.zh, "、"), of(|item| &item.en, ", "))
}
