//! The two HTTP ports of the agent, and its life as a process.
//!
//! Never answers a page of an origin that is not listed, nor a request whose `Host` is not this port of the loopback (DNS rebinding).

use std::io::{BufRead, Write};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Json, Response};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::AgentOptions;
use super::calls::{self, Form, Port, Token, Tokens};
use super::order::{Done, Order, WINDOW_OPENS};
use super::reply::{Code, json_of};
use super::tokens::Pcsc;
use super::window::PinWindow;
use crate::base::{Fault, FaultKind, Secret};
use crate::say;

/// A form of a page is small, in bytes.
const LARGEST_FORM: usize = 64 << 10;
/// How often the lock is looked for while the PIN window is open.
const LOOK: Duration = Duration::from_millis(100);
/// At the end, how long a call that is at the card may take.
const LAST_CALL: Duration = Duration::from_secs(2);

/// Runs the agent until standard input ends, that is: until the process that started it is gone, however it went. Prints one JSON line first:
/// `{"ports":[crypto,info]}`, or `{"fault":…}`; then one for each order that comes by standard input. Makes its own runtime, so it must not
/// be called inside one.
///
/// # Errors
/// [`FaultKind::Setup`] when a port is taken or the watch of the locks cannot start.
pub fn agent_main(options: &AgentOptions) -> Result<(), Fault> {
    let done = run(options);
    if let Err(fault) = &done {
        println!("{}", json!({ "fault": fault }));
    }
    done
}

fn run(options: &AgentOptions) -> Result<(), Fault> {
    let [crypto, info] = options.ports[..] else {
        return Err(Fault::new(
            FaultKind::Setup,
            say!("--ports 需要两个端口，如 21200,21600。", "--ports wants two ports, such as 21200,21600"),
        ));
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(|error| {
        Fault::new(FaultKind::Setup, say!("无法启动模拟助手（{error}）。", "could not start the agent ({error})"))
    })?;
    let tokens = Pcsc::start()?;
    let gone = CancellationToken::new();
    let (orders, ordered) = mpsc::unbounded_channel();
    let parent = gone.clone();
    // The reading ends when the parent's end of the pipe closes, which the system does even after SIGKILL.
    std::thread::spawn(move || {
        read_orders(&mut std::io::stdin().lock(), &orders);
        parent.cancel();
    });
    let window = Arc::new(PinWindow::default());
    let served = runtime.block_on(async {
        let (crypto, info) = (bind(crypto).await?, bind(info).await?);
        let ports = [port_of(&crypto)?, port_of(&info)?];
        tokio::spawn(forget_pulled(Arc::clone(&tokens)));
        // An empty `--origins` is a list of one empty text, which an empty Origin header must not match.
        let origins: Arc<[String]> = options.origins.iter().filter(|origin| !origin.is_empty()).cloned().collect();
        for (listener, port) in [(crypto, Port::Crypto), (info, Port::Info)] {
            let number = port_of(&listener)?;
            let (tokens, window, gone) = (tokens.clone(), window.clone(), gone.clone());
            let shop = Shop { tokens, window, port, number, origins: origins.clone(), gone };
            tokio::spawn(async move { axum::serve(listener, router(shop)).await });
        }
        println!("{}", json!({ "ports": ports }));
        tokio::spawn(obey(ordered, window));
        gone.cancelled().await;
        Ok(())
    });
    runtime.shutdown_timeout(LAST_CALL);
    served
}

/// Reads orders to the end of the input. A line that is no order ends nothing.
fn read_orders(input: &mut impl BufRead, orders: &mpsc::UnboundedSender<Order>) {
    loop {
        // Large enough for any order: growing would leave a copy of it behind.
        let mut line = Zeroizing::new(Vec::with_capacity(4096));
        match input.read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => match serde_json::from_slice(&line) {
                Ok(order) => drop(orders.send(order)),
                // Not the error: it may quote the line.
                Err(_) => tracing::warn!("a line that is no order"),
            },
        }
    }
}

/// Carries orders out, each at its own time, and answers each.
async fn obey(mut orders: mpsc::UnboundedReceiver<Order>, window: Arc<PinWindow>) {
    while let Some(Order { number, type_pin }) = orders.recv().await {
        let window = window.clone();
        tokio::spawn(async move {
            let used = window.hand_over(type_pin, WINDOW_OPENS).await;
            let line = json!(Done { number, used });
            // A parent that is gone ends this process elsewhere.
            let _ = writeln!(std::io::stdout().lock(), "{line}");
        });
    }
}

/// Ends PIN sessions with their locks.
async fn forget_pulled(tokens: Arc<Pcsc>) {
    let mut changes = tokens.changes();
    while changes.changed().await.is_ok() {
        let snapshot = changes.borrow_and_update().clone();
        let tokens = Arc::clone(&tokens);
        // Waits for a call that is at the card, so it must not sit on the runtime.
        let _ = tokio::task::spawn_blocking(move || tokens.forget(&snapshot)).await;
    }
}

async fn bind(port: u16) -> Result<TcpListener, Fault> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| {
        Fault::new(
            FaultKind::Setup,
            say!(
                "端口 127.0.0.1:{port} 无法使用（{error}），可能已有真实的 CA 助手在运行。请为模拟助手另选端口。",
                "port 127.0.0.1:{port} cannot be used ({error}); a real CA agent may have it: choose other ports for the training agent"
            ),
        )
    })
}

fn port_of(listener: &TcpListener) -> Result<u16, Fault> {
    let address = listener.local_addr();
    address
        .map(|address| address.port())
        .map_err(|error| Fault::io("打开端口", "open", std::path::Path::new("127.0.0.1"), &error))
}

