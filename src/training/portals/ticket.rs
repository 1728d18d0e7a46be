//! Tickets of the sign-on: what one portal hands to another through the browser, good once and for a short while.
//!
//! Never says who somebody is: it is a random word, and only this process knows what it stands for.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::session::User;
use crate::base::{Fault, random};
use crate::training::instance::Site;

/// How long a ticket is good.
const GOOD: Duration = Duration::from_secs(120);

/// All tickets that nobody has redeemed.
#[derive(Default)]
pub(crate) struct Tickets {
    known: Mutex<HashMap<String, (Site, User, Instant)>>,
}

impl Tickets {
    /// A ticket by which `user` enters `site`.
    pub(crate) fn issue(&self, site: Site, user: User) -> Result<String, Fault> {
        let ticket = random::hex()?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, (_, _, issued)| issued.elapsed() < GOOD);
        known.insert(ticket.clone(), (site, user, Instant::now()));
        Ok(ticket)
    }

    /// Whom a ticket would let in to `site`; it stays good.
    pub(crate) fn holder(&self, site: Site, ticket: &str) -> Option<User> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (own, user, issued) = known.get(ticket)?;
        (*own == site && issued.elapsed() < GOOD).then(|| user.clone())
    }

    /// Whom a ticket lets in to `site`; it is used up.
    pub(crate) fn redeem(&self, site: Site, ticket: &str) -> Option<User> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (own, user, issued) = known.remove(ticket)?;
        (own == site && issued.elapsed() < GOOD).then_some(user)
    }
}

/// Addresses by which the detection tool lets somebody look in; each is good once.
#[derive(Default)]
pub(crate) struct Visits {
    known: Mutex<HashMap<String, Instant>>,
}

impl Visits {
    /// A new one.
    pub(crate) fn issue(&self) -> Result<String, Fault> {
        let ticket = random::hex()?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, issued| issued.elapsed() < GOOD);
        known.insert(ticket.clone(), Instant::now());
        Ok(ticket)
    }

    /// Whether it is good; it is used up.
    pub(crate) fn redeem(&self, ticket: &str) -> bool {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(ticket).is_some_and(|issued| issued.elapsed() < GOOD)
    }
}

#[cfg(test)]
mod tests {
    use super::Visits;

    #[test]
    fn a_visit_is_good_once() {
        let visits = Visits::default();
        let ticket = visits.issue().unwrap();
        assert!(visits.redeem(&ticket) && !visits.redeem(&ticket) && !visits.redeem(""));
    }
}
