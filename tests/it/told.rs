//! Stand-ins for the training's processes, where a test is about the portals alone: they only remember what they were told.

use std::path::Path;
use std::sync::Mutex;

use futures_util::future::BoxFuture;
use ruku::base::{Fault, Secret};
use ruku::training::people::Applicant;
use ruku::training::{Agents, Locks};

#[derive(Default)]
pub(crate) struct Told(pub(crate) Mutex<Vec<String>>);

impl Told {
    fn tell<T: Send + 'static>(&self, words: String, answer: T) -> BoxFuture<'_, Result<T, Fault>> {
        self.0.lock().unwrap().push(words);
        Box::pin(async { Ok(answer) })
    }
}

impl Locks for Told {
    fn issue<'a>(&'a self, people: &'a [Applicant]) -> BoxFuture<'a, Result<(), Fault>> {
        self.tell(format!("issue {}", people.len()), ())
    }
    fn insert<'a>(&'a self, slot: u8, card: &'a str) -> BoxFuture<'a, Result<(), Fault>> {
        self.tell(format!("insert {slot} {card}"), ())
    }
    fn pull(&self, slot: u8) -> BoxFuture<'_, Result<(), Fault>> {
        self.tell(format!("pull {slot}"), ())
    }
    fn mode<'a>(&'a self, slot: u8, mode: &'a str) -> BoxFuture<'a, Result<(), Fault>> {
        self.tell(format!("mode {slot} {mode}"), ())
    }
    fn renew<'a>(&'a self, card: &'a str) -> BoxFuture<'a, Result<(), Fault>> {
        self.tell(format!("renew {card}"), ())
    }
    fn validity<'a>(&'a self, card: &'a str, days: i64) -> BoxFuture<'a, Result<(), Fault>> {
        self.tell(format!("validity {card} {days}"), ())
    }
    fn certificate(&self, _: &str) -> Option<ruku::pki::Identity> {
        None
    }
    fn state(&self) -> BoxFuture<'_, Result<serde_json::Value, Fault>> {
        Box::pin(async { Ok(serde_json::json!({"slots": []})) })
    }
}

impl Agents for Told {
    fn type_pin<'a>(&'a self, pin: &'a Secret) -> BoxFuture<'a, Result<bool, Fault>> {
        let used = pin.expose() == "482913";
        self.tell(format!("type {used}"), used)
    }
    fn stop(&self) -> BoxFuture<'_, Result<(), Fault>> {
        self.tell("stop".to_owned(), ())
    }
    fn start(&self) -> BoxFuture<'_, Result<(), Fault>> {
        self.tell("start".to_owned(), ())
    }
    fn second(&self, on: bool) -> BoxFuture<'_, Result<Option<u16>, Fault>> {
        self.tell(format!("second {on}"), on.then_some(7))
    }
}

/// The pages' libraries are not what these tests are about: files of the right version and name are enough.
pub(crate) fn libraries(dir: &Path) {
    let files = [
        ("jquery/package.json", r#"{"version":"3.7.1"}"#),
        ("layer-src/package.json", r#"{"version":"3.5.1"}"#),
        ("jquery/dist/jquery.min.js", "//"),
        ("layer-src/dist/layer.js", "//"),
        ("layer-src/dist/theme/default/layer.css", "a{}"),
        ("layer-src/dist/theme/default/icon.png", "x"),
        ("layui/package.json", r#"{"version":"2.13.6"}"#),
        ("webuploader/package.json", r#"{"version":"0.1.8"}"#),
        ("layui/dist/layui.js", "//"),
        ("layui/dist/css/layui.css", "a{}"),
        ("layui/dist/font/iconfont.woff2", "x"),
        ("webuploader/dist/webuploader.html5only.min.js", "//"),
        ("webuploader/dist/webuploader.css", "a{}"),
        ("layer-src/dist/theme/default/icon-ext.png", "x"),
        ("layer-src/dist/theme/default/loading-0.gif", "x"),
        ("layer-src/dist/theme/default/loading-1.gif", "x"),
    ];
    for (name, text) in files {
        let path = dir.join("node_modules").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}
