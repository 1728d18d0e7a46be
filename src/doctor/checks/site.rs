//! The site profile: real portals need the addresses that the operator entered.

use super::{listed, not_ok, ok};
use crate::base::Message;
use crate::doctor::{Facts, Finding, State};
use crate::say;

/// Every portal has an address.
pub(super) fn addresses(facts: &Facts) -> Option<Finding> {
    let (id, title) = ("site", say!("平台网址", "addresses of the portals"));
    let Some(site) = &facts.site else {
        return not_ok(
            id,
            title,
            State::Unknown,
            say!("没有指明平台配置。", "no site profile was named"),
            say!(
                "复制 playbooks/sites/huhehaote.yaml，填好网址，再用 --site 指明；练习用的模拟平台不需要。",
                "copy playbooks/sites/huhehaote.yaml, enter the addresses and name the copy with --site; training needs none"
            ),
        );
    };
    let name = &site.title;
    if site.missing.is_empty() {
        return ok(id, title, Message::new(format!("{}：网址齐全", name.zh), format!("{}: all entered", name.en)));
    }
    let missing = listed(&site.missing);
    // A run asks only for the addresses that its playbooks need.
    let state = if site.missing.len() < site.portals { State::Warning } else { State::Failed };
    not_ok(
        id,
        title,
        state,
        Message::new(format!("还没有填写：{}。", missing.zh), format!("not entered yet: {}", missing.en)),
        say!(
            "在平台配置中每个平台下面写一行 address: https://…；ruku check 会逐条说明从哪里复制。",
            "write a line address: https://… below each portal of the profile; `ruku check` says where to copy it from"
        ),
    )
}
