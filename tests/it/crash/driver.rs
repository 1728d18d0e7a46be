//! A W3C driver over a [`Portal`]: whatever Ruku asks of a page is answered from its words, a press does what the page does.
//!
//! Never draws anything and never runs a script: it knows Ruku's own calls by name.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;

use super::portal::Portal;

/// What the test makes of the press that does an act: does it (or not), and kills Ruku at the moment it wants to.
pub(crate) type OnAct = dyn Fn(&mut Portal, &'static str) + Send + Sync;

/// An element that Ruku knows by its number.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Element {
    words: String,
    row: Option<String>,
    purpose: String,
}

/// The driver's state.
struct State {
    portal: Arc<Mutex<Portal>>,
    act: Box<OnAct>,
    key: Vec<u8>,
    pid: std::path::PathBuf,
    socket_port: u16,
    elements: Mutex<Vec<Element>>,
    armed: Mutex<Option<usize>>,
}

/// The portals' port (for the challenge of the training) and the driver's are one.
pub(crate) struct Ports {
    listener: TcpListener,
    sockets: TcpListener,
    /// The port.
    pub(crate) port: u16,
}

impl Ports {
    pub(crate) async fn open() -> Ports {
        let [listener, sockets] =
            [TcpListener::bind(("127.0.0.1", 0)).await.unwrap(), TcpListener::bind(("127.0.0.1", 0)).await.unwrap()];
        let port = listener.local_addr().unwrap().port();
        Ports { listener, sockets, port }
    }

    /// Serves until the runtime ends. `pid` is the file in which the driver's program leaves its number.
    pub(crate) fn serve(self, portal: Arc<Mutex<Portal>>, act: Box<OnAct>, key: &str, pid: std::path::PathBuf) {
        let socket_port = self.sockets.local_addr().unwrap().port();
        let state = Arc::new(State {
            portal,
            act,
            key: key.as_bytes().to_vec(),
            pid,
            socket_port,
            elements: Mutex::default(),
            armed: Mutex::default(),
        });
        let (classic, sockets) = (Arc::clone(&state), self.sockets);
        let app = Router::new().fallback(move |request: Request<Body>| answer(request, Arc::clone(&classic)));
        tokio::spawn(async move { axum::serve(self.listener, app).await });
        tokio::spawn(async move {
            while let Ok((stream, _)) = sockets.accept().await {
                tokio::spawn(speak(stream, Arc::clone(&state)));
            }
        });
    }
}

async fn answer(request: Request<Body>, state: Arc<State>) -> Response<Body> {
    let (method, path) = (request.method().as_str().to_owned(), request.uri().path().to_owned());
    let body = to_bytes(request.into_body(), 1 << 20).await.unwrap_or_default();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let value = match (method.as_str(), path.as_str()) {
        // The training proves to be one.
        ("POST", "/challenge") => {
            let key = ruku::base::Secret::new(String::from_utf8_lossy(&state.key).into_owned());
            let mac = ruku::base::challenge::answer(&key, body["nonce"].as_str().unwrap_or_default()).unwrap();
            return reply(json!({"mac": mac}));
        }
        ("POST", "/session") => {
            state.portal.lock().unwrap().new_browser();
            let pid: u64 = std::fs::read_to_string(&state.pid).ok().and_then(|text| text.trim().parse().ok()).unwrap_or_default();
            json!({"sessionId": "s", "capabilities": {
                "browserName": "chrome", "goog:processID": pid,
                "webSocketUrl": format!("ws://127.0.0.1:{}/session/s", state.socket_port)}})
        }
        _ => Value::Null,
    };
    reply(json!({"value": value}))
}

fn reply(body: Value) -> Response<Body> {
    Response::builder().header("content-type", "application/json; charset=utf-8").body(Body::from(body.to_string())).unwrap()
}

async fn speak(stream: TcpStream, state: Arc<State>) {
    let Ok(mut socket) = tokio_tungstenite::accept_async(stream).await else { return };
    while let Some(Ok(Message::Text(text))) = socket.next().await {
        let command: Value = serde_json::from_str(&text).unwrap();
        let result = state.command(command["method"].as_str().unwrap_or_default(), &command["params"]);
        let text = json!({"type": "success", "id": command["id"], "result": result}).to_string();
        if socket.send(Message::text(text)).await.is_err() {
            return;
        }
    }
}

