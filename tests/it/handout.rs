//! What trainers hand out: a run in `present` mode, and everything that `ruku guide` makes of it.

use std::path::Path;
use std::process::{Command, Output};

use ruku::base::{Lang, Message};
use ruku::proof::{Event, RunResult, Spot, StepResult};
use serde_json::Value;

use crate::golden::Golden;
use crate::guide::personal;
use crate::proof::sample::{self, opened, redactor, shot};
use crate::world::{Running, World, find_words, ruku_in};

fn made(lang: &str, run: &Path, to: &Path) -> Command {
    made_as(FORMATS, lang, run, to)
}

fn made_as(formats: &str, lang: &str, run: &Path, to: &Path) -> Command {
    let mut command = ruku_in(lang, Path::new(env!("CARGO_MANIFEST_DIR")));
    command.arg("guide").arg(run).args(["--to", formats]).arg("--out").arg(to);
    command
}

/// All that this build can make.
const FORMATS: &str = if cfg!(feature = "film") { "html,png,mp4,gif" } else { "html" };

fn chart(lang: &str, to: &Path) -> Output {
    ruku_in(lang, Path::new(env!("CARGO_MANIFEST_DIR"))).args(["guide", "--chart"]).arg(to).output().unwrap()
}

#[test]
fn a_run_becomes_a_guide_that_points_where_it_pressed() {
    let world = World::start(120);
    let mut command = world.run_of(&["2.1.1", "2.2"]);
    command.args(["--mode", "present"]);
    let (code, said, events) = Running::start(command).end();
    assert_eq!(code, 0, "{said}");
    let shots: Vec<&Value> = events.iter().filter(|event| event["type"] == "shot").collect();
    let of = |action: &str| {
        let steps: Vec<u64> = events
            .iter()
            .filter(|event| event["type"] == "step.start" && event["action"] == action)
            .map(|event| event["step"].as_u64().unwrap())
            .collect();
        shots.iter().filter(move |shot| steps.contains(&shot["step"].as_u64().unwrap())).collect::<Vec<_>>()
    };
    // Every press was shown beforehand, with the place where it went, inside of the picture.
    for action in ["click", "tick"] {
        let shown = of(action);
        assert!(!shown.is_empty());
        let before: Vec<_> = shown.iter().filter(|shot| shot["before"] == true).collect();
        assert_eq!(before.len() * 2, shown.len(), "{action}: a picture before and one after: {shown:#?}");
        assert!(before.iter().all(|shot| whole(&shot["marks"][0], shot)), "{action}: {before:#?}");
    }
    let filled = of("fill");
    assert!(filled.iter().any(|shot| shot["marks"].as_array().is_some_and(|marks| marks.len() > 1)), "{filled:#?}");

    let run = world.newest_run();
    let sealed = ruku::proof::verify::verify(&run);
    for lang in ["zh", "en"] {
        let to = world.folder.path().join(format!("guide-{lang}"));
        let output = made(lang, &run, &to).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(String::from_utf8_lossy(&output.stdout).contains("index.html"));
        let page = std::fs::read_to_string(to.join("index.html")).unwrap();
        assert!(
            !page.contains("<script")
                && !page.contains("http://ca-")
                && page.contains(if lang == "zh" { "演示" } else { "DEMO" })
        );
        let named: Vec<String> =
            page.split("src=\"").skip(1).map(|rest| rest.split('"').next().unwrap().replace("&#x2f;", "/")).collect();
        assert!(named.len() >= shots.len() / 2 && named.iter().all(|name| to.join(name).is_file()), "{named:?}");
        assert_eq!(page.matches("<img ").count(), page.matches("alt=\"").count());
        assert!(page.matches("class=\"callout\"").count() >= 5, "callouts");
        assert_eq!(page.matches("class=\"heavy\"").count(), 1, "the binding cannot be taken back");
        if cfg!(feature = "film") {
            pictures_and_films(&to, &page, lang);
        }
        assert_eq!(find_words(&to, &personal(&world)), []);
        // It is there: not written over.
        assert_eq!(made(lang, &run, &to).output().unwrap().status.code(), Some(6));
    }
    // Ctrl-C in the middle leaves nothing.
    let to = world.folder.path().join("stopped");
    let running = Running::start(made("zh", &run, &to));
    running.wait_said("正在生成");
    running.signal(rustix::process::Signal::INT);
    let (code, said, _) = running.end();
    assert!(code == 130 && said.contains("没有留下未完成的文件"), "{code}: {said}");
    let left = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name().to_string_lossy().contains("stopped");
    assert!(!std::fs::read_dir(world.folder.path()).unwrap().any(left), "something is left");
    // Nothing goes into a run folder, and the folder of run folders is none.
    let inside = made("zh", &run, &run.join("guide")).output().unwrap();
    assert_eq!((inside.status.code(), run.join("guide").exists()), (Some(6), false));
    let drawn = chart("zh", &run.join("data/c.svg"));
    assert_eq!((drawn.status.code(), run.join("data/c.svg").exists()), (Some(6), false));
    let output = made("zh", run.parent().unwrap(), &world.folder.path().join("none")).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(ruku::proof::verify::verify(&run), sealed, "the run folder is as it was");
}

