//! The page floor in real Chromium, against small pages on several `*.localhost` hosts.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod boxes;
mod cell;
mod choose;
mod date;
mod fill;
mod find;
mod masks;
mod media;
mod messages;
mod net;
mod press;
mod twins;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::response::{Html, IntoResponse};
use ruku::base::{Message, Redactor, Until};
use ruku::browser::Browser;

use crate::driver::{options, until};

/// A browser in front of a site of its own.
struct Stage {
    browser: Browser,
    port: u16,
    _work: tempfile::TempDir,
}

/// `pages`: `host/path` without `.localhost`, and the HTML, in which `{port}` stands for the port. `/held.svg` comes when `/let-come` is asked for.
pub(crate) async fn serve(pages: &[(&str, &str)]) -> u16 {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let pages: HashMap<String, String> = pages
        .iter()
        .map(|(at, html)| {
            let html = html.replace("{port}", &port.to_string());
            ((*at).to_owned(), format!("<!doctype html><meta charset=utf-8><title>测试</title>{html}"))
        })
        .collect();
    let (pages, held) = (Arc::new(pages), Arc::new(tokio::sync::Notify::new()));
    let app = Router::new().fallback(async move |request: Request| {
        let host = request.headers().get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
        let host = host.split('.').next().unwrap_or_default();
        let path = request.uri().path();
        match path {
            "/held.svg" => held.notified().await,
            "/let-come" => held.notify_waiters(),
            _ => {}
        }
        match path.strip_prefix("/npm/") {
            Some(file) => npm(file).into_response(),
            None if path.ends_with(".svg") => {
                let picture = pages.get(&format!("{host}{path}")).cloned().unwrap_or_default();
                let svg = picture.find("<svg").map_or("", |at| &picture[at..]).to_owned();
                ([("content-type", "image/svg+xml")], svg).into_response()
            }
            None => Html(pages.get(&format!("{host}{path}")).cloned().unwrap_or_default()).into_response(),
        }
    });
    tokio::spawn(async move { axum::serve(listener, app).await });
    port
}

/// A file of the kits that the training portals use, as `drivers/setup` installs them.
fn npm(file: &str) -> impl IntoResponse {
    let kind = match file.rsplit_once('.').map(|(_, ending)| ending) {
        Some("css") => "text/css",
        Some("js") => "text/javascript",
        _ => "application/octet-stream",
    };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("drivers/training/node_modules").join(file);
    ([("content-type", kind)], std::fs::read(path).unwrap_or_default())
}

impl Stage {
    async fn with(pages: &[(&str, &str)], redactor: Redactor, masking: bool) -> Stage {
        let work = tempfile::tempdir().unwrap();
        let drivers = Path::new(env!("CARGO_MANIFEST_DIR")).join("drivers");
        let mut options = options(work.path(), &drivers);
        options.redactor = redactor;
        options.masking = masking;
        let port = serve(pages).await;
        options.harmless_pictures = vec![format!("http://a.localhost:{port}/logo.svg")];
        let browser = Browser::start(options, &until()).await.unwrap_or_else(|fault| panic!("{fault}"));
        let stage = Stage { browser, port, _work: work };
        stage.open("a/").await;
        stage
    }

    /// One page at `a.localhost/`.
    async fn page(html: &str) -> Stage {
        Stage::with(&[("a/", html)], Redactor::default(), true).await
    }

    async fn open(&self, at: &str) {
        let (host, path) = at.split_once('/').unwrap();
        self.browser.goto(&format!("http://{host}.localhost:{}/{path}", self.port), &until()).await.unwrap();
    }

    /// What the page shows at `css`.
    async fn text(&self, css: &str) -> String {
        let target = ruku::browser::page::Target::one(ruku::browser::page::By::Css(css.into()));
        self.browser.read(&target, &until()).await.unwrap_or_else(|fault| panic!("{fault}"))
    }

    async fn title(&self) -> String {
        self.browser.current(&until()).await.unwrap().title
    }

    async fn eventually_title(&self, title: &str) {
        let limit = until();
        while self.title().await != title {
            let waiting = Message::same(format!("title {title}, now {}", self.title().await));
            limit.pause(Duration::from_millis(30), &waiting).await.unwrap();
        }
    }

    async fn end(self) {
        self.browser.end().await;
    }
}

/// A limit for a test that wants to see it pass: short, but long enough for several looks on a machine that is busy with other things.
fn soon() -> Until {
    until().within(Duration::from_secs(10))
}
