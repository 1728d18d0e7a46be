//! What the pages said: text that is there now, and short-lived messages and dialogs that were.
//!
//! Never counts a message from before the mark: "已提交" that was there already proves nothing.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;
use tokio::sync::broadcast::error::RecvError;

use super::super::Browser;
use super::super::events::Event;
use super::words;
use crate::base::until::rung;
use crate::base::{Fault, Message, Until};

/// The channel of the page script.
pub(super) const CHANNEL: &str = "ruku";
/// Messages kept; a portal shows a handful in a step.
const KEPT: usize = 500;

/// A moment, for "since then". Milliseconds of this machine's clock, which the browser shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(u64);

/// Where words were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    /// On the page, now.
    Page,
    /// In a message that popped up (it may be gone).
    Message,
    /// In a native dialog (it may be answered).
    Dialog,
}

/// Words that were looked for and found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenText {
    /// The text around them, at most 400 characters.
    pub text: String,
    /// Which of the words, as an index.
    pub which: usize,
    /// Where they stood.
    pub place: Where,
}

#[derive(Debug, Clone)]
struct Remembered {
    at: u64,
    text: String,
    place: Where,
}

/// The messages of one session, whatever became of their documents. Clones share it.
#[derive(Debug, Clone, Default)]
pub(in crate::browser) struct Memory(Arc<Mutex<Vec<Remembered>>>);

impl Memory {
    fn push(&self, one: Remembered) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() == KEPT {
            all.remove(0);
        }
        all.push(one);
    }

    /// The first message after `since` that holds one of `wanted`.
    fn find(&self, wanted: &[String], since: Mark) -> Option<SeenText> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().filter(|one| one.at > since.0).find_map(|one| seen_in(&one.text, wanted, one.place))
    }
}

fn seen_in(text: &str, wanted: &[String], place: Where) -> Option<SeenText> {
    let which = wanted.iter().position(|words| words::contains(text, words))?;
    Some(SeenText { text: text.to_owned(), which, place })
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

impl Browser {
    /// This moment.
    pub fn mark(&self) -> Mark {
        Mark(now())
    }

    /// What popped up after `since` (messages and dialogs), oldest first: for the journal.
    pub fn messages_since(&self, since: Mark) -> Vec<(Where, String)> {
        let all = self.memory.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().filter(|one| one.at > since.0).map(|one| (one.place, one.text.clone())).collect()
    }

    /// Whether one of `wanted` can be read now (open dialog, page in all its frames) or popped up after `since`.
    ///
    /// # Errors
    /// [`FaultKind::Dialog`] when an open dialog says something else, because the page cannot be read behind it;
    /// [`FaultKind::Gone`] when the page is moving on.
    pub async fn seen_text(&self, wanted: &[String], since: Option<Mark>, until: &Until) -> Result<Option<SeenText>, Fault> {
        let dialog = self.dialog();
        if let Some(seen) = dialog.as_ref().and_then(|dialog| seen_in(&dialog.text, wanted, Where::Dialog)) {
            return Ok(Some(seen));
        }
        if let Some(seen) = since.and_then(|since| self.memory.find(wanted, since)) {
            return Ok(Some(seen));
        }
        if let Some(dialog) = dialog {
            return Err(super::super::fault::dialog_open(&dialog.text));
        }
        let views = self.ask_all("ruku.seen(args[0])", &[json!(wanted)], until).await?;
        for view in views {
            let told = match view.answer {
                Ok(told) => told,
                Err(fault) if self.passing(&fault) && view.parent.is_some() => continue,
                Err(fault) => return Err(fault),
            };
            if let (true, Some(which), Some(text)) = (view.shown, told[0].as_u64(), told[1].as_str()) {
                let which = usize::try_from(which).unwrap_or_default();
                return Ok(Some(SeenText { text: text.to_owned(), which, place: Where::Page }));
            }
        }
        // A message may have come while the frames were read.
        Ok(since.and_then(|since| self.memory.find(wanted, since)))
    }

    /// Waits for [`Browser::seen_text`].
    ///
    /// # Errors
    /// [`FaultKind::TimedOut`] with the words; the others as [`Browser::seen_text`].
    pub async fn wait_text(&self, wanted: &[String], since: Option<Mark>, until: &Until) -> Result<SeenText, Fault> {
        let waiting = waiting_for(wanted);
        let until = &until.awaiting(&waiting);
        let mut attempt = 0;
        loop {
            match self.seen_text(wanted, since, until).await {
                Ok(Some(seen)) => return Ok(seen),
                Ok(None) => {}
                Err(fault) if self.passing(&fault) => {}
                Err(fault) => return Err(fault),
            }
            attempt += 1;
            until.pause(rung(attempt), &waiting).await?;
        }
    }

    /// Feeds the memory from now to the end of the session.
    pub(super) fn watch_messages(&self) {
        let memory = self.memory.clone();
        let mut events = self.listen();
        tokio::spawn(async move {
            loop {
                match events.recv().await {
                    Ok(event) => take(&memory, &event),
                    Err(RecvError::Lagged(missed)) => tracing::warn!(missed, "events of the browser came too fast"),
                    Err(RecvError::Closed) => return,
                }
            }
        });
    }
}

fn take(memory: &Memory, event: &Event) {
    match event.method.as_str() {
        "script.message" if event.params["channel"] == CHANNEL => {
            let data = &event.params["data"];
            if let (Some(at), Some(text)) = (data["at"].as_u64(), data["text"].as_str()) {
                memory.push(Remembered { at, text: text.to_owned(), place: Where::Message });
            }
        }
        "browsingContext.userPromptOpened" => {
            let text = event.params["message"].as_str().unwrap_or_default().to_owned();
            memory.push(Remembered { at: now(), text, place: Where::Dialog });
        }
        _ => {}
    }
}

fn waiting_for(wanted: &[String]) -> Message {
    let list = |or: &str| wanted.iter().map(|words| format!("“{words}”")).collect::<Vec<_>>().join(or);
    Message::new(format!("网页出现{}", list("或")), format!("the page to say {}", list(" or ")))
}
