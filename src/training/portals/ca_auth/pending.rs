//! What each visitor was asked and has not answered yet: the challenge to be signed, the characters of the captcha.
//!
//! Never good twice: a challenge is used up by the first answer, right or wrong, and a solved captcha by one login.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::base::{Fault, random};

/// How long an answer is waited for.
const GOOD: Duration = Duration::from_secs(180);
/// Characters of a captcha.
const CAPTCHA: usize = 4;

/// All visitors, by session.
#[derive(Default)]
pub(crate) struct Pending {
    challenges: Mutex<HashMap<String, (Vec<u8>, Instant)>>,
    captchas: Mutex<HashMap<String, Captcha>>,
}

struct Captcha {
    answer: String,
    solved: bool,
    drawn: Instant,
}

impl Pending {
    /// A new challenge for a session, in place of an earlier one: a message that names who asks for it.
    pub(crate) fn challenge(&self, session: &str, origin: &str) -> Result<Vec<u8>, Fault> {
        let message = format!("{origin} {}", random::hex()?).into_bytes();
        let mut known = self.challenges.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, (_, asked)| asked.elapsed() < GOOD);
        known.insert(session.to_owned(), (message.clone(), Instant::now()));
        Ok(message)
    }

    /// The challenge of a session, which is used up by this.
    pub(crate) fn take_challenge(&self, session: &str) -> Option<Vec<u8>> {
        let mut known = self.challenges.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(session).filter(|(_, asked)| asked.elapsed() < GOOD).map(|(message, _)| message)
    }

    fn captchas(&self) -> MutexGuard<'_, HashMap<String, Captcha>> {
        self.captchas.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Characters for a new picture; an earlier one of the session is void.
    pub(super) fn captcha(&self, session: &str) -> String {
        let answer: String = std::iter::repeat_with(|| char::from(b'0' + fastrand::u8(0..10))).take(CAPTCHA).collect();
        let mut known = self.captchas();
        known.retain(|_, captcha| captcha.drawn.elapsed() < GOOD);
        let captcha = Captcha { answer: answer.clone(), solved: false, drawn: Instant::now() };
        known.insert(session.to_owned(), captcha);
        answer
    }

    /// Whether the session's picture has these characters; a wrong answer voids it.
    pub(super) fn check_captcha(&self, session: &str, typed: &str) -> bool {
        let mut known = self.captchas();
        let Some(captcha) = known.get_mut(session).filter(|captcha| captcha.drawn.elapsed() < GOOD) else { return false };
        captcha.solved |= captcha.answer == typed.trim();
        let solved = captcha.solved;
        if !solved {
            known.remove(session);
        }
        solved
    }

    /// Whether the session has solved its captcha, which is used up by this.
    pub(super) fn take_captcha(&self, session: &str) -> bool {
        self.captchas().remove(session).is_some_and(|captcha| captcha.solved)
    }

    /// Solves the picture drawn last; false when there is none.
    pub(super) fn solve(&self) -> bool {
        let mut known = self.captchas();
        let last = known.values_mut().max_by_key(|captcha| captcha.drawn);
        last.map(|captcha| captcha.solved = true).is_some()
    }

    /// The characters of the picture drawn last, for the trainer.
    pub(crate) fn captcha_answer(&self) -> Option<String> {
        let known = self.captchas();
        known.values().max_by_key(|captcha| captcha.drawn).map(|captcha| captcha.answer.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_used_up_and_belongs_to_its_session() {
        let pending = Pending::default();
        let first = pending.challenge("a", "http://x").unwrap();
        assert!(first.starts_with(b"http://x "));
        assert_eq!(pending.take_challenge("b"), None);
        assert_eq!(pending.take_challenge("a"), Some(first.clone()));
        assert_eq!(pending.take_challenge("a"), None);
        let (second, third) = (pending.challenge("a", "http://x").unwrap(), pending.challenge("a", "http://x").unwrap());
        assert_ne!(second, third);
        assert_eq!(pending.take_challenge("a"), Some(third));
    }

    #[test]
    fn a_captcha_takes_one_answer_and_serves_one_login() {
        let pending = Pending::default();
        let answer = pending.captcha("a");
        assert!(!pending.check_captcha("a", "x") && !pending.check_captcha("a", &answer), "a wrong one voids the picture");
        let answer = pending.captcha("a");
        assert_eq!(pending.captcha_answer(), Some(answer.clone()));
        assert!(pending.check_captcha("a", &format!(" {answer}")) && pending.take_captcha("a") && !pending.take_captcha("a"));
        assert!(!pending.solve());
        pending.captcha("a");
        assert!(pending.solve() && pending.check_captcha("a", "") && pending.take_captcha("a"));
    }
}
