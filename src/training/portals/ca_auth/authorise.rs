//! 平台选择 and 确认授权.
//!
//! Never authorises twice, and never hands out a ticket for a platform that the person has not authorised.

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::super::rest::{broken, expired, posted, refused, reply};
use super::super::{Portals, User};
use crate::base::Fault;
use crate::training::instance::Site;

/// A platform of the list.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Platform {
    /// Its name in addresses.
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) about: &'static str,
    /// The portal of this training that it is, and none for those that only look like one.
    #[serde(skip)]
    pub(super) site: Option<Site>,
}

/// The list; names that differ in a bracket stand beside each other on purpose.
pub(super) const PLATFORMS: [Platform; 8] = [
    Platform {
        id: "registry-test", title: "自治区公共资源交易主体信息库（测试）", about: "供系统联调使用", site: None
    },
    Platform {
        id: "registry",
        title: "自治区公共资源交易主体信息库",
        about: "主体信息登记、变更与验证",
        site: Some(Site::Registry),
    },
    Platform {
        id: "service", title: "自治区公共资源交易公共服务平台", about: "信息发布与查询", site: None
    },
    Platform {
        id: "member-old", title: "呼和浩特市公共资源交易平台（旧版）", about: "仅供历史项目查询", site: None
    },
    Platform {
        id: "member",
        title: "呼和浩特市公共资源交易平台（新版）",
        about: "工程建设、政府采购等交易业务",
        site: Some(Site::Member),
    },
    Platform {
        id: "baotou", title: "包头市公共资源交易平台", about: "工程建设、政府采购等交易业务", site: None
    },
    Platform {
        id: "chifeng", title: "赤峰市公共资源交易平台", about: "工程建设、政府采购等交易业务", site: None
    },
    Platform {
        id: "ordos", title: "鄂尔多斯市公共资源交易平台", about: "工程建设、政府采购等交易业务", site: None
    },
];

/// The platform called so in addresses.
pub(super) fn platform(id: &str) -> Option<&'static Platform> {
    PLATFORMS.iter().find(|platform| platform.id == id)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Chosen {
    #[serde(rename = "_common_hidden_viewdata")]
    csrf: String,
    platform: String,
}

/// Why nothing comes of a choice.
enum Refusal {
    LoggedOut,
    NotOfTheTraining,
    Unknown,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Refusal::LoggedOut => expired(),
            Refusal::NotOfTheTraining => refused("9301", "该平台暂未接入统一认证，请选择其他平台"),
            Refusal::Unknown => refused("9302", "没有这个平台"),
        }
    }
}

/// Who is logged in, and the platform of this training that was chosen.
fn chosen(portals: &Portals, headers: &HeaderMap, asked: &Chosen) -> Result<(User, Site), Refusal> {
    let session = posted(portals, Site::CaAuth, headers, &asked.csrf);
    let user = session.and_then(|session| session.user).ok_or(Refusal::LoggedOut)?;
    match platform(&asked.platform) {
        Some(Platform { site: Some(site), .. }) => Ok((user, *site)),
        Some(_) => Err(Refusal::NotOfTheTraining),
        None => Err(Refusal::Unknown),
    }
}

/// Where the ticket leads.
fn entrance(portals: &Portals, user: User, site: Site) -> Result<String, Fault> {
    let ticket = portals.tickets.issue(site, user)?;
    Ok(format!("{}/sso/entry?ticket={ticket}", site.origin(portals.port)))
}

/// The answer to a choice: the entrance, where `may_enter` lets the person in; else no address.
fn answer(
    portals: &Portals,
    headers: &HeaderMap,
    asked: &Chosen,
    words: &str,
    may_enter: impl FnOnce(&User, Site) -> Result<bool, Fault>,
) -> Response {
    let (user, site) = match chosen(portals, headers, asked) {
        Ok(chosen) => chosen,
        Err(refusal) => return refusal.into_response(),
    };
    let address = may_enter(&user, site).and_then(|may| may.then(|| entrance(portals, user, site)).transpose());
    match address {
        Ok(address) => reply("0000", words, serde_json::json!({"address": address})),
        Err(fault) => broken(&fault),
    }
}

/// `POST /rest/platformAction/choose`: the entrance of a platform that is authorised already; else none.
pub(super) async fn choose(State(portals): State<Arc<Portals>>, headers: HeaderMap, Form(asked): Form<Chosen>) -> Response {
    answer(&portals, &headers, &asked, "successful", |user, site| Ok(portals.store().authorised(&user.subject, site).is_some()))
}

/// `POST /rest/platformAction/authorise`: 确认授权.
pub(super) async fn authorise(State(portals): State<Arc<Portals>>, headers: HeaderMap, Form(asked): Form<Chosen>) -> Response {
    answer(&portals, &headers, &asked, "授权成功", |user, site| portals.store().authorise(&user.subject, site).map(|()| true))
}
