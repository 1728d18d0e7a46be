//! The net: numbers that are personal by their looks are covered though they are nobody's input, and others are not.

use ruku::base::Redactor;

use super::Stage;
use super::masks::{rect_of, shot, solid};
use crate::driver::until;

const SAMPLES: &str = include_str!("../../../src/base/net.txt");

#[tokio::test]
async fn the_page_s_net_is_the_journal_s() {
    let samples: Vec<(&str, &str)> = SAMPLES.lines().filter(|line| !line.starts_with('#')).map(|line| line.split_at(2)).collect();
    let lines: String =
        samples.iter().enumerate().map(|(at, (_, text))| format!("<p>编号：<b id=s{at}>{text}</b>，</p>")).collect();
    let stage = Stage::page(&format!("<body style='font:11px sans-serif;columns:4'><style>p{{margin:2px}}</style>{lines}")).await;
    stage.browser.wait_text(&["91350100M000100Y43".into()], None, &until()).await.unwrap();
    let taken = shot(&stage, "net.png").await;
    for (at, (sign, text)) in samples.iter().enumerate() {
        assert_eq!(solid(&taken, rect_of(&stage, &format!("#s{at}")).await), *sign == "+ ", "{text}");
    }
    stage.end().await;
}

#[tokio::test]
async fn numbers_end_at_lines_and_cells_and_run_through_words() {
    let page = r#"<body style="font:18px sans-serif"><table border=1><tr><td>12<td><b id=y1>13900001234</b><td>5<tr><td id=n1>139<td id=n2>00001234</table>
        <p><span id=y2>139</span><span id=y3> 0000 </span>
        <span id=y4>1234</span></p><p>1<br><b id=y5>13900001234</b></p>
        <input id=y6 value="11010519491231002X"><textarea id=y7>卡 6222021234567890128</textarea><input id=n3 value="20261125000014829">
        <p><span id=y8>139</span>-<span id=y9>0000</span>-1234</p>
        <p><span id=y10>91350181</span><b id=y11>MA2XYT6K00</b></p>
        <p><span>CA</span><span id=y12>91350181MA2XYT6K00</span></p>
        <p><span id=y13>13900001234</span><span>VIP3</span></p><p><b>No2Tel</b><span id=y14>13900001234</span></p>
        <p id=n4>公开的代码 91350100M000100Y43</p><p id=n5>13900001234567</p>"#;
    let redactor = Redactor::default();
    redactor.show("91350100M000100Y43");
    let stage = Stage::with(&[("a/", page)], redactor, true).await;
    stage.browser.wait_text(&["公开的代码".into()], None, &until()).await.unwrap();
    let taken = shot(&stage, "net-lines.png").await;
    for at in 1..=14 {
        assert!(solid(&taken, rect_of(&stage, &format!("#y{at}")).await), "#y{at} is readable");
    }
    for at in 1..=5 {
        assert!(!solid(&taken, rect_of(&stage, &format!("#n{at}")).await), "#n{at} is nobody's");
    }
    stage.end().await;
}
