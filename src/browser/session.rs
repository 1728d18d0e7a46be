//! `Browser`: one session of one browser, from start to end.
//!
//! Never reports success for a command whose answer did not come: after the time limit of a classic command the driver is killed,
//! because it would hold up every later command of the session.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fantoccini::error::CmdError;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::bidi::Bidi;
use super::events::{Events, SUBSCRIBED, Sent};
use super::fault;
use super::installed::{self, Installed};
use super::life::Life;
use super::page::Memory;
use super::process::Driver;
use crate::base::{Fault, FaultKind, Lang, Message, Redactor, Until, files};
use crate::say;

/// How long a polite end may take before the processes are killed.
const POLITE_END: Duration = Duration::from_secs(10);

/// How a browser is to be started.
#[derive(Debug, Clone)]
pub struct BrowserOptions {
    /// With a visible window (a person looks on) or without.
    pub headed: bool,
    /// Width and height of the page in CSS pixels.
    pub viewport: (u32, u32),
    /// The run's own folder, absolute: profile, crash reports, downloads, temporary files. Made if missing; the caller removes it.
    pub work: PathBuf,
    /// The language of Ruku's own words in the page. Pages are always asked for in Chinese.
    pub lang: Lang,
    /// The `drivers` folder.
    pub drivers: PathBuf,
    /// The values that pictures and texts must not show.
    pub redactor: Redactor,
    /// Addresses, without query, of pictures that show nothing personal, such as logos; one that ends with a slash stands for a folder.
    pub harmless_pictures: Vec<String>,
    /// Origins all of whose pages are personal.
    pub personal_origins: BTreeSet<String>,
    /// Whether pictures are masked. Off only for the positive control of the masking tests.
    pub masking: bool,
    /// How long the browser outlives a Ruku that was killed, so that [`Browser::attach`] finds it with its login. Whole seconds.
    pub outlives: Duration,
}

/// What the journal says about the browser.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrowserFacts {
    /// Name, such as `chrome`.
    pub browser: String,
    /// Version of the browser.
    pub browser_version: String,
    /// Version of the driver.
    pub driver_version: String,
}

/// One running browser with its session. Dropping it kills its processes; [`Browser::end`] ends them politely.
#[derive(Debug)]
pub struct Browser {
    client: Client,
    pub(super) bidi: Arc<Bidi>,
    pub(super) events: Arc<Events>,
    pub(super) life: Arc<Life>,
    pub(super) options: BrowserOptions,
    pub(super) memory: Memory,
    /// Origins where personal values were shown or entered: what no script can read is covered there from then on.
    pub(super) personal: Mutex<BTreeSet<String>>,
    /// Taken over from a killed Ruku: what was shown or entered in it is not known, so every page counts as personal.
    pub(super) taken_over: bool,
    current: Mutex<String>,
    facts: BrowserFacts,
    command_limit: Duration,
    classic_commands: AtomicU64,
}

/// How many commands went to the browser since its start: what a run costs, for measuring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commands {
    /// Classic ones, over HTTP.
    pub classic: u64,
    /// BiDi ones, over the socket.
    pub bidi: u64,
}

impl Browser {
    /// Finds, starts and connects a browser with an empty page of exactly the wanted size.
    ///
    /// # Errors
    /// [`FaultKind::Setup`] when browser or driver are missing, do not start or do not fit each other; [`FaultKind::Io`] when the work
    /// folder cannot be made; [`FaultKind::TimedOut`] and [`FaultKind::Stopped`] by `until`.
    pub async fn start(options: BrowserOptions, until: &Until) -> Result<Browser, Fault> {
        let installed = installed::find(&options.drivers, &|name| std::env::var(name).ok())?;
        for folder in ["", "crashes", "data", "downloads", "tmp"] {
            files::private_dir(&options.work.join(folder))?;
        }
        let mut environment = installed.environment(&options.work);
        environment.extend(temporary_folder(&options));
        keep_fonts(&options.work);
        let mut driver = Driver::start(&installed.driver, &environment, &options.work, options.outlives, until).await?;
        let capabilities = installed.capabilities(options.headed, as_root(), options.viewport, &options.work);
        let connecting = connect(&driver.record().url, capabilities, &installed);
        let client = until.run(&say!("浏览器启动", "the browser to start"), connecting).await??;
        let told = client.capabilities().cloned().unwrap_or_default();
        let browser_pid = told.get("goog:processID").and_then(Value::as_u64).and_then(|pid| u32::try_from(pid).ok());
        let session = client.session_id().await.ok().flatten().unwrap_or_default();
        let socket = told.get("webSocketUrl").and_then(Value::as_str).unwrap_or_default();
        driver.remember(browser_pid, &session, socket, &facts(&told))?;
        if socket.is_empty() {
            return Err(no_bidi(&installed));
        }
        let browser = Browser::over(driver, client, installed.command_limit(), options, until).await?;
        browser.prepare(until).await?;
        browser.install_page_script(until).await?;
        browser.fit_viewport(until).await?;
        Ok(browser)
    }

