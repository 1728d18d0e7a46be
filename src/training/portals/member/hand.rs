//! The trainer's orders: switches, and the hand of a person in a seal window.
//!
//! Never sets a seal by decree but for the one that was set in another browser: the hand goes through the local agent with a PIN, as the
//! window does, and its signature is verified like any other. A PIN is used only with a lock that was in when the order came.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::super::Portals;
use super::super::signer::Signed;
use super::obeyed;
use super::seal::{self, Window};
use crate::base::{Fault, Secret, http};
use crate::training::people::secret_text;
use crate::training::store::{Document, MemberSwitches};

/// How long a seal window may take to open.
const OPENING: Duration = Duration::from_secs(15);
/// How long the agent may take for one answer.
const AGENT: Duration = Duration::from_secs(30);

/// Switches to be changed; what is not named stays.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Switched {
    legal_seal: Option<bool>,
    no_seal: Option<bool>,
    needs_ie: Option<bool>,
    popup_blocked: Option<bool>,
    gaps: Option<Vec<String>>,
    notice: Option<bool>,
    maintenance: Option<bool>,
}

/// `POST /member/switch`.
pub(super) async fn switch(State(portals): State<Arc<Portals>>, Json(asked): Json<Switched>) -> Response {
    let mut store = portals.store();
    let now = store.member_switches().clone();
    let switches = MemberSwitches {
        legal_seal: asked.legal_seal.unwrap_or(now.legal_seal),
        no_seal: asked.no_seal.unwrap_or(now.no_seal),
        needs_ie: asked.needs_ie.unwrap_or(now.needs_ie),
        popup_blocked: asked.popup_blocked.unwrap_or(now.popup_blocked),
        gaps: asked.gaps.unwrap_or(now.gaps),
        notice: asked.notice.unwrap_or(now.notice),
        maintenance: asked.maintenance.unwrap_or(now.maintenance),
    };
    obeyed(store.set_member_switches(switches))
}

#[derive(Debug, Deserialize)]
pub(super) struct OfApplicant {
    applicant: String,
    document: Document,
}

/// `POST /member/seal/elsewhere`: a seal that was set in another browser.
pub(super) async fn elsewhere(State(portals): State<Arc<Portals>>, Json(asked): Json<OfApplicant>) -> Response {
    obeyed(portals.store().seal(&asked.applicant, asked.document, None))
}

/// `POST /member/seal/open`: the window that was kept from opening opens after all.
pub(super) async fn open(State(portals): State<Arc<Portals>>) -> Response {
    let opened = portals.seals.unblock();
    let status = if opened { StatusCode::OK } else { StatusCode::CONFLICT };
    (status, Json(json!({"ok": opened}))).into_response()
}

#[derive(Debug, Deserialize)]
pub(super) struct Pin {
    #[serde(with = "secret_text")]
    pin: Secret,
}

/// `POST /member/seal/finish`: what a person does in the seal window, once one is open. `done` is false when there was nothing to be done
/// with the lock that is in, and the PIN was not used.
pub(super) async fn finish(State(portals): State<Arc<Portals>>, Json(asked): Json<Pin>) -> Response {
    match by_hand(&portals, &asked.pin).await {
        Ok(done) => Json(json!({"ok": true, "done": done})).into_response(),
        Err(words) => (StatusCode::CONFLICT, Json(json!({"ok": false, "msg": words}))).into_response(),
    }
}

async fn by_hand(portals: &Portals, pin: &Secret) -> Result<bool, String> {
    let agent = Agent { port: portals.agent_ports[0] };
    let locks = agent.locks().await?;
    let Ok(window) = tokio::time::timeout(OPENING, portals.seals.newest()).await else { return Ok(false) };
    if portals.store().member_switches().no_seal {
        return Ok(false);
    }
    let Some((_, container)) = locks.into_iter().find(|(holder, _)| *holder == window.signer) else { return Ok(false) };
    let signed = agent.sign(portals, &window, &container, pin).await?;
    let window = seal::stamped(portals, &window, &signed).map_err(|(_, words)| words.to_owned())?;
    seal::completed(portals, &window).map_err(said)
}

fn said(fault: Fault) -> String {
    fault.message.zh
}

/// The local agent, as a page calls it.
struct Agent {
    port: u16,
}

impl Agent {
    async fn call(&self, name: &str, fields: &[(&str, &str)]) -> Result<Value, String> {
        let form = Zeroizing::new(url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish());
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let body = form.as_bytes().to_vec();
        let answer = http::request("POST", self.port, "127.0.0.1", &format!("/{name}"), &headers, body, AGENT).await;
        let reply = answer.and_then(|answer| answer.json()).map_err(said)?;
        Ok(reply)
    }

    async fn good(&self, name: &str, fields: &[(&str, &str)]) -> Result<Value, String> {
        let reply = self.call(name, fields).await?;
        if reply["code"] == "0000" {
            return Ok(reply["data"].clone());
        }
        Err(format!("{} {}", reply["code"].as_str().unwrap_or_default(), reply["msg"].as_str().unwrap_or_default()))
    }

    /// Holder and container of every lock that is in.
    async fn locks(&self) -> Result<Vec<(String, String)>, String> {
        let reply = self.call("RS_GetUserList", &[]).await?;
        let list = reply["data"]["userlist"].as_str().unwrap_or_default();
        let pair = |entry: &str| entry.split_once("||").map(|(holder, container)| (holder.to_owned(), container.to_owned()));
        Ok(list.split("&&&").filter_map(pair).collect())
    }

    /// The lock's signature over what the window asks for.
    async fn sign(&self, portals: &Portals, window: &Window, container: &str, pin: &Secret) -> Result<Signed, String> {
        let told = self.good("RS_GetCertBase64String", &[("certType", "1"), ("containerId", container)]).await?;
        self.good("RS_CertLogin", &[("containerId", container), ("password", pin.expose())]).await?;
        let message = STANDARD.encode(seal::message(portals, window).map_err(said)?);
        let signature = self.good("RS_KeySignByP1", &[("containerId", container), ("asn1Msg", &message)]).await?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Ok(Signed { certificate: text(&told["certBase64"]), signature: text(&signature["signature"]), ..Signed::default() })
    }
}
