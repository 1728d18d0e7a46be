//! A W3C driver that hangs, lies and loses the session: Ruku must say so in time and leave nothing running.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use futures_util::{SinkExt, StreamExt};
use ruku::base::{Fault, FaultKind};
use ruku::browser::Browser;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;

use crate::driver::{eventually, options, processes_of, until};

/// What the fake answers to a classic command.
pub(crate) enum Reply {
    /// A W3C value.
    Value(Value),
    /// A W3C error with its HTTP status, code and message.
    Error(u16, &'static str, &'static str),
    /// Any bytes.
    Bytes(&'static [u8]),
    /// Nothing, ever.
    Never,
}

/// What the fake does with a BiDi command.
pub(crate) enum Bidi {
    /// Answers with this result.
    Result(Value),
    /// Does not answer.
    Silent,
    /// Sends this instead of an answer.
    Text(&'static str),
    /// Drops the connection.
    Hangup,
}

pub(crate) type Classic = fn(&str, &str) -> Reply;
pub(crate) type Events = fn(&str) -> Bidi;

/// A bench with a fake driver: the folder of driver files and the work folder.
pub(crate) struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    /// Serves the fake and writes a driver file whose program only announces the port.
    pub(crate) async fn new(classic: Classic, events: Events) -> Bench {
        Bench::after("", classic, events).await
    }

    /// The same, where the program does something else first.
    async fn after(first: &str, classic: Classic, events: Events) -> Bench {
        let sockets = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let socket_port = sockets.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = sockets.accept().await {
                tokio::spawn(speak(stream, events));
            }
        });
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let app = Router::new().fallback(move |request: Request<Body>| answer(request, classic, socket_port));
        tokio::spawn(async move { axum::serve(listener, app).await });
        let program = format!(
            "{first}echo Starting on port 0\necho 'ChromeDriver was started successfully on port {port}.'\nexec sleep 100000\n"
        );
        Bench::with_program(&program)
    }

    /// A bench whose driver is this shell script.
    fn with_program(script: &str) -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let (browsers, program) = (folder.path().join("drivers/browsers"), folder.path().join("driver"));
        std::fs::create_dir_all(&browsers).unwrap();
        std::fs::write(&program, format!("#!/bin/sh\n{script}")).unwrap();
        std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        let install = json!({"zh": "装上", "en": "install it"});
        let file = json!({
            "name": "fake", "order": 1, "browser_name": "chrome", "options_key": "goog:chromeOptions",
            "binary": {"linux": ["/bin/true"]}, "driver": {"linux": [program]},
            "install": {"linux": install, "windows": install, "macos": install}, "command_limit_seconds": 1, "arguments": {"always": []},
        });
        std::fs::write(browsers.join("fake.yaml"), file.to_string()).unwrap();
        Bench { folder }
    }

    fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    async fn start_within(&self, allowed: Duration) -> Result<Browser, Fault> {
        Browser::start(options(&self.work(), &self.folder.path().join("drivers")), &until().within(allowed)).await
    }

    pub(crate) async fn start(&self) -> Result<Browser, Fault> {
        self.start_within(Duration::from_secs(60)).await
    }

    /// The fault of a start that fails, with the driver's process gone.
    async fn refused(&self) -> Fault {
        let fault = self.start().await.unwrap_err();
        eventually("the driver to be ended", || processes_of(&self.work()).is_empty()).await;
        fault
    }
}

async fn answer(request: Request<Body>, classic: Classic, socket_port: u16) -> Response<Body> {
    let (status, body) = match classic(request.method().as_str(), request.uri().path()) {
        Reply::Value(mut value) => {
            if let Some(capabilities) = value.get_mut("capabilities") {
                capabilities["webSocketUrl"] = json!(format!("ws://127.0.0.1:{socket_port}/session/s"));
            }
            (200, json!({"value": value}).to_string().into_bytes())
        }
        Reply::Error(status, error, message) => {
            (status, json!({"value": {"error": error, "message": message, "stacktrace": "#0"}}).to_string().into_bytes())
        }
        Reply::Bytes(bytes) => (200, bytes.to_vec()),
        Reply::Never => std::future::pending().await,
    };
    Response::builder().status(status).header("content-type", "application/json; charset=utf-8").body(Body::from(body)).unwrap()
}

