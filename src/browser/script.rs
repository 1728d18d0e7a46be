//! Scripts in the page's frames, in an isolated world: the page can neither see nor break them. And input events.
//!
//! Never evaluates text of a playbook or a page: every function is Ruku's own, values go in as arguments.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use super::events::Event;
use super::session::Browser;
use super::{fault, remote};
use crate::base::{Fault, FaultKind, Until};
use crate::say;

/// The name of Ruku's isolated world in every frame.
pub(super) const SANDBOX: &str = "ruku";

/// How long a new isolated world may take to get its way out; a dialog may hold it up for as long as a person thinks.
const CONNECTED_WITHIN: Duration = Duration::from_secs(3600);

/// One frame of a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    /// Its BiDi context.
    pub(super) context: String,
    /// The frame it is in; none for the window itself.
    pub(super) parent: Option<String>,
}

impl Browser {
    /// Calls `function` (JavaScript source of a function) in the isolated world of a frame, awaits its promise and returns its value.
    /// A node in `arguments` is `{"sharedId": …}`, see [`remote`].
    ///
    /// # Errors
    /// [`FaultKind::Dialog`] when a native dialog is or becomes open (the page stands still behind it; the call is given up, not
    /// undone); [`FaultKind::Gone`] when the frame went away or moved on, or the whole browser did ([`Browser::took_away`] tells);
    /// [`FaultKind::Refused`] when the function threw; [`FaultKind::TimedOut`], [`FaultKind::Stopped`].
    pub(super) async fn call(&self, context: &str, function: &str, arguments: &[Value], until: &Until) -> Result<Value, Fault> {
        let doing = say!("读取网页", "read the page");
        let (function, arguments) = remote::called(function, arguments);
        let params = json!({
            "functionDeclaration": function,
            "arguments": arguments,
            "target": {"context": context, "sandbox": SANDBOX},
            "awaitPromise": true,
            "serializationOptions": {"maxDomDepth": 0, "includeShadowTree": "all"},
        });
        let result = self.unless_dialog(self.bidi.command("script.callFunction", params, &doing, until)).await?;
        if result["type"] == "exception" {
            let words = result["exceptionDetails"]["text"].as_str().unwrap_or_default();
            return Err(Fault::new(
                FaultKind::Refused,
                say!("网页脚本出错：{words}", "a script of Ruku failed in the page: {words}"),
            ));
        }
        Ok(remote::json_of(&result["result"]))
    }

