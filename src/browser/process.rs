//! Driver and browser as processes: started in a group of their own, ended together, also when Ruku itself is killed.
//!
//! Never leaves a process behind: [`Driver`] kills its group when dropped; a guard in the same group kills it when Ruku dies
//! first; [`super::reap`] ends what even that left.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use process_wrap::tokio::{ChildWrapper, CommandWrap};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Command;
use tokio::sync::watch;

use super::leftover::{self, Mark, RECORD, Record};
use super::session::BrowserFacts;
use crate::base::{Fault, FaultKind, Until};
use crate::say;

/// How much of the driver's own output is kept for an error message, in lines.
const KEPT_LINES: usize = 8;

/// How often a driver is started whose port another took before it could listen.
const STARTS: u32 = 5;

/// What chromedriver says of such a port, for either family of addresses.
const PORT_TAKEN: &str = "port not available";

/// What became of one start.
enum Started {
    Listens(Box<Driver>),
    /// With the last words of the driver.
    PortTaken(String),
}

/// A running driver, with everything it starts.
#[derive(Debug)]
pub(super) struct Driver {
    /// None when an earlier Ruku started it.
    child: Option<Box<dyn ChildWrapper>>,
    /// Its standard input closes when this process dies, however it dies; some time later it kills the driver's group.
    guard: Option<tokio::process::Child>,
    work: PathBuf,
    record: Record,
    ended: bool,
}

impl Driver {
    /// Starts the driver on a free port of its own choice and waits until it listens.
    ///
    /// The driver picks a port for IPv6 and then wants the same one for IPv4, where anybody may be faster; then it ends, and is started
    /// again.
    pub(super) async fn start(
        program: &Path,
        environment: &[(String, String)],
        work: &Path,
        outlives: Duration,
        until: &Until,
    ) -> Result<Driver, Fault> {
        let mut left = STARTS;
        loop {
            left -= 1;
            match Driver::start_once(program, environment, work, outlives, until).await? {
                Started::Listens(driver) => return Ok(*driver),
                Started::PortTaken(last_words) if left == 0 => return Err(does_not_start(program, &last_words)),
                Started::PortTaken(_) => {}
            }
        }
    }

    async fn start_once(
        program: &Path,
        environment: &[(String, String)],
        work: &Path,
        outlives: Duration,
        until: &Until,
    ) -> Result<Started, Fault> {
        let mut command = Command::new(program);
        // Never --verbose: the log would hold what is typed into pages.
        command.arg("--port=0").envs(environment.iter().map(|(name, value)| (name, value)));
        command.current_dir(work).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut wrapped = CommandWrap::from(command);
        wrapped.wrap(process_wrap::tokio::KillOnDrop);
        set_apart(&mut wrapped);
        let mut child = wrapped.spawn().map_err(|error| does_not_start(program, &error.to_string()))?;
        let pid = child.id().ok_or_else(|| does_not_start(program, "no process id"))?;
        let (out, err) = (child.stdout().take(), child.stderr().take());
        let record = Record { driver: Some(Mark::of(pid)), ..Record::default() };
        let mut driver = Driver { child: Some(child), guard: None, work: work.to_owned(), record, ended: false };
        driver.guard = guard(pid, outlives)?;
        driver.record.guard = driver.guard.as_ref().and_then(tokio::process::Child::id).map(Mark::of);
        driver.record.write(work)?;
        match announced_port(out, err, until).await? {
            Ok(port) => driver.record.url = format!("http://127.0.0.1:{port}"),
            Err(last_words) if last_words.contains(PORT_TAKEN) => return Ok(Started::PortTaken(last_words)),
            Err(last_words) => return Err(does_not_start(program, &last_words)),
        }
        Ok(Started::Listens(Box::new(driver)))
    }

