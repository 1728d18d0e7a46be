//! Browser and driver: there, fit for each other, and what a page needs to reach the CA agent.

use super::{listed, not_ok, ok};
use crate::base::Message;
use crate::doctor::{Facts, Finding, ProgramFact, State};
use crate::say;

/// From this version on a page has to ask before it reaches a program of this machine; on plain http it is refused without a question.
/// Source: Chrome's page on local network access.
const ASKS_SINCE: u32 = 142;

fn major(program: Option<&ProgramFact>) -> Option<u32> {
    program?.version.as_deref()?.split('.').next()?.parse().ok()
}

/// A browser and its driver are here.
pub(super) fn present(facts: &Facts) -> Option<Finding> {
    let (id, title) = ("browser", say!("浏览器", "browser"));
    let fact = &facts.browser;
    if let Some(missing) = &fact.missing {
        let seen = say!("没有可用的浏览器和驱动程序。", "no usable browser and driver");
        return not_ok(id, title, State::Failed, seen, missing.clone());
    }
    let version = fact.browser.as_ref().and_then(|browser| browser.version.as_deref()).unwrap_or("?");
    ok(id, title, say!("{} {version}", "{} {version}", fact.kind))
}

/// The driver is of the browser's version.
pub(super) fn fit(facts: &Facts) -> Option<Finding> {
    let (id, title) = ("driver", say!("浏览器驱动程序", "browser driver"));
    let fact = &facts.browser;
    if fact.missing.is_some() {
        return None;
    }
    let version =
        |program: &Option<ProgramFact>| program.as_ref().and_then(|program| program.version.clone()).unwrap_or_default();
    let (browser, driver) = (version(&fact.browser), version(&fact.driver));
    match (major(fact.browser.as_ref()), major(fact.driver.as_ref())) {
        (Some(ours), Some(its)) if ours == its => ok(id, title, say!("{driver}，与浏览器一致", "{driver}, fits the browser")),
        (Some(ours), Some(_)) => not_ok(
            id,
            title,
            State::Failed,
            say!("驱动程序是 {driver}，浏览器是 {browser}。", "the driver is {driver}, the browser {browser}"),
            say!(
                "请安装大版本为 {ours} 的驱动程序，或一起更新浏览器和驱动程序；也可用环境变量 RUKU_BROWSER、RUKU_DRIVER 指定一对相符的。",
                "install the driver of major version {ours}, or update browser and driver together; RUKU_BROWSER and RUKU_DRIVER may name a pair that fits"
            ),
        ),
        _ => not_ok(
            id,
            title,
            State::Unknown,
            say!("浏览器或驱动程序没有报告版本。", "browser or driver did not tell a version"),
            say!(
                "启动浏览器时会再核对；不符时请一起更新两者。",
                "it shows when the browser starts; update both if they do not fit"
            ),
        ),
    }
}

/// A page of the portals may reach the CA agent on this machine.
pub(super) fn local_network(facts: &Facts) -> Option<Finding> {
    let (id, title) = ("local-network", say!("网页访问 CA 助手", "pages reach the CA agent"));
    let site = facts.site.as_ref().filter(|site| !site.training)?;
    if major(facts.browser.browser.as_ref())? < ASKS_SINCE {
        return None;
    }
    if facts.local_network_allowed {
        return ok(id, title, say!("浏览器策略已允许", "allowed by the browser's policy"));
    }
    if site.plain.is_empty() {
        let seen = say!(
            "浏览器第一次会询问是否允许访问本机程序，请点“允许”",
            "the browser asks at the first time whether the page may reach programs of this machine: answer “allow”"
        );
        return ok(id, title, seen);
    }
    let plain = listed(&site.plain);
    not_ok(
        id,
        title,
        State::Warning,
        Message::new(
            format!("{}的网址是 http：这个版本的浏览器会直接拒绝网页访问本机的 CA 助手，不作询问。", plain.zh),
            format!(
                "the address of {} is plain http: this browser refuses such pages every program of this machine, without asking",
                plain.en
            ),
        ),
        say!(
            "平台有 https 网址时请改用；没有时请管理员在浏览器策略 LocalNetworkAccessAllowedForUrls 中加入这些网址。",
            "use the portal's https address where there is one; else have the administrator add the addresses to the browser policy LocalNetworkAccessAllowedForUrls"
        ),
    )
}