async fn speak(stream: tokio::net::TcpStream, events: Events) {
    let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
    while let Some(Ok(Message::Text(text))) = socket.next().await {
        let command: Value = serde_json::from_str(&text).unwrap();
        let method = command["method"].as_str().unwrap();
        let text = match events(method) {
            Bidi::Result(result) => json!({"type": "success", "id": command["id"], "result": result}).to_string(),
            Bidi::Text(text) => text.to_owned(),
            Bidi::Silent => continue,
            Bidi::Hangup => return,
        };
        if socket.send(Message::text(text)).await.is_err() {
            return;
        }
    }
}

/// A session that comes to be; everything else is an empty success.
pub(crate) fn polite(method: &str, path: &str) -> Reply {
    match (method, path) {
        ("POST", "/session") => Reply::Value(json!({"sessionId": "s", "capabilities": {"browserName": "chrome"}})),
        _ => Reply::Value(Value::Null),
    }
}

pub(crate) fn polite_bidi(method: &str) -> Bidi {
    Bidi::Result(match method {
        "browsingContext.getTree" => json!({"contexts": [{"context": "w", "url": "about:blank", "children": null}]}),
        "script.callFunction" => json!({"type": "success", "result": {"type": "array", "value": [
            {"type": "number", "value": 1100}, {"type": "number", "value": 700}]}}),
        _ => json!({}),
    })
}

#[tokio::test]
async fn a_driver_that_makes_no_session_is_explained() {
    let missing: Classic = |_, _| Reply::Error(500, "unknown error", "unknown error: cannot find Chrome binary\nStacktrace: #0");
    let fault = Bench::new(missing, polite_bidi).await.refused().await;
    assert!(fault.kind == FaultKind::Setup && fault.message.zh.contains("RUKU_BROWSER"), "{fault:?}");

    let version: Classic = |_, _| {
        Reply::Error(
            500,
            "session not created",
            "session not created: This version of ChromeDriver only supports Chrome version 1",
        )
    };
    let fault = Bench::new(version, polite_bidi).await.refused().await;
    assert!(fault.kind == FaultKind::Setup && fault.message.en.contains("same major version"), "{fault:?}");

    for bytes in [b"<html>proxy</html>".as_slice(), b"{}", b"[1,2]", b"\xff\xfe", b"{\"value\":{}}"] {
        let liar: Classic = match bytes[0] {
            b'<' => |_, _| Reply::Bytes(b"<html>proxy</html>"),
            b'[' => |_, _| Reply::Bytes(b"[1,2]"),
            0xff => |_, _| Reply::Bytes(b"\xff\xfe"),
            _ if bytes.len() == 2 => |_, _| Reply::Bytes(b"{}"),
            _ => |_, _| Reply::Bytes(b"{\"value\":{}}"),
        };
        let fault = Bench::new(liar, polite_bidi).await.refused().await;
        assert_eq!(fault.kind, FaultKind::Setup, "{}: {fault:?}", String::from_utf8_lossy(bytes));
    }
}

#[tokio::test]
async fn a_driver_that_does_not_start_gives_its_last_words() {
    let fault = Bench::with_program("echo 'error while loading shared libraries: libnss3.so' >&2\nexit 127\n").refused().await;
    assert!(fault.kind == FaultKind::Setup && fault.message.zh.contains("libnss3.so"), "{fault:?}");
}

/// Another program may take the port between the driver's choice of it and its use.
#[tokio::test]
async fn a_driver_whose_port_was_taken_is_started_again() {
    let taken = |below: u32| {
        format!(
            "echo start >> starts\nif [ $(wc -l < starts) -lt {below} ]; then echo 'bind() failed: Address already in use (98)'\necho 'IPv4 port not available. Exiting...'\nexit 1; fi\n"
        )
    };
    let starts = |bench: &Bench| std::fs::read_to_string(bench.work().join("starts")).unwrap().lines().count();
    let bench = Bench::after(&taken(3), polite, polite_bidi).await;
    bench.start().await.unwrap().end().await;
    assert_eq!(starts(&bench), 3);

    let bench = Bench::with_program(&taken(100));
    let fault = bench.refused().await;
    assert!(fault.kind == FaultKind::Setup && fault.message.zh.contains("port not available"), "{fault:?}");
    assert_eq!(starts(&bench), 5, "not for ever");
}

#[tokio::test]
async fn a_driver_that_hangs_at_the_start_is_ended() {
    let never: Classic = |_, _| Reply::Never;
    for bench in [
        Bench::new(never, polite_bidi).await,
        Bench::with_program("exec sleep 100000\n"),
        Bench::new(polite, |_| Bidi::Silent).await,
    ] {
        let fault = bench.start_within(Duration::from_secs(2)).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::TimedOut, "{fault:?}");
        eventually("the driver to be ended", || processes_of(&bench.work()).is_empty()).await;
    }
}

