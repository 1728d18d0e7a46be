//! The trainer's interface: `admin.localhost`, one page for people and a few calls for programs.
//!
//! Never acts without the token, never for another site's page: `Host` and `Origin` are checked, the cookie is strict.

mod agents;
mod prepare;

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use subtle::ConstantTimeEq;

use super::agents::Agents;
use super::instance::{Instance, Site};
use super::portals::{self, FailOnce, Hold, LetGo, Portals, Slow};
use super::serve::Locks;
use super::store::Confirm;
use crate::base::{Fault, Lang, Message, challenge};

const COOKIE: &str = "RUKU_TRAINING_ADMIN";

struct Admin {
    portals: Arc<Portals>,
    instance: Mutex<Instance>,
    locks: Arc<dyn Locks>,
    agents: Arc<dyn Agents>,
}

type Shared = State<Arc<Admin>>;

/// The routes of `admin.localhost`.
pub(crate) fn router(portals: Arc<Portals>, instance: Mutex<Instance>, locks: Arc<dyn Locks>, agents: Arc<dyn Agents>) -> Router {
    let assets = Router::new().route("/assets/{*path}", get(portals::asset)).with_state(portals.clone());
    let of_portals = [
        ("/ca-auth", portals::ca_auth::admin(portals.clone())),
        ("/registry", portals::registry::admin(portals.clone())),
        ("/member", portals::member::admin(portals.clone())),
    ];
    let admin = Arc::new(Admin { portals, instance, locks, agents });
    let of_portals = of_portals.into_iter().fold(Router::new(), |all, (path, router)| all.nest(path, router));
    let of_portals = of_portals.layer(middleware::from_fn_with_state(admin.clone(), guard));
    Router::new()
        .route("/", get(page))
        .route("/store", get(store))
        .route("/reset", post(reset))
        .route("/seed", post(seed))
        .route("/slow", post(slow))
        .route("/fail-once", post(fail_once))
        .route("/hold", post(hold).get(held))
        .route("/release", post(release))
        .route("/confirm", post(confirm))
        .route("/locks", get(locks_state))
        .route("/locks/{slot}/insert", post(insert))
        .route("/locks/{slot}/pull", post(pull))
        .route("/locks/{slot}/mode", post(mode))
        .route("/locks/renew", post(agents::renew))
        .route("/locks/validity", post(agents::validity))
        .route("/agent/type-pin", post(agents::type_pin))
        .route("/agent/stop", post(agents::stop))
        .route("/agent/start", post(agents::start))
        .route("/agent/second", post(agents::second))
        .route("/tool", post(agents::tool))
        .route("/prepare", post(prepare::prepare))
        .route("/ticket", post(ticket))
        .route("/session", post(session))
        .route_layer(middleware::from_fn_with_state(admin.clone(), guard))
        .route("/challenge", post(challenge))
        .with_state(admin)
        .merge(of_portals)
        .merge(assets)
}

impl Admin {
    fn instance(&self) -> Instance {
        self.instance.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes what others on this machine read in `training.json`.
    fn change_instance(&self, change: impl FnOnce(&mut Instance)) -> Result<(), Fault> {
        let mut instance = self.instance.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut instance);
        instance.write()
    }

    /// Whether somebody has a lock of this name. A name becomes a file name further down.
    fn has_card(&self, card: &str) -> bool {
        self.instance().applicants.iter().any(|applicant| applicant.card == card || applicant.legal.card == card)
    }
}

fn no_such_card(card: &str) -> Response {
    let words = crate::say!("没有名为 {card} 的 CA 锁。", "there is no lock named {card}");
    says(StatusCode::NOT_FOUND, &words)
}

fn says(status: StatusCode, message: &Message) -> Response {
    (status, Json(serde_json::json!({"error": message}))).into_response()
}

fn done(result: Result<(), Fault>) -> Response {
    match result {
        Ok(()) => Json(serde_json::json!({"ok": true})).into_response(),
        Err(fault) => {
            let status = match fault.next() {
                crate::base::Next::Stop => StatusCode::INTERNAL_SERVER_ERROR,
                crate::base::Next::Again | crate::base::Next::Ask => StatusCode::CONFLICT,
            };
            (status, Json(serde_json::json!({"error": fault.message, "kind": fault.kind}))).into_response()
        }
    }
}

