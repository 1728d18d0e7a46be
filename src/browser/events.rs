//! What the browser tells by itself: dialogs, windows, requests that change something, messages of scripts.
//!
//! Never keeps the content of a request or a page, only that it happened.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::sync::{broadcast, watch};

use super::remote;

/// What Ruku listens to.
pub(super) const SUBSCRIBED: [&str; 11] = [
    "browsingContext.contextCreated",
    "browsingContext.contextDestroyed",
    "browsingContext.navigationStarted",
    "browsingContext.domContentLoaded",
    "browsingContext.load",
    "browsingContext.userPromptOpened",
    "browsingContext.userPromptClosed",
    "log.entryAdded",
    "network.beforeRequestSent",
    "script.message",
    "script.realmCreated",
];

/// How many past requests are remembered.
const KEPT_REQUESTS: usize = 1000;

/// What kind of native dialog is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DialogKind {
    /// `alert()`: one button.
    Alert,
    /// `confirm()`: 确定 and 取消.
    Confirm,
    /// `prompt()`: a line of text is asked for.
    Prompt,
    /// "Leave this page?"
    BeforeUnload,
}

/// A native dialog that waits for an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DialogInfo {
    /// Its kind.
    pub kind: DialogKind,
    /// The words in it, as the page gave them.
    pub text: String,
    /// The window it belongs to.
    pub(super) context: String,
    /// Which dialog of the session it is: pages ask the same question twice.
    number: u64,
}

/// A request that may have changed something: any method but GET, HEAD and OPTIONS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Counts up from 1 within the session; a repeated number never occurs.
    pub number: u64,
    /// The method, upper case.
    pub method: String,
    /// The address without query and fragment, which may hold personal values.
    pub url: String,
}

/// One event, as the page side reads it.
#[derive(Debug, Clone)]
pub(super) struct Event {
    /// The BiDi name, such as `script.message`.
    pub(super) method: String,
    /// The BiDi parameters; for `script.message`, `data` is plain JSON already.
    pub(super) params: Value,
}

#[derive(Debug, Default)]
struct State {
    dialogs: Vec<DialogInfo>,
    dialog_count: u64,
    sent: Vec<Sent>,
    sent_count: u64,
}

/// The folded state of a session, fed by the reader of the socket.
#[derive(Debug)]
pub(super) struct Events {
    state: Mutex<State>,
    dialogs: watch::Sender<Option<DialogInfo>>,
    all: broadcast::Sender<Arc<Event>>,
}

impl Events {
    pub(super) fn new() -> Events {
        Events { state: Mutex::default(), dialogs: watch::Sender::new(None), all: broadcast::Sender::new(4096) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one event from the socket.
    pub(super) fn take(&self, method: &str, mut params: Value) {
        let context = || params["context"].as_str().unwrap_or_default().to_owned();
        match method {
            "browsingContext.userPromptOpened" => {
                let kind = match params["type"].as_str() {
                    Some("confirm") => DialogKind::Confirm,
                    Some("prompt") => DialogKind::Prompt,
                    Some("beforeunload") => DialogKind::BeforeUnload,
                    _ => DialogKind::Alert,
                };
                let text = params["message"].as_str().unwrap_or_default().to_owned();
                let context = context();
                self.change_dialogs(|dialogs, number| dialogs.push(DialogInfo { kind, text, context, number }));
            }
            "browsingContext.userPromptClosed" | "browsingContext.contextDestroyed" => {
                let gone = context();
                self.change_dialogs(|dialogs, _| dialogs.retain(|dialog| dialog.context != gone));
            }
            "network.beforeRequestSent" => self.count(&params["request"]),
            "script.message" => params["data"] = remote::json_of(&params["data"]),
            _ => {}
        }
        // Nobody listening is the normal case.
        let _ = self.all.send(Arc::new(Event { method: method.to_owned(), params }));
    }

    /// `change` gets the open dialogs and a number nobody had before.
    fn change_dialogs(&self, change: impl FnOnce(&mut Vec<DialogInfo>, u64)) {
        let mut guard = self.state();
        let state = &mut *guard;
        state.dialog_count += 1;
        change(&mut state.dialogs, state.dialog_count);
        self.dialogs.send_replace(state.dialogs.first().cloned());
    }

    fn count(&self, request: &Value) {
        let method = request["method"].as_str().unwrap_or_default().to_ascii_uppercase();
        if matches!(method.as_str(), "" | "GET" | "HEAD" | "OPTIONS") {
            return;
        }
        let url = request["url"].as_str().unwrap_or_default();
        let url = url.split(['?', '#']).next().unwrap_or_default().to_owned();
        let mut state = self.state();
        state.sent_count += 1;
        let number = state.sent_count;
        if state.sent.len() == KEPT_REQUESTS {
            state.sent.remove(0);
        }
        state.sent.push(Sent { number, method, url });
    }

    /// The dialog that has been open longest.
    pub(super) fn dialog(&self) -> Option<DialogInfo> {
        self.dialogs.borrow().clone()
    }

    /// Changes of [`Events::dialog`].
    pub(super) fn dialogs(&self) -> watch::Receiver<Option<DialogInfo>> {
        self.dialogs.subscribe()
    }

    /// Everything from now on.
    pub(super) fn listen(&self) -> broadcast::Receiver<Arc<Event>> {
        self.all.subscribe()
    }

    /// Requests after number `since`.
    pub(super) fn sent_since(&self, since: u64) -> Vec<Sent> {
        self.state().sent.iter().filter(|sent| sent.number > since).cloned().collect()
    }
}
