//! The local agents of one training: its own, which can be stopped and started again, and a second one of another vendor's kind.
//!
//! Never moves the agent to other ports: pages that are open know the old ones.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::agent::{AgentProcess, SecondAgent};
use crate::base::{Fault, FaultKind, Secret, Until};

/// How long an agent may take to start again.
const START: Duration = Duration::from_secs(30);

/// The training's local agents, as the admin interface handles them.
pub trait Agents: Send + Sync {
    /// Types a PIN into the agent's own window, waiting some seconds for it to be opened. Says whether it took the PIN.
    fn type_pin<'a>(&'a self, pin: &'a Secret) -> BoxFuture<'a, Result<bool, Fault>>;
    /// Ends the agent, as a driver update or a remote desktop does.
    fn stop(&self) -> BoxFuture<'_, Result<(), Fault>>;
    /// Starts it again on the same ports.
    fn start(&self) -> BoxFuture<'_, Result<(), Fault>>;
    /// Starts or ends a second agent of another vendor's kind; its port while it listens.
    fn second(&self, on: bool) -> BoxFuture<'_, Result<Option<u16>, Fault>>;
}

/// How the agent is started.
#[derive(Debug, Clone)]
pub(super) struct AgentStart {
    pub(super) exe: PathBuf,
    pub(super) dir: PathBuf,
    pub(super) origins: Vec<String>,
    pub(super) pcsc_socket: PathBuf,
}

impl AgentStart {
    async fn process(&self, ports: (u16, u16), until: &Until) -> Result<AgentProcess, Fault> {
        AgentProcess::start(&self.exe, &self.dir, ports, &self.origins, &self.pcsc_socket, until).await
    }
}

/// The agents as processes and listeners.
pub(super) struct LocalAgents {
    start: AgentStart,
    ports: (u16, u16),
    own: Mutex<Option<Arc<AgentProcess>>>,
    second: Mutex<Option<SecondAgent>>,
    cancel: CancellationToken,
}

impl LocalAgents {
    /// Starts the training's own agent on ports of its choice.
    pub(super) async fn start(start: AgentStart, until: &Until) -> Result<LocalAgents, Fault> {
        let own = start.process((0, 0), until).await?;
        let (ports, own) = (own.ports(), Mutex::new(Some(Arc::new(own))));
        Ok(LocalAgents { start, ports, own, second: Mutex::default(), cancel: until.cancel().clone() })
    }

    /// Crypto and info port of the training's own agent, whether it runs or not.
    pub(super) fn ports(&self) -> (u16, u16) {
        self.ports
    }

    /// Ends all of them.
    pub(super) async fn end(&self) -> Result<(), Fault> {
        *self.second.lock().await = None;
        match self.own.lock().await.take() {
            Some(agent) => agent.end().await,
            None => Ok(()),
        }
    }
}

impl Agents for LocalAgents {
    fn type_pin<'a>(&'a self, pin: &'a Secret) -> BoxFuture<'a, Result<bool, Fault>> {
        Box::pin(async move {
            // Not held meanwhile: the agent may be stopped while its window is waited for.
            let agent = self.own.lock().await.clone();
            match agent {
                Some(agent) => agent.type_pin(pin).await,
                None => Err(Fault::new(
                    FaultKind::Gone,
                    crate::say!("模拟助手没有运行。请先启动它。", "the training agent is not running; start it first"),
                )),
            }
        })
    }

    fn stop(&self) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(async move {
            match self.own.lock().await.take() {
                Some(agent) => agent.end().await,
                None => Ok(()),
            }
        })
    }

    fn start(&self) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(async move {
            let mut own = self.own.lock().await;
            if own.is_none() {
                let until = Until::after(START, self.cancel.clone());
                *own = Some(Arc::new(self.start.process(self.ports, &until).await?));
            }
            Ok(())
        })
    }

    fn second(&self, on: bool) -> BoxFuture<'_, Result<Option<u16>, Fault>> {
        Box::pin(async move {
            let mut second = self.second.lock().await;
            if !on {
                *second = None;
            } else if second.is_none() {
                *second = Some(SecondAgent::start().await?);
            }
            Ok(second.as_ref().map(SecondAgent::port))
        })
    }
}
