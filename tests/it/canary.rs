//! The canary: planted names, numbers and PINs are looked for in every byte and every picture that a run leaves. None may be found, whatever
//! becomes of the run and however much it is asked to tell; with masking off, the same search finds each of them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ruku::base::Redactor;
use rustix::process::Signal;
use serde_json::Value;

use crate::trial::Trial;
use crate::world::{Running, World};

/// What is looked for: the kind of it, and its words.
type Planted = Vec<(&'static str, String)>;

/// Every way in which a program may spell a word.
fn spellings(word: &str) -> BTreeSet<Vec<u8>> {
    let percent = |bytes: &[u8]| bytes.iter().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let utf16: Vec<u16> = word.encode_utf16().collect();
    let escaped: String = utf16.iter().map(|unit| format!("\\u{unit:04x}")).collect();
    let mut all = BTreeSet::from([
        word.as_bytes().to_vec(),
        utf16.iter().flat_map(|unit| unit.to_le_bytes()).collect(),
        utf16.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
    ]);
    if !word.is_ascii() {
        let percent = percent(word.as_bytes());
        all.extend([percent.to_lowercase().into_bytes(), percent.into_bytes(), escaped.into_bytes()]);
    }
    // In base64 a word looks in three ways, by where it begins; only what does not hang on its neighbours is looked for.
    for before in 0..3 {
        let text = BASE64.encode([vec![0; before], word.as_bytes().to_vec()].concat());
        let inner = &text[(before * 8).div_ceil(6)..(before + word.len()) * 8 / 6];
        all.insert(inner.as_bytes().to_vec());
    }
    all
}

/// The kinds that stand somewhere in the bytes. A number as short as a PIN must stand alone: hashes are full of such.
fn kinds_in(bytes: &[u8], planted: &Planted) -> BTreeSet<&'static str> {
    let mut begins = vec![Vec::new(); 1 << 16];
    for (kind, word) in planted {
        for spelling in spellings(word) {
            let begin = usize::from(spelling[0]) << 8 | usize::from(spelling[1]);
            let short = word.len() <= 6 && spelling == word.as_bytes();
            begins[begin].push((*kind, short, spelling));
        }
    }
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_alphanumeric);
    let mut found = BTreeSet::new();
    for (at, two) in bytes.windows(2).enumerate() {
        for (kind, short, spelling) in &begins[usize::from(two[0]) << 8 | usize::from(two[1])] {
            let alone = || !(digit(at.checked_sub(1)) || digit(Some(at + spelling.len())));
            if bytes[at..].starts_with(spelling) && (!short || alone()) {
                found.insert(*kind);
            }
        }
    }
    found
}

/// Every file and name below a folder, and the kinds that it holds.
fn kinds_below(folder: &Path, planted: &Planted) -> Vec<(PathBuf, BTreeSet<&'static str>)> {
    let mut found = Vec::new();
    for path in std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()) {
        let mut kinds = kinds_in(path.file_name().unwrap().as_encoded_bytes(), planted);
        let kind = std::fs::symlink_metadata(&path).map(|metadata| metadata.file_type());
        match kind {
            Ok(kind) if kind.is_dir() => found.extend(kinds_below(&path, planted)),
            // A living browser's files come and go.
            Ok(kind) if kind.is_file() => kinds.extend(kinds_in(&std::fs::read(&path).unwrap_or_default(), planted)),
            _ => {}
        }
        if !kinds.is_empty() {
            found.push((path, kinds));
        }
    }
    found
}

/// What a stranger reads in pictures, as one text without spaces.
fn read(pictures: &[PathBuf]) -> String {
    let reading: Vec<_> = pictures
        .iter()
        .map(|picture| {
            let mut command = Command::new("tesseract");
            // One thread each: several are read at a time.
            command.env("OMP_THREAD_LIMIT", "1").arg(picture).args(["-", "-l", "chi_sim+eng", "--psm", "11"]);
            command
                .stderr(std::process::Stdio::null())
                .stdout(std::process::Stdio::piped())
                .spawn()
                .expect("tesseract is installed")
        })
        .collect();
    let texts = reading.into_iter().map(|child| String::from_utf8_lossy(&child.wait_with_output().unwrap().stdout).into_owned());
    texts.collect::<String>().chars().filter(|c| !c.is_whitespace()).collect()
}