    /// Takes over the driver of a killed Ruku in `work`, if it and its browser still live: its guard goes, a new one comes.
    ///
    /// # Errors
    /// [`FaultKind::Io`] when the record cannot be read.
    pub(super) fn adopt(work: &Path, outlives: Duration) -> Result<Option<Driver>, Fault> {
        let Some(mut record) = Record::read(work)? else { return Ok(None) };
        let lives = |mark: Option<Mark>| mark.filter(|mark| mark.alive());
        let (Some(driver), Some(_)) = (lives(record.driver), lives(record.browser)) else { return Ok(None) };
        if let Some(guard) = record.guard.take() {
            guard.kill_all();
        }
        let guard = guard_from_outside(driver, outlives)?;
        record.guard = guard.as_ref().and_then(tokio::process::Child::id).map(Mark::of);
        record.write(work)?;
        Ok(Some(Driver { child: None, guard, work: work.to_owned(), record, ended: false }))
    }

    /// What is known of driver, browser and session.
    pub(super) fn record(&self) -> &Record {
        &self.record
    }

    /// Remembers the browser that the driver started and its session, for [`super::reap`] and for a Ruku that takes over.
    pub(super) fn remember(
        &mut self,
        browser: Option<u32>,
        session: &str,
        socket: &str,
        facts: &BrowserFacts,
    ) -> Result<(), Fault> {
        self.record.browser = browser.map(Mark::of);
        session.clone_into(&mut self.record.session);
        socket.clone_into(&mut self.record.socket);
        self.record.facts = facts.clone();
        self.record.write(&self.work)
    }

    /// Ends the whole group at once. Does not wait; doing it twice is harmless.
    pub(super) fn kill(&mut self) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        match &mut self.child {
            // The group cannot be another's: the guard, not yet waited for, still holds its number.
            Some(child) => {
                if let Err(error) = child.start_kill() {
                    tracing::debug!(%error, "the driver's group was already gone");
                }
                if let Some(mark) = self.record.browser {
                    mark.kill();
                }
            }
            None => drop(self.record.kill()),
        }
        let _ = std::fs::remove_file(self.work.join(RECORD));
    }

    /// Ends the whole group and waits until it is gone, at most `allowed`.
    pub(super) async fn end(mut self, allowed: Duration) {
        self.kill();
        let gone = async {
            // The guard first: waiting for the group would take its end away from it.
            if let Some(guard) = &mut self.guard {
                let _ = guard.wait().await;
            }
            if let Some(child) = &mut self.child {
                let _ = child.wait().await;
            }
        };
        let waited = tokio::time::timeout(allowed, gone).await.is_ok();
        // The browser's own processes are nobody's children now; only looking tells when they are gone.
        if !waited || !leftover::until_gone(&[], self.record.driver, &self.work, allowed).await {
            tracing::warn!("the browser's processes did not end in time");
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.kill();
    }
}

fn does_not_start(program: &Path, detail: &str) -> Fault {
    let program = program.display();
    Fault::new(
        FaultKind::Setup,
        say!(
            "浏览器驱动程序 {program} 无法启动：{detail}。请重新安装它，或用环境变量 RUKU_DRIVER 指定另一个。",
            "the browser driver {program} does not start: {detail}; install it again or name another one in RUKU_DRIVER"
        ),
    )
}

/// Gives the driver, with all that it starts, a group of its own.
#[cfg(unix)]
fn set_apart(command: &mut CommandWrap) {
    command.wrap(process_wrap::tokio::ProcessGroup::leader());
}

/// A job object, and a console that nobody sees: Ctrl-C and a console window that is closed are for the run, which still needs the browser to
/// end in order.
#[cfg(windows)]
fn set_apart(command: &mut CommandWrap) {
    command.wrap(process_wrap::tokio::JobObject);
    command.wrap(process_wrap::tokio::CreationFlags(windows::Win32::System::Threading::CREATE_NO_WINDOW));
}