/// Who may: a bearer of the token, or the page that got it as a cookie; a page of another origin never.
async fn guard(State(admin): Shared, request: Request, next: Next) -> Response {
    let instance = admin.instance();
    let own = instance.origin(Site::Admin);
    let headers = request.headers();
    let origin = headers.get(header::ORIGIN);
    let matches = |given: &str| -> bool { given.as_bytes().ct_eq(instance.token.expose().as_bytes()).into() };
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let reads = request.method() == axum::http::Method::GET;
    let in_address = reads.then(|| token_in(request.uri().query().unwrap_or_default())).flatten();
    if origin.is_some_and(|origin| origin.as_bytes() != own.as_bytes()) {
        return says(
            StatusCode::FORBIDDEN,
            &crate::say!("请求来自其他网站，已拒绝。", "the request came from another site and was refused"),
        );
    }
    if let Some(token) = in_address.filter(|token| matches(token)) {
        // Out of the address bar and the history, into a cookie.
        let mut response = Redirect::to("/").into_response();
        if let Ok(cookie) = HeaderValue::from_str(&format!("{COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict")) {
            response.headers_mut().insert(header::SET_COOKIE, cookie);
        }
        return response;
    }
    // A cookie goes along by itself, so an act by cookie must also come from the admin page.
    let by_cookie = portals::cookie(headers, COOKIE).is_some_and(|token| matches(&token)) && (reads || origin.is_some());
    if bearer.is_some_and(matches) || by_cookie {
        return next.run(request).await;
    }
    let words = crate::say!(
        "需要管理令牌。请使用 ruku training serve 显示的管理地址打开。",
        "the admin token is missing; open the admin address that `ruku training serve` shows"
    );
    says(StatusCode::UNAUTHORIZED, &words)
}

fn token_in(query: &str) -> Option<String> {
    url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "token").map(|(_, value)| value.into_owned())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    lang: String,
}

async fn page(State(admin): Shared, headers: HeaderMap, Query(asked): Query<Asked>) -> Response {
    let accepts = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or("zh");
    let lang = Lang::from_locale(if asked.lang.is_empty() { accepts } else { &asked.lang });
    let instance = admin.instance();
    let people: Vec<_> = instance
        .applicants
        .iter()
        .map(|a| serde_json::json!({"id": a.id, "name": a.name, "company": a.company, "card": a.card, "pin": a.pin.expose()}))
        .collect();
    let values = serde_json::json!({
        "en": lang == Lang::En, "lang": lang.tag(), "people": people, "port": instance.port,
        "hohhot": instance.origin(Site::Hohhot), "ca_mutual": instance.origin(Site::CaMutual),
        "ca_auth": instance.origin(Site::CaAuth), "registry": instance.origin(Site::Registry), "member": instance.origin(Site::Member),
    });
    let mut response = admin.portals.page(StatusCode::OK, "admin.html", values);
    let policy = HeaderValue::from_static("default-src 'self'; frame-ancestors 'none'; form-action 'none'; base-uri 'none'");
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

async fn store(State(admin): Shared) -> Response {
    let mut view = admin.portals.store().view();
    view["sign_on"]["captcha_answer"] = serde_json::json!(admin.portals.sign_on.captcha_answer());
    view["trouble"] = serde_json::json!(*admin.portals.trouble());
    Json(view).into_response()
}

async fn reset(State(admin): Shared) -> Response {
    let result = admin.portals.store().reset();
    let visitors = admin.instance().visitors();
    if let Err(error) = std::fs::remove_dir_all(&visitors)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        return done(Err(Fault::io("删除文件夹", "remove", &visitors, &error)));
    }
    admin.portals.forget_sessions();
    *admin.portals.trouble() = Default::default();
    done(result)
}

#[derive(Debug, Deserialize)]
struct Seed {
    seed: Option<u64>,
}

/// New people: their cards are made first, so that nobody is announced without a lock.
async fn seed(State(admin): Shared, Json(asked): Json<Seed>) -> Response {
    let seed = asked.seed.unwrap_or_else(|| fastrand::u64(..));
    let count = admin.instance().applicants.len();
    if let Err(fault) = admin.locks.issue(&super::people::applicants(seed, count)).await {
        return done(Err(fault));
    }
    let people = {
        let mut store = admin.portals.store();
        if let Err(fault) = store.reseed(seed) {
            return done(Err(fault));
        }
        store.applicants().to_vec()
    };
    admin.portals.forget_sessions();
    let mut instance = admin.instance.lock().unwrap_or_else(PoisonError::into_inner);
    instance.applicants = people;
    match instance.write() {
        Ok(()) => Json(serde_json::json!({"ok": true, "seed": seed, "applicants": instance.applicants})).into_response(),
        Err(fault) => done(Err(fault)),
    }
}

async fn slow(State(admin): Shared, Json(slow): Json<Slow>) -> Response {
    admin.portals.trouble().slow(slow);
    done(Ok(()))
}

