//! Puts the training together: certificates, cards with their private card service, agent, portals.
//!
//! Never leaves a part behind: each child process ends when this one does, however it ends.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::agents::{AgentStart, LocalAgents};
use super::cards::{self, CardHost, Mode};
use super::people::Applicant;
use super::serve::{Locks, ServeOptions, Serving, listen, serve};
use super::store::Store;
use super::{Instance, Site, papers};
use crate::base::{Fault, FaultKind, Until, challenge, files};
use crate::pki::{self, Identity, Issued, PersonSubject, TrainingCa};

/// How many fictitious applicants a training has, unless somebody wants more.
const PEOPLE: usize = 2;
/// PIN tries of a virtual lock. Real ones have between 6 and 10 (BJCA 10, 国资CA 6).
const TRIES: u8 = 6;
/// Validity of the virtual locks' certificates, in days.
const VALID_DAYS: i64 = 365;
/// How long the parts may take to come up, slow machines included.
const START: Duration = Duration::from_secs(90);
/// How long a training that is said to run in the same folder has to prove it.
const ANSWER: Duration = Duration::from_secs(10);

/// What [`start()`] needs.
#[derive(Debug, Clone)]
pub struct Options {
    /// The training's folder; none makes a temporary one that is removed at the end.
    pub dir: Option<PathBuf>,
    /// Seed of the fictitious people.
    pub seed: Option<u64>,
    /// How many fictitious people there are; none keeps the number that there is.
    pub people: Option<usize>,
    /// Port of the portals; 0 chooses.
    pub port: u16,
    /// The folder whose `node_modules` the pages use.
    pub assets: PathBuf,
    /// This program, which is also the card host and the agent.
    pub exe: PathBuf,
}

/// A training that is up.
pub struct Running {
    /// What `training.json` says.
    pub instance: Instance,
    /// Where `training.json` is.
    pub file: PathBuf,
    serving: Serving,
    agents: Arc<LocalAgents>,
    cards: Arc<CardHost>,
    temporary: Option<PathBuf>,
}

