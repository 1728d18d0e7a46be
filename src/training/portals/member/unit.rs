//! 单位信息: the state of the documents, the record that was synced, and 同步内蒙古主体库诚信信息.
//!
//! Never lets anybody change the record here: it is the registry's.

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::rest::{broken, expired, posted, refused, reply};
use super::super::{Portals, zone};
use crate::training::instance::Site;
use crate::training::store::{Document, NotSynced, Standing, Status, Store};

/// The fields of the record, in the order of the page: the registry's key, and the label.
pub(super) const FIELDS: [(&str, &str); 20] = [
    ("company", "单位名称"),
    ("credit_code", "统一社会信用代码"),
    ("unit_kind", "单位性质"),
    ("scale", "企业规模"),
    ("industry", "所属行业"),
    ("founded", "成立日期"),
    ("capital", "注册资本（万元）"),
    ("region", "注册地区"),
    ("address", "注册地址"),
    ("main_business", "主营业务"),
    ("contact", "联系人"),
    ("contact_mobile", "联系人手机"),
    ("phone", "固定电话"),
    ("email", "电子邮箱"),
    ("office_address", "办公地址"),
    ("legal_name", "法定代表人姓名"),
    ("legal_id", "法定代表人证件号码"),
    ("account_name", "基本户账户名称"),
    ("bank", "基本户开户银行"),
    ("account", "基本户账号"),
];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    #[serde(rename = "_common_hidden_viewdata")]
    csrf: String,
}

fn time(at: jiff::Timestamp) -> String {
    at.to_zoned(zone()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// The documents as the page shows them.
pub(super) fn rows(standing: &Standing) -> Value {
    let row = |document: &Document| {
        let at = standing.seals.get(document).map(|seal| time(seal.at));
        json!({"id": document, "title": document.title(), "sealed": at.is_some(), "at": at.unwrap_or_default()})
    };
    Document::ALL.iter().map(row).collect()
}

/// What the registry says of the applicant.
pub(super) fn registry_words(store: &Store, subject: &str) -> &'static str {
    match store.entry(subject).status {
        Status::Draft => "未入库",
        Status::Pending => "待验证",
        Status::Verified => "验证通过",
        Status::Rejected => "退回修改",
    }
}

/// How far the record agrees with the registry's.
pub(super) fn sync_words(store: &Store, subject: &str) -> String {
    let entry = store.entry(subject);
    match store.standing(subject).synced {
        None => "未同步".to_owned(),
        Some(synced) if entry.status == Status::Verified && entry.revision != synced.revision => {
            "主体库信息已更新，请重新同步".to_owned()
        }
        Some(synced) => format!("已同步主体库最新信息（{}）", time(synced.at)),
    }
}

/// `POST /rest/unitAction/documents`: the state of the documents; the page asks while a seal is under way.
pub(super) async fn documents(State(portals): State<Arc<Portals>>, headers: HeaderMap, Form(asked): Form<Asked>) -> Response {
    let user = posted(&portals, Site::Member, &headers, &asked.csrf).and_then(|session| session.user);
    let Some(user) = user else { return expired() };
    let standing = portals.store().standing(&user.subject);
    let open = portals.seals.take_unblocked(&user.subject);
    reply("0000", "successful", json!({"documents": rows(&standing), "open": open}))
}

/// `POST /rest/unitAction/sync`: 同步内蒙古主体库诚信信息.
pub(super) async fn sync(State(portals): State<Arc<Portals>>, headers: HeaderMap, Form(asked): Form<Asked>) -> Response {
    let user = posted(&portals, Site::Member, &headers, &asked.csrf).and_then(|session| session.user);
    let Some(user) = user else { return expired() };
    let mut store = portals.store();
    match store.sync(&user.subject) {
        Ok(Ok(())) => {
            let synced = store.standing(&user.subject).synced;
            let values = synced.map(|synced| synced.values).unwrap_or_default();
            reply("0000", "同步成功", json!({"values": values, "words": sync_words(&store, &user.subject)}))
        }
        Ok(Err(NotSynced::Unsealed)) => refused("9501", "请先完成诚信承诺书和平台使用告知书的签章"),
        Ok(Err(NotSynced::Unverified)) => refused("9502", "主体库未入库，请先到自治区公共资源交易主体信息库完善信息并验证通过"),
        Ok(Err(NotSynced::Current)) => refused("9503", "主体库信息没有变化，无需重复同步"),
        Err(fault) => broken(&fault),
    }
}
