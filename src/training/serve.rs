//! Brings the training up: one loopback listener, virtual hosts by the `Host` header, `training.json` for those who look for it.
//!
//! Never answers a host name that is not the training's own: a stray page on the network cannot reach it under another name.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::admin;
use super::agents::Agents;
use super::instance::{Instance, Site};
use super::people::Applicant;
use super::portals::{self, Portals};
use super::store::Store;
use crate::base::{Fault, FaultKind, Message, Secret, random};
use crate::pki::Identity;

/// After a stop, how long open connections may finish what they are at.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// The training's CA locks, as the admin interface handles them. `slot` counts from 0.
pub trait Locks: Send + Sync {
    /// Makes the cards of these people (named by [`Applicant::card`]); called when the trainer draws new people.
    fn issue<'a>(&'a self, people: &'a [Applicant]) -> BoxFuture<'a, Result<(), Fault>>;
    /// Inserts a card.
    fn insert<'a>(&'a self, slot: u8, card: &'a str) -> BoxFuture<'a, Result<(), Fault>>;
    /// Pulls the card out.
    fn pull(&self, slot: u8) -> BoxFuture<'_, Result<(), Fault>>;
    /// Changes how the card behaves: `normal`, `burning-verify`, `slow`, `dies`.
    fn mode<'a>(&'a self, slot: u8, mode: &'a str) -> BoxFuture<'a, Result<(), Fault>>;
    /// A new certificate with a new key and serial number for the same person, as the CA gives one after a year. A card that is in is
    /// pulled meanwhile.
    fn renew<'a>(&'a self, card: &'a str) -> BoxFuture<'a, Result<(), Fault>>;
    /// Lets the card's certificate, otherwise unchanged, end `days` from now; in the past when negative. A card that is in is pulled
    /// meanwhile.
    fn validity<'a>(&'a self, card: &'a str, days: i64) -> BoxFuture<'a, Result<(), Fault>>;
    /// The certificate of a card, by its name; none when there is no such card.
    fn certificate(&self, card: &str) -> Option<Identity>;
    /// What is in which slot, as the card host tells it.
    fn state(&self) -> BoxFuture<'_, Result<serde_json::Value, Fault>>;
}

/// What [`serve()`] needs.
pub struct ServeOptions {
    /// From [`listen`].
    pub listener: TcpListener,
    /// The training's folder; `training.json` goes there.
    pub dir: PathBuf,
    /// The portals' memory, which also draws the people.
    pub store: Store,
    /// Ports of the local agent: certificates, versions.
    pub agent_ports: [u16; 2],
    /// Certificate of the training CA, DER: no other certificate is taken.
    pub ca_der: Vec<u8>,
    /// The CA locks.
    pub locks: Arc<dyn Locks>,
    /// The local agents.
    pub agents: Arc<dyn Agents>,
    /// The folder whose `node_modules` holds the packages of `drivers/training/package.json`.
    pub assets_dir: PathBuf,
    /// Socket of the training's own card service, for `training.json`.
    pub pcsc_socket: Option<PathBuf>,
}

/// A training that is up.
#[derive(Debug)]
pub struct Serving {
    /// What `training.json` says.
    pub instance: Instance,
    task: tokio::task::JoinHandle<std::io::Result<()>>,
    cancel: CancellationToken,
}

impl Serving {
    /// Waits until the training has ended: after `cancel`, or because the listener broke.
    pub async fn ended(mut self) -> Result<(), Fault> {
        tokio::select! {
            done = &mut self.task => return finished(done),
            () = self.cancel.cancelled() => {}
        }
        match tokio::time::timeout(LAST_WORDS, &mut self.task).await {
            Ok(done) => finished(done),
            Err(_) => {
                self.task.abort();
                Ok(())
            }
        }
    }
}