    /// Takes over the browser that a killed Ruku left in the work folder of `options`, windows, logins and all; none when there is none that
    /// still lives and answers: what is left is to be reaped then. Messages that a page shows count again from its next document on.
    ///
    /// # Errors
    /// As [`Browser::start`].
    pub async fn attach(options: BrowserOptions, until: &Until) -> Result<Option<Browser>, Fault> {
        let Some(driver) = Driver::adopt(&options.work, options.outlives)? else { return Ok(None) };
        let limit = installed::find(&options.drivers, &|name| std::env::var(name).ok())?.command_limit();
        let (url, session) = (driver.record().url.clone(), driver.record().session.clone());
        let attaching = async {
            let client = Client::with_existing_session(&url, &session, HttpConnector::new()).await.ok()?;
            let mut browser = Browser::over(driver, client, limit, options, until).await.ok()?;
            browser.taken_over = true;
            // Before the events are asked for: those of what is open already come at once.
            browser.connect_page_script();
            browser.prepare(until).await.ok()?;
            Some(browser)
        };
        until.run(&say!("重新连接浏览器", "the browser to be taken over"), attaching).await
    }

    /// A session that the driver holds, and its BiDi side.
    async fn over(
        driver: Driver,
        client: Client,
        command_limit: Duration,
        options: BrowserOptions,
        until: &Until,
    ) -> Result<Browser, Fault> {
        let (socket, facts) = (driver.record().socket.clone(), driver.record().facts.clone());
        let life = Arc::new(Life::new(driver));
        let events = Arc::new(Events::new());
        let bidi = Bidi::connect(&socket, Arc::clone(&life), Arc::clone(&events), until).await?;
        Ok(Browser {
            client,
            bidi: Arc::new(bidi),
            events,
            life,
            personal: Mutex::new(options.personal_origins.clone()),
            taken_over: false,
            options,
            memory: Memory::default(),
            current: Mutex::default(),
            facts,
            command_limit,
            classic_commands: AtomicU64::new(0),
        })
    }

    /// Listens to events and finds the first window.
    async fn prepare(&self, until: &Until) -> Result<(), Fault> {
        let doing = say!("准备浏览器窗口", "prepare the browser window");
        self.bidi.command("session.subscribe", json!({"events": SUBSCRIBED}), &doing, until).await?;
        let tree = self.bidi.command("browsingContext.getTree", json!({"maxDepth": 0}), &doing, until).await?;
        let first = tree["contexts"][0]["context"].as_str().unwrap_or_default().to_owned();
        self.set_current(&first);
        Ok(())
    }

    /// Name and versions for the journal.
    pub fn facts(&self) -> &BrowserFacts {
        &self.facts
    }

    /// The fault that took browser or driver away, if they are gone. Nothing works after that.
    pub fn took_away(&self) -> Option<Fault> {
        self.life.gone()
    }

    /// The commands so far.
    pub fn commands(&self) -> Commands {
        Commands { classic: self.classic_commands.load(Ordering::Relaxed), bidi: self.bidi.sent() }
    }

    /// Requests other than GET, HEAD and OPTIONS with a number above `since` (0: all). The browser itself may repeat a request after a
    /// broken connection; only the portal knows for sure.
    pub fn sent_since(&self, since: u64) -> Vec<Sent> {
        self.events.sent_since(since)
    }

    /// Ends session, browser and driver, and waits until they are gone (at most some seconds, then by force).
    pub async fn end(self) {
        if self.life.gone().is_none() {
            let closing = self.client.clone().close();
            if !matches!(tokio::time::timeout(POLITE_END, closing).await, Ok(Ok(()))) {
                tracing::debug!("the session did not end politely");
            }
        }
        if let Some(driver) = self.life.driver() {
            driver.end(POLITE_END).await;
        }
    }