fn pictures_of(run: &Path) -> Vec<PathBuf> {
    let mut pictures: Vec<PathBuf> =
        std::fs::read_dir(run.join("data/shots")).unwrap().map(|entry| entry.unwrap().path()).collect();
    pictures.sort();
    pictures
}

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
async fn leaves(redactor: Redactor, masking: bool, last: &str) -> (BTreeSet<&'static str>, String, i32) {
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
    let kinds = kinds_below(&run, &planted()).into_iter().flat_map(|(_, kinds)| kinds).collect();
    let picture = pictures_of(&run).pop().unwrap();
    if let Some(folder) = std::env::var_os("RUKU_TEST_SHOTS") {
        std::fs::copy(&picture, Path::new(&folder).join(format!("canary-{masking}.png"))).unwrap();
    }
    (kinds, read(&[picture]), i32::from(ended.outcome.exit_code))
}

const NONE: BTreeSet<&str> = BTreeSet::new();

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
    let told = BTreeSet::from(["name", "mobile", "another's mobile"]);
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

/// Values of the training's first applicant.
fn applicant(world: &World) -> Planted {
    let person = &world.instance()["applicants"][0];
    let value = |key: &str| person[key].as_str().unwrap().to_owned();
    vec![
        ("name", value("姓名")),
        ("mobile", value("手机号")),
        ("id", value("身份证号")),
        ("company", value("企业名称")),
        ("credit code", value("统一社会信用代码")),
        ("PIN", value("pin")),
    ]
}

/// A run in which every word that may be said is said, and whose home is a folder of the world.
fn talkative(world: &World, mut command: Command) -> Running {
    let home = world.folder.path().join("home");
    std::fs::create_dir_all(&home).unwrap();
    // Where browsers keep crash reports and caches of theirs unless they are told otherwise.
    for variable in ["XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"] {
        command.env_remove(variable);
    }
    Running::start({
        command.env("HOME", home).env("RUKU_LOG", "trace");
        command
    })
}

/// Everything that the runs of a world have left, but for what the portals themselves keep.
fn left(world: &World, planted: &Planted) -> Vec<(PathBuf, BTreeSet<&'static str>)> {
    ["runs", "tmp", "home"].iter().flat_map(|folder| kinds_below(&world.folder.path().join(folder), planted)).collect()
}

#[test]
fn a_killed_run_and_the_one_that_goes_on_with_it_leave_nothing_and_tell_nothing() {
    let world = World::start(901);
    let planted = applicant(&world);
    let mut run = talkative(&world, world.run_of(&["2.1.1", "2.2"]));
    run.wait_for("once.intent", |_| true);
    run.signal(Signal::KILL);
    let (_, said, events) = run.end();
    let killed = world.newest_run();
    assert_eq!(left(&world, &planted), [], "beside a killed run");
    let (code, more, later) = talkative(&world, world.resume(&killed)).end();
    assert!(code != -1 && said.contains("ruku::"), "the log is on: {more}");
    assert_eq!(left(&world, &planted), [], "at the end");
    let told = format!("{said}{more}{}", Value::Array([events, later].concat()));
    assert_eq!(kinds_in(told.as_bytes(), &planted), NONE, "{told}");
    let text = read(&pictures_of(&killed).split_off(pictures_of(&killed).len() - 2));
    let seen: Vec<_> = planted.iter().filter(|(_, word)| text.contains(word.as_str())).collect();
    assert!(seen.is_empty(), "{seen:?} in {text}");
}

#[cfg(debug_assertions)]
#[test]
fn without_masks_the_same_search_finds_each_kind() {
    let world = World::start(902);
    let planted = applicant(&world);
    let mut command = world.run_of(&["2.1.1", "2.2"]);
    command.env("RUKU_TEST_UNMASKED", "positive control");
    let mut run = talkative(&world, command);
    run.wait_for("once.intent", |_| true);
    run.signal(Signal::KILL);
    let (_, said, events) = run.end();
    let told = kinds_in(format!("{said}{}", Value::Array(events)).as_bytes(), &planted);
    let kept: BTreeSet<&str> = left(&world, &planted).into_iter().flat_map(|(_, kinds)| kinds).collect();
    let text = read(&pictures_of(&world.newest_run()).split_off(pictures_of(&world.newest_run()).len() - 2));
    let seen: BTreeSet<&str> = planted.iter().filter(|(_, word)| text.contains(word.as_str())).map(|(kind, _)| *kind).collect();
    println!("told {told:?}, kept {kept:?}, seen {seen:?}");
    assert!(told.contains("name") && kept.contains("name"), "in texts: {told:?}, {kept:?}");
    assert!(["mobile", "id", "credit code"].iter().all(|kind| seen.contains(kind)), "in pictures: {seen:?} of {text}");
}
