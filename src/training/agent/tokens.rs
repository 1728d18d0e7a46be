//! The training locks behind real PC/SC, with their PIN sessions.
//!
//! A session lives in the card and in one open connection; it is forgotten as soon as its lock is pulled out. Before anything is asked of a
//! card, its certificate is read again in the same transaction: a card that was swapped meanwhile is never sent a PIN.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use super::calls::{Token, Tokens};
use super::reply::Code;
use crate::base::{Diagnostic, Fault, FaultKind, Lang, Secret, Source, diagnostic};
use crate::lock::piv::Piv;
use crate::lock::{CardSession, Detector, Drivers, Lock, LockDriver, LockWatch, PinAnswer, Snapshot, Tries};
use crate::pki;
use crate::say;

/// The only driver that the agent knows, whatever else lies in a drivers folder.
const DRIVER: &str = include_str!("../../../drivers/locks/training.yaml");

/// An open PIN session.
struct Session {
    card: CardSession,
    /// The count that the card told just before the login: a lower bound while the session is open, when the card tells none.
    tries: Tries,
}

/// Every session that was ever opened: `None` when it is over.
type Sessions = HashMap<String, Option<Session>>;

/// The locks of this machine's card service.
pub(super) struct Pcsc {
    watch: LockWatch,
    drivers: Vec<LockDriver>,
    /// By lock id. Locked for the whole of a call: one VERIFY at a time.
    sessions: Mutex<Sessions>,
}

impl Pcsc {
    /// Starts watching for training locks.
    ///
    /// # Errors
    /// [`FaultKind::Setup`] when the built-in driver is wrong or the watch cannot start.
    pub(super) fn start() -> Result<Arc<Pcsc>, Fault> {
        let driver = driver().map_err(|(source, faults)| {
            let (zh, en) = (diagnostic::render(&source, &faults, Lang::Zh), diagnostic::render(&source, &faults, Lang::En));
            Fault::new(FaultKind::Setup, say!("模拟CA锁的驱动有误：\n{zh}", "the training lock's driver has faults:\n{en}"))
        })?;
        let drivers = vec![driver];
        let watch = LockWatch::with(Drivers { locks: drivers.clone(), agents: Vec::new() }, Vec::new())?;
        Ok(Arc::new(Pcsc { watch, drivers, sessions: Mutex::default() }))
    }

    /// Changes of the locks, for [`Pcsc::forget`].
    pub(super) fn changes(&self) -> tokio::sync::watch::Receiver<Snapshot> {
        self.watch.changes()
    }

    /// Ends the sessions of locks that are no longer in.
    pub(super) fn forget(&self, snapshot: &Snapshot) {
        self.lock().retain(|id, _| snapshot.lock(id).is_some());
    }

    fn lock(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The sight of the lock that a token stands for, if it is still in.
    fn id(&self, token: &Token) -> Result<String, Code> {
        let snapshot = self.watch.present();
        let is_it =
            |lock: &&Lock| token_of(lock).is_some_and(|now| now.reader == token.reader && now.container() == token.container());
        snapshot.locks.iter().find(is_it).map(|lock| lock.id.clone()).ok_or(Code::NotOpened)
    }

    /// Runs `work` with the card of `token`, after its certificate was read again and found to be the same training certificate.
    fn at_card<T>(card: &mut CardSession, token: &Token, work: impl FnOnce(&Piv<'_>) -> Result<T, Fault>) -> Result<T, Code> {
        let done = card.exchange(|exchange| {
            let piv = Piv::enter(exchange)?;
            let now = pki::read(&piv.certificate()?)?;
            if now.sha256 != token.certificate.sha256 || !pki::is_training(&now) {
                return Err(Fault::new(
                    FaultKind::WrongHolder,
                    say!("读卡器里已是另一把 CA 锁。", "another CA lock is in the reader now"),
                ));
            }
            work(&piv)
        });
        done.map_err(|fault| not_opened(&fault))
    }
}

impl Tokens for Pcsc {
    fn present(&self) -> Vec<Token> {
        self.watch.present().locks.iter().filter_map(token_of).collect()
    }

    fn tries(&self, token: &Token) -> Result<Tries, Code> {
        let id = self.id(token)?;
        let mut sessions = self.lock();
        let known = match sessions.get_mut(&id) {
            Some(Some(session)) => match Self::at_card(&mut session.card, token, |piv| piv.tries())? {
                Tries::Verified => session.tries,
                told => told,
            },
            _ => Self::at_card(&mut self.open(token)?, token, |piv| piv.tries())?,
        };
        Ok(known)
    }

    fn login(&self, token: &Token, pin: &Secret) -> Result<(), Code> {
        let id = self.id(token)?;
        let mut sessions = self.lock();
        // Whatever happens from here on, an earlier session is over until this login is good.
        let earlier = sessions.insert(id.clone(), None).flatten();
        let (mut card, before) = match earlier {
            Some(session) => (session.card, Some(session.tries)),
            None => (self.open(token)?, None),
        };
        let (told, answer) = Self::at_card(&mut card, token, |piv| {
            let told = piv.tries()?;
            match told {
                Tries::Known(_) | Tries::Verified => Ok((told, Some(piv.verify(pin)?))),
                Tries::Blocked | Tries::Unknown => Ok((told, None)),
            }
        })?;
        tracing::info!(reader = token.reader, ?told, ?answer, "login");
        match answer {
            Some(PinAnswer::Right) => {
                let tries = if told == Tries::Verified { before.unwrap_or(Tries::Unknown) } else { told };
                sessions.insert(id, Some(Session { card, tries }));
                Ok(())
            }
            Some(PinAnswer::Wrong(_)) => Err(Code::WrongPin),
            Some(PinAnswer::Blocked | PinAnswer::Refused(_)) | None => Err(Code::Unknown),
        }
    }

    fn sign(&self, token: &Token, message: &[u8]) -> Result<Vec<u8>, Code> {
        let id = self.id(token)?;
        let mut sessions = self.lock();
        let ended = match sessions.get_mut(&id) {
            None => return Err(Code::LoginFirst),
            Some(None) => return Err(Code::LoginOver),
            Some(ended) => ended,
        };
        let Some(session) = ended else { return Err(Code::LoginOver) };
        let digest: [u8; 32] = Sha256::digest(message).into();
        match Self::at_card(&mut session.card, token, |piv| piv.sign(&digest))? {
            Some(signature) => Ok(signature),
            None => {
                // Somebody reset the card: the PIN session is over, and only a person may open another.
                *ended = None;
                Err(Code::LoginOver)
            }
        }
    }
}

impl Pcsc {
    fn open(&self, token: &Token) -> Result<CardSession, Code> {
        CardSession::open(&token.reader, &self.drivers).map_err(|fault| not_opened(&fault))
    }
}

fn driver() -> Result<LockDriver, (Source, Vec<Diagnostic>)> {
    let source = Source { name: "training.yaml".to_owned(), text: DRIVER.to_owned() };
    LockDriver::read(&source).map_err(|faults| (source, faults))
}

/// The training lock that a sight shows; a foreign certificate is passed over.
fn token_of(lock: &Lock) -> Option<Token> {
    let Detector::PcSc { reader } = &lock.detector else { return None };
    let certificate = lock.certificate.clone().filter(pki::is_training)?;
    Some(Token { reader: reader.clone(), certificate })
}

fn not_opened(fault: &Fault) -> Code {
    tracing::warn!(%fault, "the lock could not be opened");
    Code::NotOpened
}
