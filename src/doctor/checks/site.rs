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

/// Somebody answers at every address.
pub(super) fn reached(facts: &Facts) -> Option<Finding> {
    let (id, title) = ("reach", say!("连接平台", "portals within reach"));
    let hosts: Vec<_> = facts.site.iter().flat_map(|site| &site.hosts).collect();
    if hosts.is_empty() {
        return None;
    }
    let silent: Vec<Message> = hosts
        .iter()
        .filter(|at| at.answers == Some(false))
        .map(|at| Message::new(format!("{}（{}）", at.portal.zh, at.host), format!("{} ({})", at.portal.en, at.host)))
        .collect();
    if !silent.is_empty() {
        let silent = listed(&silent);
        return not_ok(
            id,
            title,
            State::Warning,
            Message::new(format!("连不上：{}。", silent.zh), format!("nobody answers at: {}", silent.en)),
            say!(
                "请核对平台配置里的网址，并在浏览器里打开试试：打得开就不必理会（浏览器可能经系统代理上网）；平台夜间或周末可能停机维护。",
                "check the addresses in the profile and open them in a browser: if they open there, all is well (it may go through the system's proxy); portals may be down for maintenance at night or at weekends"
            ),
        );
    }
    if hosts.iter().any(|at| at.answers.is_none()) {
        let seen = say!("要经过代理服务器，没有试连。", "a proxy is in between, so nothing was tried");
        let remedy = say!("请在浏览器里打开平台试试。", "open the portals in a browser");
        return not_ok(id, title, State::Unknown, seen, remedy);
    }
    ok(id, title, say!("都连得上", "all answer"))
}
