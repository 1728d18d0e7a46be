//! A training of its own for a test, and runs of the real program in it.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::events::events_of;

/// No step of any test takes this long; a test that waits this long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(240);
/// How long between two looks at a condition that nobody announces.
const LOOK: Duration = Duration::from_millis(50);
/// Arguments of a run whose pages nobody looks at: no pictures, which take half of its time, and the least of a page, since the processor
/// draws every pixel (a third fewer save a tenth).
pub(crate) const UNSEEN: [&str; 3] = ["--no-pictures", "--viewport", "1024x640"];

/// The program, without what the machine of the test may have set.
pub(crate) fn ruku() -> Command {
    ruku_in("zh", Path::new(env!("CARGO_MANIFEST_DIR")))
}

/// The same in a language, with its texts and drivers in another folder.
pub(crate) fn ruku_in(lang: &str, home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ruku"));
    for variable in ["DISPLAY", "WAYLAND_DISPLAY", "PCSCLITE_CSOCK_NAME"] {
        command.env_remove(variable);
    }
    command.args(["--lang", lang, "--home"]).arg(home);
    command
}

/// A running `ruku training serve`.
pub(crate) struct World {
    serving: Option<Child>,
    /// Its training.json.
    pub(crate) file: PathBuf,
    /// A folder for run folders, and for whatever the test writes.
    pub(crate) folder: tempfile::TempDir,
}

impl World {
    pub(crate) fn start(seed: u64) -> World {
        World::start_on(seed, None)
    }

    /// The same with so many people.
    pub(crate) fn start_with(seed: u64, people: usize) -> World {
        World::serve(seed, &["--people", &people.to_string()], None)
    }

    /// The same with windows of its own on a display: the agent's.
    pub(crate) fn start_on(seed: u64, display: Option<&str>) -> World {
        World::serve(seed, &[], display)
    }

    fn serve(seed: u64, words: &[&str], display: Option<&str>) -> World {
        let folder = tempfile::tempdir().unwrap();
        let mut command = ruku();
        command.args(["training", "serve", "--until-input-ends", "--seed", &seed.to_string()]).args(words);
        command.arg("--dir").arg(folder.path().join("training"));
        command.envs(display.map(|display| ("DISPLAY", display)));
        let mut serving = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let Some(line) = first_line(serving.stdout.take().unwrap()) else {
            end(serving, Duration::ZERO);
            panic!("the training did not start; it has said why above");
        };
        World { serving: Some(serving), file: PathBuf::from(line), folder }
    }

    /// The number of the process of the portals.
    pub(crate) fn pid(&self) -> u32 {
        self.serving.as_ref().unwrap().id()
    }

    /// Kills the portals at once, as a power cut would.
    pub(crate) fn kill_portals(&mut self) {
        end(self.serving.take().unwrap(), Duration::ZERO);
    }

    /// A call of the trainer's interface, such as `/slow`, that must succeed.
    pub(crate) fn admin(&self, path: &str, body: &Value) {
        self.call("POST", path, body);
    }

    /// What the trainer's interface tells at `path`.
    pub(crate) fn ask(&self, path: &str) -> Value {
        self.call("GET", path, &Value::Null)
    }

