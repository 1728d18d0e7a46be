//! `hohhot.localhost`: 呼和浩特公共资源交易监督管理局官网（新版）.
//!
//! Never the way in itself: 统一登陆 → 互认平台 opens a window that is sent on to the CA 互认系统, on another origin.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;

use super::articles::{self, ARTICLES, SECTIONS};
use super::{Portals, zone};
use crate::training::instance::Site;

/// Entrances that are not part of this training: path and name.
const CLOSED: [(&str, &str); 9] = [
    ("member", "会员登陆"),
    ("expert", "专家登陆"),
    ("agency", "代理机构登陆"),
    ("supervisor", "监督部门登陆"),
    ("finance", "电子保函平台"),
    ("mail", "局长信箱"),
    ("consult", "在线咨询"),
    ("accessible", "无障碍浏览"),
    ("mobile", "移动客户端"),
];

pub(crate) fn router(portals: Arc<Portals>) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/list/{section}", get(list))
        .route("/article/{id}", get(article))
        .route("/search", get(search))
        .route("/closed/{what}", get(closed))
        .route("/sso/jump", get(jump))
        .route("/assets/{*path}", get(super::asset))
        .fallback(missing)
        .with_state(portals)
}

/// Renders a page of this host.
fn show(portals: &Portals, name: &str, more: serde_json::Value) -> Response {
    let now = jiff::Timestamp::now().to_zoned(zone());
    let weekday = ["一", "二", "三", "四", "五", "六", "日"][now.weekday().to_monday_zero_offset() as usize];
    let sections: Vec<_> = SECTIONS.iter().map(|(path, name)| serde_json::json!({"path": path, "name": name})).collect();
    let mut values = serde_json::json!({
        "today": format!("{}年{}月{}日 星期{weekday}", now.year(), now.month(), now.day()),
        "sections": sections, "here": "", "q": "",
    });
    if let (Some(values), serde_json::Value::Object(more)) = (values.as_object_mut(), more) {
        values.extend(more);
    }
    portals.page(StatusCode::OK, name, values)
}

async fn home(State(portals): State<Arc<Portals>>) -> Response {
    let of = |section: &str, most: usize| -> Vec<_> { ARTICLES.iter().filter(|a| a.section == section).take(most).collect() };
    let values = serde_json::json!({
        "here": "home", "notices": of("notices", 8), "policies": of("policies", 6), "guides": of("guides", 6),
        "affairs": of("affairs", 6), "trades": of("trades", 6), "downloads": of("downloads", 6),
    });
    show(&portals, "hohhot/home.html", values)
}

async fn list(State(portals): State<Arc<Portals>>, Path(section): Path<String>) -> Response {
    match articles::section(&section) {
        Some(name) => {
            let found: Vec<_> = ARTICLES.iter().filter(|article| article.section == section).collect();
            show(&portals, "hohhot/list.html", serde_json::json!({"here": section, "name": name, "articles": found}))
        }
        None => portals.error_page(StatusCode::NOT_FOUND),
    }
}

async fn article(State(portals): State<Arc<Portals>>, Path(id): Path<String>) -> Response {
    match ARTICLES.iter().find(|article| article.id.to_string() == id) {
        Some(found) => {
            let name = articles::section(found.section).unwrap_or_default();
            let values = serde_json::json!({"here": found.section, "name": name, "article": found, "body": found.paragraphs()});
            show(&portals, "hohhot/article.html", values)
        }
        None => portals.error_page(StatusCode::NOT_FOUND),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    q: String,
    to: String,
}

async fn search(State(portals): State<Arc<Portals>>, Query(asked): Query<Asked>) -> Response {
    let words = asked.q.trim();
    let fits = |article: &&articles::Article| !words.is_empty() && article.title.contains(words);
    let found: Vec<_> = ARTICLES.iter().filter(fits).collect();
    show(&portals, "hohhot/search.html", serde_json::json!({"q": words, "articles": found}))
}

async fn closed(State(portals): State<Arc<Portals>>, Path(what): Path<String>) -> Response {
    match CLOSED.iter().find(|(path, _)| *path == what) {
        Some((_, name)) => show(&portals, "hohhot/closed.html", serde_json::json!({"name": name})),
        None => portals.error_page(StatusCode::NOT_FOUND),
    }
}

/// The hop to the CA 互认系统. Only to the one place it knows: an open redirect would be a gift to phishers.
async fn jump(State(portals): State<Arc<Portals>>, Query(asked): Query<Asked>) -> Response {
    match asked.to.as_str() {
        "ca-mutual" => Redirect::to(&format!("{}/sso/entry", Site::CaMutual.origin(portals.port))).into_response(),
        _ => portals.error_page(StatusCode::NOT_FOUND),
    }
}

async fn missing(State(portals): State<Arc<Portals>>) -> Response {
    portals.error_page(StatusCode::NOT_FOUND)
}
