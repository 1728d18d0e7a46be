//! The session against the real browser of this machine and a tiny site with two origins.

use std::path::Path;
use std::time::Duration;

use axum::{Router, response::Html, routing::get};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::page::Target;
use super::session::{Browser, BrowserOptions};
use crate::base::{Fault, FaultKind, Lang, Redactor, Until};

/// Enough for a slow machine that runs other browsers; reached only by a failing test.
const PATIENCE: Duration = Duration::from_secs(120);

fn until() -> Until {
    Until::after(PATIENCE, CancellationToken::new())
}

async fn browser(work: &Path) -> Browser {
    let options = BrowserOptions {
        headed: false,
        viewport: (1280, 800),
        work: work.join("browser"),
        lang: Lang::Zh,
        drivers: Path::new(env!("CARGO_MANIFEST_DIR")).join("drivers"),
        redactor: Redactor::default(),
        harmless_pictures: Vec::new(),
        personal_origins: Default::default(),
        masking: true,
        outlives: Duration::ZERO,
    };
    Browser::start(options, &until()).await.unwrap()
}

/// Serves the pages on a free loopback port; every `*.localhost` name reaches it.
async fn site() -> u16 {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let outer = format!(
        "<!doctype html><title>外</title><p>甲</p><iframe src='http://b.localhost:{port}/inner'></iframe>\
         <button id=pop onclick=\"window.open('http://b.localhost:{port}/inner')\">开</button>\
         <button id=ask onclick=\"if (confirm('确认提交吗') || confirm('确认提交吗')) document.title = '已确认'\">问</button>\
         <form id=f method=post action=/posted?name=x><button id=send>交</button></form>"
    );
    let app = Router::new()
        .route("/", get(async move || Html(outer)))
        .route(
            "/inner",
            get(async || Html("<!doctype html><title>内</title><script>var seen = window.rukuMark</script><p>乙</p>")),
        )
        .route(
            "/tell",
            get(async || {
                Html("<button onclick=\"alert('请核对')\">告知</button><button id=mine onclick=\"document.title = ++n\">本人</button><script>n = 0</script>")
            }),
        )
        .route("/posted", axum::routing::post(async || Html("<title>已交</title>")));
    tokio::spawn(async move { axum::serve(listener, app).await });
    port
}

/// The middle of an element of the top page.
async fn middle(browser: &Browser, css: &str) -> (i64, i64) {
    let function = "css => { const r = document.querySelector(css).getBoundingClientRect(); \
                    return [Math.round(r.x + r.width / 2), Math.round(r.y + r.height / 2)] }";
    let point = browser.call(&browser.current_context(), function, &[json!(css)], &until()).await.unwrap();
    (point[0].as_i64().unwrap(), point[1].as_i64().unwrap())
}

