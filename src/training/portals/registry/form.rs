//! 保存, 下一步 and 提交信息.
//!
//! Never stores half a form: one wrong field and nothing is saved. Never submits what lacks a required field or a file.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Form, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use super::super::session::User;
use super::super::{Portals, rest, zone};
use super::{entrant, fields, files, logged_out};
use crate::base::Fault;
use crate::training::store::{Entry, NotNow};

/// Most rows of 从业人员.
const MOST_STAFF: usize = 50;

/// What the page posts: Epoint's way, one JSON text beside the token.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Posted {
    #[serde(rename = "_common_hidden_viewdata")]
    csrf: String,
    #[serde(rename = "commonDto")]
    dto: String,
}

/// The whole form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Dto {
    values: BTreeMap<String, String>,
    staff: Vec<[String; 3]>,
}

/// Values as the form shows them: what was saved, else what certificate and binding tell. Some of it is out of date, as it is at real
/// portals that took it over from elsewhere.
pub(super) fn values_of(portals: &Portals, user: &User, entry: &Entry) -> BTreeMap<String, String> {
    let store = portals.store();
    let binding = store.binding_of(&user.subject);
    let known = store.applicants().iter().find(|applicant| applicant.id == user.subject);
    let company = user.certificate.organisation.clone().unwrap_or_default();
    let given = |of_binding: Option<&String>, of_person: Option<&String>| of_binding.or(of_person).cloned().unwrap_or_default();
    let fixed =
        [("company", company.clone()), ("credit_code", given(binding.map(|b| &b.credit_code), known.map(|k| &k.credit_code)))];
    let proposed = [
        ("contact", user.certificate.holder.clone()),
        ("contact_id", given(binding.map(|b| &b.id_number), known.map(|k| &k.id_number))),
        ("contact_mobile", given(binding.map(|b| &b.mobile), known.map(|k| &k.mobile))),
        ("email", given(binding.map(|b| &b.email), None)),
        ("account_name", company),
        ("region", "内蒙古自治区 / 包头市 / 青山区".to_owned()),
        ("address", "虚构市旧址路1号".to_owned()),
        ("capital", "1000".to_owned()),
        ("legal_id_kind", "居民身份证".to_owned()),
        ("registrar", "虚构市工商行政管理局".to_owned()),
    ];
    let mut values: BTreeMap<String, String> = proposed.map(|(key, value)| (key.to_owned(), value)).into();
    if !entry.values.is_empty() {
        values = entry.values.clone();
    }
    values.extend(fixed.map(|(key, value)| (key.to_owned(), value)));
    values
}

/// The answer to a change that comes at the wrong time.
pub(super) fn not_now(no: NotNow) -> Response {
    match no {
        NotNow::Pending => rest::refused("9203", "该主体信息正在验证中，不可修改，请勿重复提交"),
        NotNow::Verified => rest::refused("9205", "该主体信息已验证通过，没有需要提交的修改，请勿重复提交"),
    }
}

/// `POST /rest/registryAction/save`: 保存.
pub(super) async fn save(State(portals): State<Arc<Portals>>, headers: HeaderMap, Form(posted): Form<Posted>) -> Response {
    let (session, user) = match entrant(&portals, &headers, &posted.csrf) {
        Ok(entrant) => entrant,
        Err(refused) => return *refused,
    };
    let expires = portals.store().take_expire_in_form();
    match expires {
        Ok(false) => {}
        Ok(true) => {
            portals.sessions.log_in(&session.id, None);
            return logged_out();
        }
        Err(fault) => return rest::broken(&fault),
    }
    let Ok(dto) = serde_json::from_str::<Dto>(&posted.dto) else {
        return rest::refused("9201", "提交的数据不完整，请刷新页面后重试");
    };
    saved(&portals, &user, dto).unwrap_or_else(|fault| rest::broken(&fault))
}

fn saved(portals: &Portals, user: &User, dto: Dto) -> Result<Response, Fault> {
    let entry = portals.store().entry(&user.subject);
    let own = values_of(portals, user, &entry);
    let mut values: BTreeMap<String, String> = BTreeMap::new();
    for field in fields::FIELDS {
        let given = if field.kind == fields::Kind::Readonly { own.get(field.key) } else { dto.values.get(field.key) };
        values.insert(field.key.to_owned(), given.map(|value| value.trim().to_owned()).unwrap_or_default());
    }
    let mut wrong = serde_json::json!(fields::wrong(&values));
    if let (Some(words), Some(list)) = (wrong_staff(&dto.staff), wrong.as_array_mut()) {
        list.push(serde_json::json!({"field": "staff", "tab": fields::TABS.len(), "words": words}));
    }
    if wrong.as_array().is_some_and(|list| !list.is_empty()) {
        return Ok(rest::reply("9204", "保存失败，请更正填写有误的内容", wrong));
    }
    let mut staff = dto.staff;
    staff.iter_mut().flatten().for_each(|cell| *cell = cell.trim().to_owned());
    let done = portals.store().save_entry(&user.subject, values, staff)?;
    Ok(done.map_or_else(not_now, |()| rest::reply("0000", "保存成功", serde_json::Value::Null)))
}

