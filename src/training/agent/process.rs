//! The agent as a child process with its own view of the card service.
//!
//! The client library reads `PCSCLITE_CSOCK_NAME` once per process, so an agent for a private service must be a process of its own. It never
//! outlives its parent: it ends when its standard input closes.

use std::fs::OpenOptions;
use std::path::Path;
use std::process::Stdio;

use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::base::{Fault, FaultKind, Until, files};
use crate::say;

/// A running agent. Dropping it kills it.
pub struct AgentProcess {
    child: Child,
    ports: (u16, u16),
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
        let out = child.stdout.take().ok_or_else(|| not_started("stdout", &log))?;
        let mut line = String::new();
        let waiting_for = say!("模拟助手启动", "the training agent to start");
        let read = until.run(&waiting_for, BufReader::new(out).read_line(&mut line)).await?;
        read.map_err(|error| not_started(&error.to_string(), &log))?;
        match serde_json::from_str(&line) {
            Ok(Hello::Ports(crypto, info)) => Ok(AgentProcess { child, ports: (crypto, info) }),
            Ok(Hello::Fault(fault)) => Err(fault),
            Err(_) => Err(not_started("no answer", &log)),
        }
    }

    /// The ports it listens on, on 127.0.0.1: (crypto, info).
    pub fn ports(&self) -> (u16, u16) {
        self.ports
    }

    /// Its process id, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Ends it and waits until it is gone.
    ///
    /// # Errors
    /// [`FaultKind::Io`] when the system cannot tell that it is gone.
    pub async fn end(mut self) -> Result<(), Fault> {
        // Fails when it is gone already, which is what is wanted.
        let _ = self.child.start_kill();
        let gone = self.child.wait().await;
        gone.map(|_| ()).map_err(|error| Fault::io("结束模拟助手", "end", Path::new("training-agent"), &error))
    }
}

fn not_started(why: &str, log: &Path) -> Fault {
    let log = log.display();
    Fault::new(
        FaultKind::Setup,
        say!("模拟助手无法启动（{why}）。详见 {log}。", "the training agent did not start ({why}); see {log}"),
    )
}
