//! Sessions of the portals: a cookie, a CSRF token, and the certificate that was read in it.
//!
//! Never outlives the process: after a restart the pages say that the session has expired, as real portals do.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, HeaderValue, header};
use subtle::ConstantTimeEq;

use crate::base::{Fault, random};
use crate::pki::Identity;

const COOKIE: &str = "RUKU_TRAINING_SESSION";
/// More sessions than this and the oldest is dropped.
const MOST: usize = 1024;

/// One visitor.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// The cookie's value.
    pub(crate) id: String,
    /// What every POST has to carry.
    pub(crate) csrf: String,
    /// The certificate that was read.
    pub(crate) certificate: Option<Identity>,
    /// Who is logged in here. A cookie belongs to one host, so this does too.
    pub(crate) user: Option<User>,
    /// When this visitor was last seen.
    seen: Instant,
    number: u64,
}

/// Somebody who is logged in to a portal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    /// The key of the store: the applicant's id, or one made of the certificate.
    pub(crate) subject: String,
    /// The certificate that the person signed with.
    pub(crate) certificate: Identity,
}

impl Session {
    /// The header that gives the cookie to the browser.
    pub(crate) fn cookie(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&format!("{COOKIE}={}; Path=/; HttpOnly; SameSite=Lax", self.id)).ok()
    }
}

/// How long a login lasts without a request when the trainer says nothing else.
const IDLE: Duration = Duration::from_secs(30 * 60);

/// All visitors.
pub(crate) struct Sessions {
    known: Mutex<(u64, HashMap<String, Session>)>,
    idle: Mutex<Duration>,
}

impl Default for Sessions {
    fn default() -> Sessions {
        Sessions { known: Mutex::default(), idle: Mutex::new(IDLE) }
    }
}

impl Sessions {
    fn known(&self) -> MutexGuard<'_, (u64, HashMap<String, Session>)> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The visitor's session, or a new one.
    pub(crate) fn of(&self, headers: &HeaderMap) -> Result<Session, Fault> {
        if let Some(session) = self.find(headers) {
            return Ok(session);
        }
        let mut known = self.known();
        let (count, sessions) = &mut *known;
        if sessions.len() >= MOST
            && let Some(oldest) = sessions.values().min_by_key(|session| session.number).map(|session| session.id.clone())
        {
            sessions.remove(&oldest);
        }
        *count += 1;
        let session = Session {
            id: random::hex()?,
            csrf: random::hex()?,
            certificate: None,
            user: None,
            seen: Instant::now(),
            number: *count,
        };
        sessions.insert(session.id.clone(), session.clone());
        Ok(session)
    }

    /// The visitor's session if the POST carries its CSRF token.
    pub(crate) fn posted(&self, headers: &HeaderMap, csrf: &str) -> Option<Session> {
        self.find(headers).filter(|session| session.csrf.as_bytes().ct_eq(csrf.as_bytes()).into())
    }

    /// Remembers the certificate that was read in a session, or forgets it.
    pub(crate) fn keep(&self, id: &str, certificate: Option<Identity>) {
        if let Some(session) = self.known().1.get_mut(id) {
            session.certificate = certificate;
        }
    }

    /// Logs somebody in to this session, or out.
    pub(crate) fn log_in(&self, id: &str, user: Option<User>) {
        if let Some(session) = self.known().1.get_mut(id) {
            session.user = user;
        }
    }

    /// Logs everybody out at every portal; cookies stay, as when a portal's session expires.
    pub(crate) fn expire(&self) {
        for session in self.known().1.values_mut() {
            session.user = None;
            session.certificate = None;
            // What pages hold from before is worth nothing any more.
            session.csrf.insert(0, 'x');
        }
    }

    /// How long a login lasts without a request.
    pub(crate) fn set_idle(&self, idle: Duration) {
        *self.idle.lock().unwrap_or_else(PoisonError::into_inner) = idle;
    }

    /// Forgets everybody.
    pub(crate) fn clear(&self) {
        self.known().1.clear();
    }

    fn find(&self, headers: &HeaderMap) -> Option<Session> {
        let idle = *self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let id = cookie(headers, COOKIE)?;
        let mut known = self.known();
        let session = known.1.get_mut(&id)?;
        if session.seen.elapsed() > idle {
            session.user = None;
        }
        session.seen = Instant::now();
        Some(session.clone())
    }
}

/// The value of a cookie.
pub(crate) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_needs_the_token_of_its_own_session() {
        let sessions = Sessions::default();
        let one = sessions.of(&HeaderMap::new()).unwrap();
        let two = sessions.of(&HeaderMap::new()).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_str(&format!("a=b; {COOKIE}={}", one.id)).unwrap());
        assert_eq!(sessions.of(&headers).unwrap().id, one.id);
        assert!(sessions.posted(&headers, &one.csrf).is_some());
        assert!(sessions.posted(&headers, &two.csrf).is_none());
        sessions.clear();
        assert!(sessions.posted(&headers, &one.csrf).is_none());
    }

    #[test]
    fn the_oldest_session_gives_way() {
        let sessions = Sessions::default();
        let first = sessions.of(&HeaderMap::new()).unwrap();
        for _ in 0..MOST {
            sessions.of(&HeaderMap::new()).unwrap();
        }
        assert!(!sessions.known().1.contains_key(&first.id));
        assert_eq!(sessions.known().1.len(), MOST);
    }
}
