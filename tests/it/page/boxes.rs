//! Boxes that a page draws, and values beside their labels.

use std::time::Duration;

use ruku::base::Message;
use ruku::browser::page::{By, Target};

use super::Stage;
use crate::driver::until;

const BOXES: &str = r#"
<style>.mini-window { position: fixed; top: 80px; left: 80px; z-index: 900; background: #fff }</style>
<a class="mini-button" href="javascript:void(0)">确定</a>
<table><tr><td>受理编号</td><td>H2020-0007</td></tr></table><p>提交时间：2020-12-01 10:00</p><dl><dt>状态</dt><dd>待验证</dd></dl>
<script src="/npm/jquery/dist/jquery.min.js"></script><script src="/npm/layer-src/dist/layer.js"></script>
<link rel="stylesheet" href="/npm/layer-src/dist/theme/default/layer.css">
<script>
const layerBox = () => layer.confirm("确认保存吗？", { title: "提示", btn: ["保存", "取消"] }, (index) => { document.title = "layer"; layer.close(index); });
const miniBox = () => document.body.insertAdjacentHTML("beforeend", `<div class="mini-window mini-messagebox"><table><tr><td class="mini-messagebox-content-text">
操作 成功！</td></tr></table><div class="mini-messagebox-buttons"><a class="mini-button" href="javascript:void(0)" onclick="document.title='mini'"><span class="mini-button-text">确定</span></a></div></div>`);
</script>"#;

#[tokio::test]
async fn a_drawn_box_is_found_by_its_button() {
    let stage =
        Stage::page(&format!("{BOXES}<button onclick='layerBox()'>甲</button><button onclick='miniBox()'>乙</button>")).await;
    let browser = &stage.browser;
    assert_eq!(browser.drawn_box("确定", &until()).await.unwrap(), None, "a button of the page is no box");
    for (press, button, text, title) in [("甲", "保存", "确认保存吗", "layer"), ("乙", "确定", "操作 成功", "mini")]
    {
        browser.press(&Target::text(press), &until()).await.unwrap_or_else(|fault| panic!("{fault}"));
        let limit = until();
        let drawn = loop {
            if let Some(drawn) = browser.drawn_box(button, &until()).await.unwrap() {
                break drawn;
            }
            limit.pause(Duration::from_millis(30), &Message::same(button)).await.unwrap();
        };
        assert!(drawn.text.contains(text), "{drawn:?}");
        let found = drawn.button.unwrap();
        browser.press_found(&Target::text(button), &found, &|_| Ok(()), &until()).await.unwrap_or_else(|fault| panic!("{fault}"));
        stage.eventually_title(title).await;
    }
    stage.end().await;
}

#[tokio::test]
async fn plain_values_are_read_by_their_labels() {
    let stage = Stage::page(BOXES).await;
    for (label, value) in [("受理编号", "H2020-0007"), ("提交时间", "2020-12-01 10:00"), ("状态", "待验证")] {
        assert_eq!(stage.browser.read(&Target::one(By::Label(label.into())), &until()).await.unwrap(), value);
    }
    stage.end().await;
}