impl State {
    fn command(&self, method: &str, params: &Value) -> Value {
        let mut portal = self.portal.lock().unwrap();
        match method {
            "browsingContext.getTree" => json!({"contexts": [{"context": "w", "url": portal.url(), "children": null}]}),
            "browsingContext.navigate" => {
                portal.navigate(params["url"].as_str().unwrap_or_default());
                json!({"navigation": null, "url": portal.url()})
            }
            "script.callFunction" => {
                let function = params["functionDeclaration"].as_str().unwrap_or_default();
                let mut args: Vec<Value> = params["arguments"].as_array().into_iter().flatten().map(plain).collect();
                // What is no node comes as one text.
                let packed = function.strip_prefix("text => (");
                if packed.is_some() {
                    args = serde_json::from_str(args[0].as_str().unwrap()).unwrap();
                }
                let function = packed.unwrap_or(function);
                json!({"type": "success", "realm": "r", "result": remote(&self.call(&mut portal, function, &args))})
            }
            "input.performActions" => {
                if params["actions"][0]["type"] == "pointer"
                    && let Some(key) = *self.armed.lock().unwrap()
                {
                    let element = self.elements.lock().unwrap()[key - 1].clone();
                    let choosing = element.purpose == "choose";
                    if let Some(act) = portal.press(&element.words, element.row.as_deref(), choosing) {
                        (self.act)(&mut portal, act);
                    }
                }
                json!({})
            }
            "input.setFiles" => {
                let key = params["element"]["sharedId"].as_str().and_then(|id| id.parse::<usize>().ok()).unwrap();
                let row = self.elements.lock().unwrap()[key - 1].row.clone().unwrap_or_default();
                portal.give_files(&row, params["files"].as_array().map_or(0, Vec::len));
                json!({})
            }
            _ => json!({}),
        }
    }

    /// One call of Ruku's script.
    fn call(&self, portal: &mut Portal, function: &str, args: &[Value]) -> Value {
        if function.contains("document.title") && function.len() < 40 {
            return json!("入库");
        }
        if function.contains("innerWidth") && function.len() < 60 {
            return json!([1280, 800]);
        }
        // Its installation.
        if !function.starts_with("async (...args) =>") {
            return Value::Null;
        }
        let everywhere = function.contains("ruku.whose()");
        let call = if everywhere { function.rsplit("await (").next() } else { function.split("await (").nth(1) };
        let call = call.unwrap_or_default();
        let name = call.strip_prefix("ruku.").and_then(|rest| rest.split('(').next()).unwrap_or_default();
        let told = self.ruku(portal, name, args);
        if everywhere { json!([[[], portal.origin(), told]]) } else { json!([told]) }
    }

    fn ruku(&self, portal: &mut Portal, name: &str, args: &[Value]) -> Value {
        let word = |at: usize| args.get(at).and_then(Value::as_str).unwrap_or_default();
        match name {
            "seen" => {
                let text = fold(&portal.text());
                let wanted = args[0].as_array().into_iter().flatten().filter_map(Value::as_str);
                wanted
                    .enumerate()
                    .find(|(_, words)| text.contains(&fold(words)))
                    .map_or(Value::Null, |(at, words)| json!([at, words]))
            }
            "probe" => self.probe(portal, &args[0], word(1)),
            "ready" => json!({"state": "ready", "x": 10, "y": 10}),
            "arm" => {
                *self.armed.lock().unwrap() = args.first().and_then(number);
                let words = args.first().and_then(number).map(|key| self.element(key).words);
                json!({"words": words.as_slice(), "question": ""})
            }
            "verdict" => json!({"reached": 1}),
            "drawnBox" => match portal.asks() {
                Some(text) => {
                    let key = self.key("确定", None, "press");
                    let button = json!({"key": key, "text": "确定", "kind": "button", "rect": rect()});
                    json!({"text": text, "buttons": ["确定", "取消"], "button": button})
                }
                None => Value::Null,
            },
            "takeFocus" => json!({"state": "set"}),
            "tickFace" => json!({"key": args[0]}),
            "isChecked" => json!({"value": portal.is_ticked(&self.of(args).words)}),
            "fieldValue" => {
                // What nobody has filled in here was filled in before.
                let value = Some(portal.value(&self.of(args).words)).filter(|value| !value.is_empty());
                json!({"value": value.as_deref().unwrap_or("有"), "whole": true})
            }
            "valueOf" => json!({"value": portal.value(&self.name_of(args))}),
            "setValue" => {
                portal.enter(&self.name_of(args), word(1));
                Value::Null
            }
            "dateField" => json!({"state": "set", "type": "date", "value": portal.value(&self.of(args).words)}),
            // The pages of this fake never move.
            "settled" => json!(true),
            "fileField" => json!({"state": "field", "node": {"sharedId": args[0].to_string()}, "several": true}),
            "listState" => json!({"value": portal.value(&level(&self.of(args).words, &args[1])), "panel": false}),
            "listStep" => {
                let (label, option) = (level(&self.of(args).words, &args[1]), word(2));
                if portal.value(&label) == option {
                    return json!({"state": "chosen", "value": option});
                }
                portal.enter(&label, option);
                json!({"state": "set", "words": option})
            }
            "gridCell" => {
                let key = self.key(word(1), Some("cell"), "fill");
                let value = portal.value(&self.name(key));
                json!({"state": "cell", "key": key, "value": value, "index": 0, "rect": rect(), "text": value})
            }
            "cellEditor" => json!({"state": "open", "key": args[0], "select": false}),
            _ => Value::Null,
        }
    }

