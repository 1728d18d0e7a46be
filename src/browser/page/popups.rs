//! A way around a fault of the driver: a pop-up of the same origin as its opener would never answer.
//!
//! Chromium lets such a window keep its first script world when the real page comes, so no new world is announced; the driver forgets
//! the old one all the same and every script and input call waits for ever. Switching the script domain off and on makes Chromium
//! announce its worlds again. Never touches a window that Ruku opened itself or that was announced already.

use std::collections::HashSet;
use std::sync::{Arc, Weak};
use std::time::Duration;

use serde_json::json;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use super::super::Browser;
use super::super::bidi::Bidi;
use super::super::script::SANDBOX;
use super::world::SCRIPT;
use crate::base::{Fault, Until};
use crate::say;

/// How long the driver may take to announce the worlds; reached only by a hung driver.
const ANNOUNCING: Duration = Duration::from_secs(60);

impl Browser {
    /// Makes pop-ups answer, to the end of the session.
    pub(super) fn wake_popups(&self) {
        let mut events = self.listen();
        let bidi = Arc::downgrade(&self.bidi);
        tokio::spawn(async move {
            let mut new = HashSet::new();
            loop {
                let event = match events.recv().await {
                    Ok(event) => event,
                    Err(RecvError::Lagged(_)) => continue,
                    Err(RecvError::Closed) => return,
                };
                let Some(context) = event.params["context"].as_str() else { continue };
                match event.method.as_str() {
                    "browsingContext.contextCreated" if event.params["originalOpener"].is_string() => {
                        new.insert(context.to_owned());
                    }
                    // Only the first page of a window keeps the world of the empty one.
                    "browsingContext.domContentLoaded" if new.remove(context) => {
                        tokio::spawn(announce_worlds(bidi.clone(), context.to_owned()));
                    }
                    _ => {}
                }
            }
        });
    }
}

async fn announce_worlds(bidi: Weak<Bidi>, context: String) {
    let Some(bidi) = bidi.upgrade() else { return };
    let until = Until::after(ANNOUNCING, CancellationToken::new());
    let doing = say!("连接新窗口", "connect the new window");
    let work = async {
        let session = bidi.command("goog:cdp.getSession", json!({"context": context}), &doing, &until).await?;
        for method in ["Runtime.disable", "Runtime.enable"] {
            let params = json!({"method": method, "params": {}, "session": session["session"]});
            bidi.command("goog:cdp.sendCommand", params, &doing, &until).await?;
        }
        // A world that was kept does not get the preload script for its new document.
        let script = format!("() => {{ ({SCRIPT})(); ruku.catchUp(); }}");
        let target = json!({"context": context, "sandbox": SANDBOX});
        let params = json!({"functionDeclaration": script, "target": target, "awaitPromise": false});
        bidi.command("script.callFunction", params, &doing, &until).await?;
        Ok::<_, Fault>(())
    };
    if let Err(fault) = work.await {
        // The window may be closed already; another driver may not need this.
        tracing::debug!(%fault, "a new window was not asked for its worlds");
    }
}
