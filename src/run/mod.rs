//! Floor 5: one execution: the loop, the once gate, the watch over the lock.
//!
//! A run leaves a complete run folder whatever happens. Never acts while a gate is open, never presses a once-step twice.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use crate::actions::site::Site;
use crate::base::{Fault, FaultKind, Lang, Message, Redactor, Secret, Until, random};
use crate::browser::{Browser, BrowserOptions};
use crate::doctor;
use crate::lock::{AgentAt, LockOptions, LockWatch};
use crate::operator::Operator;
use crate::playbook::{Fact, Playbook, Privacy};
use crate::proof::{self, Event, Mode, PlaybookRef, RunFolder, RunResult, RunStart};

pub mod batch;
mod earlier;
pub mod kept;
mod ledger;
mod lock_guard;
mod once;
mod once_key;
mod question;
mod sealed;
pub mod table;
mod turn;
mod walk;
mod work;

use earlier::{Earlier, Entry};
use kept::Kept;
/// The file of the ledger, beside the installation's key.
pub use ledger::FILE as LEDGER;
use walk::Walk;
use work::Work;

/// Exit code of a run that waits for the portal and goes on by running again.
const PARKED: u8 = 8;

/// How long the browser outlives a run that was killed, for `resume` to find its login; the next run ends it as well.
const OUTLIVES: Duration = Duration::from_secs(600);

/// How long starting the browser may take, slow machines included.
const START: Duration = Duration::from_secs(120);

/// A playbook as it was read, with the very bytes that will be kept as proof.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// The file's name.
    pub file: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What they say, shared lists of steps taken in.
    pub playbook: Playbook,
    /// The files of those lists: name and bytes.
    pub parts: Vec<(String, Vec<u8>)>,
}

/// Which playbooks give a fact, by their sections.
pub type Givers = Box<dyn Fn(&Fact) -> Vec<String> + Send + Sync>;

/// Everything one run needs. The texts are checked before; see `playbook::check`.
pub struct Options {
    /// What to run, in order, in one browser session.
    pub playbooks: Vec<Chosen>,
    /// The trusted site profile, its addresses filled in.
    pub site: Site,
    /// SHA-256 of its file, lower-case hex.
    pub site_sha256: String,
    /// Values of the playbooks' inputs.
    pub inputs: BTreeMap<String, String>,
    /// The folder that files may be uploaded from; none: no playbook may upload.
    pub files: Option<PathBuf>,
    /// How the applicant is called in the record; never a name.
    pub applicant: String,
    /// What the person agreed to before the run: whose package it is and where it goes. None when there was nothing to agree to.
    pub agreed: Option<Message>,
    /// Who is asked.
    pub operator: Box<dyn Operator>,
    /// The `drivers/` folder.
    pub drivers: PathBuf,
    /// Local agents that may see locks, beside those of `drivers/agents`.
    pub agents: Vec<AgentAt>,
    /// Where run folders are made.
    pub runs: PathBuf,
    /// Language of the report.
    pub lang: Lang,
    /// Whether the run is at its own pace or slow, with captions.
    pub mode: Mode,
    /// Whether the browser shows a window.
    pub headed: bool,
    /// Viewport in CSS pixels; even numbers.
    pub viewport: (u32, u32),
    /// Whether pictures are kept. Off only to measure what they cost, at the training portals: without them there is no proof.
    pub pictures: bool,
    /// What texts must not show: the run adds to it, and whoever gave it knows as much. Empty at first.
    pub redactor: Redactor,
    /// Off only in the positive control of the masking test.
    pub masking: bool,
    /// How long a gate waits for the person.
    pub patience: Duration,
    /// Key of this installation, for once-keys and for what is kept to go on.
    pub installation: Secret,
    /// The folder of the ledger: of this installation, or of the training.
    pub ledger: PathBuf,
    /// How the run was started, for [`kept`]; none: nothing is kept, and nobody can go on with it.
    pub command: Option<serde_json::Value>,
    /// A run of the same playbooks to go on with.
    pub earlier: Option<GoOn>,
    /// Stops the run.
    pub cancel: CancellationToken,
    /// The playbooks that give a fact, for the words of a refusal. Asked only then.
    pub givers: Givers,
    /// Told about every event as it is recorded, values hidden.
    pub listener: Arc<dyn Fn(&Event) + Send + Sync>,
}

/// A run to go on with.
#[derive(Debug, Clone)]
pub struct GoOn {
    /// Its folder.
    pub run: PathBuf,
    /// The name of its temporary folder, as it was [`kept`].
    pub work: String,
    /// The names of the folders that it went on with itself, likewise.
    pub before: Vec<String>,
}

