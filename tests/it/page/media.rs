//! What no script can read: on a personal page it is covered, wherever personal values were it stays so, and elsewhere it stays in clear.

use std::time::Duration;

use ruku::base::{FaultKind, Message, Redactor};
use ruku::browser::page::{Shot, Target};

use super::Stage;
use super::masks::{rect_of, shot, solid};
use crate::driver::until;

/// A page with a name drawn in every way that no script can read.
const DRAWN: &str = r##"<body style="font:18px sans-serif;margin:8px">
<style>.r{display:inline-block;width:150px;height:60px;margin:2px;vertical-align:top} #gen::before{content:url(/scan.svg)}
#deep::after{content:"";display:block;height:60px;background:url(/scan.svg)} img,embed,object{background:#cde}</style>
<canvas id=canvas class=r width=150 height=60></canvas><img id=img class=r src="/scan.svg"><picture><source srcset="/scan.svg"><img id=picture class=r></picture>
<svg id=svg class=r viewBox="0 0 150 60"><path d="M10 10h30v30h-30z" fill="#06c"/></svg><object id=object class=r data="/scan.svg" type="image/svg+xml"></object>
<embed id=embed class=r src="/scan.svg" type="image/svg+xml"><video id=video class=r poster="/scan.svg"></video><input id=input class=r type=image src="/scan.svg">
<span id=gen class=r></span><div id=back class=r style="background:#fff url(/scan.svg)">背景上的字</div><div id=deep class=r></div>
<div class=r><svg width=1 height=1 style="overflow:visible"><foreignObject width=150 height=60><img id=foreign width=150 height=60 src="/scan.svg"></foreignObject></svg></div>
<img id=logo class=r src="/logo.svg?v=3"><img id=other class=r src="http://b.localhost:{port}/logo.svg"><img id=icon src="/scan.svg" width=24 height=24>
<p id=plain style="background:linear-gradient(#0a0,#0a0);width:300px">公开文字</p>
<script>const c = canvas.getContext("2d"); c.fillStyle = "#06c"; c.font = "30px sans-serif"; c.fillText("云小鹿", 10, 40)</script>"##;

const SCAN: &str =
    r##"<svg xmlns="http://www.w3.org/2000/svg" width="150" height="60"><rect width="150" height="60" fill="#e33"/></svg>"##;

const COVERED: [&str; 10] =
    ["#canvas", "#img", "#picture", "#svg", "#object", "#embed", "#video", "#input", "#other", "#foreign"];
const CLEAR: [&str; 4] = ["#back", "#logo", "#icon", "#plain"];

fn pages(extra: &'static str) -> Vec<(&'static str, &'static str)> {
    vec![
        ("a/", extra),
        ("a/drawn", DRAWN),
        ("a/scan.svg", SCAN),
        ("a/logo.svg", SCAN),
        ("b/logo.svg", SCAN),
        ("b/drawn", DRAWN),
        ("b/scan.svg", SCAN),
    ]
}

fn redactor() -> Redactor {
    let redactor = Redactor::default();
    redactor.add("云小鹿");
    redactor
}

/// How many pixels of the scan are seen.
fn scans(shot: &Shot, rect: (f64, f64, f64, f64)) -> usize {
    let picture = image::load_from_memory(shot.picture.png()).unwrap().to_rgb8();
    let (right, bottom) = ((rect.0 + rect.2) as u32, (rect.1 + rect.3) as u32);
    let all = (rect.0 as u32..right).flat_map(|x| (rect.1 as u32..bottom).map(move |y| (x, y)));
    all.filter(|(x, y)| picture.get_pixel(*x, *y).0 == [0xee, 0x33, 0x33]).count()
}

async fn at(stage: &Stage, page: &str) {
    stage.open(page).await;
    stage.browser.wait_text(&["公开文字".into()], None, &until()).await.unwrap();
}