    /// A call of the trainer's interface and its answer.
    pub(crate) fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let instance = self.instance();
        let port = u16::try_from(instance["port"].as_u64().unwrap()).unwrap();
        let bearer = format!("Bearer {}", instance["token"].as_str().unwrap());
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let body = body.to_string().into_bytes();
        let answer =
            block_on(ruku::base::http::request(method, port, "admin.localhost", path, &headers, body, PATIENCE)).unwrap();
        assert_eq!(answer.status, 200, "{path}: {}", String::from_utf8_lossy(&answer.body));
        serde_json::from_slice(&answer.body).unwrap_or(Value::Null)
    }

    /// A ticket of the sign-on for an applicant, good once: `{"ticket", "address"}`.
    pub(crate) fn ticket(&self, site: &str, applicant: &str) -> Value {
        self.call("POST", "/ticket", &serde_json::json!({ "site": site, "applicant": applicant }))
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
        let mut command = self.run_of(&["2.1.1", "2.2"]);
        command.args(words);
        if let Some(display) = display {
            command.arg("--headed").env("DISPLAY", display);
        }
        Running::start(command)
    }

    /// `ruku run` of these playbooks in this training, to be completed and started. Temporary files lie in [`World::temporary`].
    pub(crate) fn run_of(&self, playbooks: &[&str]) -> Command {
        self.run_in("zh", playbooks)
    }

    /// The same unseen: for what is read from portals, words and events.
    pub(crate) fn unpictured(&self, playbooks: &[&str]) -> Command {
        let mut command = self.run_of(playbooks);
        command.args(UNSEEN);
        command
    }

    /// The same in a language.
    pub(crate) fn run_in(&self, lang: &str, playbooks: &[&str]) -> Command {
        let mut command = ruku_in(lang, Path::new(env!("CARGO_MANIFEST_DIR")));
        command.env("TMPDIR", self.temporary()).arg("run").args(playbooks).args(["--json", "--training-at"]).arg(&self.file);
        command.arg("--runs").arg(self.folder.path().join("runs"));
        command
    }

    /// The folder for temporary files of this world's runs, and of no other's.
    pub(crate) fn temporary(&self) -> PathBuf {
        let path = self.folder.path().join("tmp");
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    /// `ruku resume` of a run folder, to be completed and started.
    pub(crate) fn resume(&self, run: &Path) -> Command {
        let mut command = ruku();
        command.env("TMPDIR", self.temporary()).arg("resume").arg(run).arg("--json");
        command
    }

    /// Writes a text into the world's folder and says where.
    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    /// The run folder made last.
    pub(crate) fn newest_run(&self) -> PathBuf {
        let mut folders: Vec<PathBuf> =
            std::fs::read_dir(self.folder.path().join("runs")).unwrap().map(|entry| entry.unwrap().path()).collect();
        // Beside a folder lies what is kept to go on with its run.
        folders.retain(|path| path.is_dir());
        folders.sort_by_key(|folder| std::fs::metadata(folder.join("data/log.jsonl")).unwrap().modified().unwrap());
        folders.pop().expect("a run folder")
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(serving) = self.serving.take() {
            end(serving, PATIENCE);
        }
    }
}

/// The first line that a program prints; none when it ends or says nothing for too long.
pub(crate) fn first_line(out: ChildStdout) -> Option<String> {
    let (sender, line) = mpsc::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = BufReader::new(out).read_line(&mut line);
        let _ = sender.send(read.map(|_| line.trim().to_owned()));
    });
    line.recv_timeout(PATIENCE).ok()?.ok().filter(|line| !line.is_empty())
}

/// Closes a program's standard input, gives it `allowed` to end by itself and then kills it.
fn end(mut child: Child, allowed: Duration) {
    drop(child.stdin.take());
    let pid = pid(&child);
    let (sender, ended) = mpsc::channel();
    let waiting = std::thread::spawn(move || {
        let _ = child.wait();
        let _ = sender.send(());
    });
    if ended.recv_timeout(allowed).is_err() {
        // Ended just now or not: until it has been waited for, the number is its own; afterwards there is nobody to signal.
        let _ = kill_process(pid, Signal::KILL);
    }
    waiting.join().unwrap();
}

fn pid(child: &Child) -> Pid {
    Pid::from_child(child)
}

/// One call to a service of this machine; none when it does not answer within `allowed`.
pub(crate) fn call(
    method: &str,
    port: u16,
    host: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
    allowed: Duration,
) -> Option<ruku::base::http::Answer> {
    block_on(ruku::base::http::request(method, port, host, path, headers, body.to_vec(), allowed)).ok()
}

/// Runs one future to its end.
pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// Looks again and again until `holds`; for what announces itself to nobody.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let late = std::time::Instant::now() + PATIENCE;
    // What holds may itself wait for an answer, so it is not asked inside of the runtime.
    while !holds() {
        assert!(std::time::Instant::now() < late, "still not so: {what}");
        block_on(async { tokio::time::sleep(LOOK).await });
    }
}

/// A run under way: its events as they come, its standard input as the person's keyboard. Killed when the test fails before its end.
pub(crate) struct Running {
    child: Child,
    keyboard: Option<ChildStdin>,
    /// None once nobody listens any more.
    events: Option<mpsc::Receiver<Value>>,
    /// Every event so far.
    pub(crate) seen: Vec<Value>,
    /// What has been said on standard error so far, in whole lines.
    said: Arc<Mutex<String>>,
    /// The same, once standard error is closed.
    errors: mpsc::Receiver<String>,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Running {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let events = events_of(child.stdout.take().unwrap());
        let err = BufReader::new(child.stderr.take().unwrap());
        let (done, errors) = mpsc::channel();
        let said = Arc::new(Mutex::new(String::new()));
        let so_far = Arc::clone(&said);
        std::thread::spawn(move || {
            for line in err.lines().map_while(Result::ok) {
                println!("    {line}");
                let mut text = so_far.lock().unwrap();
                text.push_str(&line);
                text.push('\n');
            }
            let _ = done.send(so_far.lock().unwrap().clone());
        });
        Running { keyboard: child.stdin.take(), child, events: Some(events), seen: Vec::new(), said, errors }
    }