/// How a run ended and what it left.
#[derive(Debug)]
pub struct Outcome {
    /// The run folder.
    pub folder: PathBuf,
    /// The report in the run's language.
    pub report: PathBuf,
    /// How it ended.
    pub result: RunResult,
    /// Why it ended there: a finished playbook's reason or the fault's sentence, values hidden.
    pub why: Option<Message>,
    /// The same with names in clear, for the eyes of the person at the screen alone.
    pub spoken: Option<Message>,
    /// 0, 8 for a parked run, or the cause as [`Fault::exit_code`] tells it.
    pub exit_code: u8,
}

/// Runs the playbooks. A fault of the world is in the [`Outcome`] and the run folder.
///
/// # Errors
/// Only when the run folder itself cannot be made or sealed.
pub async fn run(options: Options) -> Result<Outcome, Fault> {
    hide_inputs(&options);
    let redactor = options.redactor.clone();
    let references: Vec<PlaybookRef> = options.playbooks.iter().map(reference).collect();
    let texts = earlier::Texts { playbooks: &references, site: &options.site_sha256 };
    let close = |one: &GoOn| earlier::close(one, &redactor, texts, options.lang);
    let earlier = options.earlier.as_ref().map(close).transpose()?;
    let name = folder_name(&redactor, |name| options.runs.join(name).symlink_metadata().is_ok())?;
    let mut folder = RunFolder::create(&options.runs, &name, redactor.clone())?;
    keep(&options, folder.path(), &name)?;
    folder.observe(options.listener.clone());
    // In boxes here and below: what waits in a run is too large for the stack of a thread.
    let ended = Box::pin(attempt(&options, &redactor, &name, &mut folder, references, earlier)).await;
    let (result, why, exit_code) = match &ended {
        Ok(walk::Flow::On) => (RunResult::Done, None, 0),
        Ok(walk::Flow::Finish(why)) => (RunResult::Finished, Some(why.clone()), 0),
        Ok(walk::Flow::Park(why)) => (RunResult::Parked, Some(why.clone()), PARKED),
        Err(fault) if fault.kind == FaultKind::Stopped => (RunResult::Stopped, Some(fault.message.clone()), fault.exit_code()),
        Err(fault) if fault.kind == FaultKind::Unsure => (RunResult::Unsure, Some(fault.message.clone()), fault.exit_code()),
        Err(fault) => (RunResult::Failed, Some(fault.message.clone()), fault.exit_code()),
    };
    let sealed = folder.end(result, why.clone(), exit_code).and_then(|_| folder.seal(options.lang));
    let sealed = sealed.map_err(|fault| unsealed(&ended, &fault))?;
    if result.is_done() {
        kept::remove(&sealed.path);
    }
    let kept = why.as_ref().map(|why| redactor.hide_message(why));
    Ok(Outcome { folder: sealed.path, report: sealed.report, result, why: kept, spoken: why, exit_code })
}

/// The fault of a run whose folder could not be finished: how the run itself ended comes first, it may have to be checked at the portal.
fn unsealed(ended: &Result<walk::Flow, Fault>, fault: &Fault) -> Fault {
    let Message { zh, en } = fault.message.phrase();
    match ended {
        Err(first) => {
            let said = first.message.phrase();
            let (first_zh, first_en) = (said.zh, said.en);
            let told = crate::say!(
                "{first_zh}。办理档案也没有写完：{zh}。",
                "{first_en}; and the run folder could not be finished: {en}"
            );
            Fault::new(first.kind, told)
        }
        Ok(_) => Fault::new(
            fault.kind,
            crate::say!(
                "办理已结束，但办理档案没有写完：{zh}。",
                "the run has ended, but its folder could not be finished: {en}"
            ),
        ),
    }
}

/// Keeps what is needed to go on, secrets left out: those are asked again. What was kept for the run before is kept here now.
fn keep(options: &Options, run: &Path, work: &str) -> Result<(), Fault> {
    let Some(command) = options.command.clone() else { return Ok(()) };
    let secret = |name: &str| {
        let declared = options.playbooks.iter().filter_map(|chosen| chosen.playbook.inputs.get(name));
        declared.into_iter().any(|input| input.privacy == Privacy::Secret)
    };
    let inputs = options.inputs.iter().filter(|(name, _)| !secret(name));
    let inputs = inputs.map(|(name, value)| (name.clone(), value.clone())).collect();
    let last = |earlier: &GoOn| earlier.run.file_name().map(|name| name.to_string_lossy().into_owned());
    let earlier = options.earlier.iter();
    let before: Vec<String> = earlier.flat_map(|earlier| earlier.before.iter().cloned().chain(last(earlier))).collect();
    let kept = Kept { command, inputs, work: work.to_owned(), before };
    kept::write(run, &kept, &options.installation)?;
    if let Some(earlier) = &options.earlier {
        kept.before.iter().for_each(|name| kept::remove(&earlier.run.with_file_name(name)));
    }
    Ok(())
}