fn finished(done: Result<std::io::Result<()>, tokio::task::JoinError>) -> Result<(), Fault> {
    let error = match done {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    Err(Fault::new(
        FaultKind::Gone,
        crate::say!(
            "模拟平台意外停止（{error}）。请重新执行 ruku training serve。",
            "the training stopped by itself ({error}); start `ruku training serve` again"
        ),
    ))
}

/// Listens on `127.0.0.1:port`. Port 0: the one this training had before when it is free (pages left open keep working), else any.
pub async fn listen(port: u16, dir: &std::path::Path) -> Result<TcpListener, Fault> {
    if port == 0
        && let Ok(before) = Instance::read(dir)
        && let Ok(listener) = TcpListener::bind(("127.0.0.1", before.port)).await
    {
        return Ok(listener);
    }
    TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| {
        let Message { zh, en } = match error.kind() {
            std::io::ErrorKind::AddrInUse => crate::say!("端口已被占用", "the port is taken"),
            _ => Message::same(error.to_string()),
        };
        Fault::new(
            FaultKind::Setup,
            crate::say!(
                "无法在 127.0.0.1:{port} 上启动模拟平台（{zh}）。请换一个端口，或不指定端口。",
                "cannot serve the training on 127.0.0.1:{port} ({en}); choose another port, or none"
            ),
        )
    })
}

/// Serves until `cancel`; returns as soon as it answers and `training.json` is written. A [`FaultKind::Setup`] fault when the npm packages
/// of the pages are missing.
pub async fn serve(options: ServeOptions, cancel: CancellationToken) -> Result<Serving, Fault> {
    let ServeOptions { listener, dir, store, agent_ports, ca_der, locks, agents, assets_dir, pcsc_socket } = options;
    let port = listener.local_addr().map_err(|error| Fault::io("监听端口", "listen on", &dir, &error))?.port();
    // A training that comes back keeps its token and key: whoever knew them may go on.
    let (token, key) = match Instance::read(&dir) {
        Ok(before) => (before.token, before.key),
        Err(_) => (Secret::new(random::hex()?), Secret::new(random::hex()?)),
    };
    let instance = Instance {
        version: 1,
        port,
        admin: Secret::new(format!("{}/?token={}", Site::Admin.origin(port), token.expose())),
        token,
        key,
        agent_ports,
        second_agent: None,
        pcsc_socket,
        pid: std::process::id(),
        dir,
        applicants: store.applicants().to_vec(),
    };
    let portals = Arc::new(Portals::new(port, agent_ports, ca_der, store, &assets_dir)?);
    instance.write()?;
    let hosts = Hosts {
        port,
        hohhot: portals::hohhot::router(portals.clone()),
        ca_mutual: portals::ca_mutual::router(portals.clone()),
        ca_auth: portals::ca_auth::router(portals.clone()),
        registry: portals::registry::router(portals.clone()),
        member: portals::member::router(portals.clone()),
        admin: admin::router(portals.clone(), Mutex::new(instance.clone()), locks, agents),
        portals,
    };
    let app = Router::new().fallback(by_host).with_state(Arc::new(hosts));
    let stop = cancel.clone();
    let task = tokio::spawn(async move { axum::serve(listener, app).with_graceful_shutdown(stop.cancelled_owned()).await });
    Ok(Serving { instance, task, cancel })
}

struct Hosts {
    port: u16,
    hohhot: Router,
    ca_mutual: Router,
    ca_auth: Router,
    registry: Router,
    member: Router,
    admin: Router,
    portals: Arc<Portals>,
}

async fn by_host(State(hosts): State<Arc<Hosts>>, request: Request) -> Response {
    let named = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let site = Site::ALL.into_iter().find(|site| named.eq_ignore_ascii_case(&format!("{}:{}", site.host(), hosts.port)));
    let router = match site {
        Some(Site::Hohhot) => &hosts.hohhot,
        Some(Site::CaMutual) => &hosts.ca_mutual,
        Some(Site::CaAuth) => &hosts.ca_auth,
        Some(Site::Registry) => &hosts.registry,
        Some(Site::Member) => &hosts.member,
        Some(Site::Admin) => return answered(hosts.admin.clone().oneshot(request).await),
        None => {
            let origin = Site::Hohhot.origin(hosts.port);
            let words = format!("本模拟平台的入口是 {origin}/\nThe training portals begin at {origin}/\n");
            return (StatusCode::MISDIRECTED_REQUEST, words).into_response();
        }
    };
    let path = request.uri().path().to_owned();
    let router = router.clone();
    hosts.portals.troubled(&path, async move { answered(router.oneshot(request).await) }).await
}

fn answered(response: Result<Response, std::convert::Infallible>) -> Response {
    response.unwrap_or_else(|never| match never {})
}
