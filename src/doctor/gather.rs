//! Looking: brings the facts together. Never a fault for what is missing: that is what the findings are for.

use std::path::Path;
use std::time::Duration;

use futures_util::future::join_all;

use super::facts::{AgentFact, BrowserFact, Facts, LockFact, ProgramFact, SiteFact};
use super::{machine, middleware};
use crate::base::{Fault, FaultKind, Message, Until, files};
use crate::browser::{self, BrowserFacts};
use crate::lock::{AgentAt, Detector, Drivers, LockWatch, Service, Snapshot};

/// An agent that runs answers within this time of the first look.
const AGENTS: Duration = Duration::from_millis(1500);
/// A portal that works takes a connection within this time.
const PORTALS: Duration = Duration::from_secs(5);

/// What is to be looked at.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    /// The `drivers/` folder.
    pub drivers: &'a Path,
    /// Where run folders are made.
    pub runs: &'a Path,
    /// What matters of the site profile, if there is one.
    pub site: Option<SiteFact>,
    /// Readers, locks and agents, as the watch sees them.
    pub locks: &'a Snapshot,
    /// The browser of the run under way; without it the programs of this machine are asked.
    pub browser: Option<&'a BrowserFacts>,
}

/// Waits until readers, locks and agents have been looked at, for as long as a person would.
///
/// # Errors
/// `Stopped` by `until`.
pub async fn settled(locks: &LockWatch, until: &Until) -> Result<Snapshot, Fault> {
    let late = |fault: Fault| if fault.kind == FaultKind::TimedOut { Ok(locks.present()) } else { Err(fault) };
    let looked = locks.looked(until).await.or_else(late)?;
    if looked.agents.iter().all(|agent| agent.answers) {
        return Ok(looked);
    }
    let waiting_for = crate::say!("CA 助手回答", "the CA agents to answer");
    let answered = |snapshot: &Snapshot| snapshot.agents.iter().all(|agent| agent.answers);
    locks.until(answered, &waiting_for, &until.within(AGENTS)).await.or_else(late)
}

/// Gathers the facts.
///
/// # Errors
/// `Io` or `Setup` when the `drivers` folder itself cannot be read.
pub async fn gather(asked: &Asked<'_>, until: &Until) -> Result<Facts, Fault> {
    let variables = |name: &str| std::env::var(name).ok();
    let titles = Drivers::read(asked.drivers)?.agents;
    let title = |name: &str| {
        titles.iter().find(|agent| agent.name == name).map_or_else(|| Message::same(name), |agent| agent.title.clone())
    };
    let snapshot = asked.locks;
    let ports: Vec<AgentAt> =
        snapshot.agents.iter().map(|agent| AgentAt { name: agent.name.clone(), port: agent.port }).collect();
    let (proxies, proxy_spares_loopback) = machine::proxies(&variables);
    let temporary = files::users_temporary();
    let temporary_private = machine::is_private(&temporary, &variables);
    let (service_absent, readers) = match &snapshot.service {
        Service::Ready { readers } => (None, readers.clone()),
        Service::Absent { why } => (Some(why.clone()), Vec::new()),
    };
    // Behind a proxy nothing is reached without it.
    let hosts = asked.site.iter().flat_map(|site| &site.hosts).filter(|_| proxies.is_empty());
    let answers = join_all(hosts.map(|at| machine::answers(&at.host, at.port, PORTALS)));
    let (browser, vendors, font, local_network_allowed, answers) = tokio::join!(
        browser_fact(asked, until),
        middleware::vendors(asked.drivers, &ports),
        machine::font(&variables),
        machine::local_network_allowed(),
        answers,
    );
    let mut site = asked.site.clone();
    for (host, answers) in site.iter_mut().flat_map(|site| &mut site.hosts).zip(answers) {
        host.answers = Some(answers);
    }
    Ok(Facts {
        browser: browser?,
        service_absent,
        readers,
        locks: snapshot
            .locks
            .iter()
            .map(|lock| LockFact {
                place: match &lock.detector {
                    Detector::PcSc { reader } => Message::same(reader),
                    Detector::Agent { name } => title(name),
                },
                not_before: lock.certificate.as_ref().map(|certificate| certificate.not_before),
                not_after: lock.certificate.as_ref().map(|certificate| certificate.not_after),
                trouble: lock.trouble.clone(),
            })
            .collect(),
        agents: snapshot
            .agents
            .iter()
            .map(|agent| AgentFact { title: title(&agent.name), answers: agent.answers, trouble: agent.trouble.clone() })
            .collect(),
        vendors: vendors?,
        remote: machine::remote(&variables),
        font,
        disks: vec![machine::disk(asked.runs), machine::disk(&temporary)],
        now: jiff::Timestamp::now(),
        zone: jiff::tz::TimeZone::system().iana_name().unwrap_or("unknown").to_owned(),
        proxies,
        proxy_spares_loopback,
        site,
        local_network_allowed,
        temporary,
        temporary_private,
    })
}

async fn browser_fact(asked: &Asked<'_>, until: &Until) -> Result<BrowserFact, Fault> {
    let version = |text: &str| Some(ProgramFact { path: None, version: (!text.is_empty()).then(|| text.to_owned()) });
    if let Some(running) = asked.browser {
        let (browser, driver) = (version(&running.browser_version), version(&running.driver_version));
        return Ok(BrowserFact { kind: running.browser.clone(), browser, driver, missing: None });
    }
    match browser::versions(asked.drivers, until).await {
        Ok(found) => {
            let program = |program: browser::Program| Some(ProgramFact { path: Some(program.path), version: program.version });
            Ok(BrowserFact { kind: found.kind, browser: program(found.browser), driver: program(found.driver), missing: None })
        }
        Err(fault) if fault.kind == FaultKind::Setup => {
            Ok(BrowserFact { missing: Some(fault.message), ..BrowserFact::default() })
        }
        Err(fault) => Err(fault),
    }
}
