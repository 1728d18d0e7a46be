//! Taking in 电子件.
//!
//! Never keeps a file's content: what counts is that it came whole, and its hash says so.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Form, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::super::session::User;
use super::super::{Portals, rest};
use super::files::{self, Category};
use super::{entrant, form};
use crate::base::{Fault, random};
use crate::training::store::StoredFile;

/// What WebUploader says of a file beside its bytes; with `sendAsBinary` it stands in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct About {
    #[serde(rename = "_common_hidden_viewdata")]
    csrf: String,
    category: String,
    name: String,
}

/// `POST /rest/fileAction/upload`: one file. `fileGuid` is its number; without one it was not stored.
pub(super) async fn upload(
    State(portals): State<Arc<Portals>>,
    headers: HeaderMap,
    Query(about): Query<About>,
    bytes: Bytes,
) -> Response {
    let user = match entrant(&portals, &headers, &about.csrf) {
        Ok((_, user)) => user,
        Err(refused) => return *refused,
    };
    let Some(category) = files::category(&about.category) else {
        return rest::refused("9301", "电子件分类不存在");
    };
    stored(&portals, &user, category, about.name, &bytes).unwrap_or_else(|fault| rest::broken(&fault))
}

fn stored(portals: &Portals, user: &User, category: &Category, name: String, bytes: &[u8]) -> Result<Response, Fault> {
    let mut store = portals.store();
    let there = store.entry(&user.subject).files.iter().filter(|file| file.category == category.key).count();
    if let Some(words) = files::refusal(category, &name, bytes, there) {
        return Ok(rest::refused("9302", &words));
    }
    if store.take_stuck_upload()? {
        return Ok(rest::reply("0000", "successful", json!({"fileGuid": ""})));
    }
    let file = StoredFile {
        guid: random::hex()?,
        category: category.key.to_owned(),
        name,
        size: bytes.len() as u64,
        sha256: hex::encode(Sha256::digest(bytes)),
    };
    let guid = file.guid.clone();
    let done = store.store_file(&user.subject, file)?;
    Ok(done.map_or_else(form::not_now, |()| rest::reply("0000", "上传成功", json!({"fileGuid": guid}))))
}

/// Which file is to go.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Removed {
    #[serde(rename = "_common_hidden_viewdata")]
    csrf: String,
    #[serde(rename = "fileGuid")]
    guid: String,
}

/// `POST /rest/fileAction/remove`: 删除.
pub(super) async fn remove(State(portals): State<Arc<Portals>>, headers: HeaderMap, Form(asked): Form<Removed>) -> Response {
    let user = match entrant(&portals, &headers, &asked.csrf) {
        Ok((_, user)) => user,
        Err(refused) => return *refused,
    };
    let done = portals.store().remove_file(&user.subject, &asked.guid);
    match done {
        Ok(Ok(true)) => rest::reply("0000", "删除成功", serde_json::Value::Null),
        Ok(Ok(false)) => rest::refused("9303", "该电子件不存在或已删除"),
        Ok(Err(no)) => form::not_now(no),
        Err(fault) => rest::broken(&fault),
    }
}