#[tokio::test]
async fn drawings_are_covered_where_personal_values_were_entered_and_nowhere_else() {
    let form = r#"<label>姓名 <input id=name></label>"#;
    let stage = Stage::with(&pages(form), redactor(), true).await;
    at(&stage, "a/drawn").await;
    let open = shot(&stage, "drawn-open.png").await;
    for css in COVERED {
        assert!(!solid(&open, rect_of(&stage, css).await), "{css} on a page of nobody's");
    }
    assert_eq!(open.picture.masks().len(), 0);
    stage.open("a/").await;
    stage.browser.fill(&Target::text("姓名"), "云小鹿", &|_| Ok(()), &until()).await.unwrap();
    at(&stage, "a/drawn").await;
    let covered = shot(&stage, "drawn-covered.png").await;
    for css in COVERED {
        assert!(solid(&covered, rect_of(&stage, css).await), "{css} is seen");
    }
    for css in CLEAR {
        assert!(!solid(&covered, rect_of(&stage, css).await), "{css} is covered");
    }
    for css in ["#back", "#deep", "#gen"] {
        let rect = rect_of(&stage, css).await;
        assert!(scans(&open, rect) > 1000 && scans(&covered, rect) == 0, "{css} is still drawn behind the text");
    }
    assert!(covered.picture.masks().iter().any(|mask| mask.reason == "background"), "told");
    at(&stage, "b/drawn").await;
    let elsewhere = shot(&stage, "drawn-elsewhere.png").await;
    assert!(!solid(&elsewhere, rect_of(&stage, "#canvas").await), "another site");
    stage.end().await;
}

#[tokio::test]
async fn a_name_or_another_s_number_makes_its_page_and_the_frames_of_it_personal() {
    let frame = r#"<body><iframe id=frame src="http://b.localhost:{port}/drawn" style="width:900px;height:400px"></iframe>"#;
    let (known, other) = (format!("{frame}<p>公开文字 云小鹿"), format!("{frame}<p>公开文字 13900001234"));
    let mut list = pages("");
    list.extend([("a/known", &*known), ("a/other", &*other)]);
    let stage = Stage::with(&list, redactor(), true).await;
    for page in ["a/other", "a/known"] {
        at(&stage, page).await;
        stage.browser.wait_text(&["背景上的字".into()], None, &until()).await.unwrap();
        let taken = shot(&stage, "drawn-frame.png").await;
        assert!(solid(&taken, rect_of(&stage, "#canvas").await), "{page}");
        at(&stage, "a/drawn").await;
        let later = shot(&stage, "drawn-later.png").await;
        assert_eq!(solid(&later, rect_of(&stage, "#canvas").await), page == "a/known", "a stranger's number stays with its page");
    }
    stage.end().await;
}

#[tokio::test]
async fn closed_shadow_roots_are_read_and_masked() {
    let page = r#"<body style="font:20px sans-serif"><div id=host></div><x-card id=card>公开文字</x-card>
        <script>const deep = (host, html) => { const root = host.attachShadow({mode:"closed"}); root.innerHTML = html; return root };
        const root = deep(host, "<p>您好，<b>云小鹿</b><canvas width=90 height=40></canvas><section></section></p>");
        deep(root.querySelector("section"), "<i>云小鹿</i>");
        deep(card, "<slot></slot><u>13900001234</u>")</script>"#;
    let stage = Stage::with(&[("a/", page)], redactor(), true).await;
    stage.browser.wait_text(&["公开文字".into()], None, &until()).await.unwrap();
    let taken = shot(&stage, "closed.png").await;
    let count = |reason: &str| taken.picture.masks().iter().filter(|mask| mask.reason == reason).count();
    assert_eq!((count("personal"), count("picture")), (3, 1), "{:?}", taken.picture.masks());
    // Now that they are known, a person's words in them are found as well.
    for css in ["b", "i", "u", "canvas"] {
        assert!(solid(&taken, rect_of(&stage, css).await), "{css} is readable");
    }
    stage.end().await;
}

