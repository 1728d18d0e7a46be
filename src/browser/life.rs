//! Whether driver and browser are still there.
//!
//! Never lets a call wait for a browser that is gone: every wait of the session runs through [`Life::run`].

use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use super::process::Driver;
use crate::base::{Fault, Message, Until};

/// The processes of a session and the fault that took them away.
#[derive(Debug)]
pub(super) struct Life {
    driver: Mutex<Option<Driver>>,
    gone: watch::Sender<Option<Fault>>,
}

impl Life {
    pub(super) fn new(driver: Driver) -> Life {
        Life { driver: Mutex::new(Some(driver)), gone: watch::Sender::new(None) }
    }

    /// Browser or driver are gone for good: what is left of them is killed, every waiting call ends with `fault`. The first
    /// fault stays.
    pub(super) fn take_away(&self, fault: Fault) {
        let first = self.gone.send_if_modified(|gone| {
            let first = gone.is_none();
            if first {
                *gone = Some(fault);
            }
            first
        });
        if first && let Some(driver) = self.driver.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            driver.kill();
        }
    }

    /// The fault that took the browser away, if it is gone.
    pub(super) fn gone(&self) -> Option<Fault> {
        self.gone.borrow().clone()
    }

    /// Hands the processes over, to be ended in order.
    pub(super) fn driver(&self) -> Option<Driver> {
        self.driver.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Runs `work`, which is `doing` something, until it ends, the limit of the caller passes or the browser goes away.
    pub(super) async fn run<T>(
        &self,
        until: &Until,
        doing: &Message,
        work: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Fault> {
        let mut gone = self.gone.subscribe();
        let lost = async {
            match gone.wait_for(Option::is_some).await {
                Ok(fault) => fault.clone(),
                Err(_) => None,
            }
        };
        let waiting_for = Message::new(format!("浏览器{}", doing.zh), format!("the browser to {}", doing.en));
        until
            .run(&waiting_for, async {
                tokio::select! {
                    biased;
                    Some(fault) = lost => Err(fault),
                    done = work => done,
                }
            })
            .await?
    }
}
