//! The thread that waits for readers and cards to come and go.
//!
//! Never sends anything to a card: it has a context of its own for waiting alone. Never gives up: when the service goes, it says so and
//! connects again.

use std::ffi::CStr;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pcsc::{Context, Error, PNP_NOTIFICATION, ReaderState, Scope, State};

use super::board::{Board, Look, Seen};
use super::card::CardSession;
use super::piv::Piv;
use super::trouble;
use crate::base::{Fault, FaultKind, Message};
use crate::pki::{self, Identity};
use crate::say;

/// However quiet it is, the list of readers is read again after this time: not every service tells of new readers.
const TICK: Duration = Duration::from_secs(1);
/// After some wake-ups without news (Windows can wake for ever, busy middleware toggles "in use") each further one costs this.
const NO_NEWS: Duration = Duration::from_millis(50);

/// Ends the waiting: the context of the wait, for `cancel`, and nothing else.
pub(super) type Waiting = Arc<Mutex<Option<Context>>>;

/// The other end of a stop signal that is given by dropping its sender.
pub(super) struct Stop(pub(super) Receiver<()>);

impl Stop {
    /// Waits; true when it is time to stop.
    fn within(&self, time: Duration) -> bool {
        !matches!(self.0.recv_timeout(time), Err(RecvTimeoutError::Timeout))
    }
}

/// Watches until stopped.
pub(super) fn watch(board: &Arc<Board>, waiting: &Waiting, stop: &Stop) {
    let mut epoch = 0;
    loop {
        epoch += 1;
        let ended = match Context::establish(Scope::User) {
            Ok(context) => {
                *waiting.lock().unwrap_or_else(PoisonError::into_inner) = Some(context.clone());
                let ended = follow(board, &context, epoch, stop);
                *waiting.lock().unwrap_or_else(PoisonError::into_inner) = None;
                ended
            }
            Err(error) => Err(error),
        };
        match ended {
            Ok(()) => return,
            Err(error) => {
                tracing::debug!(%error, "the smart card service is gone");
                board.service_gone(trouble::service(error));
            }
        }
        if stop.within(TICK) {
            return;
        }
    }
}

/// Follows one connection to the service: `Ok` when stopped, the error when the connection broke.
fn follow(board: &Arc<Board>, context: &Context, epoch: u32, stop: &Stop) -> Result<(), Error> {
    let is_plug = |state: &ReaderState| state.name() == PNP_NOTIFICATION();
    let is_dead = |state: &ReaderState| state.event_state().intersects(State::UNKNOWN | State::IGNORE);
    // The pseudo-reader tells of readers that come; a service that does not know it says UNKNOWN and is served by the tick.
    let mut states = vec![ReaderState::new(PNP_NOTIFICATION(), State::UNAWARE)];
    let mut last: Option<Vec<Seen>> = None;
    let mut no_news = 0;
    loop {
        // List first: some services only tell of readers that appear during the wait.
        let names = context.list_readers_owned()?;
        states.retain(|state| !is_dead(state) && (is_plug(state) || names.iter().any(|name| name.as_c_str() == state.name())));
        for name in names {
            if !states.iter().any(|state| state.name() == name.as_c_str()) {
                states.push(ReaderState::new(name, State::UNAWARE));
            }
        }
        let mut ticked = false;
        if states.is_empty() {
            if stop.within(TICK) {
                return Ok(());
            }
        } else {
            for state in &mut states {
                state.sync_current_state();
            }
            match context.get_status_change(TICK, &mut states) {
                Ok(()) => {}
                Err(Error::Timeout) => ticked = true,
                // A reader left between listing and waiting: the next list is without it.
                Err(Error::UnknownReader | Error::Cancelled) => {
                    if stop.within(NO_NEWS) {
                        return Ok(());
                    }
                    continue;
                }
                Err(error) => return Err(error),
            }
        }
        if stop.within(Duration::ZERO) {
            return Ok(());
        }
        let seen: Vec<Seen> = states.iter().filter(|state| !is_plug(state) && !is_dead(state)).map(sight).collect();
        for look in board.readers(epoch, &seen) {
            begin(board, look);
        }
        if last.as_ref() != Some(&seen) {
            tracing::debug!(readers = seen.len(), "the smart card service tells of readers");
        }
        no_news = if ticked || last.as_ref() != Some(&seen) { 0 } else { no_news + 1 };
        last = Some(seen);
        if no_news > 3 && stop.within(NO_NEWS) {
            return Ok(());
        }
    }
}

fn sight(state: &ReaderState) -> Seen {
    let shown = state.event_state();
    let (present, mute) = (shown.contains(State::PRESENT), shown.contains(State::MUTE));
    Seen {
        reader: name(state.name()),
        present,
        mute: present && mute,
        atr: if present { state.atr().to_vec() } else { Vec::new() },
        count: state.event_count(),
    }
}

fn name(reader: &CStr) -> String {
    reader.to_string_lossy().into_owned()
}

/// Looks at one card in a thread of its own, so that a slow card never holds up the watch of the others.
fn begin(board: &Arc<Board>, look: Look) {
    let (ours, theirs) = (Arc::clone(board), look.clone());
    let work = move || {
        let answer = certificate(&ours, &theirs.reader);
        ours.looked(&theirs, answer.map_err(|fault| fault.message));
    };
    if let Err(error) = std::thread::Builder::new().name("ruku-card".to_owned()).spawn(work) {
        let why: Message =
            say!("本机无法启动读卡线程（{error}）。", "this machine cannot start a thread to read the card ({error})");
        board.looked(&look, Err(why));
    }
}

fn certificate(board: &Board, reader: &str) -> Result<Identity, Fault> {
    let mut session = CardSession::open(reader, board.drivers())?;
    let der = session.exchange(|exchange| Piv::enter(exchange)?.certificate())?;
    pki::read(&der).map_err(|fault| Fault::new(FaultKind::Card, fault.message))
}