#[tokio::test]
async fn a_command_that_hangs_takes_the_driver_with_it() {
    let hanging: Classic = |method, path| if path.ends_with("/window") { Reply::Never } else { polite(method, path) };
    let bench = Bench::new(hanging, polite_bidi).await;
    let browser = bench.start().await.unwrap();
    // The caller's own limit passes first: the command is late, the driver not yet given up.
    let late = browser.switch_to("w", &until().within(Duration::from_millis(100))).await.unwrap_err();
    assert_eq!(late.kind, FaultKind::TimedOut);
    let fault = browser.switch_to("w", &until()).await.unwrap_err();
    assert!(fault.kind == FaultKind::Gone && fault.message.zh.contains("没有回答"), "{fault:?}");
    assert_eq!(browser.took_away(), Some(fault));
    eventually("the driver to be ended", || processes_of(&bench.work()).is_empty()).await;
    browser.end().await;
}

#[tokio::test]
async fn a_lost_session_is_gone_for_good() {
    let lost: Classic = |method, path| match path {
        _ if path.ends_with("/window") => Reply::Error(404, "invalid session id", "invalid session id"),
        _ => polite(method, path),
    };
    let bench = Bench::new(lost, polite_bidi).await;
    let browser = bench.start().await.unwrap();
    assert_eq!(browser.switch_to("w", &until()).await.unwrap_err().kind, FaultKind::Gone);
    assert!(browser.took_away().is_some());
    assert_eq!(browser.goto("http://127.0.0.1/", &until()).await.unwrap_err().kind, FaultKind::Gone);
    browser.end().await;
    assert_eq!(processes_of(&bench.work()), [0; 0]);
}

#[tokio::test]
async fn a_closed_window_is_not_a_lost_session() {
    let closed: Classic = |method, path| match path {
        _ if path.ends_with("/window") => Reply::Error(404, "no such window", "no such window: target window already closed"),
        _ => polite(method, path),
    };
    let bench = Bench::new(closed, polite_bidi).await;
    let browser = bench.start().await.unwrap();
    assert_eq!(browser.switch_to("w", &until()).await.unwrap_err().kind, FaultKind::Gone);
    assert_eq!(browser.took_away(), None);
    browser.end().await;
}

#[tokio::test]
async fn answers_that_are_no_answers_are_faults_and_not_panics() {
    for (nonsense, gone) in [
        (
            (|method, path| if path.ends_with("/window") { Reply::Bytes(b"<html>") } else { polite(method, path) }) as Classic,
            false,
        ),
        (|method, path| if path.ends_with("/window") { Reply::Bytes(b"\xff\xfe") } else { polite(method, path) }, true),
    ] {
        let bench = Bench::new(nonsense, polite_bidi).await;
        let browser = bench.start().await.unwrap();
        let fault = browser.switch_to("w", &until()).await.unwrap_err();
        assert_eq!((fault.kind == FaultKind::Gone, browser.took_away().is_some()), (gone, gone), "{fault:?}");
        browser.end().await;
    }
}

#[tokio::test]
async fn a_bidi_channel_that_breaks_or_babbles_is_noticed() {
    let hangup: Events = |method| if method == "browsingContext.navigate" { Bidi::Hangup } else { polite_bidi(method) };
    let bench = Bench::new(polite, hangup).await;
    let browser = bench.start().await.unwrap();
    assert_eq!(browser.goto("http://127.0.0.1/", &until()).await.unwrap_err().kind, FaultKind::Gone);
    eventually("the driver to be ended", || processes_of(&bench.work()).is_empty()).await;

    for babble in [
        (|method| if method == "browsingContext.navigate" { Bidi::Text("not JSON") } else { polite_bidi(method) }) as Events,
        |method| {
            if method == "browsingContext.navigate" {
                Bidi::Text(r#"{"type":"success","id":999999,"result":{}}"#)
            } else {
                polite_bidi(method)
            }
        },
        |method| {
            if method == "browsingContext.navigate" {
                Bidi::Text(r#"{"type":"event","method":"x.y"}"#)
            } else {
                polite_bidi(method)
            }
        },
    ] {
        let bench = Bench::new(polite, babble).await;
        let browser = Arc::new(bench.start().await.unwrap());
        let fault = browser.goto("http://127.0.0.1/", &until().within(Duration::from_millis(300))).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::TimedOut);
        assert!(browser.windows(&until()).await.is_ok(), "the channel still works");
    }
}
