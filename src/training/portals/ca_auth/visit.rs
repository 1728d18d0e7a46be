//! The pages of the sign-on, as a visitor goes through them.
//!
//! Never shows a page behind the login to somebody whose login has ended: it leads back to the login and says so.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

use super::super::rest::shown;
use super::super::session::{Session, User};
use super::super::{Portals, ca_mutual, zone};
use super::authorise::{PLATFORMS, Platform, platform};
use crate::training::instance::Site;

/// A certificate that ends within so many days is worth a warning.
const SOON: i64 = 30;

/// Entrances that are not part of this training: path and name.
const CLOSED: [(&str, &str); 4] =
    [("sms", "短信验证码登录"), ("scan", "扫码登录"), ("help", "登录帮助"), ("driver", "互认助手下载")];

/// Where somebody goes whose login has ended.
const ENDED: &str = "/login?ended";

fn render(portals: &Portals, session: &Session, name: &str, more: serde_json::Value) -> Response {
    let mut values = json!({
        "csrf": session.csrf, "mutual": Site::CaMutual.origin(portals.port), "ids": fastrand::u32(20..90_000), "step": 1,
        "greeting": session.user.as_ref().map(|user| &user.certificate.holder),
    });
    if let (Some(values), serde_json::Value::Object(more)) = (values.as_object_mut(), more) {
        values.extend(more);
    }
    ca_mutual::with_cookie(portals.page(StatusCode::OK, name, values), session)
}

/// Why a page is not shown.
enum Away {
    LoggedOut,
    NoSuchPage,
    Broken,
}

impl Away {
    fn answer(self, portals: &Portals) -> Response {
        match self {
            Away::LoggedOut => Redirect::to(ENDED).into_response(),
            Away::NoSuchPage => portals.error_page(StatusCode::NOT_FOUND),
            Away::Broken => portals.error_page(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }
}

/// The visitor, if somebody is logged in.
fn logged_in(portals: &Portals, headers: &HeaderMap) -> Result<(Session, User), Away> {
    let session = portals.sessions.of(headers).map_err(|_| Away::Broken)?;
    let user = session.user.clone().ok_or(Away::LoggedOut)?;
    Ok((session, user))
}

/// `GET /login`. Whoever comes here begins anew.
pub(super) async fn login(State(portals): State<Arc<Portals>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let Ok(mut session) = portals.sessions.of(&headers) else {
        return portals.error_page(StatusCode::INTERNAL_SERVER_ERROR);
    };
    portals.sessions.log_in(&session.id, None);
    portals.sessions.keep(&session.id, None);
    session.user = None;
    let switches = portals.store().switches().clone();
    let values = json!({
        "agent_port": portals.agent_ports[0], "pin_window": switches.pin_window, "captcha": switches.captcha,
        "ended": query.as_deref() == Some("ended"),
    });
    render(&portals, &session, "auth/login.html", values)
}

/// `GET /certificate`: 个人 CA 数字证书基本信息. An expired one is shown too, without a way on.
pub(super) async fn certificate(State(portals): State<Arc<Portals>>, headers: HeaderMap) -> Response {
    let Ok(session) = portals.sessions.of(&headers) else {
        return portals.error_page(StatusCode::INTERNAL_SERVER_ERROR);
    };
    let now = jiff::Timestamp::now();
    let Some(certificate) = session.certificate.clone().filter(|own| session.user.is_some() || own.not_after < now) else {
        return Redirect::to(ENDED).into_response();
    };
    let left = certificate.not_after.duration_since(now).as_hours() / 24;
    let state = match () {
        () if certificate.not_after < now => "expired",
        () if left < SOON => "soon",
        () => "good",
    };
    let values = json!({ "step": 2, "certificate": shown(&certificate), "state": state, "left": left });
    render(&portals, &session, "auth/certificate.html", values)
}

/// `GET /platforms`: 平台选择.
pub(super) async fn platforms(State(portals): State<Arc<Portals>>, headers: HeaderMap) -> Response {
    match logged_in(&portals, &headers) {
        Ok((session, _)) => render(&portals, &session, "auth/platforms.html", json!({ "step": 3, "platforms": PLATFORMS })),
        Err(away) => away.answer(&portals),
    }
}

/// What a page about one platform needs: the visitor, the platform, and since when it is authorised.
type About = (Session, User, &'static Platform, Option<jiff::Timestamp>);

fn about(portals: &Portals, headers: &HeaderMap, id: &str) -> Result<About, Away> {
    let (session, user) = logged_in(portals, headers)?;
    let Some((platform, site)) = platform(id).and_then(|platform| Some((platform, platform.site?))) else {
        return Err(Away::NoSuchPage);
    };
    let since = portals.store().authorised(&user.subject, site);
    Ok((session, user, platform, since))
}

/// `GET /authorise/…`: 确认授权, unless it was done before.
pub(super) async fn authorise(State(portals): State<Arc<Portals>>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    match about(&portals, &headers, &id) {
        Ok((_, _, platform, Some(_))) => Redirect::to(&format!("/entering/{}", platform.id)).into_response(),
        Ok((session, user, platform, None)) => {
            let confirm = portals.store().switches().confirm;
            let values = json!({ "step": 4, "platform": platform, "confirm": confirm, "certificate": shown(&user.certificate) });
            render(&portals, &session, "auth/authorise.html", values)
        }
        Err(away) => away.answer(&portals),
    }
}

/// `GET /entering/…`: what this window shows while the platform opens in its own.
pub(super) async fn entering(State(portals): State<Arc<Portals>>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    match about(&portals, &headers, &id) {
        Ok((session, _, platform, Some(since))) => {
            let since = since.to_zoned(zone()).strftime("%Y-%m-%d %H:%M").to_string();
            render(&portals, &session, "auth/entering.html", json!({ "step": 4, "platform": platform, "since": since }))
        }
        Ok(_) => Redirect::to("/platforms").into_response(),
        Err(away) => away.answer(&portals),
    }
}

/// `GET /closed/…`: an entrance that this training does not have.
pub(super) async fn closed(State(portals): State<Arc<Portals>>, headers: HeaderMap, Path(what): Path<String>) -> Response {
    let known = CLOSED.iter().find(|(path, _)| *path == what);
    match (known, portals.sessions.of(&headers)) {
        (Some((_, name)), Ok(session)) => render(&portals, &session, "auth/closed.html", json!({ "name": name })),
        (None, Ok(_)) => portals.error_page(StatusCode::NOT_FOUND),
        (_, Err(_)) => portals.error_page(StatusCode::INTERNAL_SERVER_ERROR),
    }
}
