//! The pages of the registry, as a visitor goes through them: a main page with a menu, and frames in it.
//!
//! Never shows a page to somebody whose login has ended: it says so and leads back to the sign-on.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::super::session::{Session, User};
use super::super::{Portals, ca_mutual, zone};
use super::{fields, files as kinds, form, regions as areas};
use crate::training::instance::Site;
use crate::training::store::{Entry, Status};

/// Parts of the menu that are not part of this training: path and name.
const CLOSED: [(&str, &str); 3] = [("credit", "信用信息"), ("messages", "消息提醒"), ("guide", "操作指南")];

/// The visitor, if somebody is logged in; else the page that says so.
fn inside(portals: &Portals, headers: &HeaderMap) -> Result<(Session, User, Entry), Box<Response>> {
    let Ok(session) = portals.sessions.of(headers) else {
        return Err(Box::new(portals.error_page(StatusCode::INTERNAL_SERVER_ERROR)));
    };
    let Some(user) = session.user.clone() else {
        let values = json!({"mutual": Site::CaMutual.origin(portals.port)});
        let page = portals.page(StatusCode::UNAUTHORIZED, "registry/expired.html", values);
        return Err(Box::new(ca_mutual::with_cookie(page, &session)));
    };
    let entry = portals.store().entry(&user.subject);
    Ok((session, user, entry))
}

fn render(portals: &Portals, session: &Session, name: &str, more: serde_json::Value) -> Response {
    let mut values = json!({
        "csrf": session.csrf, "mutual": Site::CaMutual.origin(portals.port), "ids": fastrand::u32(20..90_000), "closed": CLOSED,
    });
    if let (Some(values), serde_json::Value::Object(more)) = (values.as_object_mut(), more) {
        values.extend(more);
    }
    ca_mutual::with_cookie(portals.page(StatusCode::OK, name, values), session)
}

fn time(at: Option<jiff::Timestamp>) -> Option<String> {
    at.map(|at| at.to_zoned(zone()).strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// The status as the portal calls it.
fn status(entry: &Entry) -> &'static str {
    match entry.status {
        Status::Draft if form::complete(entry) => "待提交",
        Status::Draft => "未完善",
        Status::Pending => "待验证",
        Status::Verified => "验证通过",
        Status::Rejected => "退回修改",
    }
}

/// `GET /`: the main page, or why this company cannot be kept by this person.
pub(super) async fn main(State(portals): State<Arc<Portals>>, headers: HeaderMap) -> Response {
    let (session, user, entry) = match inside(&portals, &headers) {
        Ok(inside) => inside,
        Err(away) => return *away,
    };
    let switches = portals.store().registry_switches().clone();
    let company = user.certificate.organisation.clone().unwrap_or_default();
    let blocked = match () {
        () if switches.activated_by_other => "other",
        () if switches.renamed => "renamed",
        () => "",
    };
    let values = json!({
        "holder": user.certificate.holder, "company": company, "blocked": blocked,
        "other": "旧某某", "renamed": company.replace("虚构", "更名虚构"), "notice": switches.notice && !entry.notice_read,
    });
    render(&portals, &session, "registry/main.html", values)
}

/// `GET /page/overview`: 单位概况, the first frame.
pub(super) async fn overview(State(portals): State<Arc<Portals>>, headers: HeaderMap) -> Response {
    let (session, user, entry) = match inside(&portals, &headers) {
        Ok(inside) => inside,
        Err(away) => return *away,
    };
    let values = form::values_of(&portals, &user, &entry);
    let code = values.get("credit_code").cloned().unwrap_or_default();
    let values = json!({
        "company": user.certificate.organisation, "code": code, "status": status(&entry), "number": entry.number,
        "at": time(entry.submitted), "reasons": entry.reasons, "revision": entry.revision, "files": entry.files.len(),
    });
    render(&portals, &session, "registry/overview.html", values)
}

/// `GET /page/edit`: the form.
pub(super) async fn edit(State(portals): State<Arc<Portals>>, headers: HeaderMap) -> Response {
    let (session, user, entry) = match inside(&portals, &headers) {
        Ok(inside) => inside,
        Err(away) => return *away,
    };
    let values = json!({
        "tabs": fields::TABS, "fields": fields::FIELDS, "values": form::values_of(&portals, &user, &entry), "staff": json!(entry.staff).to_string(),
        "locked": entry.status == Status::Pending, "provinces": areas::below(""), "reasons": entry.reasons,
        "status": status(&entry),
    });
    render(&portals, &session, "registry/edit.html", values)
}

/// `GET /page/files`: 电子件管理, shown in a window of its own.
pub(super) async fn files(State(portals): State<Arc<Portals>>, headers: HeaderMap) -> Response {
    let (session, _, entry) = match inside(&portals, &headers) {
        Ok(inside) => inside,
        Err(away) => return *away,
    };
    let values = json!({ "categories": kinds::CATEGORIES, "files": entry.files });
    render(&portals, &session, "registry/files.html", values)
}

/// `GET /page/preview`: what would be handed in, and the promise that it is true.
pub(super) async fn preview(State(portals): State<Arc<Portals>>, headers: HeaderMap) -> Response {
    let (session, user, entry) = match inside(&portals, &headers) {
        Ok(inside) => inside,
        Err(away) => return *away,
    };
    let values = form::values_of(&portals, &user, &entry);
    let rows: Vec<_> =
        fields::FIELDS.iter().map(|field| (field.label, values.get(field.key).cloned().unwrap_or_default())).collect();
    let values = json!({
        "rows": rows, "files": entry.files, "staff": entry.staff.len(), "revision": entry.revision, "reasons": entry.reasons,
    });
    render(&portals, &session, "registry/preview.html", values)
}

/// `GET /page/result`: 受理编号 and 提交时间 of the last submission.
pub(super) async fn result(State(portals): State<Arc<Portals>>, headers: HeaderMap) -> Response {
    let (session, _, entry) = match inside(&portals, &headers) {
        Ok(inside) => inside,
        Err(away) => return *away,
    };
    let values = json!({ "number": entry.number, "at": time(entry.submitted), "status": status(&entry) });
    render(&portals, &session, "registry/result.html", values)
}

/// `GET /page/closed/…`: parts of the menu that this training does not have.
pub(super) async fn closed(State(portals): State<Arc<Portals>>, headers: HeaderMap, Path(what): Path<String>) -> Response {
    let session = match inside(&portals, &headers) {
        Ok((session, ..)) => session,
        Err(away) => return *away,
    };
    match CLOSED.iter().find(|(path, _)| *path == what) {
        Some((_, name)) => render(&portals, &session, "registry/closed.html", json!({ "name": name })),
        None => portals.error_page(StatusCode::NOT_FOUND),
    }
}

/// Which regions are asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Below {
    path: String,
}

/// `GET /rest/regionAction/below`: the regions below one, as JSON.
pub(super) async fn regions(Query(asked): Query<Below>) -> Response {
    Json(areas::below(&asked.path)).into_response()
}
