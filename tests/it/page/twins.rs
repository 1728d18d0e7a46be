//! Buttons with the same words, told apart by their row or by what stands after them: in nested frames and in a window of their own.

use std::time::Duration;

use ruku::base::{FaultKind, Message};
use ruku::browser::page::{By, Place, Target};

use super::Stage;
use crate::driver::until;

const SEALS: &str = r#"
<h3>材料签章</h3><table border><tr><td>1</td><td>诚信承诺书</td><td><a class="mini-button" href="javascript:void(0)" onclick="told('承诺')"><span class="mini-button-text">签章</span></a></td></tr>
<tr><td>2</td><td>营业执照扫描件</td><td><a class="mini-button" href="javascript:void(0)" onclick="told('执照')"><span class="mini-button-text">签章</span></a></td></tr></table>
<p><button onclick="told('前一')">预览</button> 入库申请表</p><p><button onclick="told('前二')">预览</button> 授权委托书</p>
<script>const told = (words) => (top.opener ?? top).postMessage(words, "*");</script>"#;
const MAIN: &str = r#"<script>addEventListener("message", (event) => document.title = event.data)</script>"#;

fn seal(row: Option<&str>) -> Target {
    let row = row.map(str::to_owned);
    Target { any: vec![Place { row, ..Place::of(By::Text("签章".into())) }] }
}

fn before(words: &str, anchor: &str) -> Target {
    Target { any: vec![Place { before: Some(anchor.to_owned()), ..Place::of(By::Text(words.into())) }] }
}

/// Presses all of them and sees that the right ones heard it; the one that needs a row is refused without it. `main` has the title.
async fn all_are_told_apart(stage: &Stage, main: Option<&str>) {
    let browser = &stage.browser;
    // 材料签章 is a heading and no button; the two buttons are equally good.
    assert_eq!(browser.press(&seal(None), &until()).await.unwrap_err().kind, FaultKind::Many);
    for (target, title) in [
        (seal(Some("营业执照扫描件")), "执照"),
        (seal(Some("诚信承诺书")), "承诺"),
        (before("预览", "授权委托书"), "前二"),
        (before("预览", "入库申请表"), "前一"),
        (before("签章", "营业执照扫描件"), "承诺"),
    ] {
        browser.press(&target, &until()).await.unwrap_or_else(|fault| panic!("{target}: {fault}"));
        let Some(main) = main else {
            stage.eventually_title(title).await;
            continue;
        };
        let limit = until();
        loop {
            let windows = browser.windows(&until()).await.unwrap();
            if windows.iter().any(|window| window.handle == main && window.title == title) {
                break;
            }
            limit.pause(Duration::from_millis(30), &Message::same(title)).await.unwrap();
        }
    }
}

#[tokio::test]
async fn in_a_frame_within_a_frame() {
    let outer =
        r#"<div style="margin:40px"><iframe src="http://c.localhost:{port}/" style="width:700px;height:400px"></iframe></div>"#;
    let page = format!(
        r#"{MAIN}<div style="height:300px">首页</div><iframe src="http://b.localhost:{{port}}/" style="width:900px;height:500px"></iframe>"#
    );
    let stage = Stage::with(&[("a/", page.as_str()), ("b/", outer), ("c/", SEALS)], Default::default(), true).await;
    all_are_told_apart(&stage, None).await;
    stage.end().await;
}

#[tokio::test]
async fn in_a_window_of_their_own() {
    let page =
        format!(r#"{MAIN}<button onclick="open('http://b.localhost:{{port}}/', 'seal', 'width=700,height=500')">打开</button>"#);
    let stage = Stage::with(&[("a/", page.as_str()), ("b/", SEALS)], Default::default(), true).await;
    let browser = &stage.browser;
    let main = browser.windows(&until()).await.unwrap()[0].handle.clone();
    browser.press(&Target::text("打开"), &until()).await.unwrap();
    let limit = until();
    let popup = loop {
        let windows = browser.windows(&until()).await.unwrap();
        if let Some(other) = windows.into_iter().find(|window| window.handle != main && window.url.contains("b.localhost")) {
            break other.handle;
        }
        limit.pause(Duration::from_millis(30), &Message::same("the window")).await.unwrap();
    };
    browser.switch_to(&popup, &until()).await.unwrap();
    all_are_told_apart(&stage, Some(&main)).await;
    stage.end().await;
}
