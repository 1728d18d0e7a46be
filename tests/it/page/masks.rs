//! Masks: where personal values stood, the picture is solid. With masking off, the same check must fail.

use ruku::base::Redactor;
use ruku::browser::page::{By, Purpose, Shot, Target};

use super::Stage;
use crate::driver::until;

const NAME: &str = "云小鹿";
const PHONE: &str = "13800001234";

const PAGE: &str = r#"<body style="font:20px sans-serif">
<p id="greeting">您好，<b id="b1">云小鹿</b>，欢迎！</p><p id="split">手机 <span id="s1">138</span><span id="s2">0000 1234</span> 尾</p>
<input id="name" value="云小鹿"> <input id="half" style="opacity:.5" value="１３８００００１２３４"> <input id="pin" type="password" value="482913">
<select id="list"><option>请选择<option selected>云小鹿</select> <input id="hint" placeholder="云小鹿">
<textarea id="area">联系 13800001234</textarea><span id="gen" data-name="云小鹿"></span><style>#gen::after{content:attr(data-name)}</style>
<div id="host"></div><div id="public">公开文字</div>
<iframe id="frame" src="http://b.localhost:{port}/f" style="border:5px solid red;width:400px;height:90px"></iframe>
<div style="height:30px;width:300px;overflow:hidden;border:1px solid"><p style="margin-top:60px">云小鹿</p></div>
<p>营业收入 <b id="sum">5,000,000</b> 万元，生于 <b id="slashes">1970/01/31</b>、<b id="words">1970年01月31日</b>、<b id="marks">1970&#x200c;—01—&#xad;31</b></p>
<p id="clear" style="background:#0a0;width:300px;height:40px;margin:0"></p>
<script>document.getElementById("host").attachShadow({mode:"open"}).innerHTML="<i id=i1>云 小 鹿</i>";
document.title = "云小鹿的首页"</script>"#;
const FRAME: &str = r#"<body style="font:20px sans-serif;margin:4px"><b id="f1">云小鹿</b><input id="f2" value="13800001234">"#;

/// Rows and columns of the picture that lie inside the element's rectangle, without its outermost pixel.
pub(super) fn solid(shot: &Shot, rect: (f64, f64, f64, f64)) -> bool {
    let picture = image::load_from_memory(shot.picture.png()).unwrap().to_rgb8();
    let (left, top) = (rect.0.ceil() as u32 + 1, rect.1.ceil() as u32 + 1);
    let (right, bottom) = ((rect.0 + rect.2).floor() as u32 - 1, (rect.1 + rect.3).floor() as u32 - 1);
    assert!(right > left && bottom > top, "{rect:?}");
    (left..right).all(|x| (top..bottom).all(|y| picture.get_pixel(x, y).0 == [0, 0, 0]))
}

pub(super) async fn rect_of(stage: &Stage, css: &str) -> (f64, f64, f64, f64) {
    let target = Target::one(By::Css(css.into()));
    stage.browser.find(&target, Purpose::See, &until()).await.unwrap_or_else(|fault| panic!("{css}: {fault}")).rect
}

const COVERED: [&str; 16] = [
    "#b1", "#s1", "#s2", "#name", "#half", "#pin", "#list", "#hint", "#area", "#gen", "#f1", "#f2", "#sum", "#slashes", "#words",
    "#marks",
];

pub(super) async fn shot(stage: &Stage, file: &str) -> Shot {
    let shot = stage.browser.shot(&until()).await.unwrap_or_else(|fault| panic!("{fault}"));
    // For eyes: RUKU_TEST_SHOTS names a folder that keeps the pictures.
    if let Some(folder) = std::env::var_os("RUKU_TEST_SHOTS") {
        std::fs::write(std::path::Path::new(&folder).join(file), shot.picture.png()).unwrap();
    }
    shot
}

fn redactor() -> Redactor {
    let redactor = Redactor::default();
    redactor.add(NAME);
    redactor.add(PHONE);
    redactor.add("5000000");
    redactor.add("1970-01-31");
    redactor
}

