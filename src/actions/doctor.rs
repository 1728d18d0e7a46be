//! `doctor`: checks this machine in mid-run and keeps what was found. A failed check ends the run before anything is pressed.
//!
//! Never changes anything on the machine.

use schemars::JsonSchema;
use serde::Deserialize;

use super::site::{Site, SitePlace, origin};
use super::{Action, Inspect, Risk, Stage};
use crate::base::{Fault, FaultKind, Message};
use crate::doctor::{self, Asked, Finding, HostFact, SiteFact, State};

/// `doctor: {}`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Doctor {}

impl Action for Doctor {
    const WORD: &'static str = "doctor";
    const DOC: (&'static str, &'static str) = (
        "检查本机，发现的问题记入日志，不通过则停止",
        "Check this machine; what is found is recorded, a failed check ends the run",
    );
    const RISK: Risk = Risk::Look;

    fn title(&self) -> Message {
        crate::say!("检查本机", "check this machine")
    }

    fn inspect(&self, _inspect: &mut dyn Inspect) {}

    async fn run(&self, stage: &mut Stage<'_>) -> Result<(), Fault> {
        let snapshot = doctor::settled(stage.locks, &stage.until).await?;
        let asked = Asked {
            drivers: stage.drivers,
            runs: stage.folder.path(),
            // The run was refused before if an address that it needs were missing.
            site: Some(SiteFact { missing: Vec::new(), ..site_fact(stage.site) }),
            locks: &snapshot,
            browser: Some(stage.browser.facts()),
        };
        let findings = doctor::examine(&doctor::gather(&asked, &stage.until).await?);
        let of = |state: State| findings.iter().filter(move |finding| finding.state == state).map(Finding::message);
        for message in of(State::Warning).chain(of(State::Failed)) {
            stage.warn(message)?;
        }
        let together =
            |all: Message, next: Message| Message::new(format!("{}\n{}", all.zh, next.zh), format!("{}\n{}", all.en, next.en));
        match of(State::Failed).reduce(together) {
            Some(failed) => Err(Fault::new(FaultKind::Setup, failed)),
            None => Ok(()),
        }
    }
}

/// What the checks want to know of a site profile.
pub(crate) fn site_fact(site: &Site) -> SiteFact {
    let titles = |wanted: fn(Option<&str>) -> bool| {
        let places = site.places.values().filter(|place| wanted(place.address.as_deref()));
        places.map(|place| place.title.clone()).collect()
    };
    SiteFact {
        title: site.title.clone(),
        training: site.training,
        portals: site.places.len(),
        missing: titles(|address| address.is_none()),
        plain: titles(|address| address.and_then(origin).is_some_and(|origin| origin.starts_with("http:"))),
        hosts: if site.training { Vec::new() } else { site.places.values().filter_map(host_of).collect() },
    }
}

/// Where a portal is; none without an address.
fn host_of(place: &SitePlace) -> Option<HostFact> {
    let address = url::Url::parse(place.address.as_deref()?).ok()?;
    let host = match address.host()? {
        // Brackets are the address's, not the host's.
        url::Host::Ipv6(number) => number.to_string(),
        named => named.to_string(),
    };
    Some(HostFact { portal: place.title.clone(), host, port: address.port_or_known_default()?, answers: None })
}
