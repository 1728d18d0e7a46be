//! What is kept of a page: what the portal itself shows, once it shows it, and nothing that is somebody's; pictures without captions.

use std::sync::LazyLock;

use ruku::operator::Answer;
use ruku::proof::{Event, Mode};
use tokio_util::sync::CancellationToken;

use crate::trial::{Ended, Person, Trial};

/// A value that comes late; one of a stranger; one too short to be hidden wherever it stands.
const PAGE: &str = r#"<table><tr><td>受理编号</td><td id=number></td></tr><tr><td>性别</td><td>男</td></tr></table><iframe src="http://b.localhost:{port}/"></iframe>
<button onclick="setTimeout(() => number.textContent = 'NM2020', 2000)">刷新</button>"#;
const PROFILE: &str = "receipts: [受理编号, 回执编号]\n";

async fn run(step: &str) -> Ended {
    let stranger = "<p>回执编号：<b>B77</b></p>";
    let person = Person::who(|_| Some(Answer::Go));
    Trial { profile: PROFILE, stranger, person, ..Trial::new(PAGE, step) }.run().await
}

#[tokio::test]
async fn a_receipt_is_waited_for() {
    let ended = run("  - click: 刷新\n  - receipt: [受理编号]\n").await;
    let kept = ended.events.iter().find_map(|event| match event {
        Event::Receipt { values, .. } => values.get("受理编号"),
        _ => None,
    });
    assert_eq!(kept.map(String::as_str), Some("NM2020"), "{}", ended.why());
}

#[tokio::test]
async fn what_a_strangers_frame_shows_is_not_read() {
    for step in ["receipt: [回执编号]", "read: { 编号: 回执编号 }"] {
        let ended = run(&format!("  - {step}\n")).await;
        assert!(ended.why().contains("不属于平台配置"), "{step}: {}", ended.why());
    }
}

#[tokio::test]
async fn the_record_keeps_what_was_confirmed_without_the_values() {
    let ended = run("  - confirm: { question: { zh: 都对吗？, en: Right? }, values: [性别] }\n").await;
    let asked = ended.events.iter().find_map(|event| match event {
        Event::GateOpen { message, .. } => Some(message.zh.as_str()),
        _ => None,
    });
    assert_eq!(asked, Some("都对吗？\n  性别"), "{}", ended.why());
}

#[tokio::test]
async fn no_caption_is_in_the_picture_of_a_stopped_run() {
    static CANCEL: LazyLock<CancellationToken> = LazyLock::new(CancellationToken::new);
    let person = Person::who(|_| {
        CANCEL.cancel();
        None
    });
    let steps = "  - person: { to: 阅读办事指南, kind: read }\n";
    let trial = Trial { mode: Mode::Present, cancel: CANCEL.clone(), person, ..Trial::new("<p>办事指南</p>", steps) };
    let ended = trial.run().await;
    let picture = ended.events.iter().rev().find_map(|event| match event {
        Event::Shot(shot) => Some(shot.file.clone()),
        _ => None,
    });
    let picture = image::open(ended.outcome.folder.join(picture.expect("a picture"))).unwrap().to_luma8();
    let foot = picture.rows().skip(680).flatten();
    assert_eq!(foot.filter(|pixel| pixel.0[0] < 100).count(), 0, "the page is empty there");
}
