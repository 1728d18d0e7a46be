//! What Ruku costs, measured from outside with real processes: start-up, `ruku check`, and runs of the guide against the training portals
//! with real Chromium. `cargo bench --bench guide [-- ROUNDS]`.
//!
//! Says what it cannot measure on this machine and goes on. Never touches a real portal, and never measures a program that knows the hooks of
//! the tests: what is handed out must not.

#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

#[path = "../tests/it/hooks.rs"]
mod hooks;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

// What pictures without masks would have to wait for as well.
use ruku::base::cost::STILL;

/// What is run, in one browser session: the whole guide.
const PLAYBOOKS: &[&str] = &["onboarding"];
/// Runs with pictures, and as many without.
const ROUNDS: usize = 3;
/// Starts of the short commands.
const STARTS: usize = 40;
/// How often the memory of a run is looked at; the kernel keeps the peak itself.
const LOOK: Duration = Duration::from_millis(20);

/// Aims: `ruku check` in milliseconds, peak memory of a run in MB.
const CHECK_AIM: f64 = 20.0;
const MEMORY_AIM: f64 = 40.0;
/// The share of safety in the guide's wall time, in percent.
const COST_AIM: f64 = 5.0;
const TOGETHER: &str = "masks and syncs together (the waits for a still page are listed apart)";

fn main() {
    let known = hooks::known(Path::new(env!("CARGO_BIN_EXE_ruku")));
    if !known.is_empty() {
        eprintln!("this program knows {}, as only a debug build may: cargo bench --bench guide", known.join(" and "));
        std::process::exit(2);
    }
    let rounds = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(ROUNDS);
    println!("{:<44} {:>9} {:>9} {:>9} {:>9}", "", "min", "median", "p90", "max");
    short("ruku --version, ms", &["--version"], None);
    short("ruku check (all playbooks), ms", &["check"], Some(CHECK_AIM));
    if let Some(why) = no_browser() {
        println!("no runs measured: {why}");
        return;
    }
    let (mut walls, mut memory, mut commands) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
    let mut costs = BTreeMap::new();
    for round in 0..rounds {
        for pictures in [true, false] {
            let run = Run::of(round, pictures);
            let note = if pictures { "with pictures" } else { "without" };
            for (playbook, wall) in run.walls {
                walls.entry((playbook, note)).or_insert_with(Vec::new).push(wall.as_secs_f64() * 1000.0);
            }
            if pictures {
                for (cost, share) in run.shares {
                    costs.entry(cost).or_insert_with(Vec::new).push(share);
                }
                memory.extend(run.memory.map(|kilobytes| kilobytes as f64 / 1024.0));
                for (action, sent) in run.commands {
                    commands.entry(action).or_insert_with(Vec::new).push(sent);
                }
            }
        }
    }
    for ((playbook, note), values) in walls {
        line(&format!("{playbook}, {note}, ms"), values, None);
    }
    for (cost, shares) in costs {
        let aim = (cost == TOGETHER).then_some(COST_AIM);
        line(&format!("{cost}, % of the wall time with pictures"), shares, aim);
    }
    if memory.is_empty() {
        println!("peak memory: not told by this system");
    } else {
        line("peak memory of the run, browser excluded, MB", memory, Some(MEMORY_AIM));
    }
    println!("protocol commands per action (classic + BiDi, its picture not counted):");
    for (action, values) in commands {
        line(&format!("  {action} ({}×)", values.len()), values, None);
    }
}

/// The program, as it comes: nothing that this machine has set for it.
fn ruku() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ruku"));
    command.env_remove("DISPLAY").env_remove("PCSCLITE_CSOCK_NAME").args(["--lang", "en", "--home", env!("CARGO_MANIFEST_DIR")]);
    command
}

/// Starts a command again and again until it has ended.
fn short(title: &str, arguments: &[&str], aim: Option<f64>) {
    let once = || {
        let mut command = ruku();
        command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
        let begun = Instant::now();
        let status = command.status().unwrap();
        assert!(status.success(), "{arguments:?}: {status}");
        begun.elapsed().as_secs_f64() * 1000.0
    };
    once();
    line(title, (0..STARTS).map(|_| once()).collect(), aim);
}

/// One line of the table: ranks, so that one slow round does not hide the others.
fn line(title: &str, mut values: Vec<f64>, aim: Option<f64>) {
    values.sort_by(f64::total_cmp);
    let rank = |share: f64| values[((values.len() - 1) as f64 * share).round() as usize];
    let aim = aim.map(|aim| format!("  aim < {aim}: {}", if rank(0.5) < aim { "met" } else { "MISSED" })).unwrap_or_default();
    println!("{title:<44} {:>9.1} {:>9.1} {:>9.1} {:>9.1}{aim}", rank(0.0), rank(0.5), rank(0.9), rank(1.0));
}