async fn fail_once(State(admin): Shared, Json(fail): Json<FailOnce>) -> Response {
    if matches!(fail.cut, portals::Cut::No) && !(400..600).contains(&fail.status) {
        let words = crate::say!("状态码应在 400 到 599 之间。", "status must be between 400 and 599");
        return says(StatusCode::UNPROCESSABLE_ENTITY, &words);
    }
    admin.portals.trouble().fail_once(fail);
    done(Ok(()))
}

async fn hold(State(admin): Shared, Json(hold): Json<Hold>) -> Response {
    admin.portals.trouble().hold(hold);
    done(Ok(()))
}

async fn held(State(admin): Shared) -> Response {
    Json(serde_json::json!({ "held": admin.portals.trouble().held() })).into_response()
}

async fn release(State(admin): Shared, Json(how): Json<LetGo>) -> Response {
    admin.portals.trouble().let_go(how);
    done(Ok(()))
}

#[derive(Debug, Deserialize)]
struct ConfirmBy {
    kind: Confirm,
}

async fn confirm(State(admin): Shared, Json(asked): Json<ConfirmBy>) -> Response {
    done(admin.portals.store().set_confirm(asked.kind))
}

#[derive(Debug, Deserialize)]
struct TicketFor {
    site: Site,
    applicant: String,
}

/// A ticket as the sign-on would issue it, for tests of one portal alone.
async fn ticket(State(admin): Shared, Json(asked): Json<TicketFor>) -> Response {
    let user = admin.instance().applicants.into_iter().find(|a| a.id == asked.applicant).and_then(|applicant| {
        let certificate = admin.locks.certificate(&applicant.card)?;
        Some(portals::User { subject: applicant.id, certificate })
    });
    let Some(user) = user else {
        let words = crate::say!("没有该办理人的 CA 锁。", "there is no CA lock of that applicant");
        return says(StatusCode::NOT_FOUND, &words);
    };
    match admin.portals.tickets.issue(asked.site, user) {
        Ok(ticket) => {
            let address = format!("{}/sso/entry?ticket={ticket}", admin.instance().origin(asked.site));
            Json(serde_json::json!({"ticket": ticket, "address": address})).into_response()
        }
        Err(fault) => done(Err(fault)),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SessionOrder {
    /// Milliseconds without a request after which a login ends; none leaves it.
    idle_millis: Option<u64>,
    /// Ends every login now.
    expire: bool,
}

async fn session(State(admin): Shared, Json(order): Json<SessionOrder>) -> Response {
    if let Some(millis) = order.idle_millis {
        admin.portals.sessions.set_idle(std::time::Duration::from_millis(millis));
    }
    if order.expire {
        admin.portals.sessions.expire();
    }
    done(Ok(()))
}

async fn locks_state(State(admin): Shared) -> Response {
    match admin.locks.state().await {
        Ok(state) => Json(state).into_response(),
        Err(fault) => done(Err(fault)),
    }
}

#[derive(Debug, Deserialize)]
struct Card {
    card: String,
}

async fn insert(State(admin): Shared, Path(slot): Path<u8>, Json(asked): Json<Card>) -> Response {
    if !admin.has_card(&asked.card) {
        return no_such_card(&asked.card);
    }
    done(admin.locks.insert(slot, &asked.card).await)
}

async fn pull(State(admin): Shared, Path(slot): Path<u8>) -> Response {
    done(admin.locks.pull(slot).await)
}

#[derive(Debug, Deserialize)]
struct Mode {
    mode: String,
}

async fn mode(State(admin): Shared, Path(slot): Path<u8>, Json(asked): Json<Mode>) -> Response {
    if !["normal", "burning-verify", "slow", "dies"].contains(&asked.mode.as_str()) {
        let mode = asked.mode;
        let words = crate::say!(
            "没有名为 {mode} 的模式；可用：normal、burning-verify、slow、dies。",
            "there is no mode {mode}; known: normal, burning-verify, slow, dies"
        );
        return says(StatusCode::UNPROCESSABLE_ENTITY, &words);
    }
    done(admin.locks.mode(slot, &asked.mode).await)
}

#[derive(Debug, Deserialize)]
struct Challenge {
    nonce: String,
}

/// Proves to a program on this machine that this is its training. Without a token: it is asked before anything is trusted.
async fn challenge(State(admin): Shared, headers: HeaderMap, Json(asked): Json<Challenge>) -> Response {
    if headers.contains_key(header::ORIGIN) || !challenge::is_nonce(&asked.nonce) {
        let words = crate::say!("质询无效。", "not a valid challenge");
        return says(StatusCode::BAD_REQUEST, &words);
    }
    match challenge::answer(&admin.instance().key, &asked.nonce) {
        Ok(mac) => Json(serde_json::json!({"mac": mac})).into_response(),
        Err(fault) => done(Err(fault)),
    }
}
