//! One kill point: a run of the real program over a fake browser that is killed there, goes on with `ruku resume` until it is done, and
//! is judged by what the portals have stored.
//!
//! The person at the terminal says the truth: what the portals have done, and nothing else.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::driver::Ports;
use super::portal::{Counts, Page, Portal};
use crate::events::events_of;

/// No run of a case takes this long.
const PATIENCE: Duration = Duration::from_secs(180);
/// More runs than any kill point needs.
const RUNS: u32 = 6;

/// What is run, and where its portals stand before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    /// As it is named to `ruku run`.
    pub(crate) playbooks: &'static [&'static str],
    /// Where the browser stands.
    pub(crate) start: Page,
    /// What was done before.
    pub(crate) before: &'static [&'static str],
    /// What has to be done once.
    pub(crate) acts: &'static [&'static str],
}

/// When a process is killed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kill {
    /// At a write: `journal:17:cut`.
    Write(String),
    /// At the press of an act, by its number: the event reached the browser and the server …
    Press(u32, Reached),
    /// So many milliseconds after its start, wherever it is then.
    Moment(u64),
}

/// How far a press came before Ruku was killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reached {
    /// … never hears of it.
    Nobody,
    /// … does it when Ruku is dead already.
    Late,
    /// … has done it, and the answer is lost.
    Server,
}

impl fmt::Display for Kill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kill::Write(at) => f.write_str(at),
            Kill::Press(number, reached) => write!(f, "press:{number}:{reached:?}"),
            Kill::Moment(millis) => write!(f, "moment:{millis}"),
        }
    }
}

impl Kill {
    /// Whether the machine stops with Ruku.
    fn is_power_cut(&self) -> bool {
        matches!(self, Kill::Write(at) if at.ends_with(":cut"))
    }
}

/// What one point showed.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    /// Writes of the first run.
    pub(crate) journal: Vec<String>,
    /// Lines of the ledger after it.
    pub(crate) ledger: usize,
    /// Acts pressed in the first run.
    pub(crate) presses: u32,
    /// How long the first run took.
    pub(crate) took: Duration,
    /// Runs that were killed.
    pub(crate) killed: u32,
    /// Runs that went on.
    pub(crate) resumed: u32,
    /// Questions how a press had ended.
    pub(crate) asked: u32,
    /// Acts done more often than once.
    pub(crate) duplicates: u32,
    /// Acts that were not done.
    pub(crate) lost: u32,
    /// What must not be.
    pub(crate) wrong: Vec<String>,
}

/// A trap for the running process: at which act it is killed.
#[derive(Debug, Default)]
struct Trap {
    pid: Option<Pid>,
    at: Option<(u32, Reached)>,
}

/// One point's own machine: portals, browser, home, people.
struct Bench {
    folder: tempfile::TempDir,
    portal: Arc<Mutex<Portal>>,
    trap: Arc<Mutex<Trap>>,
    presses: Arc<AtomicU32>,
    playbooks: &'static [&'static str],
    port: u16,
}

/// Runs a case that is killed at each of `kills` in turn, the first run at the first, and goes on until it is done.
pub(crate) fn run(runtime: &tokio::runtime::Handle, case: &Case, kills: &[Kill]) -> Shown {
    let bench = Bench::new(runtime, case);
    let mut shown = Shown::default();
    let begun = Instant::now();
    let mut last = bench.go(bench.run_command(), kills.first(), &mut shown);
    shown.took = begun.elapsed();
    shown.journal = bench.newest().map(|run| types(&run)).unwrap_or_default();
    shown.ledger = std::fs::read_to_string(bench.at("training/visitors/once.jsonl")).map_or(0, |text| text.lines().count());
    shown.presses = bench.presses.load(Ordering::Relaxed);
    for number in 1..RUNS {
        if shown.wrong.len() > 1 {
            break;
        }
        let Ended { code, said } = &last;
        match code {
            Some(0) => break,
            // Killed between its last line and its seal.
            Some(6) if said.contains("已经办完") => break,
            None | Some(8) => {}
            Some(code) => shown.wrong.push(format!("a run ended with {code}: {}", last_lines(said))),
        }
        let command = bench.resume_command().unwrap_or_else(|| bench.run_command());
        shown.resumed += 1;
        last = bench.go(command, kills.get(number as usize), &mut shown);
        if number + 1 == RUNS && last.code != Some(0) {
            shown.wrong.push(format!("not done after {RUNS} runs: {}", last_lines(&last.said)));
        }
    }
    bench.judge(case, &mut shown);
    shown
}