/// Looks at what lies beside the page: one annotated picture a step, and film and animation that are what they are called.
fn pictures_and_films(to: &Path, page: &str, lang: &str) {
    let steps = page.matches("<article id=\"s").count();
    let annotated: Vec<_> = std::fs::read_dir(to.join("annotated")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(annotated.len(), steps);
    for path in annotated {
        let (own, plain) = (image::open(&path).unwrap(), to.join("pictures").join(path.file_name().unwrap()));
        let plain = image::open(plain).unwrap();
        assert_eq!((own.width(), own.height()), (plain.width(), plain.height()));
        assert_ne!(own.to_rgb8(), plain.to_rgb8(), "nothing is drawn on {}", path.display());
    }
    let film = std::fs::read(to.join("film.mp4")).unwrap();
    let place = |name: &[u8]| film.windows(4).position(|own| own == name).unwrap();
    assert!(place(b"ftyp") < place(b"moov") && place(b"moov") < place(b"mdat") && place(b"avc1") < place(b"mdat"));
    let captions = std::fs::read_to_string(to.join("film.vtt")).unwrap();
    assert_eq!(captions.matches("\nstep-").count(), steps);
    assert_eq!(
        captions.matches(if lang == "zh" { "由本人操作" } else { "by the person" }).count(),
        page.matches("class=\"person\"").count()
    );
    let gif = std::fs::read(to.join("film.gif")).unwrap();
    assert!(gif.starts_with(b"GIF89a") && gif.len() < 5_000_000, "{} bytes", gif.len());
}

#[test]
fn what_was_not_done_is_not_told_as_done() {
    let folder = tempfile::tempdir().unwrap();
    let press = Message::new("点击“确认申请”", "Press “确认申请”");
    // One that the portal stopped, and one that was killed.
    for (name, ended) in [("failed", true), ("killed", false)] {
        let mut run = opened(folder.path(), name, &redactor());
        sample::done(&mut run, 1);
        sample::step(&mut run, 2, "click", press.clone());
        let marks = vec![Spot { x: 4, y: 12, width: 20, height: 8 }];
        run.keep_shot(Some(2), &shot(2), "about:blank", "申请", true, marks).unwrap();
        if ended {
            let why = Message::new("按钮被遮挡", "the button is covered");
            run.record(Event::StepEnd { step: 2, result: StepResult::Failed, why: Some(why.clone()) }).unwrap();
            run.end(RunResult::Failed, Some(why), 4).unwrap();
            drop(run.seal(Lang::Zh).unwrap());
        }
        let (run, to) = (folder.path().join(name), folder.path().join(format!("{name}-guide")));
        let output = made("zh", &run, &to).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.contains("没有办到最后") && said.contains("没有红框"), "{name}: {said}");
        let page = std::fs::read_to_string(to.join("index.html")).unwrap();
        assert!(page.contains("进入 CA 互认系统") && !page.contains("确认申请"), "{name}: {page}");
        assert!(page.contains("演示 · 模拟平台 · 未办完") && page.contains("到此为止"), "{name}: {page}");
    }
    // A journal that says something else than it did is not told.
    let another_title = |log: &str| log.replace("进入 CA 互认系统", "进入 CA 统一系统");
    let another_end = |log: &str| {
        let (before, behind) = log.rsplit_once("\"result\":\"failed\"").unwrap();
        format!("{before}\"result\":\"done\"{behind}")
    };
    let no_end = |log: &str| log.lines().filter(|line| !line.contains("run.end")).map(|line| format!("{line}\n")).collect();
    let changes: [&dyn Fn(&str) -> String; 4] = [&another_title, &another_title, &another_end, &no_end];
    for (at, (name, change)) in ["killed", "failed", "failed", "failed"].into_iter().zip(changes).enumerate() {
        let copy = tempfile::tempdir().unwrap();
        let changed = copy.path().join(name);
        let copied = Command::new("cp").arg("-r").args([&folder.path().join(name), &changed]).status().unwrap();
        let log = std::fs::read_to_string(changed.join("data/log.jsonl")).unwrap();
        assert!(copied.success() && change(&log) != log, "{at}: {log}");
        std::fs::write(changed.join("data/log.jsonl"), change(&log)).unwrap();
        let output = made("zh", &changed, &copy.path().join("guide")).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(6) && said.contains("办理日志被改动过"), "{at}: {said}");
    }
    // A picture that is not the one of the journal is shown nowhere, and what was begun is gone.
    let picture =
        std::fs::read_dir(folder.path().join("failed/data/shots")).unwrap().map(|entry| entry.unwrap().path()).min().unwrap();
    let mut bytes = std::fs::read(&picture).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&picture, bytes).unwrap();
    for format in FORMATS.split(',') {
        let to = folder.path().join("changed");
        let output = made_as(format, "zh", &folder.path().join("failed"), &to).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(6), "{format}: {said}");
        assert!(said.contains("step-0001") || said.contains(".png"), "{format}: {said}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 4, "{format}: something is left");
    }
}