/// What one port needs to answer.
#[derive(Clone)]
struct Shop {
    tokens: Arc<dyn Tokens>,
    window: Arc<PinWindow>,
    port: Port,
    number: u16,
    origins: Arc<[String]>,
    /// Ends with the agent.
    gone: CancellationToken,
}

impl Shop {
    /// Asks for a PIN in the agent's own window, until the caller hangs up. Blocks; for a thread that may.
    fn ask(&self, token: &Token, caller: &CancellationToken) -> Result<Secret, Code> {
        let pulled = async {
            let mut look = tokio::time::interval(LOOK);
            while self.tokens.present().iter().any(|there| there.reader == token.reader && there.container() == token.container())
            {
                look.tick().await;
            }
        };
        tokio::runtime::Handle::current().block_on(async {
            tokio::select! {
                biased;
                () = caller.cancelled() => Err(Code::NoPin),
                asked = self.window.ask(pulled) => asked,
            }
        })
    }
}

fn router(shop: Shop) -> Router {
    Router::new().fallback(serve).layer(axum::extract::DefaultBodyLimit::max(LARGEST_FORM)).with_state(shop)
}

async fn serve(State(shop): State<Shop>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let Ok(origin) = guard(&shop, &headers) else {
        tracing::warn!(path = uri.path(), "refused a request of a foreign page");
        return StatusCode::FORBIDDEN.into_response();
    };
    let mut response = match method {
        Method::OPTIONS => StatusCode::NO_CONTENT.into_response(),
        Method::POST => {
            let path = uri.path().to_owned();
            tracing::debug!(path, "call");
            // Dropped with this call: nobody is asked for a PIN that nobody waits for.
            let caller = shop.gone.child_token();
            let _hung_up = caller.clone().drop_guard();
            // PC/SC calls block, some for as long as the card likes; the PIN window for as long as the person does.
            tokio::task::spawn_blocking(move || respond(&shop, &caller, &path, &body))
                .await
                .unwrap_or_else(|_| Json(json_of(Err(Code::Unknown))).into_response())
        }
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    };
    if let Some(origin) = origin {
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::VARY, HeaderValue::from_static("Origin"));
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("content-type"));
        headers.insert("access-control-allow-private-network", HeaderValue::from_static("true"));
    }
    response
}

fn respond(shop: &Shop, caller: &CancellationToken, path: &str, body: &[u8]) -> Response {
    if path == "/buffer" {
        return Json(calls::buffer(&*shop.tokens)).into_response();
    }
    let ask = |token: &Token| shop.ask(token, caller);
    match calls::answer(&*shop.tokens, &ask, shop.port, path, &Form::read(body)) {
        Some(reply) => Json(json_of(reply)).into_response(),
        None => (StatusCode::NOT_FOUND, Json(json_of(Err(Code::Unknown)))).into_response(),
    }
}

/// The listed origin to be echoed; none for a program (a browser always names the origin of a POST); `Err` for everybody else.
fn guard(shop: &Shop, headers: &HeaderMap) -> Result<Option<HeaderValue>, ()> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if host != format!("127.0.0.1:{}", shop.number) && host != format!("localhost:{}", shop.number) {
        return Err(());
    }
    let mut origins = headers.get_all(header::ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (None, _) => Ok(None),
        (Some(origin), None) if shop.origins.iter().any(|listed| listed.as_bytes() == origin.as_bytes()) => {
            Ok(Some(origin.clone()))
        }
        _ => Err(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::calls::tests::Drawer;
    use super::*;

    fn shop() -> Shop {
        let origins = vec!["http://ca-mutual.localhost:8000".to_owned()].into();
        let (tokens, window, gone) = (Arc::new(Drawer::of(&["张三"])), Arc::default(), CancellationToken::new());
        Shop { tokens, window, port: Port::Crypto, number: 21200, origins, gone }
    }

    async fn ask(method: Method, headers: &[(&'static str, &'static str)]) -> Response {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        serve(State(shop()), method, Uri::from_static("/RS_GetUserList"), map, Bytes::new()).await
    }

    const HOST: (&str, &str) = ("host", "127.0.0.1:21200");

    #[tokio::test]
    async fn a_listed_origin_is_echoed() {
        for method in [Method::POST, Method::OPTIONS] {
            let response = ask(method, &[HOST, ("origin", "http://ca-mutual.localhost:8000")]).await;
            assert!(response.status().is_success());
            assert_eq!(response.headers()["access-control-allow-origin"], "http://ca-mutual.localhost:8000");
        }
        let program = ask(Method::POST, &[HOST]).await;
        assert!(program.status().is_success() && !program.headers().contains_key("access-control-allow-origin"));
    }

    #[tokio::test]
    async fn foreign_pages_and_rebound_names_are_refused() {
        let good = ("origin", "http://ca-mutual.localhost:8000");
        let cases: [&[(&'static str, &'static str)]; 7] = [
            &[HOST, ("origin", "http://evil.localhost:8000")],
            &[HOST, ("origin", "http://ca-mutual.localhost:8000.evil.cn")],
            &[HOST, ("origin", "null")],
            &[HOST, good, good],
            &[("host", "evil.cn:21200"), good],
            &[("host", "127.0.0.1:80"), good],
            &[good],
        ];
        for headers in cases {
            for method in [Method::POST, Method::OPTIONS] {
                let response = ask(method, headers).await;
                assert_eq!(response.status(), StatusCode::FORBIDDEN, "{headers:?}");
                assert!(!response.headers().contains_key("access-control-allow-origin"));
            }
        }
        assert_eq!(ask(Method::GET, &[HOST, good]).await.status(), StatusCode::METHOD_NOT_ALLOWED);
    }
}
