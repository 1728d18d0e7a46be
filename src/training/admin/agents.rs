//! Orders about the local agents, the locks' certificates and the stand-in for 新点检测工具.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::{Card, Shared, done, no_such_card, says};
use crate::base::Secret;
use crate::training::instance::Site;
use crate::training::people::secret_text;

/// Days of validity that make sense for a training: ten years either way.
const DAYS: std::ops::RangeInclusive<i64> = -3650..=3650;

#[derive(Deserialize)]
pub(super) struct Pin {
    #[serde(with = "secret_text")]
    pin: Secret,
}

/// Types a PIN into the agent's own window, as a person would.
pub(super) async fn type_pin(State(admin): Shared, Json(asked): Json<Pin>) -> Response {
    match admin.agents.type_pin(&asked.pin).await {
        Ok(true) => done(Ok(())),
        Ok(false) => {
            let words = crate::say!("没有打开的密码窗口，密码未使用。", "no PIN window was open; the PIN was not used");
            says(StatusCode::CONFLICT, &words)
        }
        Err(fault) => done(Err(fault)),
    }
}

pub(super) async fn stop(State(admin): Shared) -> Response {
    done(admin.agents.stop().await)
}

pub(super) async fn start(State(admin): Shared) -> Response {
    done(admin.agents.start().await)
}

#[derive(Debug, Deserialize)]
pub(super) struct Switch {
    on: bool,
}

/// A second agent of another vendor's kind; programs find its port in `training.json`.
pub(super) async fn second(State(admin): Shared, Json(asked): Json<Switch>) -> Response {
    let port = match admin.agents.second(asked.on).await {
        Ok(port) => port,
        Err(fault) => return done(Err(fault)),
    };
    let written = admin.change_instance(|instance| instance.second_agent = port);
    match written {
        Ok(()) => Json(serde_json::json!({"ok": true, "port": port})).into_response(),
        Err(fault) => done(Err(fault)),
    }
}

/// What 「登陆系统」 of the detection tool opens: the CA 互认系统 by an address that is good once.
pub(super) async fn tool(State(admin): Shared) -> Response {
    match admin.portals.visits.issue() {
        Ok(ticket) => {
            let address = format!("{}/sso/entry?from=tool&ticket={ticket}", admin.instance().origin(Site::CaMutual));
            Json(serde_json::json!({"address": address})).into_response()
        }
        Err(fault) => done(Err(fault)),
    }
}

pub(super) async fn renew(State(admin): Shared, Json(asked): Json<Card>) -> Response {
    if !admin.has_card(&asked.card) {
        return no_such_card(&asked.card);
    }
    done(admin.locks.renew(&asked.card).await)
}

#[derive(Debug, Deserialize)]
pub(super) struct Validity {
    card: String,
    days: i64,
}

pub(super) async fn validity(State(admin): Shared, Json(asked): Json<Validity>) -> Response {
    if !admin.has_card(&asked.card) {
        return no_such_card(&asked.card);
    }
    if !DAYS.contains(&asked.days) {
        let words = crate::say!("天数应在 -3650 到 3650 之间。", "days must be between -3650 and 3650");
        return says(StatusCode::UNPROCESSABLE_ENTITY, &words);
    }
    done(admin.locks.validity(&asked.card, asked.days).await)
}
