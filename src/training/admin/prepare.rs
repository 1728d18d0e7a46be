//! Puts an applicant where an exercise begins: what was done on an earlier day, so that one part can be practised alone.
//!
//! Never more than the portals themselves could have stored: the same acts, counted as they are.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::{Shared, done, says};
use crate::training::instance::Site;
use crate::training::store::{Binding, Status};

/// What the applicant has behind them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Prepared {
    applicant: String,
    /// Bound in the CA 互认系统 with the certificate that the lock has now.
    #[serde(default)]
    bound: bool,
    /// Platforms that were authorised.
    #[serde(default)]
    authorised: Vec<Site>,
    /// Activated at the 会员端 by a login through the CA 互认系统.
    #[serde(default)]
    activated: bool,
    /// Where the registry has them.
    registry: Option<InRegistry>,
}

/// A record of the registry.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct InRegistry {
    status: Status,
    /// Value by key of the field.
    #[serde(default)]
    values: BTreeMap<String, String>,
}

pub(super) async fn prepare(State(admin): Shared, Json(asked): Json<Prepared>) -> Response {
    let person = admin.instance().applicants.into_iter().find(|person| person.id == asked.applicant);
    let Some((person, certificate)) = person.and_then(|person| {
        let certificate = admin.locks.certificate(&person.card)?;
        Some((person, certificate))
    }) else {
        let words = crate::say!("没有该办理人的 CA 锁。", "there is no CA lock of that applicant");
        return says(StatusCode::NOT_FOUND, &words);
    };
    let mut store = admin.portals.store();
    if asked.bound {
        let binding = Binding {
            certificate: certificate.sha256,
            serial: certificate.serial,
            name: person.name,
            id_kind: "居民身份证".to_owned(),
            id_number: person.id_number,
            mobile: person.mobile,
            company: person.company,
            credit_code: person.credit_code,
            email: String::new(),
            at: jiff::Timestamp::now(),
        };
        // Bound already is as good.
        if let Err(fault) = store.bind(&person.id, binding) {
            return done(Err(fault));
        }
    }
    let rest = || {
        asked.authorised.iter().try_for_each(|platform| store.authorise(&person.id, *platform))?;
        if asked.activated {
            store.activate(&person.id)?;
        }
        asked.registry.map_or(Ok(()), |entry| store.put_entry(&person.id, entry.status, entry.values))
    };
    done(rest())
}