/// The browser of a run, its temporary folder, and whether an earlier run left both.
struct Ground {
    browser: Browser,
    work: Work,
    taken_over: bool,
}

/// The browser that the earlier run left, if it still lives, or a new one.
async fn ground(options: &Options, redactor: &Redactor, name: &str, earlier: Option<&Earlier>) -> Result<Ground, Fault> {
    let until = Until::after(START, options.cancel.clone());
    if let Some(earlier) = earlier
        && let Some(work) = Work::take_over(&earlier.work).await?
    {
        match Browser::attach(browser_options(options, redactor, &work), &until).await? {
            Some(browser) => return Ok(Ground { browser, work, taken_over: true }),
            None => work.give_up().await,
        }
    }
    let work = Work::create(name).await?;
    let browser = Browser::start(browser_options(options, redactor, &work), &until).await?;
    Ok(Ground { browser, work, taken_over: false })
}

async fn attempt(
    options: &Options,
    redactor: &Redactor,
    name: &str,
    folder: &mut RunFolder,
    playbooks: Vec<PlaybookRef>,
    earlier: Option<Earlier>,
) -> Result<walk::Flow, Fault> {
    let ground = Box::pin(ground(options, redactor, name, earlier.as_ref())).await;
    folder.record(Event::RunStart(RunStart {
        run: name.to_owned(),
        ruku: env!("CARGO_PKG_VERSION").to_owned(),
        playbooks,
        site: options.site.name.clone(),
        site_title: Some(options.site.title.clone()),
        site_sha256: Some(options.site_sha256.clone()),
        training: options.site.training,
        mode: options.mode,
        lang: options.lang,
        machine: machine(options.operator.name(), ground.as_ref().ok().map(|ground| &ground.browser)),
        subject: options.applicant.clone(),
        continues: earlier.as_ref().and_then(|earlier| earlier.continues.clone()),
    }))?;
    for (number, chosen) in options.playbooks.iter().enumerate() {
        folder.keep_file(&format!("{}-{}", number + 1, file_name(&chosen.file)), &chosen.bytes)?;
        for (name, bytes) in &chosen.parts {
            folder.keep_file(&format!("{}-part-{name}.yaml", number + 1), bytes)?;
        }
    }
    if let Some(message) = options.agreed.clone() {
        folder.record(Event::GateOpen { gate: 1, kind: "package".to_owned(), message })?;
        folder.record(Event::GateClose { gate: 1, answer: "yes".to_owned() })?;
    }
    let flow = match ground {
        Ok(Ground { browser, work, taken_over }) => {
            // Without its browser the login is gone too: all playbooks are gone through again, and do what is left to do.
            let entry = earlier
                .filter(|_| taken_over)
                .and_then(|earlier| Entry::kept(&work.path).filter(|entry| entry.playbook == earlier.playbook));
            if taken_over {
                keep(options, folder.path(), &work.name())?;
            }
            let flow = Box::pin(walk(options, redactor, &browser, folder, &work, entry)).await;
            browser.end().await;
            flow
        }
        Err(fault) => Err(fault),
    };
    if let Err(fault) = &flow {
        // Where it cannot be written, neither can the end of the folder, which says so beside the fault.
        let _ = folder.record(Event::Fault { step: None, kind: fault.kind, message: fault.message.clone() });
    }
    flow
}

async fn walk(
    options: &Options,
    redactor: &Redactor,
    browser: &Browser,
    folder: &mut RunFolder,
    work: &Work,
    entry: Option<Entry>,
) -> Result<walk::Flow, Fault> {
    let locks = LockWatch::start(LockOptions { drivers: options.drivers.clone(), agents: options.agents.clone() })?;
    // A conflict is a warning: which driver to do without is the person's choice.
    if let Some(finding) = doctor::fighting_agents(&options.drivers, &options.agents).await? {
        folder.record(Event::Warning { step: None, message: finding.message() })?;
    }
    let flow = Walk::new(options, redactor, browser, &locks, folder, &work.path).playbooks(entry).await;
    locks.end();
    flow
}