/// How a process ended; no code when it was killed.
struct Ended {
    code: Option<i32>,
    said: String,
}

impl Bench {
    fn new(runtime: &tokio::runtime::Handle, case: &Case) -> Bench {
        let _inside = runtime.enter();
        let folder = tempfile::tempdir().unwrap();
        let ports = runtime.block_on(Ports::open());
        let (port, at) = (ports.port, |name: &str| folder.path().join(name));
        let person = ruku::training::people::applicants(1, 1).remove(0);
        let portal = Arc::new(Mutex::new(Portal::new(&person.name, port, case.start, case.before)));
        let (trap, presses) = (Arc::new(Mutex::new(Trap::default())), Arc::new(AtomicU32::new(0)));
        let key = "6b".repeat(32);
        for name in ["files", "training", "home/drivers/browsers", "tmp", "data"] {
            std::fs::create_dir_all(at(name)).unwrap();
        }
        for name in ["营业执照.png", "身份证人像面.png", "身份证国徽面.png", "开户许可证.pdf", "资质证书.pdf"]
        {
            std::fs::write(at("files").join(name), name).unwrap();
        }
        let own = Path::new(env!("CARGO_MANIFEST_DIR"));
        for name in ["playbooks", "drivers/locks", "drivers/agents", "drivers/middleware.yaml"] {
            std::os::unix::fs::symlink(own.join(name), at("home").join(name)).unwrap();
        }
        let (driver, pid) = (at("driver"), at("driver.pid"));
        let script = format!(
            "#!/bin/sh\necho $$ > {}\necho 'ChromeDriver was started successfully on port {port}.'\nexec sleep 600.{port}\n",
            pid.display()
        );
        std::fs::write(&driver, script).unwrap();
        std::fs::set_permissions(&driver, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        let install = json!({"zh": "装上", "en": "install it"});
        let file = json!({
            "name": "fake", "order": 1, "browser_name": "chrome", "options_key": "goog:chromeOptions",
            "binary": {"linux": ["/bin/true"]}, "driver": {"linux": [driver]},
            "install": {"linux": install, "windows": install, "macos": install}, "command_limit_seconds": 20, "arguments": {"always": []},
        });
        std::fs::write(at("home/drivers/browsers/fake.yaml"), file.to_string()).unwrap();
        let instance = ruku::training::Instance {
            version: 1,
            port,
            admin: ruku::base::Secret::new(""),
            token: ruku::base::Secret::new("t"),
            key: ruku::base::Secret::new(&key),
            // Nobody listens there: no lock is seen, the person says that it is in.
            agent_ports: [1, 1],
            second_agent: None,
            pcsc_socket: None,
            pid: std::process::id(),
            dir: at("training"),
            applicants: vec![person],
        };
        instance.write().unwrap();
        let (own_trap, own_presses) = (Arc::clone(&trap), Arc::clone(&presses));
        let act = move |portal: &mut Portal, key: &'static str| press(portal, key, &own_trap, &own_presses);
        ports.serve(Arc::clone(&portal), Box::new(act), &key, pid);
        Bench { portal, trap, presses, playbooks: case.playbooks, port, folder }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn ruku(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ruku"));
        for variable in ["DISPLAY", "WAYLAND_DISPLAY", "RUKU_BROWSER", "RUKU_DRIVER"] {
            command.env_remove(variable);
        }
        command.env("PCSCLITE_CSOCK_NAME", self.at("no-card-service")).env("XDG_DATA_HOME", self.at("data"));
        command.env("TMPDIR", self.at("tmp")).args(["--lang", "zh", "--home"]).arg(self.at("home"));
        command
    }

    fn run_command(&self) -> Command {
        let mut command = self.ruku();
        command.arg("run").args(self.playbooks).args(["--json", "--no-pictures", "--operator", "terminal", "--training-at"]);
        command.arg(self.at("training/training.json")).arg("--runs").arg(self.at("runs")).arg("--files").arg(self.at("files"));
        command
    }

    /// `ruku resume` of the newest run with something to go on with.
    fn resume_command(&self) -> Option<Command> {
        let entries = std::fs::read_dir(self.at("runs")).ok()?.flatten().map(|entry| entry.path());
        let kept = entries.filter(|path| path.extension().is_some_and(|end| end == "resume"));
        let newest = kept.max_by_key(|path| std::fs::metadata(path).and_then(|data| data.modified()).ok())?;
        let mut command = self.ruku();
        command.arg("resume").arg(newest.with_extension("")).arg("--json");
        Some(command)
    }

    fn runs(&self) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(self.at("runs")) else { return Vec::new() };
        let mut runs: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
        runs.sort();
        runs
    }

    fn newest(&self) -> Option<PathBuf> {
        self.runs().pop()
    }

    /// Runs a command to its end, and answers for the person.
    fn go(&self, mut command: Command, kill: Option<&Kill>, shown: &mut Shown) -> Ended {
        self.trap.lock().unwrap().at = match kill {
            Some(Kill::Press(number, reached)) => Some((self.presses.load(Ordering::Relaxed) + number, *reached)),
            _ => None,
        };
        if let Some(Kill::Write(at)) = kill {
            command.env("RUKU_CRASH_AT", at);
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        self.trap.lock().unwrap().pid = Some(Pid::from_child(&child));
        let moment = match kill {
            Some(Kill::Moment(millis)) => Some(Instant::now() + Duration::from_millis(*millis)),
            _ => None,
        };
        let code = self.attend(&mut child, moment, shown);
        self.trap.lock().unwrap().pid = None;
        let mut said = String::new();
        let _ = child.stderr.take().unwrap().read_to_string(&mut said);
        if code.is_none() {
            shown.killed += 1;
            if kill.is_some_and(Kill::is_power_cut) {
                self.power_off();
            }
        }
        Ended { code, said }
    }

    /// The events of a run, as they come, and what the person does about them.
    fn attend(&self, child: &mut Child, mut moment: Option<Instant>, shown: &mut Shown) -> Option<i32> {
        let events = events_of(child.stdout.take().unwrap());
        let mut keyboard = child.stdin.take();
        let late = Instant::now() + PATIENCE;
        loop {
            let next = moment.map_or(late, |moment| moment.min(late));
            match events.recv_timeout(next.saturating_duration_since(Instant::now())) {
                Ok(event) if event["type"] == "gate.open" => {
                    if let (Some(line), Some(keyboard)) = (self.answer(&event, shown), &mut keyboard) {
                        // Who was killed meanwhile hears nothing.
                        let _ = keyboard.write_all(format!("{line}\n").as_bytes()).and_then(|()| keyboard.flush());
                    }
                }
                Ok(_) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
                Err(mpsc::RecvTimeoutError::Timeout) if moment.take().is_some() => drop(child.kill()),
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    shown.wrong.push("a run did not end in time".to_owned());
                    let _ = child.kill();
                    break;
                }
            }
        }
        child.wait().unwrap().code()
    }

    /// What the person types at a gate; none where the page answers.
    fn answer(&self, gate: &Value, shown: &mut Shown) -> Option<String> {
        let mut portal = self.portal.lock().unwrap();
        let words = gate["message"]["zh"].as_str().unwrap_or_default();
        match gate["kind"].as_str().unwrap_or_default() {
            "pin" | "act" => {
                portal.person_acts();
                None
            }
            "seal" => {
                let key = portal.sealing?;
                press(&mut portal, key, &self.trap, &self.presses);
                None
            }
            "address" => Some(format!("http://ca-mutual.localhost:{}/", self.port)),
            "unsure" => {
                shown.asked += 1;
                let Some(key) = portal.act_in(words) else {
                    shown.wrong.push(format!("asked about what no page here does: {words}"));
                    return Some("q".to_owned());
                };
                Some(if portal.done_now(key) { "1" } else { "2" }.to_owned())
            }
            _ => Some(String::new()),
        }
    }

    /// The machine stops: the browser is gone, and with it the login.
    fn power_off(&self) {
        let Ok(number) = std::fs::read_to_string(self.at("driver.pid")) else { return };
        let number = number.trim();
        // A number may be another's by now; its command line is nobody else's.
        let ours = format!("600.{}", self.port);
        let line = std::fs::read(format!("/proc/{number}/cmdline")).unwrap_or_default();
        if String::from_utf8_lossy(&line).contains(&ours)
            && let Some(pid) = number.parse().ok().and_then(Pid::from_raw)
        {
            let _ = kill_process(pid, Signal::KILL);
        }
    }

    fn judge(&self, case: &Case, shown: &mut Shown) {
        let done = self.portal.lock().unwrap().store.done.clone();
        let mut wanted: Counts = BTreeMap::new();
        for key in case.before.iter().chain(case.acts) {
            *wanted.entry(key).or_default() += 1;
        }
        for (key, times) in &done {
            shown.duplicates += times.saturating_sub(wanted.get(key).copied().unwrap_or_default());
        }
        for (key, times) in &wanted {
            shown.lost += times.saturating_sub(done.get(key).copied().unwrap_or_default());
        }
        for run in self.runs() {
            let whole = std::fs::read(run.join("data/log.jsonl")).is_ok_and(|bytes| bytes.contains(&b'\n'));
            let verified = ruku::proof::verify::verify(&run);
            if whole && !verified.ok() {
                let failed: Vec<_> = verified.checks.iter().filter(|check| !check.ok).map(|check| check.name).collect();
                shown.wrong.push(format!("a run folder does not verify: {failed:?}"));
            }
        }
        let left = std::fs::read_dir(self.at("runs")).into_iter().flatten().flatten();
        let left = left.filter(|entry| entry.path().extension().is_some_and(|end| end == "resume")).count();
        if left > 0 {
            shown.wrong.push("what was kept to go on is still there".to_owned());
        }
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.power_off();
    }
}

/// The press of an act: killed or not, done or not, as the trap says.
fn press(portal: &mut Portal, key: &'static str, trap: &Mutex<Trap>, presses: &AtomicU32) {
    let number = presses.fetch_add(1, Ordering::Relaxed) + 1;
    let mut trap = trap.lock().unwrap();
    let reached = trap.at.filter(|(at, _)| *at == number).map(|(_, reached)| reached);
    if reached == Some(Reached::Server) {
        portal.commit(key);
    }
    if let (Some(_), Some(pid)) = (reached, trap.pid) {
        trap.at = None;
        let _ = kill_process(pid, Signal::KILL);
    }
    if matches!(reached, None | Some(Reached::Late)) {
        portal.commit(key);
    }
}

fn last_lines(said: &str) -> String {
    let lines: Vec<&str> = said.lines().collect();
    lines[lines.len().saturating_sub(4)..].join(" | ")
}

fn types(run: &Path) -> Vec<String> {
    let records = ruku::proof::read(run).unwrap_or_default();
    let kind = |record| serde_json::to_value(record).ok().and_then(|value| value["type"].as_str().map(str::to_owned));
    records.iter().filter_map(kind).collect()
}