#[test]
fn the_flow_chart_is_what_the_playbooks_say() {
    let folder = tempfile::tempdir().unwrap();
    let mut golden = Golden::default();
    for lang in ["zh", "en"] {
        let drawn = folder.path().join(format!("{lang}.svg"));
        let output = chart(lang, &drawn);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/pictures/flow-chart.{lang}.svg"));
        golden.compare(&file, &std::fs::read_to_string(drawn).unwrap());
    }
    golden.close();
    let taken = folder.path().join("en.svg");
    let kept = std::fs::read(&taken).unwrap();
    assert_eq!((chart("zh", &taken).status.code(), std::fs::read(&taken).unwrap()), (Some(6), kept), "not written over");
    assert_eq!(chart("zh", &folder.path().join("c.jpg")).status.code(), Some(2));
    let painted = folder.path().join("c.png");
    let output = chart("zh", &painted);
    if cfg!(feature = "film") {
        let picture = image::open(&painted).unwrap().to_rgb8();
        assert_eq!(picture.width(), 1920);
        let dark = picture.pixels().filter(|pixel| pixel.0.iter().all(|colour| *colour < 90)).count();
        assert!(dark > 20_000, "{dark} pixels of letters");
    } else {
        assert_eq!((output.status.code(), painted.exists()), (Some(6), false));
    }
    // A bare name is a file of the folder that one is in.
    let bare = ruku_in("zh", Path::new(env!("CARGO_MANIFEST_DIR")))
        .current_dir(&folder)
        .args(["guide", "--chart", "bare.svg"])
        .output()
        .unwrap();
    assert!(bare.status.success() && folder.path().join("bare.svg").is_file(), "{}", String::from_utf8_lossy(&bare.stderr));
}

/// Whether a mark lies in its picture.
fn whole(mark: &Value, shot: &Value) -> bool {
    let number = |value: &Value, key: &str| value[key].as_i64().unwrap_or(-1);
    let (x, y) = (number(mark, "x"), number(mark, "y"));
    x >= 0
        && y >= 0
        && number(mark, "width") > 0
        && x + number(mark, "width") <= number(shot, "width")
        && y + number(mark, "height") <= number(shot, "height")
}