#[tokio::test]
async fn personal_values_are_covered_everywhere() {
    let stage = Stage::with(&[("a/", PAGE), ("b/f", FRAME), ("c/pop", FRAME)], redactor(), true).await;
    stage.browser.wait_text(&[PHONE.into()], None, &until()).await.unwrap();
    let first = shot(&stage, "masked.png").await;
    for css in COVERED {
        assert!(solid(&first, rect_of(&stage, css).await), "{css} is readable");
    }
    let icon = rect_of(&stage, "#i1").await;
    assert!(solid(&first, icon), "shadow root");
    assert_eq!((first.title.as_str(), first.picture.width()), ("▇▇▇的首页", 1100));
    assert!(first.picture.masks().iter().any(|mask| mask.reason == "secret"));
    for css in ["#public", "#clear"] {
        assert!(!solid(&first, rect_of(&stage, css).await), "{css} is no personal value");
    }
    let picture = image::load_from_memory(first.picture.png()).unwrap().to_rgb8();
    let clear = rect_of(&stage, "#clear").await;
    let pixels = (clear.0 as u32 + 2..clear.0 as u32 + 298).all(|x| picture.get_pixel(x, clear.1 as u32 + 20).0 == [0, 0xaa, 0]);
    assert!(pixels, "what is clipped away covers nothing else");
    assert!(first.picture.painted() < first.picture.masks().len(), "CSS does most of it");
    // Lifted: the person sees the page again, and the page's own attributes are as they were.
    let bare = Target::one(By::Css("[data-ruku-mask]".into()));
    assert_eq!(stage.browser.look(&bare, Purpose::See, &until()).await.unwrap(), None);
    stage.end().await;
}

#[tokio::test]
async fn without_masking_the_same_check_fails() {
    let stage = Stage::with(&[("a/", PAGE), ("b/f", FRAME)], redactor(), false).await;
    stage.browser.wait_text(&[PHONE.into()], None, &until()).await.unwrap();
    let open = shot(&stage, "unmasked.png").await;
    for css in COVERED {
        assert!(!solid(&open, rect_of(&stage, css).await), "{css} looks covered without masking");
    }
    stage.end().await;
}

#[tokio::test]
async fn new_values_work_in_open_documents_and_pop_ups_and_on_a_page_that_moves() {
    let redactor = Redactor::default();
    let page = r#"<button onclick="open('/pop','w','width=500,height=400')">打开</button>
        <p id=t style="font-size:20px">云小鹿</p><p id=tick></p><script>setInterval(() => tick.textContent = Date.now(), 10)</script>"#;
    let stage = Stage::with(&[("a/", page), ("a/pop", FRAME)], redactor.clone(), true).await;
    let plain = shot(&stage, "before.png").await;
    assert_eq!(plain.picture.masks().len(), 0);
    redactor.add(NAME);
    let masked = shot(&stage, "added.png").await;
    assert_eq!(masked.picture.masks().len(), 1);
    let main = stage.browser.windows(&until()).await.unwrap()[0].handle.clone();
    stage.browser.press(&Target::text("打开"), &until()).await.unwrap();
    let popup = loop {
        if let Some(other) = stage.browser.windows(&until()).await.unwrap().into_iter().find(|window| window.handle != main) {
            break other.handle;
        }
        until().pause(std::time::Duration::from_millis(30), &ruku::base::Message::same("pop-up")).await.unwrap();
    };
    stage.browser.switch_to(&popup, &until()).await.unwrap();
    stage.browser.wait_text(&[NAME.into()], None, &until()).await.unwrap();
    let masked = shot(&stage, "popup.png").await;
    assert!(solid(&masked, rect_of(&stage, "#f1").await));
    assert_eq!(masked.picture.masks().len(), 2, "the phone number is nobody's input here, and the net has it");
    stage.end().await;
}

#[tokio::test]
async fn what_the_page_copied_while_it_was_covered_is_lifted_too() {
    let page = r#"<body><input id=name value="云小鹿"><script>
        const name = document.getElementById("name");
        new MutationObserver((_, watch) => {
            const copy = name.cloneNode(true);
            copy.id = "copy"; copy.value = ""; copy.removeAttribute("value");
            document.body.append(copy, "已复制"); watch.disconnect();
        }).observe(name, { attributes: true });</script>"#;
    let stage = Stage::with(&[("a/", page)], redactor(), true).await;
    let covered = shot(&stage, "copied.png").await;
    assert!(solid(&covered, rect_of(&stage, "#name").await));
    stage.browser.wait_text(&["已复制".into()], None, &until()).await.unwrap();
    let marked = Target::one(By::Css("[data-ruku-mask]".into()));
    assert_eq!(stage.browser.look(&marked, Purpose::See, &until()).await.unwrap(), None);
    stage.end().await;
}