    /// Installs a function that runs in the isolated world of every frame and window from now on, before the page's own scripts. It is
    /// called with one argument: a function that sends a JSON value to [`Browser::listen`] as `script.message` on `channel`.
    /// Each channel belongs to one script.
    pub(super) async fn add_preload_script(&self, function: &str, channel: &str, until: &Until) -> Result<(), Fault> {
        self.connect_channel(channel);
        let name = json!(channel);
        // Not BiDi's own channel argument: the driver listens to that in the page's world only, never in an isolated one.
        let declaration = format!(
            "() => {{
                const name = {name};
                const waiting = [];
                let out = message => waiting.push(message);
                globalThis.rukuChannels ??= {{}};
                globalThis.rukuChannels[name] = channel => {{ out = channel; waiting.splice(0).forEach(channel); }};
                ({function})(message => out(message));
            }}"
        );
        let params = json!({"functionDeclaration": declaration, "sandbox": SANDBOX});
        self.bidi.command("script.addPreloadScript", params, &say!("准备网页脚本", "install the page script"), until).await?;
        Ok(())
    }

    /// Gives every new isolated world its way out, until the session ends.
    pub(super) fn connect_channel(&self, channel: &str) {
        let mut events = self.events.listen();
        // Weak: the task must not keep a dropped session's connection open.
        let (bidi, life) = (Arc::downgrade(&self.bidi), Arc::downgrade(&self.life));
        let name = remote::argument(&json!(channel));
        let argument = json!({"type": "channel", "value": {"channel": channel, "ownership": "none"}});
        tokio::spawn(async move {
            loop {
                let event = match events.recv().await {
                    Ok(event) => event,
                    Err(broadcast::error::RecvError::Lagged(_)) => continue,
                    Err(broadcast::error::RecvError::Closed) => return,
                };
                if event.method != "script.realmCreated" || event.params["sandbox"] != SANDBOX {
                    continue;
                }
                let (Some(bidi), Some(life)) = (bidi.upgrade(), life.upgrade()) else { return };
                let params = json!({
                    "functionDeclaration": "(channel, name) => { globalThis.rukuChannels?.[name]?.(channel) }",
                    "arguments": [argument, name],
                    "target": {"realm": event.params["realm"]},
                    "awaitPromise": false,
                });
                if life.gone().is_some() {
                    return;
                }
                // Of its own: a frame that stands still behind a dialog must not hold up the next one.
                tokio::spawn(async move {
                    let until = Until::after(CONNECTED_WITHIN, CancellationToken::new());
                    let doing = say!("连接网页脚本", "connect the page script");
                    if let Err(fault) = bidi.command("script.callFunction", params, &doing, &until).await {
                        // The frame has moved on already: its next world is connected in turn.
                        tracing::debug!(%fault, "a page script was not connected");
                    }
                });
            }
        });
    }

    /// All frames of the current window, parents before children.
    pub(super) async fn frames(&self, until: &Until) -> Result<Vec<Frame>, Fault> {
        let params = json!({"root": self.current_context()});
        let tree = self.bidi.command("browsingContext.getTree", params, &say!("读取网页结构", "list the frames"), until).await?;
        let mut frames = Vec::new();
        let mut open: Vec<(Option<String>, &Value)> =
            tree["contexts"].as_array().into_iter().flatten().map(|c| (None, c)).collect();
        while let Some((parent, node)) = open.pop() {
            let context = node["context"].as_str().unwrap_or_default().to_owned();
            open.extend(node["children"].as_array().into_iter().flatten().rev().map(|child| (Some(context.clone()), child)));
            frames.push(Frame { context, parent });
        }
        Ok(frames)
    }

    /// The frames of all windows, in no order.
    ///
    /// # Errors
    /// As [`Browser::call`].
    pub(super) async fn every_frame(&self, until: &Until) -> Result<Vec<String>, Fault> {
        let tree =
            self.bidi.command("browsingContext.getTree", json!({}), &say!("读取网页结构", "list the frames"), until).await?;
        let mut open: Vec<&Value> = tree["contexts"].as_array().into_iter().flatten().collect();
        let mut frames = Vec::new();
        while let Some(node) = open.pop() {
            open.extend(node["children"].as_array().into_iter().flatten());
            frames.extend(node["context"].as_str().map(str::to_owned));
        }
        Ok(frames)
    }

    /// Real pointer, key and wheel input in `context`; `actions` is the BiDi `input.performActions` list. Coordinates are CSS
    /// pixels of that frame's viewport. A dialog that the input opens ends the wait: the input *was* made.
    ///
    /// # Errors
    /// [`FaultKind::Dialog`] when one was open before, so that nothing was sent; after sending, whatever [`Browser::call`] may say.
    pub(super) async fn perform(&self, context: &str, actions: Value, until: &Until) -> Result<(), Fault> {
        if let Some(dialog) = self.events.dialog() {
            return Err(fault::dialog_open(&dialog.text));
        }
        let params = json!({"context": context, "actions": actions});
        let doing = say!("操作网页", "act on the page");
        let work = self.bidi.command("input.performActions", params, &doing, until);
        match self.unless_dialog(work).await {
            Err(fault) if fault.kind == FaultKind::Dialog => Ok(()),
            other => other.map(drop),
        }
    }

    /// Events of the session from now on, `script.message` with plain JSON in `data` among them.
    pub(super) fn listen(&self) -> broadcast::Receiver<Arc<Event>> {
        self.events.listen()
    }

    /// `work`, or [`FaultKind::Dialog`] as soon as a dialog is open; work is not begun behind an open one.
    pub(super) async fn unless_dialog<T>(&self, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        let mut dialogs = self.events.dialogs();
        let opened = async {
            match dialogs.wait_for(Option::is_some).await {
                Ok(dialog) => dialog.clone(),
                Err(_) => None,
            }
        };
        tokio::select! {
            biased;
            Some(dialog) = opened => Err(fault::dialog_open(&dialog.text)),
            done = work => done,
        }
    }
}