fn wrong_staff(staff: &[[String; 3]]) -> Option<String> {
    if staff.len() > MOST_STAFF {
        return Some(format!("从业人员不能超过{MOST_STAFF}行"));
    }
    for (at, row) in staff.iter().enumerate() {
        if let Some(column) = row.iter().position(|cell| cell.trim().is_empty()) {
            return Some(format!("从业人员第{}行的{}不能为空", at + 1, ["姓名", "职称", "证书编号"][column]));
        }
        if row[2].trim().len() < 6 || !row[2].trim().bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Some(format!("从业人员第{}行的证书编号格式不正确", at + 1));
        }
    }
    None
}

/// Everything that lacks before it can be handed in, in the portal's words.
fn lacking(entry: &Entry) -> Vec<String> {
    let mut lacking: Vec<String> = fields::missing(&entry.values).into_iter().map(|label| format!("{label}不能为空")).collect();
    if entry.staff.is_empty() {
        lacking.push("从业人员至少填写一行".to_owned());
    }
    lacking.extend(files::missing(&entry.files).into_iter().map(|label| format!("电子件缺少：{label}")));
    lacking
}

/// Whether nothing lacks.
pub(super) fn complete(entry: &Entry) -> bool {
    lacking(entry).is_empty()
}

fn lacks(entry: &Entry) -> Option<Response> {
    let list = lacking(entry);
    (!list.is_empty()).then(|| rest::reply("9206", "以下内容尚未完善，不能提交", serde_json::json!(list)))
}

/// `POST /rest/registryAction/check`: 下一步.
pub(super) async fn check(State(portals): State<Arc<Portals>>, headers: HeaderMap, Form(posted): Form<Posted>) -> Response {
    let user = match entrant(&portals, &headers, &posted.csrf) {
        Ok((_, user)) => user,
        Err(refused) => return *refused,
    };
    let entry = portals.store().entry(&user.subject);
    lacks(&entry).unwrap_or_else(|| rest::reply("0000", "successful", serde_json::Value::Null))
}

/// `POST /rest/registryAction/submit`: 提交信息.
pub(super) async fn submit(State(portals): State<Arc<Portals>>, headers: HeaderMap, Form(posted): Form<Posted>) -> Response {
    let user = match entrant(&portals, &headers, &posted.csrf) {
        Ok((_, user)) => user,
        Err(refused) => return *refused,
    };
    submitted(&portals, &user).unwrap_or_else(|fault| rest::broken(&fault))
}

fn submitted(portals: &Portals, user: &User) -> Result<Response, Fault> {
    // Under one lock: two requests of the same moment are two requests and one submission.
    let mut store = portals.store();
    store.count_submit_request(&user.subject)?;
    if let Some(refused) = lacks(&store.entry(&user.subject)) {
        return Ok(refused);
    }
    Ok(store.submit_entry(&user.subject)?.map_or_else(not_now, |entry| {
        let at = entry.submitted.map(|at| at.to_zoned(zone()).strftime("%Y-%m-%d %H:%M:%S").to_string());
        rest::reply("0000", "提交成功", serde_json::json!({"number": entry.number, "at": at}))
    }))
}

/// `POST /rest/registryAction/closeNotice`: the notice was read.
pub(super) async fn close_notice(
    State(portals): State<Arc<Portals>>,
    headers: HeaderMap,
    Form(posted): Form<Posted>,
) -> Response {
    let user = match entrant(&portals, &headers, &posted.csrf) {
        Ok((_, user)) => user,
        Err(refused) => return *refused,
    };
    let closed = portals.store().close_notice(&user.subject);
    closed.map_or_else(|fault| rest::broken(&fault), |()| rest::reply("0000", "successful", serde_json::Value::Null))
}

/// `POST /rest/registryAction/leave`: 退出.
pub(super) async fn leave(State(portals): State<Arc<Portals>>, headers: HeaderMap, Form(posted): Form<Posted>) -> Response {
    match entrant(&portals, &headers, &posted.csrf) {
        Ok((session, _)) => {
            portals.sessions.log_in(&session.id, None);
            rest::reply("0000", "successful", serde_json::Value::Null)
        }
        Err(refused) => *refused,
    }
}
