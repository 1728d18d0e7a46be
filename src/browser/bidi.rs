//! A small WebDriver BiDi client: commands with ids, and the events of the session.
//!
//! Never blocks the classic side: a promise of a page may be awaited here for minutes while other commands go through.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{self, protocol::WebSocketConfig};

use super::events::Events;
use super::fault;
use super::life::Life;
use crate::base::{Fault, FaultKind, Message, Until};
use crate::say;

/// The largest message taken, in bytes: pictures do not come this way, so this is far more than any page says.
const LARGEST: usize = 64 << 20;

/// An answer: the result, or the error code with its words.
type Answer = Result<Value, (String, String)>;
type Pending = Arc<Mutex<HashMap<u64, oneshot::Sender<Answer>>>>;

/// The BiDi side of one session.
#[derive(Debug)]
pub(super) struct Bidi {
    outgoing: mpsc::UnboundedSender<String>,
    pending: Pending,
    next: AtomicU64,
    life: Arc<Life>,
}

/// Forgets a command that nobody waits for any more.
struct Waiting<'a>(&'a Pending, u64);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

impl Bidi {
    /// Connects to `url` on loopback, whatever host it names.
    pub(super) async fn connect(url: &str, life: Arc<Life>, events: Arc<Events>, until: &Until) -> Result<Bidi, Fault> {
        let refused = |error: &dyn std::fmt::Display| {
            Fault::new(
                FaultKind::Setup,
                say!(
                    "驱动程序的 BiDi 通道无法连接：{error}。请更新浏览器与驱动程序。",
                    "the driver's BiDi channel cannot be reached: {error}; update browser and driver"
                ),
            )
        };
        let connecting = async {
            let port = url::Url::parse(url).map_err(|error| refused(&error))?.port();
            let stream = TcpStream::connect(("127.0.0.1", port.unwrap_or_default())).await.map_err(|error| refused(&error))?;
            let config = WebSocketConfig::default().max_message_size(Some(LARGEST)).max_frame_size(Some(LARGEST));
            tokio_tungstenite::client_async_with_config(url, stream, Some(config)).await.map_err(|error| refused(&error))
        };
        let (socket, _) = life.run(until, &say!("建立连接", "connect"), connecting).await?;
        let (outgoing, commands) = mpsc::unbounded_channel();
        let pending = Pending::default();
        tokio::spawn(pump(socket, commands, Arc::clone(&pending), Arc::clone(&life), events));
        Ok(Bidi { outgoing, pending, next: AtomicU64::new(1), life })
    }

    /// Commands so far.
    pub(super) fn sent(&self) -> u64 {
        self.next.load(Ordering::Relaxed) - 1
    }

    /// One command. `doing` completes "could not …" for people.
    pub(super) async fn command(&self, method: &str, params: Value, doing: &Message, until: &Until) -> Result<Value, Fault> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (answer, answered) = oneshot::channel();
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).insert(id, answer);
        let _waiting = Waiting(&self.pending, id);
        let text = json!({"id": id, "method": method, "params": params}).to_string();
        let closed = || fault::taken_away(&say!("连接已关闭", "the connection is closed"));
        let work = async {
            self.outgoing.send(text).map_err(|_| closed())?;
            match answered.await {
                Ok(Ok(result)) => Ok(result),
                Ok(Err((code, words))) => {
                    let (fault, gone) = fault::of_bidi(&code, &words, doing);
                    if gone {
                        self.life.take_away(fault.clone());
                    }
                    Err(fault)
                }
                Err(_) => Err(closed()),
            }
        };
        self.life.run(until, doing, work).await
    }
}

/// Moves messages between socket and callers until either side is done.
async fn pump(
    socket: WebSocketStream<TcpStream>,
    mut commands: mpsc::UnboundedReceiver<String>,
    pending: Pending,
    life: Arc<Life>,
    events: Arc<Events>,
) {
    let (mut sink, mut stream) = socket.split();
    let why = loop {
        tokio::select! {
            command = commands.recv() => match command {
                Some(text) => if let Err(error) = sink.send(tungstenite::Message::text(text)).await { break error.to_string() },
                // The session was dropped: nobody is left to tell.
                None => return,
            },
            message = stream.next() => match message {
                Some(Ok(tungstenite::Message::Text(text))) => take(&text, &pending, &events),
                Some(Ok(tungstenite::Message::Close(_))) | None => break "closed".to_owned(),
                Some(Ok(_)) => {}
                Some(Err(error)) => break error.to_string(),
            },
        }
    };
    tracing::warn!(%why, "the connection to the browser broke");
    life.take_away(fault::taken_away(&say!("与浏览器的连接断开", "the connection to the browser broke")));
    pending.lock().unwrap_or_else(PoisonError::into_inner).clear();
}

fn take(text: &str, pending: &Pending, events: &Events) {
    let Ok(mut message) = serde_json::from_str::<Value>(text) else {
        tracing::warn!("the browser sent a BiDi message that is not JSON");
        return;
    };
    if let (Some("event"), Some(method)) = (message["type"].as_str(), message["method"].as_str().map(str::to_owned)) {
        events.take(&method, message["params"].take());
        return;
    }
    let Some(id) = message["id"].as_u64() else { return };
    let Some(waiting) = pending.lock().unwrap_or_else(PoisonError::into_inner).remove(&id) else { return };
    let answer = if message["type"] == "error" {
        let word = |name: &str| message[name].as_str().unwrap_or_default().to_owned();
        Err((word("error"), word("message")))
    } else {
        Ok(message["result"].take())
    };
    // The caller may have stopped waiting in this very moment.
    let _ = waiting.send(answer);
}