async fn click(browser: &Browser, css: &str) {
    let (x, y) = middle(browser, css).await;
    let actions = json!([{"type": "pointer", "id": "mouse", "actions": [
        {"type": "pointerMove", "x": x, "y": y}, {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]}]);
    browser.perform(&browser.current_context(), actions, &until()).await.unwrap();
}

/// Waits until `look` finds something.
async fn eventually<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let limit = until();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        limit.pause(Duration::from_millis(50), &crate::say!("条件", "a condition of the test")).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn preload_script_reaches_a_cross_site_frame_and_a_pop_up_unseen_by_them() {
    let work = tempfile::tempdir().unwrap();
    let (browser, port) = (browser(work.path()).await, site().await);
    let mut messages = browser.listen();
    let preload = "send => { window.rukuMark = 1; send({host: location.hostname}) }";
    browser.add_preload_script(preload, "test", &until()).await.unwrap();
    browser.goto(&format!("http://a.localhost:{port}/"), &until()).await.unwrap();

    let frames = eventually(async || browser.frames(&until()).await.ok().filter(|frames| frames.len() == 2)).await;
    assert_eq!(frames[1].parent.as_ref(), Some(&frames[0].context));
    click(&browser, "#pop").await;
    let pop_up = eventually(async || {
        let windows = browser.windows(&until()).await.unwrap();
        windows.into_iter().find(|window| window.handle != frames[0].context && window.title == "内")
    })
    .await;
    for context in [&frames[0].context, &frames[1].context, &pop_up.handle] {
        let ask = "() => [window.rukuMark, innerWidth]";
        let told = eventually(async || browser.call(context, ask, &[], &until()).await.ok().filter(|told| told[0] == 1)).await;
        // The pop-up has the size of the pictures as well.
        assert!(context == &frames[1].context || told[1] == 1280, "{told}");
    }
    // The page's own world must not see the isolated one.
    let doing = crate::say!("看", "look");
    for context in [&frames[1].context, &pop_up.handle] {
        let params = json!({"functionDeclaration": "() => String(window.seen) + typeof window.rukuMark", "awaitPromise": false,
                            "target": {"context": context}});
        let told = browser.bidi.command("script.callFunction", params, &doing, &until()).await.unwrap();
        assert_eq!(told["result"]["value"], "undefinedundefined");
    }
    // Messages sent before the channel was connected arrive as well.
    let mut hosts = Vec::new();
    while hosts.len() < 3 {
        let event = tokio::time::timeout(PATIENCE, messages.recv()).await.unwrap_or_else(|_| panic!("only {hosts:?}")).unwrap();
        if event.method == "script.message" && event.params["channel"] == "test" {
            hosts.push(event.params["data"]["host"].as_str().unwrap().to_owned());
        }
    }
    hosts.sort();
    assert_eq!(hosts, ["a.localhost", "b.localhost", "b.localhost"]);
    browser.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dialog_ends_a_waiting_promise_and_can_be_answered() {
    let work = tempfile::tempdir().unwrap();
    let (browser, port) = (browser(work.path()).await, site().await);
    browser.goto(&format!("http://a.localhost:{port}/"), &until()).await.unwrap();
    let top = browser.current_context();
    let limit = until();
    let (waited, ()) = tokio::join!(browser.call(&top, "() => new Promise(() => {})", &[], &limit), click(&browser, "#ask"));
    let fault = waited.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Dialog);
    assert!(fault.message.zh.contains("确认提交吗"), "{}", fault.message.zh);
    assert_eq!(browser.dialog().unwrap().kind, super::DialogKind::Confirm);
    // Everything that a dialog holds up says so instead of hanging.
    assert_eq!(browser.perform(&top, json!([]), &until()).await.unwrap_err().kind, FaultKind::Dialog);
    assert_eq!(browser.current(&until()).await.unwrap().title, "");
    assert_eq!(browser.raw_png(&until()).await.unwrap_err().kind, FaultKind::Dialog);
    // The page asks the same again at once: that is another dialog.
    browser.answer_dialog(false, &until()).await.unwrap();
    eventually(async || browser.dialog()).await;
    browser.answer_dialog(true, &until()).await.unwrap();
    assert_eq!(browser.dialog(), None);
    assert_eq!(browser.current(&until()).await.unwrap().title, "已确认");
    assert_eq!(browser.answer_dialog(true, &until()).await.unwrap_err().kind, FaultKind::NotFound);
    browser.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_a_press_ends_the_persons_own_clicks_arrive() {
    let work = tempfile::tempdir().unwrap();
    let (browser, port) = (browser(work.path()).await, site().await);
    browser.goto(&format!("http://a.localhost:{port}/tell"), &until()).await.unwrap();
    let clicked = async |times: &str| {
        click(&browser, "#mine").await;
        browser.current(&until()).await.unwrap().title == times
    };
    let tell = Target::text("告知");
    // Refused before anything was sent.
    let refused = Fault::new(FaultKind::Refused, crate::say!("不许", "no"));
    browser.press_if(&tell, &|_| Err(refused.clone()), &until()).await.unwrap_err();
    assert!(clicked("1").await);
    // A native box held up the press, and Ruku answered it.
    assert!(browser.press(&tell, &until()).await.unwrap().dialog.is_some());
    browser.answer_dialog(true, &until()).await.unwrap();
    assert!(clicked("2").await);
    // The same, and nobody told Ruku that it was answered.
    browser.press(&tell, &until()).await.unwrap();
    let (doing, params) = (crate::say!("答", "answer"), json!({"context": browser.current_context(), "accept": true}));
    browser.bidi.command("browsingContext.handleUserPrompt", params, &doing, &until()).await.unwrap();
    eventually(async || browser.dialog().is_none().then_some(())).await;
    eventually(async || clicked("3").await.then_some(())).await;
    browser.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_nodes_faults_pictures_and_requests() {
    let work = tempfile::tempdir().unwrap();
    let (browser, port) = (browser(work.path()).await, site().await);
    browser.goto(&format!("http://a.localhost:{port}/"), &until()).await.unwrap();
    let top = browser.current_context();
    let told = browser
        .call(
            &top,
            "(a, b) => ({a, b: b + 1, 语: navigator.language, 框: frames[0], 段: document.querySelector('p')})",
            &[json!({"x": [1, null]}), json!(1)],
            &until(),
        )
        .await
        .unwrap();
    assert_eq!((&told["a"], &told["b"], &told["语"]), (&json!({"x": [1, null]}), &json!(2), &json!("zh-CN")));
    assert!(told["框"]["context"].is_string());
    let text =
        browser.call(&top, "node => node.textContent", &[json!({"sharedId": told["段"]["sharedId"]})], &until()).await.unwrap();
    assert_eq!(text, "甲");

    let thrown = browser.call(&top, "() => { throw new Error('哎') }", &[], &until()).await.unwrap_err();
    assert!(thrown.kind == FaultKind::Refused && thrown.message.zh.contains("哎"), "{thrown:?}");
    let gone = browser.call("0123", "() => 1", &[], &until()).await.unwrap_err();
    assert_eq!(gone.kind, FaultKind::Gone);
    assert!(browser.took_away().is_none());
    let short = until().within(Duration::from_millis(300));
    let late = browser.call(&top, "() => new Promise(() => {})", &[], &short).await.unwrap_err();
    assert_eq!(late.kind, FaultKind::TimedOut);
    // The promise still waits in the page, yet everything else goes on.
    let picture = browser.raw_png(&until()).await.unwrap();
    let picture = image::load_from_memory(&picture).unwrap();
    assert_eq!((picture.width(), picture.height()), (1280, 800));

    assert!(browser.sent_since(0).is_empty());
    click(&browser, "#send").await;
    eventually(async || browser.current(&until()).await.ok().filter(|page| page.title == "已交")).await;
    let sent = browser.sent_since(0);
    assert_eq!(
        (sent.len(), sent[0].method.as_str(), sent[0].url.as_str()),
        (1, "POST", format!("http://a.localhost:{port}/posted").as_str())
    );
    assert!(browser.sent_since(sent[0].number).is_empty());
    browser.end().await;
}
