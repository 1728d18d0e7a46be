//! The agent as a child process with its own view of the card service.
//!
//! The client library reads `PCSCLITE_CSOCK_NAME` once per process, so an agent for a private service must be a process of its own. It never
//! outlives its parent: it ends when its standard input closes.

use std::fs::OpenOptions;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Mutex;

use super::order::{Done, Order};
use crate::base::{Fault, FaultKind, Secret, Until, files};
use crate::say;

/// How long it may take to end by itself, its PIN window included.
const POLITE_END: Duration = Duration::from_secs(5);

/// A running agent. Dropping it kills it.
pub struct AgentProcess {
    child: Mutex<Child>,
    pid: Option<u32>,
    ports: (u16, u16),
    /// None once it was told to end.
    talk: Mutex<Option<Talk>>,
}

/// Orders out, answers in.
struct Talk {
    number: u64,
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

/// The agent's first line.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Hello {
    Ports(u16, u16),
    Fault(Fault),
}

impl AgentProcess {
    /// Starts `exe training-agent` and waits until it listens. `ports` are (crypto, info), 0 chooses a free one; `origins` are those whose
    /// pages may call; `pcsc_socket` is the socket of the card service. The agent's log is `dir/agent.log`.
    ///
    /// # Errors
    /// [`FaultKind::Setup`] when it cannot start, or a port is taken; [`FaultKind::TimedOut`], [`FaultKind::Stopped`] by `until`.
    pub async fn start(
        exe: &Path,
        dir: &Path,
        ports: (u16, u16),
        origins: &[String],
        pcsc_socket: &Path,
        until: &Until,
    ) -> Result<AgentProcess, Fault> {
        files::private_dir(dir)?;
        let log = dir.join("agent.log");
        let log_file = OpenOptions::new().create(true).append(true).open(&log);
        let log_file = log_file.map_err(|error| Fault::io("写入日志", "write", &log, &error))?;
        let mut child = Command::new(exe)
            .arg("training-agent")
            .arg("--dir")
            .arg(dir)
            .arg(format!("--ports={},{}", ports.0, ports.1))
            .arg(format!("--origins={}", origins.join(",")))
            .env("PCSCLITE_CSOCK_NAME", pcsc_socket)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log_file)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| not_started(&error.to_string(), &log))?;
        let (Some(out), Some(orders)) = (child.stdout.take(), child.stdin.take()) else {
            return Err(not_started("no pipe", &log));
        };
        let mut answers = BufReader::new(out).lines();
        let waiting_for = say!("模拟助手启动", "the training agent to start");
        let line = until.run(&waiting_for, answers.next_line()).await?.map_err(|error| not_started(&error.to_string(), &log))?;
        match serde_json::from_str(&line.unwrap_or_default()) {
            Ok(Hello::Ports(crypto, info)) => {
                let talk = Mutex::new(Some(Talk { number: 0, orders, answers }));
                Ok(AgentProcess { pid: child.id(), child: Mutex::new(child), ports: (crypto, info), talk })
            }
            Ok(Hello::Fault(fault)) => Err(fault),
            Err(_) => Err(not_started("no answer", &log)),
        }
    }

    /// The ports it listens on, on 127.0.0.1: (crypto, info).
    pub fn ports(&self) -> (u16, u16) {
        self.ports
    }

    /// Its process id.
    pub fn pid(&self) -> Option<u32> {
        self.pid
    }

    /// Types a PIN into its window, as a person would; waits some seconds for the window to be opened. Says whether one took it.
    ///
    /// # Errors
    /// [`FaultKind::Gone`] when the agent is not there any more.
    pub async fn type_pin(&self, pin: &Secret) -> Result<bool, Fault> {
        let mut talk = self.talk.lock().await;
        let talk = talk.as_mut().ok_or_else(gone)?;
        talk.number += 1;
        let order = Order { number: talk.number, type_pin: pin.clone() };
        talk.orders.write_all(&order.line()).await.map_err(|_| gone())?;
        talk.orders.flush().await.map_err(|_| gone())?;
        loop {
            let line = talk.answers.next_line().await.ok().flatten().ok_or_else(gone)?;
            match serde_json::from_str(&line) {
                Ok(Done { number, used }) if number == order.number => return Ok(used),
                // The answer to an order that was not waited for to its end.
                _ => {}
            }
        }
    }

    /// Ends it and waits until it is gone.
    ///
    /// # Errors
    /// [`FaultKind::Io`] when the system cannot tell that it is gone.
    pub async fn end(&self) -> Result<(), Fault> {
        let mut child = self.child.lock().await;
        // By itself, when its input closes, and with it the window that it may have open. An order that is under way holds that pipe.
        if let Ok(mut talk) = self.talk.try_lock() {
            *talk = None;
            if let Ok(gone) = tokio::time::timeout(POLITE_END, child.wait()).await {
                return ended(gone);
            }
        }
        // Fails when it is gone already, which is what is wanted.
        let _ = child.start_kill();
        ended(child.wait().await)
    }
}

fn ended(gone: std::io::Result<std::process::ExitStatus>) -> Result<(), Fault> {
    gone.map(|_| ()).map_err(|error| Fault::io("结束模拟助手", "end", Path::new("training-agent"), &error))
}

fn gone() -> Fault {
    Fault::new(FaultKind::Gone, say!("模拟助手没有运行。请先启动它。", "the training agent is not running; start it first"))
}

fn not_started(why: &str, log: &Path) -> Fault {
    let log = log.display();
    Fault::new(
        FaultKind::Setup,
        say!("模拟助手无法启动（{why}）。详见 {log}。", "the training agent did not start ({why}); see {log}"),
    )
}
