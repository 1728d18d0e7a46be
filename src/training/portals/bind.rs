//! 自然人绑定: reading the certificate, the question whether it is bound, and 确认申请.
//!
//! Never binds twice: question, count and act happen under one lock, and the disk has them before the browser has its answer.
//! Never takes a certificate that the training's CA did not issue, so that nobody's real lock ends up in a practice portal.

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use base64::Engine;
use serde::Deserialize;

use super::application::{Application, ID_KINDS};
use super::rest::{broken, expired, refused, reply, shown};
use super::session::Session;
use super::{Portals, rest, zone};
use crate::base::Fault;
use crate::pki::{self, Identity};
use crate::training::instance::Site;
use crate::training::store::{Binding, NotBound};

/// The visitor's session, if the post is its own.
fn posted(portals: &Portals, headers: &HeaderMap, csrf: &str) -> Option<Session> {
    rest::posted(portals, Site::CaMutual, headers, csrf)
}

/// `GET /bind/person`: the page, with the certificate of this session when it is bound already.
pub(crate) async fn page(State(portals): State<Arc<Portals>>, headers: HeaderMap) -> Response {
    let session = match portals.sessions.of(&headers) {
        Ok(session) => session,
        Err(fault) => return broken(&fault),
    };
    let (binding, confirm) = {
        let store = portals.store();
        (session.certificate.as_ref().and_then(|certificate| store.binding(&certificate.sha256).cloned()), store.confirm())
    };
    let certificate = session.certificate.as_ref().filter(|_| binding.is_some()).map(shown);
    let values = serde_json::json!({
        "greeting": session.certificate.as_ref().map(|certificate| &certificate.holder),
        "bureau": Site::Hohhot.origin(portals.port), "csrf": session.csrf, "home": false, "agent_port": portals.agent_ports[0], "confirm": confirm,
        "certificate": certificate, "bound_at": binding.map(|b| b.at.to_zoned(zone()).strftime("%Y-%m-%d %H:%M").to_string()),
        "id_kinds": ID_KINDS, "ids": fastrand::u32(20..9000),
    });
    super::ca_mutual::with_cookie(portals.page(StatusCode::OK, "ca/bind.html", values), &session)
}

/// A certificate as the local agent hands it to the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Handed {
    #[serde(rename = "_common_hidden_viewdata")]
    csrf: String,
    #[serde(rename = "certBase64")]
    certificate: String,
}

impl Handed {
    /// The certificate, if the training's CA issued it and it is valid now; else the portal's words.
    fn identity(&self, ca_der: &[u8]) -> Result<Identity, &'static str> {
        let packed: String = self.certificate.split_whitespace().collect();
        let der = base64::engine::general_purpose::STANDARD.decode(packed).map_err(|_| "证书数据不完整，请重新读取")?;
        let identity = pki::read(&der).map_err(|_| "证书无法解析，请重新读取")?;
        if !pki::issued_by(&der, ca_der) {
            return Err("该证书不是由模拟 CA 签发，模拟平台不予受理");
        }
        let now = jiff::Timestamp::now();
        if now < identity.not_before || now > identity.not_after {
            return Err("证书不在有效期内，请联系 CA 机构办理延期");
        }
        Ok(identity)
    }
}

/// `POST /rest/bindAction/readCertificate`: what stands in a certificate. Remembers nothing.
pub(crate) async fn read_certificate(
    State(portals): State<Arc<Portals>>,
    headers: HeaderMap,
    Form(handed): Form<Handed>,
) -> Response {
    if posted(&portals, &headers, &handed.csrf).is_none() {
        return expired();
    }
    match handed.identity(&portals.ca_der) {
        Ok(identity) => reply("0000", "successful", shown(&identity)),
        Err(words) => refused("9101", words),
    }
}

/// `POST /rest/bindAction/bindStatus`: whether the certificate that the person picked is bound. The session remembers it.
pub(crate) async fn bind_status(State(portals): State<Arc<Portals>>, headers: HeaderMap, Form(handed): Form<Handed>) -> Response {
    let Some(session) = posted(&portals, &headers, &handed.csrf) else {
        return expired();
    };
    match handed.identity(&portals.ca_der) {
        Ok(identity) => {
            let bound = portals.store().binding(&identity.sha256).is_some();
            portals.sessions.keep(&session.id, Some(identity));
            reply("0000", "successful", serde_json::json!({"bound": bound}))
        }
        Err(words) => refused("9101", words),
    }
}

/// `POST /rest/bindAction/apply`: 确认申请.
pub(crate) async fn apply(
    State(portals): State<Arc<Portals>>,
    headers: HeaderMap,
    Form(application): Form<Application>,
) -> Response {
    let application = application.trimmed();
    let Some(session) = posted(&portals, &headers, &application.csrf) else {
        return expired();
    };
    let Some(certificate) = session.certificate.filter(|certificate| certificate.serial == application.cert_sn) else {
        return refused("9102", "请先读取证书");
    };
    match bind(&portals, &certificate, application) {
        Ok(response) => response,
        Err(fault) => broken(&fault),
    }
}

fn bind(portals: &Portals, certificate: &Identity, application: Application) -> Result<Response, Fault> {
    let mut store = portals.store();
    let subject = store.subject(&certificate.holder, certificate.organisation.as_deref(), &certificate.sha256);
    store.count_bind_request(&subject)?;
    if store.binding(&certificate.sha256).is_some() {
        return Ok(refused("9103", "该证书已绑定，无需重复申请"));
    }
    let wrong = application.wrong(&certificate.holder);
    if !wrong.is_empty() {
        return Ok(reply("9104", "请更正填写有误的内容", serde_json::json!(wrong)));
    }
    let binding = Binding {
        certificate: certificate.sha256.clone(),
        serial: certificate.serial.clone(),
        name: application.person_name,
        id_kind: application.id_kind,
        id_number: application.id_number,
        mobile: application.mobile,
        company: application.company,
        credit_code: application.credit_code,
        email: application.email,
        at: jiff::Timestamp::now(),
    };
    Ok(match store.bind(&subject, binding)? {
        Ok(()) => reply("0000", "绑定成功", serde_json::Value::Null),
        Err(NotBound::CertificateBound) => refused("9103", "该证书已绑定，无需重复申请"),
        Err(NotBound::PersonBound) => refused("9105", "该身份证号已与其他证书建立绑定关系，请先办理 CA 证书解绑"),
    })
}

/// `POST /rest/bindAction/leave`: forgets the certificate that was read.
pub(crate) async fn leave(State(portals): State<Arc<Portals>>, headers: HeaderMap, Form(handed): Form<Handed>) -> Response {
    match posted(&portals, &headers, &handed.csrf) {
        Some(session) => {
            portals.sessions.keep(&session.id, None);
            reply("0000", "successful", serde_json::Value::Null)
        }
        None => expired(),
    }
}