/// Why no browser can be started here; the doctor knows.
fn no_browser() -> Option<String> {
    let output = ruku().args(["doctor", "--json"]).output().unwrap();
    let findings = String::from_utf8_lossy(&output.stdout).into_owned();
    let findings: Vec<serde_json::Value> = findings.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let failed = findings
        .iter()
        .find(|finding| finding["state"] == "failed" && ["browser", "driver"].iter().any(|id| finding["id"] == *id))?;
    Some(format!("{} {}", failed["seen"]["en"].as_str().unwrap_or_default(), failed["remedy"]["en"].as_str().unwrap_or_default()))
}

/// A training of its own, ended with its input.
struct Training {
    serving: Child,
    file: PathBuf,
}

impl Training {
    fn start(seed: usize, dir: &Path) -> Training {
        let mut command = ruku();
        command.args(["training", "serve", "--until-input-ends", "--seed", &seed.to_string(), "--dir"]).arg(dir.join("training"));
        let mut serving = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut file = String::new();
        BufReader::new(serving.stdout.take().unwrap()).read_line(&mut file).unwrap();
        assert!(!file.trim().is_empty(), "the training did not start; `ruku training serve` says why");
        Training { serving, file: file.trim().into() }
    }
}

impl Drop for Training {
    fn drop(&mut self) {
        drop(self.serving.stdin.take());
        let _ = self.serving.wait();
    }
}

/// What one run cost.
struct Run {
    /// From the first step of a playbook to the first one of the next, or to the end.
    walls: Vec<(String, Duration)>,
    /// Peak resident memory of the run's own process in kB, where the system tells.
    memory: Option<u64>,
    /// Commands to the browser, by action.
    commands: Vec<(String, f64)>,
    /// What masks, stillness and syncs cost, in percent of the wall time.
    shares: Vec<(String, f64)>,
}

impl Run {
    fn of(round: usize, pictures: bool) -> Run {
        let folder = tempfile::tempdir().unwrap();
        let training = Training::start(round + 1, folder.path());
        let mut command = ruku();
        command.arg("run").args(PLAYBOOKS).args(["--json", "--training-at"]).arg(&training.file);
        command.arg("--runs").arg(folder.path().join("runs")).env("RUKU_LOG", "ruku::stats=debug");
        if !pictures {
            command.arg("--no-pictures");
        }
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, events) = mpsc::channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                let _ = sender.send((Instant::now(), line));
            }
        });
        let mut err = child.stderr.take().unwrap();
        let said = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = err.read_to_string(&mut text);
            text
        });
        let (mut begins, mut memory) = (Vec::<(String, Instant)>::new(), None);
        loop {
            memory = peak(child.id()).or(memory);
            match events.recv_timeout(LOOK) {
                Ok((at, line)) => {
                    let event: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
                    let playbook = event["playbook"].as_str().filter(|_| event["type"] == "step.start");
                    if let Some(playbook) = playbook.filter(|own| begins.last().is_none_or(|(last, _)| last != own)) {
                        begins.push((playbook.to_owned(), at));
                    } else if event["type"] == "run.end" {
                        begins.push((String::new(), at));
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        let (status, said) = (child.wait().unwrap(), said.join().unwrap());
        assert!(status.success(), "the run failed ({status}):\n{said}");
        let walls: Vec<_> = begins.windows(2).map(|pair| (pair[0].0.clone(), pair[1].1 - pair[0].1)).collect();
        let whole = walls.iter().map(|(_, wall)| wall.as_secs_f64()).sum::<f64>();
        let mut shares = BTreeMap::from([(TOGETHER.to_owned(), 0.0)]);
        for (cost, seconds) in said.lines().filter_map(cost) {
            let share = seconds / whole * 100.0;
            if cost != STILL {
                *shares.entry(TOGETHER.to_owned()).or_default() += share;
            }
            *shares.entry(cost).or_default() += share;
        }
        Run { walls, memory, commands: said.lines().filter_map(sent).collect(), shares: shares.into_iter().collect() }
    }
}

/// One value of a line of `ruku::stats`.
fn field<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    line.split_once(&format!(" {name}="))?.1.split(' ').next().map(|value| value.trim_matches('"'))
}

/// Action and commands of one line.
fn sent(line: &str) -> Option<(String, f64)> {
    let number = |name: &str| field(line, name)?.parse::<f64>().ok();
    Some((field(line, "action")?.to_owned(), number("classic")? + number("bidi")?))
}

/// What one line says that something cost: which, and seconds.
fn cost(line: &str) -> Option<(String, f64)> {
    Some((field(line, "cost")?.to_owned(), field(line, "micros")?.parse::<f64>().ok()? / 1e6))
}

/// The peak resident memory of a process so far, in kB.
fn peak(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().trim_end_matches(" kB").parse().ok()
}