fn browser_options(options: &Options, redactor: &Redactor, work: &Work) -> BrowserOptions {
    BrowserOptions {
        headed: options.headed,
        viewport: options.viewport,
        work: work.path.clone(),
        lang: options.lang,
        drivers: options.drivers.clone(),
        redactor: redactor.clone(),
        harmless_pictures: options.site.harmless_addresses(),
        personal_origins: options.site.personal_origins(),
        masking: options.masking,
        outlives: OUTLIVES,
    }
}

fn reference(chosen: &Chosen) -> PlaybookRef {
    let digest = |bytes: &[u8]| hex::encode(Sha256::digest(bytes));
    PlaybookRef {
        file: file_name(&chosen.file),
        sha256: digest(&chosen.bytes),
        parts: {
            let mut parts: Vec<String> = chosen.parts.iter().map(|(_, bytes)| digest(bytes)).collect();
            parts.sort();
            parts
        },
        guide: chosen.playbook.guide.value.clone(),
        edition: chosen.playbook.edition.value.clone(),
        title: chosen.playbook.title.message(),
    }
}

/// Tells the redactor the values to hide: every input, declared or not, but for those that the trusted site profile calls public. What a playbook says of
/// an input can only add to that.
fn hide_inputs(options: &Options) {
    let private = |name: &str| {
        let declared = options.playbooks.iter().filter_map(|chosen| chosen.playbook.inputs.get(name));
        declared.into_iter().any(|input| input.privacy != Privacy::Public)
    };
    for (name, value) in &options.inputs {
        if private(name) || !options.site.public_inputs.contains(name) {
            options.redactor.add(value);
        } else {
            options.redactor.show(value);
        }
    }
}

fn file_name(file: &str) -> String {
    std::path::Path::new(file).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// `20261122-081500-1a2b`: sorts by time, Beijing's as in the report; `taken` tells the names that are there already, as of a run of the same
/// second.
///
/// By time. A short number that is somebody's (how many people a company has) may stand in any row of digits: then a name without digits.
fn folder_name(redactor: &Redactor, taken: impl Fn(&str) -> bool) -> Result<String, Fault> {
    loop {
        let random = hex::encode(random::bytes::<2>()?);
        let by_time = format!("{}-{random}", proof::beijing_now().strftime("%Y%m%d-%H%M%S"));
        if !redactor.is_clean(&by_time) {
            break;
        }
        if !taken(&by_time) {
            return Ok(by_time);
        }
    }
    let letters = random::bytes::<8>()?.map(|byte| char::from(b'a' + byte % 26));
    Ok(format!("run-{}", letters.iter().collect::<String>()))
}

/// Facts about this machine that a reader of the proof may ask for. Nothing that names a person.
fn machine(operator: &str, browser: Option<&Browser>) -> BTreeMap<String, String> {
    let mut facts = BTreeMap::from([
        ("operator".to_owned(), operator.to_owned()),
        ("os".to_owned(), std::env::consts::OS.to_owned()),
        ("arch".to_owned(), std::env::consts::ARCH.to_owned()),
        ("time_zone".to_owned(), jiff::tz::TimeZone::system().iana_name().unwrap_or("unknown").to_owned()),
    ]);
    if let Some(browser) = browser {
        let told = browser.facts();
        facts.insert("browser".to_owned(), told.browser.clone());
        facts.insert("browser_version".to_owned(), told.browser_version.clone());
        facts.insert("driver_version".to_owned(), told.driver_version.clone());
    }
    facts
}

/// The reader of the ledger, for `fuzz/`.
#[cfg(fuzzing)]
pub fn fuzz(bytes: &[u8]) {
    let _ = ledger::read(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_taken_is_not_given_again() {
        let met = std::cell::RefCell::new(Vec::new());
        let twice = |name: &str| {
            met.borrow_mut().push(name.to_owned());
            met.borrow().len() < 3
        };
        let name = folder_name(&Redactor::default(), twice).unwrap();
        assert_eq!((met.borrow().len(), met.borrow().last()), (3, Some(&name)));
    }

    #[test]
    fn a_name_holds_no_number_of_somebody() {
        let redactor = Redactor::default();
        assert!(folder_name(&redactor, |_| false).unwrap().starts_with("20"));
        redactor.add(&proof::beijing_now().strftime("%Y%m%d").to_string());
        let name = folder_name(&redactor, |_| false).unwrap();
        assert!(name.starts_with("run-") && redactor.hide(&name) == name, "{name}");
    }
}