#[tokio::test]
async fn a_page_that_takes_its_masks_off_gives_no_picture() {
    let page = r#"<body><canvas id=canvas width=150 height=60></canvas><p>公开文字 云小鹿
        <script>setInterval(() => { canvas.removeAttribute("data-ruku-mask"); canvas.style.cssText = `display:block;margin-left:${Date.now() % 97}px` }, 1)</script>"#;
    let stage = Stage::with(&[("a/", page)], redactor(), true).await;
    stage.browser.wait_text(&["公开文字".into()], None, &until()).await.unwrap();
    let fault = stage.browser.shot(&until()).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Mask, "{fault}");
    stage.end().await;
}

/// What a page shows as soon as it sees its first mask, and how, without any change of its document.
const LATE: [(&str, &str); 5] = [
    ("<div id=late class=r>字</div>", r#"sheet.sheet.insertRule("[id=late]{background:url(/scan.svg)}"); came()"#),
    (
        "<div id=late class=r>字</div>",
        r#"const s = new CSSStyleSheet(); s.replaceSync("[id=late]{background:url(/scan.svg)}"); document.adoptedStyleSheets.push(s); came()"#,
    ),
    ("<div id=late class=r>字</div>", r#"sheet.sheet.cssRules[0].style.backgroundImage = "url(/scan.svg)"; came()"#),
    ("<img id=late src=/held.svg>", r#"late.onload = came; fetch("/let-come")"#),
    ("<img id=late class=small src=/scan.svg>", r#"sheet.sheet.cssRules[1].style.cssText = "width:150px;height:60px"; came()"#),
];

#[tokio::test]
async fn pictures_and_style_sheets_that_come_while_masks_stand_are_seen_by_the_last_look() {
    let page = |name: &str, (html, comes): (&str, &str)| {
        format!(
            r##"<body style="font:18px sans-serif"><style id=sheet>.r{{display:inline-block;width:150px;height:60px}} .small{{width:4px;height:4px}}</style>
            <p>公开文字 {name}</p><input type=password><img src="/scan.svg" width=8 height=8>{html}
            <script>const came = () => history.replaceState(0, "", "#came");
            const look = setInterval(() => {{ if (document.querySelector("[data-ruku-mask]")) {{ clearInterval(look); {comes} }} }}, 1)</script>"##
        )
    };
    let pages: Vec<(String, String)> = [("a", "云小鹿"), ("b", "")]
        .into_iter()
        .flat_map(|(host, name)| LATE.iter().enumerate().map(move |(at, late)| (format!("{host}/{at}"), page(name, *late))))
        .chain(["a/scan.svg", "a/held.svg", "b/scan.svg", "b/held.svg"].map(|at| (at.to_owned(), SCAN.to_owned())))
        .collect();
    let pages: Vec<(&str, &str)> = pages.iter().map(|(at, html)| (&**at, &**html)).collect();
    let stage = Stage::with(&pages, redactor(), true).await;
    for case in 0..LATE.len() {
        for (host, personal) in [("a", true), ("b", false)] {
            at(&stage, &format!("{host}/{case}")).await;
            let first = shot(&stage, &format!("late-{host}{case}.png")).await;
            let limit = until();
            while !stage.browser.current(&until()).await.unwrap().url.ends_with("#came") {
                limit.pause(Duration::from_millis(30), &Message::same("what comes late")).await.unwrap();
            }
            let second = shot(&stage, &format!("late-{host}{case}-again.png")).await;
            let rect = rect_of(&stage, "#late").await;
            if personal {
                assert_eq!((scans(&first, rect), scans(&second, rect)), (0, 0), "{case}: seen");
                let told = second.picture.masks().iter().any(|mask| matches!(&*mask.reason, "picture" | "background"));
                assert!(told, "{case}: {:?}", second.picture.masks());
            } else {
                assert!(scans(&second, rect) > 1000, "{case}: on a page of nobody's it is seen");
            }
        }
    }
    stage.end().await;
}
