//! A training of its own for a test, and runs of the real program in it.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

/// No step of any test takes this long; a test that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(240);

fn ruku() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ruku"));
    command.env_remove("DISPLAY").env_remove("PCSCLITE_CSOCK_NAME").args(["--lang", "zh", "--home", env!("CARGO_MANIFEST_DIR")]);
    command
}

/// A running `ruku training serve`.
pub(crate) struct World {
    serving: Child,
    /// Its training.json.
    pub(crate) file: PathBuf,
    /// A folder for run folders, and for whatever the test writes.
    pub(crate) folder: tempfile::TempDir,
}

impl World {
    pub(crate) fn start(seed: u64) -> World {
        let folder = tempfile::tempdir().unwrap();
        let mut command = ruku();
        command.args(["training", "serve", "--until-input-ends", "--seed", &seed.to_string()]);
        command.arg("--dir").arg(folder.path().join("training"));
        let mut serving = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(serving.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(!line.trim().is_empty(), "the training did not start; it has said why above");
        World { serving, file: PathBuf::from(line.trim()), folder }
    }

    /// Kills the portals at once, as a power cut would.
    pub(crate) fn kill_portals(&mut self) {
        self.serving.kill().unwrap();
        self.serving.wait().unwrap();
    }

    /// `ruku training … --at`, its output as JSON where it is some.
    pub(crate) fn training(&self, words: &[&str]) -> Value {
        let output = ruku().arg("training").args(words).arg("--at").arg(&self.file).output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
    }

    /// What the portals have stored.
    pub(crate) fn store(&self) -> Value {
        self.training(&["store"])
    }

    /// One counter of irreversible acts.
    pub(crate) fn counter(&self, name: &str) -> u64 {
        self.store()["counters"][name].as_u64().unwrap_or_else(|| panic!("no counter {name} in {}", self.store()))
    }

    /// The instance file.
    pub(crate) fn instance(&self) -> Value {
        serde_json::from_slice(&std::fs::read(&self.file).unwrap()).unwrap()
    }

    /// Starts `ruku run 2.1.1 2.2` with more arguments; `display` shows the browser there.
    pub(crate) fn run(&self, words: &[&str], display: Option<&str>) -> Running {
        let mut command = ruku();
        command.args(["run", "2.1.1", "2.2", "--json", "--training-at"]).arg(&self.file);
        command.arg("--runs").arg(self.folder.path().join("runs")).args(words);
        if let Some(display) = display {
            command.arg("--headed").env("DISPLAY", display);
        }
        Running::start(command)
    }

    /// The run folder made last.
    pub(crate) fn newest_run(&self) -> PathBuf {
        let mut folders: Vec<PathBuf> =
            std::fs::read_dir(self.folder.path().join("runs")).unwrap().map(|entry| entry.unwrap().path()).collect();
        folders.sort_by_key(|folder| std::fs::metadata(folder.join("data/log.jsonl")).unwrap().modified().unwrap());
        folders.pop().expect("a run folder")
    }
}

impl Drop for World {
    fn drop(&mut self) {
        drop(self.serving.stdin.take());
        let _ = self.serving.wait();
    }
}

/// A run under way: its events as they come, its standard input as the person's keyboard.
pub(crate) struct Running {
    child: Child,
    keyboard: Option<ChildStdin>,
    events: mpsc::Receiver<Value>,
    /// Every event so far.
    pub(crate) seen: Vec<Value>,
    errors: std::thread::JoinHandle<String>,
}

impl Running {
    fn start(mut command: Command) -> Running {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, events) = mpsc::channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if let Ok(event) = serde_json::from_str(&line) {
                    let _ = sender.send(event);
                }
            }
        });
        let err = BufReader::new(child.stderr.take().unwrap());
        let errors = std::thread::spawn(move || {
            let mut text = String::new();
            for line in err.lines().map_while(Result::ok) {
                println!("    {line}");
                text.push_str(&line);
                text.push('\n');
            }
            text
        });
        Running { keyboard: child.stdin.take(), child, events, seen: Vec::new(), errors }
    }

    /// Waits for an event of this type for which `wanted` holds.
    pub(crate) fn wait_for(&mut self, kind: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let event = self.events.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no {kind} came; so far: {:#?}", self.seen));
            self.seen.push(event.clone());
            if event["type"] == kind && wanted(&event) {
                return event;
            }
        }
    }

    /// Types a line.
    pub(crate) fn type_line(&mut self, line: &str) {
        let keyboard = self.keyboard.as_mut().unwrap();
        writeln!(keyboard, "{line}").unwrap();
        keyboard.flush().unwrap();
    }

    /// Waits for the end: exit code and what was said on standard error.
    pub(crate) fn end(mut self) -> (i32, String, Vec<Value>) {
        // The channel closes when the program has ended.
        loop {
            match self.events.recv_timeout(PATIENCE) {
                Ok(event) => self.seen.push(event),
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    self.child.kill().unwrap();
                    panic!("the run did not end; so far: {:#?}", self.seen);
                }
            }
        }
        drop(self.keyboard.take());
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        (code, self.errors.join().unwrap(), self.seen)
    }
}

/// Runs a shell command in a folder, as a stranger would.
pub(crate) fn shell(folder: &Path, line: &str) -> Output {
    Command::new("bash").args(["-c", &format!("set -euo pipefail; {line}")]).current_dir(folder).output().unwrap()
}

/// Every byte below a folder that holds one of the words: file and word.
pub(crate) fn find_words(folder: &Path, words: &[String]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(find_words(&path, words));
            continue;
        }
        // Sockets hold nothing.
        if !path.is_file() {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        for word in words {
            if bytes.windows(word.len()).any(|window| window == word.as_bytes()) {
                found.push((path.clone(), word.clone()));
            }
        }
    }
    found
}
