//! The canary: planted names, numbers and PINs are looked for in every byte and every picture that a run leaves. None may be found, whatever
//! becomes of the run and however much it is asked to tell; with masking off, the same search finds each of them.

mod program;
mod search;

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ruku::base::Redactor;
use search::{Kinds, Looked, Planted, kinds_in, pictures_of, read};

use crate::trial::Trial;

const NAME: &str = "王建国";
const PHONE: &str = "13900001234";
const ID: &str = "110101198005121236";
const OTHERS_ID: &str = "11010519491231002X";
const OTHERS_PHONE: &str = "15900005678";
const CARD: &str = "6222021234567890128";
const CODE: &str = "91350100M000100Y43";
const DRAWN: &str = "18812346789";

/// Everything that a portal may do with personal values.
const PAGE: &str = r#"<title>王建国的申请</title><body style="font:26px sans-serif;margin:6px"><p>您好，王建国，手机 139 0000-1234</p>
<label>姓名 <input id=name style="font-size:26px"></label> <label>身份证号 <input id=card style="font-size:26px;width:320px"></label>
<table border=1 style="font-size:26px"><tr><td>甲<td>11010519491231002X<td>15900005678<tr><td>乙<td>6222 0212 3456 7890 128<td>91350100M000100Y43</table>
<canvas id=drawing width=420 height=60></canvas><div id=host></div><label>扫描件 <input type=file id=scan></label>
<p id=files></p><button onclick="send()">办理</button><p id=told></p>
<script>const pen = drawing.getContext("2d"); pen.font = "34px sans-serif"; pen.fillText("18812346789", 10, 42);
host.attachShadow({mode: "closed"}).innerHTML = "<b>王建国 13900001234</b>";
scan.onchange = () => files.textContent = "已上传 " + scan.files[0].name;
const send = () => { history.pushState(null, "", "/王建国/?mobile=13900001234&id=" + encodeURIComponent(card.value)); document.title = "13900001234";
  document.body.insertAdjacentHTML("beforeend", "<div class=layui-layer-msg>王建国（13900001234）办理成功，15900005678 未办理</div>"); told.textContent = "办理成功" }</script>"#;

const STEPS: &str = "  - fill: { 姓名: '{{ 姓名 }}', 身份证号: '{{ 身份证号 }}' }
  - upload: { to: { label: 扫描件 }, file: '{{ 扫描件 }}', done: { text: 已上传 } }
  - click: 办理
";

fn planted() -> Planted {
    [
        ("name", NAME),
        ("mobile", PHONE),
        ("id", ID),
        ("another's id", OTHERS_ID),
        ("another's mobile", OTHERS_PHONE),
        ("bank card", CARD),
        ("bank card, as written", "6222 0212 3456 7890 128"),
        ("credit code", CODE),
    ]
    .map(|(kind, word)| (kind, word.to_owned()))
    .into()
}

/// Runs over the page: what the run folder holds, and what a stranger reads in its last picture.
async fn leaves(redactor: Redactor, masking: bool, last: &str) -> (Kinds, String, i32) {
    let files = tempfile::tempdir().unwrap();
    std::fs::write(files.path().join("王建国身份证.pdf"), "x").unwrap();
    let steps = format!("{STEPS}{last}");
    let inputs = [("姓名", NAME), ("手机号", PHONE), ("身份证号", ID), ("扫描件", "王建国身份证.pdf")];
    let trial = Trial {
        inputs: &inputs,
        files: Some(files.path()),
        redactor,
        masking,
        pictures: true,
        unheeded: &["unused-input"],
        ..Trial::new(PAGE, &steps)
    };
    let ended = trial.run().await;
    let run = ended.outcome.folder.clone();
    let kinds = Looked::below(&run, &planted()).kinds();
    let picture = pictures_of(&run).pop().unwrap();
    if let Some(folder) = std::env::var_os("RUKU_TEST_SHOTS") {
        std::fs::copy(&picture, Path::new(&folder).join(format!("canary-{masking}.png"))).unwrap();
    }
    (kinds, read(&[picture]), i32::from(ended.outcome.exit_code))
}

const NONE: Kinds = Kinds::new();

/// Words that a picture shows, and how they look to the reader of pictures.
const SEEN: [&str; 7] = [NAME, "0000-1234", ID, "1949123100", OTHERS_PHONE, CODE, DRAWN];

#[tokio::test]
async fn a_page_full_of_personal_data_leaves_none_of_it_and_the_search_would_have_found_it() {
    let (normal, failing, open) = tokio::join!(
        leaves(Redactor::default(), true, "  - expect: { text: 办理成功 }\n"),
        leaves(Redactor::default(), true, "  - expect: { text: '{{ 姓名 }}没有的字' }\n    within: 1s\n"),
        leaves(Redactor::open(), false, "  - expect: { text: '{{ 姓名 }}没有的字' }\n    within: 1s\n"),
    );
    assert_eq!((normal.2, failing.2), (0, 3));
    for (kinds, text, _) in [&normal, &failing] {
        assert_eq!(kinds, &NONE);
        let seen: Vec<_> = SEEN.iter().filter(|word| text.contains(*word)).collect();
        assert!(seen.is_empty(), "{seen:?} in {text}");
        assert!(text.contains("办理"), "what is nobody's is read: {text}");
    }
    let told = Kinds::from(["name", "mobile", "another's mobile"]);
    assert_eq!(open.0, told, "a journal holds the words of messages, files, addresses; cells of tables only pictures show");
    let unseen: Vec<_> = SEEN.iter().filter(|word| !open.1.contains(*word)).collect();
    assert!(unseen.is_empty(), "{unseen:?} not read in {}", open.1);
}

#[test]
fn the_search_knows_every_spelling() {
    for (kind, word) in planted().into_iter().chain([("PIN", "482913".to_owned())]) {
        for before in ["", "a", "=x-"] {
            let encoded = BASE64.encode(format!("{before}{word}..."));
            let texts =
                [word.as_bytes().to_vec(), encoded.into_bytes(), word.encode_utf16().flat_map(u16::to_le_bytes).collect()];
            for text in texts {
                let bytes = [b"\x00\xff ", &text[..], b" \x00"].concat();
                assert!(kinds_in(&bytes, &vec![(kind, word.clone())]).contains(kind), "{word} in {bytes:?}");
            }
        }
    }
    let spelled: String = url::form_urlencoded::byte_serialize(NAME.as_bytes()).collect();
    assert!(kinds_in(spelled.as_bytes(), &planted()).contains("name"), "{spelled}");
    assert_eq!(kinds_in(b"f482913a 4829131", &vec![("PIN", "482913".to_owned())]), NONE, "inside of a hash");
}
