//! `CardHost`: starts, steers and ends the card host from outside.
//!
//! Never leaves anything running: dropping it closes the pipe that keeps the host alive.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, ChildStdin};
use tokio_util::sync::CancellationToken;

use super::control::{Answer, Mode, Request, SlotState};
use super::{host, namespace};
use crate::base::{Fault, FaultKind, Until, files};

/// How long the host may take to start, to answer, to end. Its own patience with pcscd is shorter.
const PATIENCE: Duration = Duration::from_secs(40);
/// `sun_path` of unix(7) with its closing zero byte.
const SOCKET_PATH_LIMIT: usize = 107;

/// A running card host with its private pcscd and two slots.
pub struct CardHost {
    dir: PathBuf,
    child: Child,
    /// Keeps the host alive; closed on drop.
    alive: Option<ChildStdin>,
}

impl CardHost {
    /// Whether this machine can have one.
    ///
    /// # Errors
    /// [`FaultKind::Setup`] when a program is missing or the machine allows no namespaces; the message names the remedy.
    pub fn possible() -> Result<(), Fault> {
        namespace::check()
    }

    /// Starts `exe training-cards --dir dir` in namespaces of its own and waits until its card service is ready. The folder is created
    /// for the owner alone; card files lie in `dir/cards/` ([`super::make_card`]).
    ///
    /// # Errors
    /// [`FaultKind::Setup`] when a program is missing or the machine allows no namespaces; the message names the remedy.
    pub async fn start(dir: &Path, exe: &Path) -> Result<CardHost, Fault> {
        CardHost::possible()?;
        files::private_dir(dir)?;
        let dir = std::fs::canonicalize(dir).map_err(|error| Fault::io("打开文件夹", "open folder", dir, &error))?;
        let host = CardHost { child: spawn(&dir, exe)?, dir, alive: None };
        host.ready().await
    }

    async fn ready(mut self) -> Result<CardHost, Fault> {
        self.alive = self.child.stdin.take();
        let mut first = Vec::new();
        if let Some(output) = self.child.stdout.take() {
            let waiting_for = crate::say!("模拟锁启动", "the training lock to start");
            let _ = until().run(&waiting_for, BufReader::new(output).read_until(b'\n', &mut first)).await?;
        }
        match serde_json::from_slice(&first) {
            Ok(Answer::Slots(_)) => Ok(self),
            Ok(Answer::Fault(fault)) => Err(fault),
            // It never came as far as a word of its own: `unshare` was refused.
            Err(_) => Err(namespace::refused(&namespace::last_words(&self.dir.join("host.log")))),
        }
    }

    /// The socket of the private pcscd, for `PCSCLITE_CSOCK_NAME` of every program that shall see the virtual locks.
    pub fn pcsc_socket(&self) -> PathBuf {
        self.dir.join("pcsc").join("pcscd.comm")
    }

    /// Inserts the card `dir/cards/<name>.json` into `slot` (0 or 1); returns when pcscd has seen it.
    ///
    /// # Errors
    /// [`FaultKind::Refused`] for a slot that is taken or not there, a card that is not there or in the other slot.
    pub async fn insert(&self, slot: usize, name: &str) -> Result<Vec<SlotState>, Fault> {
        self.ask(&Request::Insert { slot, card: name.to_owned() }).await
    }

    /// Pulls the card out of `slot`. pcscd notices at its next look, about half a second later.
    ///
    /// # Errors
    /// [`FaultKind::Refused`] for a slot that is not there.
    pub async fn pull(&self, slot: usize) -> Result<Vec<SlotState>, Fault> {
        self.ask(&Request::Pull { slot }).await
    }

    /// Changes how the card in `slot`, now and later, behaves.
    ///
    /// # Errors
    /// [`FaultKind::Refused`] for a slot that is not there.
    pub async fn mode(&self, slot: usize, mode: Mode) -> Result<Vec<SlotState>, Fault> {
        self.ask(&Request::Mode { slot, mode }).await
    }

    /// What is in the slots.
    ///
    /// # Errors
    /// [`FaultKind::Gone`] when the host is not there any more.
    pub async fn state(&self) -> Result<Vec<SlotState>, Fault> {
        self.ask(&Request::State {}).await
    }

    /// Ends host, pcscd and cards, and returns when they are gone.
    pub async fn end(mut self) {
        self.alive = None;
        if tokio::time::timeout(PATIENCE, self.child.wait()).await.is_err() {
            // `unshare` takes the whole pid namespace with it.
            let _ = self.child.kill().await;
        }
    }

    async fn ask(&self, request: &Request) -> Result<Vec<SlotState>, Fault> {
        let gone = |detail: &dyn std::fmt::Display| {
            Fault::new(
                FaultKind::Gone,
                crate::say!(
                    "模拟锁服务没有回应（{detail}）。请重新启动模拟平台。",
                    "the host of the training locks does not answer ({detail}); start the training portals again"
                ),
            )
        };
        let talk = async {
            let mut socket = UnixStream::connect(self.dir.join(host::SOCKET)).await?;
            let mut line = serde_json::to_vec(request)?;
            line.push(b'\n');
            socket.write_all(&line).await?;
            let mut answer = Vec::new();
            BufReader::new(socket).take(64 * 1024).read_until(b'\n', &mut answer).await?;
            Ok::<Answer, std::io::Error>(serde_json::from_slice(&answer)?)
        };
        let waiting_for = crate::say!("模拟锁服务回应", "the host of the training locks to answer");
        match until().run(&waiting_for, talk).await?.map_err(|error| gone(&error))? {
            Answer::Slots(slots) => Ok(slots),
            Answer::Fault(fault) => Err(fault),
        }
    }
}

fn spawn(dir: &Path, exe: &Path) -> Result<Child, Fault> {
    let socket = dir.join("pcsc").join("pcscd.comm");
    if socket.as_os_str().len() > SOCKET_PATH_LIMIT {
        let path = dir.display();
        return Err(Fault::new(
            FaultKind::Setup,
            crate::say!(
                "文件夹路径过长，无法建立套接字：{path}。请换一个较短的路径。",
                "the folder's path is too long for a socket: {path}; use a shorter one"
            ),
        ));
    }
    let log = dir.join("host.log");
    let _ = std::fs::remove_file(&log);
    let mut command = namespace::command(dir, exe)?;
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(files::create_new(&log)?);
    command.spawn().map_err(|error| namespace::refused(&error.to_string()))
}

fn until() -> Until {
    Until::after(PATIENCE, CancellationToken::new())
}