/// Puts a shell into the group `leader` that waits for its input to close, which the system does when Ruku dies, and then as long as the
/// browser may outlive it.
///
/// Not PDEATHSIG: that follows the *thread* that started the process, and reaches the driver only, not the browser.
#[cfg(unix)]
fn guard(leader: u32, outlives: Duration) -> Result<Option<tokio::process::Child>, Fault> {
    let script = "trap '' HUP INT TERM; read -r _; [ \"$1\" = 0 ] || sleep \"$1\"; kill -KILL 0";
    let mut command = shell(script, &[outlives.as_secs()]);
    command.process_group(leader.cast_signed());
    command.spawn().map(Some).map_err(|error| does_not_start(Path::new("/bin/sh"), &error.to_string()))
}

/// The same for a group of an earlier Ruku: it may belong to another session, which nobody can join.
#[cfg(unix)]
fn guard_from_outside(leader: Mark, outlives: Duration) -> Result<Option<tokio::process::Child>, Fault> {
    // Numbers are given out again: the start time must agree. The driver's name has no space.
    let script = "trap '' HUP INT TERM; read -r _; [ \"$1\" = 0 ] || sleep \"$1\"; \
        [ \"$(cut -d ' ' -f 22 \"/proc/$2/stat\")\" = \"$3\" ] && kill -KILL -- \"-$2\"";
    let mut command = shell(script, &[outlives.as_secs(), leader.pid.into(), leader.started.unwrap_or_default()]);
    command.process_group(0);
    command.spawn().map(Some).map_err(|error| does_not_start(Path::new("/bin/sh"), &error.to_string()))
}

#[cfg(unix)]
fn shell(script: &str, arguments: &[u64]) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", script, "guard"]).args(arguments.iter().map(u64::to_string));
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// On Windows the job object ends with Ruku's last handle to it, and everything in it too: there is nothing to take over.
#[cfg(not(unix))]
fn guard(_leader: u32, _outlives: Duration) -> Result<Option<tokio::process::Child>, Fault> {
    Ok(None)
}

/// The same.
#[cfg(not(unix))]
fn guard_from_outside(_leader: Mark, _outlives: Duration) -> Result<Option<tokio::process::Child>, Fault> {
    Ok(None)
}

/// Reads the driver's output until it names its port, or gives its last words; goes on emptying both pipes afterwards, to nowhere.
async fn announced_port(
    out: Option<impl AsyncRead + Unpin + Send + 'static>,
    err: Option<impl AsyncRead + Unpin + Send + 'static>,
    until: &Until,
) -> Result<Result<u16, String>, Fault> {
    let kept = Arc::new(Mutex::new(VecDeque::new()));
    let (port, mut ports) = watch::channel(0u16);
    let port = Arc::new(port);
    if let Some(out) = out {
        tokio::spawn(drain(out, Arc::clone(&kept), Some(Arc::clone(&port))));
    }
    if let Some(err) = err {
        tokio::spawn(drain(err, Arc::clone(&kept), None));
    }
    drop(port);
    let waiting_for = say!("浏览器驱动程序启动", "the browser driver to start");
    let listening = until.run(&waiting_for, ports.wait_for(|port| *port != 0)).await?;
    Ok(match listening {
        Ok(port) => Ok(*port),
        // The pipe closed without the line: the driver ended, and its last words say why.
        Err(_) => {
            let lines = kept.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect::<Vec<String>>().join(" / ");
            Err(if lines.is_empty() { "it ended at once".into() } else { lines })
        }
    })
}

async fn drain(pipe: impl AsyncRead + Unpin, kept: Arc<Mutex<VecDeque<String>>>, mut port: Option<Arc<watch::Sender<u16>>>) {
    let mut lines = BufReader::new(pipe).split(b'\n');
    while let Ok(Some(line)) = lines.next_segment().await {
        let line = String::from_utf8_lossy(&line).trim().chars().take(300).collect::<String>();
        // An earlier line says "on port 0".
        let named = line.split("successfully on port ").nth(1).and_then(|rest| rest.trim_end_matches('.').parse::<u16>().ok());
        if let (Some(number), Some(sender)) = (named, &port) {
            sender.send_replace(number);
            port = None;
        }
        // Only the last words of a driver that ends at once are ever shown; the ring is dropped with this task.
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT_LINES {
            kept.pop_front();
        }
        kept.push_back(line);
    }
}