    /// The window that calls work in.
    pub fn current_context(&self) -> String {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_current(&self, context: &str) {
        context.clone_into(&mut self.current.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// One classic command. It runs on when the caller's limit passes (the session could not take another one before it ends);
    /// past its own limit the driver counts as hung and is killed.
    pub(super) async fn classic<T, W>(&self, doing: Message, until: &Until, command: impl FnOnce(Client) -> W) -> Result<T, Fault>
    where
        T: Send + 'static,
        W: Future<Output = Result<T, CmdError>> + Send + 'static,
    {
        if let Some(fault) = self.life.gone() {
            return Err(fault);
        }
        self.classic_commands.fetch_add(1, Ordering::Relaxed);
        let (life, limit, words) = (Arc::clone(&self.life), self.command_limit, doing.clone());
        let command = command(self.client.clone());
        let task = tokio::spawn(async move {
            let (fault, gone) = match tokio::time::timeout(limit, command).await {
                Ok(Ok(done)) => return Ok(done),
                Ok(Err(error)) => fault::of_command(&error, &words),
                Err(_) => (hung(&words, limit), true),
            };
            if gone {
                life.take_away(fault.clone());
            }
            Err(fault)
        });
        let work = async { task.await.unwrap_or_else(|error| Err(fault::taken_away(&Message::same(error.to_string())))) };
        self.life.run(until, &doing, work).await
    }

    /// The PNG bytes of the current window, as the browser made them. Only the page side turns them into a picture.
    pub(super) async fn raw_png(&self, until: &Until) -> Result<Vec<u8>, Fault> {
        self.classic(say!("截屏", "take a picture"), until, async |client: Client| client.screenshot().await).await
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // At once, whatever background task still holds the life of this session.
        drop(self.life.driver());
    }
}

async fn connect(url: &str, capabilities: serde_json::Map<String, Value>, installed: &Installed) -> Result<Client, Fault> {
    let mut builder = ClientBuilder::new(HttpConnector::new());
    builder.capabilities(capabilities);
    builder.connect(url).await.map_err(|error| fault::of_new_session(&error, installed))
}

fn facts(told: &serde_json::Map<String, Value>) -> BrowserFacts {
    let word = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let driver = ["chrome", "msedge"].iter().find_map(|key| {
        let told = told.get(*key)?;
        told.get("chromedriverVersion").or_else(|| told.get("msedgedriverVersion"))?.as_str()
    });
    BrowserFacts {
        browser: word(told.get("browserName")),
        browser_version: word(told.get("browserVersion")),
        driver_version: driver.and_then(|text| text.split(' ').next()).unwrap_or_default().to_owned(),
    }
}

fn hung(doing: &Message, limit: Duration) -> Fault {
    let (zh, en, seconds) = (&doing.zh, &doing.en, limit.as_secs());
    fault::taken_away(&say!(
        "{zh}时驱动程序 {seconds} 秒没有回答，已被终止",
        "the driver was asked to {en}, did not answer for {seconds} s and was ended"
    ))
}

fn no_bidi(installed: &Installed) -> Fault {
    let driver = installed.driver.display();
    Fault::new(
        FaultKind::Setup,
        say!(
            "驱动程序 {driver} 不支持 WebDriver BiDi。请更新浏览器与驱动程序。",
            "the driver {driver} does not know WebDriver BiDi; update browser and driver"
        ),
    )
}

/// Temporary files inside the work folder, unless its path is too long for the socket the browser puts there.
fn temporary_folder(options: &BrowserOptions) -> Option<(String, String)> {
    let folder = options.work.join("tmp").to_string_lossy().into_owned();
    (cfg!(unix) && folder.len() <= 60).then(|| ("TMPDIR".to_owned(), folder))
}

/// The person's own fonts stay in sight although the browser's data folder is the run's own.
#[cfg(unix)]
fn keep_fonts(work: &Path) {
    let data = std::env::var_os("XDG_DATA_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".local/share")));
    let Some(fonts) = data.map(|data| data.join("fonts")).filter(|fonts| fonts.is_dir()) else { return };
    // It is there already when a work folder is used twice.
    if let Err(error) = std::os::unix::fs::symlink(&fonts, work.join("data/fonts")) {
        tracing::debug!(%error, "the person's fonts were not linked");
    }
}

#[cfg(not(unix))]
fn keep_fonts(_work: &Path) {}

#[cfg(unix)]
fn as_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(not(unix))]
fn as_root() -> bool {
    false
}
