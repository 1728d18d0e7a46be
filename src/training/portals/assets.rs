//! Styles, scripts and pictures of the pages: the portals' own are compiled in, jQuery and layer come from an npm folder.
//!
//! Never serves a version of a library other than the pinned one: the pages were made for it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use axum::extract::{Path as UrlPath, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Portals;
use crate::base::{Fault, FaultKind};

const PINNED: &str = include_str!("../../../drivers/training/package.json");

/// Address below `/assets/`, file below `node_modules/`.
const FILES: [(&str, &str); 12] = [
    ("jquery.js", "jquery/dist/jquery.min.js"),
    ("layer/layer.js", "layer-src/dist/layer.js"),
    ("layer/theme/default/layer.css", "layer-src/dist/theme/default/layer.css"),
    ("layer/theme/default/icon.png", "layer-src/dist/theme/default/icon.png"),
    ("layer/theme/default/icon-ext.png", "layer-src/dist/theme/default/icon-ext.png"),
    ("layer/theme/default/loading-0.gif", "layer-src/dist/theme/default/loading-0.gif"),
    ("layer/theme/default/loading-1.gif", "layer-src/dist/theme/default/loading-1.gif"),
    ("layui/layui.js", "layui/dist/layui.js"),
    ("layui/css/layui.css", "layui/dist/css/layui.css"),
    ("layui/font/iconfont.woff2", "layui/dist/font/iconfont.woff2"),
    ("webuploader.js", "webuploader/dist/webuploader.html5only.min.js"),
    ("webuploader.css", "webuploader/dist/webuploader.css"),
];

/// The libraries, in memory.
pub(crate) struct Libraries(BTreeMap<&'static str, Vec<u8>>);

impl Libraries {
    /// Reads them from `dir/node_modules`; a missing or different one is a [`FaultKind::Setup`] fault that names the remedy.
    pub(crate) fn read(dir: &Path) -> Result<Libraries, Fault> {
        let modules = dir.join("node_modules");
        let missing = |what: &str| {
            let modules = modules.display();
            Fault::new(
                FaultKind::Setup,
                crate::say!(
                    "模拟平台的网页组件缺失或版本不符：{modules} 中的 {what}。请先运行 drivers/setup。",
                    "the training pages need {what} in {modules}; run drivers/setup first"
                ),
            )
        };
        let pinned: serde_json::Value = serde_json::from_str(PINNED).map_err(|_| missing("package.json"))?;
        for (package, version) in pinned["dependencies"].as_object().into_iter().flatten() {
            let found = std::fs::read(modules.join(package).join("package.json")).ok();
            let found: Option<serde_json::Value> = found.and_then(|bytes| serde_json::from_slice(&bytes).ok());
            if found.is_none_or(|found| found["version"] != *version) {
                return Err(missing(&format!("{package} {}", version.as_str().unwrap_or_default())));
            }
        }
        let mut files = BTreeMap::new();
        for (address, file) in FILES {
            files.insert(address, std::fs::read(modules.join(file)).map_err(|_| missing(file))?);
        }
        Ok(Libraries(files))
    }
}

/// `GET /assets/…` of every host.
pub(crate) async fn asset(State(portals): State<Arc<Portals>>, UrlPath(path): UrlPath<String>) -> Response {
    let own: Option<&'static str> = Some(match path.as_str() {
        "common.css" => include_str!("assets/common.css"),
        "hohhot.css" => include_str!("assets/hohhot.css"),
        "clock.js" => include_str!("assets/clock.js"),
        "hohhot.js" => include_str!("assets/hohhot.js"),
        "ca.js" => include_str!("assets/ca.js"),
        "ca.css" => include_str!("assets/ca.css"),
        "mini.css" => include_str!("assets/mini.css"),
        "mini.js" => include_str!("assets/mini.js"),
        "bind.js" => include_str!("assets/bind.js"),
        "unbind.js" => include_str!("assets/unbind.js"),
        "admin.css" => include_str!("assets/admin.css"),
        "admin.js" => include_str!("assets/admin.js"),
        "emblem.svg" => include_str!("assets/emblem.svg"),
        "banner.svg" => include_str!("assets/banner.svg"),
        "watermark.svg" => include_str!("assets/watermark.svg"),
        _ => "",
    })
    .filter(|text| !text.is_empty())
    .or_else(|| of_portals(&path));
    let kind = match path.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("gif") => "image/gif",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    };
    let bytes = own.map(|text| text.as_bytes().to_vec()).or_else(|| portals.libraries.0.get(path.as_str()).cloned());
    match bytes {
        Some(bytes) => {
            let headers =
                [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
            (headers, bytes).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Styles and scripts that lie beside the code of one portal.
fn of_portals(path: &str) -> Option<&'static str> {
    let lists = [super::ca_auth::ASSETS, super::registry::ASSETS, super::member::ASSETS];
    lists.into_iter().flatten().find(|(name, _)| *name == path).map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_or_other_libraries_are_refused_with_the_remedy() {
        let dir = tempfile::tempdir().unwrap();
        let refused = |dir: &Path| match Libraries::read(dir) {
            Ok(_) => panic!("accepted"),
            Err(fault) => fault,
        };
        let fault = refused(dir.path());
        assert_eq!(fault.kind, FaultKind::Setup);
        assert!(fault.message.zh.contains("drivers/setup") && fault.message.en.contains("jquery 3.7.1"), "{fault:?}");
        let jquery = dir.path().join("node_modules/jquery");
        std::fs::create_dir_all(&jquery).unwrap();
        std::fs::write(jquery.join("package.json"), r#"{"version":"1.0.0"}"#).unwrap();
        assert!(refused(dir.path()).message.en.contains("jquery 3.7.1"));
        std::fs::write(jquery.join("package.json"), r#"{"version":"3.7.1"}"#).unwrap();
        assert!(refused(dir.path()).message.en.contains("layer-src 3.5.1"));
    }
}
