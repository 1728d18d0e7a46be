//! The scripted operator: stands in for a person on the training portals, and only there.
//!
//! Never works on a real site: it can only be made for a training instance on loopback that answers a challenge with the key
//! of its own 0600 file.

use std::io::Write;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::{Answer, Gate, GateKind, Operator};
use crate::base::{Fault, FaultKind, Lang, Message, Secret, Until, challenge, http};

/// How long the training instance may take for one answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the instance file of a training says about reaching it.
#[derive(Debug, Clone)]
pub struct Access {
    /// Port on 127.0.0.1.
    pub port: u16,
    /// Bearer token of the admin interface.
    pub token: Secret,
    /// Key of the challenge, 64 hex digits.
    pub key: Secret,
}

/// Answers gates as a trained person would: inserts the applicant's own lock, confirms, and never guesses.
#[derive(Debug)]
pub struct Scripted {
    access: Access,
    card: String,
    lang: Lang,
}

impl Scripted {
    /// Checks that `access` leads to a living training instance, then takes the place of the person who owns `card`.
    ///
    /// # Errors
    /// `Refused` when the challenge is not answered rightly; `Gone` when nobody answers.
    pub async fn admit(access: Access, card: &str, lang: Lang) -> Result<Scripted, Fault> {
        challenge::prove(access.port, &access.key, PATIENCE).await?;
        Ok(Scripted { access, card: card.to_owned(), lang })
    }

    async fn insert(&self) -> Result<(), Fault> {
        let body = serde_json::json!({ "card": self.card }).to_string();
        let answer = post(&self.access, "/locks/0/insert", &body).await?;
        if answer.status == 200 {
            return Ok(());
        }
        let status = answer.status;
        Err(Fault::new(
            FaultKind::Card,
            crate::say!(
                "模拟平台未能插入模拟 CA 锁（HTTP {status}）",
                "the training could not insert the virtual lock (HTTP {status})"
            ),
        ))
    }
}

async fn post(access: &Access, path: &str, body: &str) -> Result<http::Answer, Fault> {
    let bearer = zeroize::Zeroizing::new(format!("Bearer {}", access.token.expose()));
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    http::request("POST", access.port, "admin.localhost", path, &headers, body.as_bytes().to_vec(), PATIENCE).await
}

impl Operator for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn forget(&self) {}

    fn ask<'a>(&'a self, gate: &'a Gate, until: &'a Until) -> BoxFuture<'a, Result<Answer, Fault>> {
        Box::pin(async move {
            match gate.kind {
                GateKind::InsertLock | GateKind::ReinsertLock => {
                    self.insert().await?;
                    // The lock itself is the answer; this future is dropped when it is seen.
                    let waiting_for = crate::say!("模拟 CA 锁被识别", "the virtual lock to be seen");
                    until.run(&waiting_for, std::future::pending::<Answer>()).await
                }
                GateKind::Confirm => Ok(Answer::Go),
                // A script must not decide for a person.
                GateKind::PickLock | GateKind::Precondition | GateKind::Unsure => Ok(Answer::Stop),
            }
        })
    }

    fn tell(&self, message: &Message) {
        // A closed terminal must not stop a run that is in the middle of something.
        let _ = writeln!(std::io::stderr().lock(), "{}", message.get(self.lang));
    }
}