    /// Waits for an event of this type for which `wanted` holds.
    pub(crate) fn wait_for(&mut self, kind: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let events = self.events.as_ref().unwrap();
        loop {
            let event = events.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no {kind} came; so far: {:#?}", self.seen));
            self.seen.push(event.clone());
            if event["type"] == kind && wanted(&event) {
                return event;
            }
        }
    }

    /// Waits for a line, of whatever type, for which `wanted` holds.
    pub(crate) fn wait_until(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        let events = self.events.as_ref().unwrap();
        loop {
            let event = events.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("it did not come; so far: {:#?}", self.seen));
            self.seen.push(event.clone());
            if wanted(&event) {
                return event;
            }
        }
    }

    /// Waits until this has been said on standard error.
    pub(crate) fn wait_said(&self, words: &str) {
        until(words, || self.said.lock().unwrap().contains(words));
    }

    /// What has happened meanwhile, if anything.
    pub(crate) fn next_event(&mut self) -> Option<Value> {
        let event = self.events.as_ref()?.try_recv().ok()?;
        self.seen.push(event.clone());
        Some(event)
    }

    /// Types a line.
    pub(crate) fn type_line(&mut self, line: &str) {
        let keyboard = self.keyboard.as_mut().unwrap();
        writeln!(keyboard, "{line}").unwrap();
        keyboard.flush().unwrap();
    }

    /// Whether it has ended, killed or by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)))
    }

    /// The number of its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal to the run, and to nobody else.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(pid(&self.child), signal).unwrap();
    }

    /// Closes the reading end of its standard output at the next event.
    pub(crate) fn stop_listening(&mut self) {
        self.events = None;
    }

    /// Waits for the end: exit code (-1 after a signal), what was said on standard error, all events that were heard.
    pub(crate) fn end(mut self) -> (i32, String, Vec<Value>) {
        if let Some(events) = self.events.take() {
            // The channel closes when the program has ended.
            loop {
                match events.recv_timeout(PATIENCE) {
                    Ok(event) => self.seen.push(event),
                    Err(mpsc::RecvTimeoutError::Disconnected) => break,
                    Err(mpsc::RecvTimeoutError::Timeout) => panic!("the run did not end; so far: {:#?}", self.seen),
                }
            }
        }
        let errors = self.errors.recv_timeout(PATIENCE).expect("the run did not end");
        drop(self.keyboard.take());
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        (code, errors, std::mem::take(&mut self.seen))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both do nothing to a program that has been waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
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
            if holds(&bytes, word) {
                found.push((path.clone(), word.clone()));
            }
        }
    }
    found
}

/// Files below a folder that hold the word, as it stands or as UTF-16, whatever else goes on there.
pub(crate) fn files_with(folder: &Path, word: &str) -> Vec<PathBuf> {
    let wide: Vec<u8> = word.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            found.extend(files_with(&path, word));
        } else if std::fs::metadata(&path).is_ok_and(|file| file.is_file() && file.len() < 64 << 20)
            && let Ok(bytes) = std::fs::read(&path)
            && (holds(&bytes, word) || bytes.windows(wide.len()).any(|window| window == wide))
        {
            found.push(path);
        }
    }
    found
}

/// All folders at any depth that hold a file of this name.
pub(crate) fn folders_with(folder: &Path, name: &str) -> Vec<PathBuf> {
    let inner =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir() && !path.is_symlink());
    let mut found: Vec<PathBuf> = inner.flat_map(|path| folders_with(&path, name)).collect();
    found.extend(folder.join(name).is_file().then(|| folder.to_owned()));
    found
}

/// Whether a word stands somewhere. A number as short as a PIN must stand alone: hashes are full of such.
pub(crate) fn holds(bytes: &[u8], word: &str) -> bool {
    let alone = |at: Option<&u8>| word.len() > 6 || at.is_none_or(|byte| !byte.is_ascii_alphanumeric());
    bytes.windows(word.len()).enumerate().any(|(at, window)| {
        window == word.as_bytes()
            && alone(at.checked_sub(1).and_then(|before| bytes.get(before)))
            && alone(bytes.get(at + word.len()))
    })
}

/// Another person each time; the seed is printed so that a failure can be repeated.
pub(crate) fn rand_seed() -> u64 {
    let seed = getrandom::u64().unwrap();
    println!("seed {seed}");
    seed
}

/// Prints into the test output although the test passes: tables that a person wants to see. (`println!` is kept back by the harness.)
pub(crate) fn raw(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
