//! The pages of the 会员端, as a visitor goes through them.
//!
//! Never shows a page behind the login to somebody whose login has ended: it leads back to the login.

use std::sync::Arc;

use axum::extract::{Path, Query, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::session::Session;
use super::super::{Portals, User, ca_mutual};
use super::{seal, unit};
use crate::training::instance::Site;
use crate::training::store::Document;

/// Entrances that are not part of this training: path and name.
const CLOSED: [(&str, &str); 8] = [
    ("project", "招标项目"),
    ("bid", "投标管理"),
    ("deposit", "保证金管理"),
    ("question", "提问答疑"),
    ("result", "中标通知书"),
    ("achievement", "业绩信息"),
    ("people", "人员信息"),
    ("driver", "驱动下载"),
];

/// Where somebody goes whose login has ended.
const ENDED: &str = "/login?ended";

fn render(portals: &Portals, session: &Session, name: &str, more: Value) -> Response {
    // Ids change at each load, as the vendor's do.
    let mut values = json!({
        "csrf": session.csrf, "mutual": Site::CaMutual.origin(portals.port), "ids": fastrand::u32(20..90_000),
        "agent_port": portals.agent_ports[0],
    });
    if let (Some(values), Value::Object(more)) = (values.as_object_mut(), more) {
        values.extend(more);
    }
    ca_mutual::with_cookie(portals.page(StatusCode::OK, name, values), session)
}

/// The visitor, if somebody is logged in; else the answer that leads away.
fn logged_in(portals: &Portals, headers: &HeaderMap) -> Result<(Session, User), Box<Response>> {
    let broken = |_| Box::new(portals.error_page(StatusCode::INTERNAL_SERVER_ERROR));
    let session = portals.sessions.of(headers).map_err(broken)?;
    match session.user.clone() {
        Some(user) => Ok((session, user)),
        None => Err(Box::new(Redirect::to(ENDED).into_response())),
    }
}

/// `GET /login`.
pub(super) async fn login(State(portals): State<Arc<Portals>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let Ok(session) = portals.sessions.of(&headers) else {
        return portals.error_page(StatusCode::INTERNAL_SERVER_ERROR);
    };
    if session.user.is_some() {
        return Redirect::to("/").into_response();
    }
    render(&portals, &session, "member/login.html", json!({"ended": query.as_deref() == Some("ended")}))
}

/// `GET /`: the frame around everything.
pub(super) async fn home(State(portals): State<Arc<Portals>>, headers: HeaderMap) -> Response {
    let session = match portals.sessions.of(&headers) {
        Ok(session) => session,
        Err(_) => return portals.error_page(StatusCode::INTERNAL_SERVER_ERROR),
    };
    let Some(user) = session.user.clone() else { return Redirect::to("/login").into_response() };
    let notice = portals.store().member_switches().notice;
    let values = json!({
        "holder": user.certificate.holder, "organisation": user.certificate.organisation, "notice": notice, "closed": CLOSED,
    });
    render(&portals, &session, "member/home.html", values)
}

/// `GET /welcome`: the first page in the frame.
pub(super) async fn welcome(State(portals): State<Arc<Portals>>, headers: HeaderMap) -> Response {
    let (session, user) = match logged_in(&portals, &headers) {
        Ok(visitor) => visitor,
        Err(away) => return *away,
    };
    let (standing, registry, synced) = {
        let store = portals.store();
        let subject = &user.subject;
        (store.standing(subject), unit::registry_words(&store, subject), unit::sync_words(&store, subject))
    };
    let values = json!({"documents": unit::rows(&standing), "registry": registry, "synced": synced});
    render(&portals, &session, "member/welcome.html", values)
}

/// `GET /unit`: 自然人基本信息编辑页面.
pub(super) async fn unit(State(portals): State<Arc<Portals>>, headers: HeaderMap) -> Response {
    let (session, user) = match logged_in(&portals, &headers) {
        Ok(visitor) => visitor,
        Err(away) => return *away,
    };
    let (standing, registry, words) = {
        let store = portals.store();
        let subject = &user.subject;
        (store.standing(subject), unit::registry_words(&store, subject), unit::sync_words(&store, subject))
    };
    let values = standing.synced.as_ref().map(|synced| synced.values.clone()).unwrap_or_default();
    let field =
        |(key, label): &(&str, &str)| json!({"key": key, "label": label, "value": values.get(*key).cloned().unwrap_or_default()});
    let fields: Value = unit::FIELDS.iter().map(field).collect();
    let values = json!({"documents": unit::rows(&standing), "fields": fields, "registry": registry, "synced": words});
    render(&portals, &session, "member/unit.html", values)
}

#[derive(Debug, Deserialize)]
pub(super) struct SealOf {
    document: Document,
}

/// `GET /seal/window`: the vendor's seal window.
pub(super) async fn seal_window(
    State(portals): State<Arc<Portals>>,
    headers: HeaderMap,
    Query(asked): Query<SealOf>,
) -> Response {
    let (session, user) = match logged_in(&portals, &headers) {
        Ok(visitor) => visitor,
        Err(away) => return *away,
    };
    let document = asked.document;
    let signer = seal::signer(&portals, &user, document);
    let (no_seal, sealed) = {
        let store = portals.store();
        (store.member_switches().no_seal, store.standing(&user.subject).seals.contains_key(&document))
    };
    if sealed {
        return portals.error_page(StatusCode::NOT_FOUND);
    }
    let own = signer == user.certificate.holder;
    let values = json!({
        "document": document, "title": document.title(), "text": seal::text(document), "digest": seal::digest(document),
        "signer": signer, "own": own, "no_seal": no_seal,
    });
    match portals.seals.open(user, document, signer) {
        Ok(window) => {
            let mut values = values;
            values["key"] = window.key.into();
            render(&portals, &session, "member/seal.html", values)
        }
        Err(fault) => super::super::rest::broken(&fault),
    }
}

/// `GET /closed/…`: an entrance that this training does not have.
pub(super) async fn closed(State(portals): State<Arc<Portals>>, headers: HeaderMap, Path(what): Path<String>) -> Response {
    let known = CLOSED.iter().find(|(path, _)| *path == what);
    match (known, portals.sessions.of(&headers)) {
        (Some((_, name)), Ok(session)) => render(&portals, &session, "member/closed.html", json!({ "name": name })),
        (None, Ok(_)) => portals.error_page(StatusCode::NOT_FOUND),
        (_, Err(_)) => portals.error_page(StatusCode::INTERNAL_SERVER_ERROR),
    }
}