impl Running {
    /// Ends all parts; call it after the token of [`start()`] was cancelled. Removes a temporary folder.
    pub async fn end(self) {
        // Each part is gone in any case; how it went is of no use to anybody now.
        let _ = self.serving.ended().await;
        let _ = self.agents.end().await;
        if let Some(cards) = Arc::into_inner(self.cards) {
            cards.end().await;
        }
        if let Some(folder) = self.temporary {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// Brings everything up and returns when it can be used.
///
/// # Errors
/// `Setup` when a part cannot start, saying what to install.
pub async fn start(options: Options, cancel: CancellationToken) -> Result<Running, Fault> {
    // Before people and keys are made that nobody could use.
    CardHost::possible()?;
    let temporary = options.dir.is_none().then(temporary_folder);
    let dir = options.dir.clone().or_else(|| temporary.clone()).unwrap_or_default();
    let started = start_in(dir, options, temporary.clone(), cancel).await;
    if let (Err(_), Some(folder)) = (&started, temporary) {
        let _ = std::fs::remove_dir_all(folder);
    }
    started
}

async fn start_in(
    dir: PathBuf,
    options: Options,
    temporary: Option<PathBuf>,
    cancel: CancellationToken,
) -> Result<Running, Fault> {
    files::private_dir(&dir)?;
    let dir = std::path::absolute(&dir).map_err(|error| Fault::io("打开文件夹", "open folder", &dir, &error))?;
    let until = Until::after(START, cancel.clone());
    let before = Instance::read(&dir).ok();
    if let Some(before) = &before {
        vacant(before).await?;
    }
    let people = options.people.or(before.as_ref().map(|before| before.applicants.len())).unwrap_or(PEOPLE);
    let store = Store::open(&dir, options.seed, people)?;
    let ca = certificate_authority(&dir)?;
    // Locks of people who are still the same stay the same, PIN counters included.
    let ids = |people: &[Applicant]| people.iter().map(|person| person.id_number.clone()).collect::<Vec<_>>();
    if before.is_none_or(|before| ids(&before.applicants) != ids(store.applicants())) {
        issue(&ca, &dir, store.applicants())?;
    }
    papers::write(&dir, store.applicants())?;
    let cards = Arc::new(CardHost::start(&dir, &options.exe).await?);
    let listener = listen(options.port, &dir).await?;
    let port = listener.local_addr().map_err(|error| Fault::io("监听端口", "listen on", &dir, &error))?.port();
    let origins = [Site::CaMutual, Site::CaAuth, Site::Registry, Site::Member].map(|site| site.origin(port));
    let agents = AgentStart { exe: options.exe, dir: dir.clone(), origins: origins.to_vec(), pcsc_socket: cards.pcsc_socket() };
    let agents = Arc::new(LocalAgents::start(agents, &until).await?);
    let ports = agents.ports();
    let serving = serve(
        ServeOptions {
            listener,
            dir: dir.clone(),
            store,
            agent_ports: [ports.0, ports.1],
            ca_der: ca.der().to_vec(),
            locks: Arc::new(VirtualLocks { cards: Arc::downgrade(&cards), ca, dir: dir.clone() }),
            agents: agents.clone(),
            assets_dir: options.assets,
            pcsc_socket: Some(cards.pcsc_socket()),
        },
        cancel,
    )
    .await?;
    Ok(Running { instance: serving.instance.clone(), file: Instance::path(&dir), serving, agents, cards, temporary })
}

/// Refuses the folder of a training that still runs: two of them would write over each other's files.
async fn vacant(before: &Instance) -> Result<(), Fault> {
    if challenge::prove(before.port, &before.key, ANSWER).await.is_err() {
        return Ok(());
    }
    let (dir, pid) = (before.dir.display(), before.pid);
    Err(Fault::new(
        FaultKind::Setup,
        crate::say!(
            "{dir} 里的模拟平台正在运行（进程 {pid}）。请直接使用它，或先结束它（在它的终端按 Ctrl-C），或用 --dir 另指一个文件夹。",
            "the training of {dir} is running (process {pid}); use it, or end it first (Ctrl-C in its terminal), or name another folder with --dir"
        ),
    ))
}

fn temporary_folder() -> PathBuf {
    std::env::temp_dir().join(format!("ruku-training-{}", std::process::id()))
}

/// The CA of this folder: the one it had before, or a new one.
fn certificate_authority(dir: &Path) -> Result<TrainingCa, Fault> {
    let (certificate, key) = (dir.join("ca.der"), dir.join("ca.key"));
    if let (Ok(der), Ok(key)) = (std::fs::read(&certificate), std::fs::read(&key).map(Zeroizing::new)) {
        return TrainingCa::load(&der, &key);
    }
    let ca = TrainingCa::create()?;
    files::replace(&key, &ca.key_pkcs8()?)?;
    files::replace(&certificate, ca.der())?;
    Ok(ca)
}

fn issue(ca: &TrainingCa, dir: &Path, people: &[Applicant]) -> Result<(), Fault> {
    for person in people {
        let legal = &person.legal;
        for (holder, card, pin) in [(&person.name, &person.card, &person.pin), (&legal.name, &legal.card, &legal.pin)] {
            let issued = ca.issue(&PersonSubject {
                holder: holder.clone(),
                organisation: person.company.clone(),
                valid_days: VALID_DAYS,
            })?;
            cards::make_card(dir, card, &issued, pin, TRIES)?;
        }
    }
    Ok(())
}

/// The card host as the admin interface sees it.
struct VirtualLocks {
    /// Weak: the admin interface must not keep the cards alive after the training has ended.
    cards: std::sync::Weak<CardHost>,
    ca: TrainingCa,
    dir: PathBuf,
}

impl VirtualLocks {
    fn host(&self) -> Result<Arc<CardHost>, Fault> {
        self.cards
            .upgrade()
            .ok_or_else(|| Fault::new(FaultKind::Gone, crate::say!("模拟平台正在结束。", "the training is ending")))
    }

    /// Gives a card another certificate. The host keeps what it has inserted in memory, so a card that is in is pulled and put back.
    async fn revise(&self, card: &str, revised: impl FnOnce(&Issued) -> Result<Issued, Fault>) -> Result<(), Fault> {
        let host = self.host()?;
        let slot = host.state().await?.into_iter().find(|slot| slot.card.as_deref() == Some(card)).map(|slot| slot.slot);
        if let Some(slot) = slot {
            host.pull(slot).await?;
        }
        let done = cards::revise(&self.dir, card, revised);
        if let Some(slot) = slot {
            host.insert(slot, card).await?;
        }
        done
    }
}

impl Locks for VirtualLocks {
    fn issue<'a>(&'a self, people: &'a [Applicant]) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            papers::write(&self.dir, people)?;
            issue(&self.ca, &self.dir, people)
        })
    }

    fn insert<'a>(&'a self, slot: u8, card: &'a str) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move { self.host()?.insert(slot.into(), card).await.map(drop) })
    }

    fn pull(&self, slot: u8) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(async move { self.host()?.pull(slot.into()).await.map(drop) })
    }

    fn mode<'a>(&'a self, slot: u8, mode: &'a str) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            let known = serde_json::from_value::<Mode>(mode.into()).map_err(|_| {
                Fault::new(
                    FaultKind::Refused,
                    crate::say!(
                        "没有模式「{mode}」。",
                        "there is no mode “{mode}”; there are normal, burning-verify, slow and dies"
                    ),
                )
            })?;
            self.host()?.mode(slot.into(), known).await.map(drop)
        })
    }

    fn renew<'a>(&'a self, card: &'a str) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(self.revise(card, |before| {
            let person = pki::read(&before.der)?;
            let organisation = person.organisation.unwrap_or_default();
            self.ca.issue(&PersonSubject { holder: person.holder, organisation, valid_days: VALID_DAYS })
        }))
    }

    fn validity<'a>(&'a self, card: &'a str, days: i64) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(self.revise(card, move |before| self.ca.revise(before, days)))
    }

    fn certificate(&self, card: &str) -> Option<Identity> {
        cards::certificate(&self.dir, card)
    }

    fn state(&self) -> BoxFuture<'_, Result<serde_json::Value, Fault>> {
        Box::pin(async move {
            let slots = self.host()?.state().await?;
            Ok(serde_json::to_value(slots).unwrap_or_default())
        })
    }
}
