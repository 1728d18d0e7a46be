//! `LockWatch`: starts and ends the detectors, and hands out what they see.

use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::agents::{self, AgentAt};
use super::board::Board;
use super::drivers::Drivers;
use super::readers::{self, Stop, Waiting};
use super::snapshot::{AgentSeen, Snapshot};
use crate::base::{Fault, FaultKind, Until};
use crate::say;

/// A cancel that comes before the wait has begun is lost, so it is given again at this pace until the thread has ended.
const NUDGE: Duration = Duration::from_millis(20);

/// What to watch.
#[derive(Debug, Clone)]
pub struct LockOptions {
    /// The `drivers/` folder.
    pub drivers: PathBuf,
    /// The agents to ask.
    pub agents: Vec<AgentAt>,
}

/// Watches the locks of this machine until ended or dropped.
pub struct LockWatch {
    board: Arc<Board>,
    waiting: Waiting,
    cancel: CancellationToken,
    /// Dropped to stop the readers' thread.
    stop: Option<mpsc::Sender<()>>,
    /// Closed when the readers' thread has ended.
    ended: Mutex<mpsc::Receiver<()>>,
    threads: Vec<JoinHandle<()>>,
}

impl LockWatch {
    /// Starts watching with the drivers of a folder. The first look is not waited for (see [`LockWatch::looked`]).
    ///
    /// # Errors
    /// [`FaultKind::Setup`] or [`FaultKind::Io`] for drivers that cannot be read, an agent that no driver describes, or a thread that cannot
    /// start. Neither a missing service, reader, lock nor agent is a fault.
    pub fn start(options: LockOptions) -> Result<LockWatch, Fault> {
        LockWatch::with(Drivers::read(&options.drivers)?, options.agents)
    }

    /// The same with drivers in hand.
    ///
    /// # Errors
    /// As [`LockWatch::start`].
    pub fn with(drivers: Drivers, agents: Vec<AgentAt>) -> Result<LockWatch, Fault> {
        let agents = agents::known(&drivers, agents)?;
        let seen = agents.iter().map(|(driver, at)| AgentSeen {
            name: driver.name.clone(),
            port: at.port,
            answers: false,
            trouble: None,
        });
        let board = Arc::new(Board::new(drivers.locks, seen.collect()));
        let (waiting, cancel) = (Waiting::default(), CancellationToken::new());
        let (stop, stopped) = mpsc::channel();
        let (ending, ended) = mpsc::channel();
        let mut watch = LockWatch { board, waiting, cancel, stop: Some(stop), ended: Mutex::new(ended), threads: Vec::new() };
        let (board, waiting) = (Arc::clone(&watch.board), Arc::clone(&watch.waiting));
        watch.thread("ruku-readers", move || {
            // Held until the end of this thread: its drop is the news.
            let _ending = ending;
            readers::watch(&board, &waiting, &Stop(stopped));
        })?;
        if !agents.is_empty() {
            let (board, cancel) = (Arc::clone(&watch.board), watch.cancel.clone());
            watch.thread("ruku-agents", move || agents::watch(&board, agents, &cancel))?;
        }
        Ok(watch)
    }

    /// What is known now. Generation 0 means that nobody has looked yet.
    pub fn present(&self) -> Snapshot {
        self.board.present()
    }

    /// Every change from now on; the newest wins, so a lock that left and came back between two reads shows by its new id.
    pub fn changes(&self) -> tokio::sync::watch::Receiver<Snapshot> {
        self.board.subscribe()
    }

    /// Waits until a snapshot satisfies `wanted`, beginning with the present one.
    ///
    /// # Errors
    /// [`FaultKind::TimedOut`] naming `waiting_for`, [`FaultKind::Stopped`].
    pub async fn until(
        &self,
        wanted: impl FnMut(&Snapshot) -> bool,
        waiting_for: &crate::base::Message,
        until: &Until,
    ) -> Result<Snapshot, Fault> {
        let mut changes = self.changes();
        let found = until.run(waiting_for, changes.wait_for(wanted)).await?;
        // The sender lives in the board, which lives as long as this watch.
        found.map(|snapshot| snapshot.clone()).map_err(|_| crate::base::until::stopped())
    }

    /// The first snapshot that somebody has looked for, with no certificate still being read.
    ///
    /// # Errors
    /// As [`LockWatch::until`].
    pub async fn looked(&self, until: &Until) -> Result<Snapshot, Fault> {
        let waiting_for = say!("读取 CA 锁", "the CA locks to be read");
        let wanted = |snapshot: &Snapshot| snapshot.generation > 0 && snapshot.locks.iter().all(|lock| !lock.reading);
        self.until(wanted, &waiting_for, until).await
    }

    /// Waits until every agent has answered what it was asked from now on: until then one may still list a lock that has just left.
    ///
    /// # Errors
    /// As [`LockWatch::until`].
    pub async fn asked_again(&self, until: &Until) -> Result<(), Fault> {
        let (now, mut asked) = (Instant::now(), self.board.asked());
        let waiting_for = say!("CA 助手回答", "the CA agents to answer");
        let answered = asked.wait_for(|all| all.iter().all(|asked| asked.is_some_and(|at| at >= now)));
        until.run(&waiting_for, answered).await?.map(drop).map_err(|_| crate::base::until::stopped())
    }

    /// Ends the watch and waits for its threads: a few milliseconds, at most the time an agent takes to answer.
    pub fn end(mut self) {
        self.signal();
        loop {
            let ended = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner).recv_timeout(NUDGE);
            if !matches!(ended, Err(RecvTimeoutError::Timeout)) {
                break;
            }
            self.signal();
        }
        for thread in self.threads.drain(..) {
            // A panic there was reported when it happened.
            let _ = thread.join();
        }
    }

    fn signal(&mut self) {
        self.stop = None;
        self.cancel.cancel();
        if let Some(context) = &*self.waiting.lock().unwrap_or_else(PoisonError::into_inner) {
            // Fails when the service is gone: then nobody waits.
            let _ = context.cancel();
        }
    }

    fn thread(&mut self, name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), Fault> {
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(work).map_err(|error| {
            Fault::new(
                FaultKind::Setup,
                say!(
                    "本机无法启动监视 CA 锁的线程（{error}）。",
                    "this machine cannot start a thread to watch the lock ({error})"
                ),
            )
        })?;
        self.threads.push(thread);
        Ok(())
    }
}

impl Drop for LockWatch {
    fn drop(&mut self) {
        self.signal();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_without_a_driver_is_told() {
        let unknown = vec![AgentAt { name: "nobody".into(), port: 1 }];
        let fault = LockWatch::with(Drivers::default(), unknown).err().unwrap();
        assert!(fault.kind == FaultKind::Setup && fault.message.en.contains("nobody"));
    }
}