    fn probe(&self, portal: &Portal, place: &Value, purpose: &str) -> Value {
        let words = place["words"].as_str().unwrap_or_default();
        let row = place["row"].as_str();
        // Of the labels that show a person, none is a field; of the others all are.
        let shown = ["证书持有人", "登录人", "持有人", "当前登录人", "受理编号", "提交时间"].contains(&words);
        let there = if place["whole"] == true && purpose == "see" && row.is_none() {
            portal.shows(words)
        } else {
            portal.has(words, row) && !(shown && matches!(purpose, "fill" | "list"))
        };
        if !there {
            return json!({"hidden": 0, "list": []});
        }
        let key = self.key(words, row, purpose);
        let text = if purpose == "see" && place["by"] == "label" { portal.value(words) } else { words.to_owned() };
        json!({"hidden": 0, "list": [{
            "key": key, "near": 0, "rank": 0, "kind": "button", "text": text, "label": "", "rect": rect()}]})
    }

    /// The number of an element, from 1.
    fn key(&self, words: &str, row: Option<&str>, purpose: &str) -> usize {
        let element = Element { words: words.to_owned(), row: row.map(str::to_owned), purpose: purpose.to_owned() };
        let mut elements = self.elements.lock().unwrap();
        let at = elements.iter().position(|one| *one == element).unwrap_or_else(|| {
            elements.push(element);
            elements.len() - 1
        });
        at + 1
    }

    fn element(&self, key: usize) -> Element {
        self.elements.lock().unwrap()[key - 1].clone()
    }

    fn of(&self, args: &[Value]) -> Element {
        self.element(number(&args[0]).unwrap())
    }

    /// What a field is called; cells have names of their own.
    fn name(&self, key: usize) -> String {
        let element = self.element(key);
        if element.row.as_deref() == Some("cell") { format!("cell {}", element.words) } else { element.words }
    }

    fn name_of(&self, args: &[Value]) -> String {
        self.name(number(&args[0]).unwrap())
    }
}

fn level(label: &str, place: &Value) -> String {
    match place.as_u64() {
        None | Some(0) => label.to_owned(),
        Some(place) => format!("{label} {place}"),
    }
}

fn number(value: &Value) -> Option<usize> {
    value.as_u64().and_then(|number| usize::try_from(number).ok())
}

fn rect() -> Value {
    json!({"x": 5, "y": 5, "width": 20, "height": 10})
}

fn fold(text: &str) -> String {
    text.replace("登陆", "登录")
}

/// A BiDi argument as JSON.
fn plain(value: &Value) -> Value {
    let inner = &value["value"];
    match value["type"].as_str().unwrap_or_default() {
        "array" => inner.as_array().into_iter().flatten().map(plain).collect(),
        "object" => {
            let pairs = inner.as_array().into_iter().flatten();
            Value::Object(pairs.map(|pair| (pair[0].as_str().unwrap_or_default().to_owned(), plain(&pair[1]))).collect())
        }
        _ => inner.clone(),
    }
}

/// JSON as a BiDi remote value.
fn remote(value: &Value) -> Value {
    match value {
        Value::Null => json!({"type": "null"}),
        Value::Bool(value) => json!({"type": "boolean", "value": value}),
        Value::Number(value) => json!({"type": "number", "value": value}),
        Value::String(value) => json!({"type": "string", "value": value}),
        Value::Array(items) => json!({"type": "array", "value": items.iter().map(remote).collect::<Vec<_>>()}),
        Value::Object(map) if map.contains_key("sharedId") => json!({"type": "node", "sharedId": map["sharedId"]}),
        Value::Object(map) => {
            json!({"type": "object", "value": map.iter().map(|(key, value)| json!([key, remote(value)])).collect::<Vec<_>>()})
        }
    }
}
