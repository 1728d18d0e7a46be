//! What popped up counts as seen, also when it and its document are gone; what was there before does not.

use std::time::Duration;

use ruku::base::Message;
use ruku::browser::page::{Target, Where};

use super::Stage;
use crate::driver::until;

const TOASTS: &str = r#"<button onclick="toast('绑定成功')">绑定</button><button onclick="show()">旧盒</button>
<button onclick="toast('已提交，即将跳转'); setTimeout(() => location.href = '/next', 100)">提交</button>
<div id="box" class="layui-layer-msg" style="display:none">旧盒消息</div>
<p>说明：提交后显示“绑定完成”。</p><p hidden>藏着的字</p>
<script>
function toast(words) {
  const tip = document.createElement("div");
  tip.className = "mini-tips"; tip.style = "position:fixed;top:0"; tip.innerHTML = "<b>提示</b> " + words;
  document.body.append(tip);
  setTimeout(() => { tip.remove(); document.title = "gone" }, 300);
}
function show() { box.style.display = "block"; setTimeout(() => { box.style.display = "none"; document.title = "gone" }, 300) }
</script>"#;

#[tokio::test]
async fn a_toast_is_seen_after_it_is_gone() {
    let stage = Stage::with(&[("a/", TOASTS), ("a/next", "<p>下一页</p>")], ruku::base::Redactor::default(), true).await;
    let browser = &stage.browser;
    let words = |words: &str| vec!["没有的字".to_owned(), words.to_owned()];
    let before = browser.mark();
    for (button, said) in [("绑定", "绑定 成功"), ("旧盒", "旧盒消息")] {
        browser.press(&Target::text(button), &until()).await.unwrap();
        stage.eventually_title("gone").await;
        assert_eq!(browser.seen_text(&words(said), None, &until()).await.unwrap(), None, "it is gone from the page");
        let seen = browser.wait_text(&words(said), Some(before), &until()).await.unwrap();
        assert_eq!((seen.place, seen.which), (Where::Message, 1), "{seen:?}");
        let after = browser.mark();
        assert_eq!(browser.seen_text(&words(said), Some(after), &until()).await.unwrap(), None, "old messages prove nothing");
        stage.open("a/").await;
    }
    // The message's document goes away with it.
    browser.press(&Target::text("提交"), &until()).await.unwrap();
    browser.wait_text(&words("下一页"), None, &until()).await.unwrap();
    let seen = browser.wait_text(&words("已提交"), Some(before), &until()).await.unwrap();
    assert_eq!(seen.place, Where::Message);
    assert!(browser.messages_since(before).iter().any(|(_, text)| text.contains("即将跳转")));
    stage.end().await;
}

#[tokio::test]
async fn text_of_the_page_is_read_as_people_see_it() {
    let stage = Stage::page(TOASTS).await;
    let browser = &stage.browser;
    let seen = browser.wait_text(&["绑定完成".into()], None, &until()).await.unwrap();
    assert_eq!(seen.place, Where::Page);
    assert_eq!(browser.seen_text(&["藏着的字".into()], None, &until()).await.unwrap(), None);
    let limit = until().within(Duration::from_secs(5));
    let late = browser.wait_text(&["不会来".into()], None, &limit).await.unwrap_err();
    assert_eq!(
        (late.kind, late.message),
        (
            ruku::base::FaultKind::TimedOut,
            Message::new(
                "等待超时，没有等到：网页出现“不会来”。请看看网页或窗口上有什么提示，再决定是否重试。",
                "timed out waiting for the page to say “不会来”; see what the page or window says before you try again"
            )
        )
    );
    stage.end().await;
}

#[tokio::test]
async fn messages_of_frames_and_of_pop_ups_from_the_same_site_are_remembered() {
    // Both kinds of documents take over the script world of the empty one before them.
    let frame = r#"<script>setTimeout(() => { const tip = document.createElement("div"); tip.className = "layui-layer-msg";
        tip.textContent = "提示 " + location.search.slice(1); document.body.append(tip); setTimeout(() => { tip.remove();
        document.body.append("消息已过") }, 3000) }, 50)</script>"#;
    let page = r#"<iframe src="/tip?in-frame"></iframe><button onclick="open('/tip?in-popup', 'w', 'width=400,height=300')">打开</button>"#;
    let stage = Stage::with(&[("a/", page), ("a/tip", frame)], ruku::base::Redactor::default(), true).await;
    let browser = &stage.browser;
    let mark = browser.mark();
    stage.open("a/").await;
    browser.wait_text(&["消息已过".into()], None, &until()).await.unwrap();
    let seen = browser.wait_text(&["in-frame".into()], Some(mark), &until()).await.unwrap();
    assert_eq!(seen.place, Where::Message);
    browser.press(&Target::text("打开"), &until()).await.unwrap();
    let seen = browser.wait_text(&["in-popup".into()], Some(mark), &until()).await.unwrap();
    assert_eq!(seen.place, Where::Message);
    stage.end().await;
}
