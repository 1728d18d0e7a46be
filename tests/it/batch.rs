//! A table of applicants, run by the real program: one row after another, with two readers, planted faults, a kill, and going on.

use std::io::{Cursor, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::Command;

use calamine::{Data, Reader, Xlsx};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::faults::machine::{family, writes_fail, writes_may_fail};
use crate::registry::filled_in;
use crate::world::{Running, World, files_with, ruku, until};

/// How many applicants the table has. They come in pairs, whose locks go in the other way round.
const APPLICANTS: usize = 12;
/// The row of each applicant: below the headings.
const FIRST_ROW: usize = 2;
/// Whose certificate has expired, what the registry sends back, and whose page does not come: in different pairs.
const EXPIRED: usize = 2;
const SENT_BACK: usize = 5;
const SERVER_ERROR: usize = 10;
/// At whose confirmation of the binding the batch is killed.
const KILLED: usize = 7;

/// Hands in what stands in the registry, which is entered by a ticket as from the sign-on: a short form of 3.2.
const SUBMISSION: &str = r#"
guide: "3.2.1"
edition: V1.0 2020-12-01
title: 提交已填好的信息
inputs: { 姓名: { type: text, privacy: personal } }
steps:
  - open: { site: registry, ask: { zh: 网址, en: address } }
  - click: 确认登录
  - expect: { at: registry, site_text: registry.inside }
  - check_holder: { shown: { label: 当前登录人 }, expected: "{{ 姓名 }}" }
  - expect: { site_text: registry.status, row: 当前状态 }
  - finish_when: { site_text: registry.verified, row: 当前状态 }
    within: 500ms
    reason: 主体库此前已验证通过
  - when: { seen: { site_text: registry.pending, row: 当前状态 } }
    then: []
    else:
      - click: 修改信息
      - click: 下一步
      - expect: { site_text: registry.next_answered }
      - tick: 我已阅读并承诺
      - click: { on: 提交信息, answer: 确定 }
        once: { id: registry.submit, done_when: { site_text: registry.submitted }, refused_when: { site_text: registry.submit_refused }, revision: next }
      - click: 返回单位概况
  - park: { until: { site_text: registry.decided, row: 当前状态 }, every: 1s }
    within: 10s
    reason: 主体库信息待验证
    steps:
      - click: 刷新
  - refuse_when: { site_text: registry.reasons, target: { text: 退回修改, whole: true, row: 当前状态 } }
    kind: business
    reason: 平台退回了申报，原因见下
  - expect: { site_text: registry.verified, row: 当前状态 }
"#;

const COLUMNS: [&str; 5] = ["姓名", "身份证号", "手机号", "企业名称", "统一社会信用代码"];

fn people(world: &World) -> Vec<Value> {
    world.instance()["applicants"].as_array().unwrap().clone()
}

/// The table of the world's people, as text.
fn table(world: &World) -> PathBuf {
    let line = |person: &Value| COLUMNS.map(|column| person[column].as_str().unwrap().to_owned()).join(",");
    let lines: Vec<String> = std::iter::once(COLUMNS.join(",")).chain(people(world).iter().map(line)).collect();
    world.write("名单.csv", &(lines.join("\r\n") + "\r\n")).into()
}

fn batch(world: &World, playbooks: &[&str], words: &[&str]) -> Command {
    let mut command = ruku();
    command.env("TMPDIR", world.temporary()).arg("batch").args(playbooks).arg(world.folder.path().join("名单.csv"));
    command.args(["--json", "--no-pictures", "--training-at"]).arg(&world.file).args(words);
    command
}

/// The person with the locks: before each pair both readers are cleared and the second one's lock goes in, at the wrong time.
struct Desk<'w> {
    world: &'w World,
    /// The applicant of the row under way, from 1.
    now: usize,
    /// Whether the planted faults happen.
    faults: bool,
    ended: Vec<(usize, String)>,
}

impl Desk<'_> {
    fn id(number: usize) -> String {
        format!("p{number}")
    }

    fn clear(&self) {
        for slot in ["0", "1"] {
            // There may be none in it.
            let _ = ruku().args(["training", "pull", "--slot", slot, "--at"]).arg(&self.world.file).output().unwrap();
        }
    }

    fn begin(&mut self, row: usize) {
        self.now = row + 1 - FIRST_ROW;
        let first = self.now % 2 == 1;
        // Who comes alone, or first of a pair, finds the other one's lock in the first reader.
        if first || self.reader_of(&Desk::id(self.now)).is_none() {
            self.clear();
            let other = if first { self.now + 1 } else { self.now - 1 };
            self.world.training(&["insert", &Desk::id(other), "--slot", "0"]);
        }
        if self.faults && self.now == SERVER_ERROR {
            self.world.admin("/fail-once", &json!({ "path": "/bind/person", "status": 500 }));
        }
        let verdict = if self.faults && self.now == SENT_BACK { "reject" } else { "pass" };
        let switches = json!({ "verify_millis": 0, "verdict": verdict, "reasons": ["营业执照扫描件不清晰"] });
        self.world.admin("/registry/switch", &switches);
    }

    /// Whose lock is in a reader.
    fn reader_of(&self, card: &str) -> Option<usize> {
        let slots = self.world.training(&["locks"]);
        let slots = slots.as_array().or_else(|| slots["slots"].as_array()).expect("the slots").clone();
        slots.iter().position(|slot| slot["card"] == card)
    }

    fn gate(&self, run: &mut Running, gate: &Value) {
        let (card, words) = (Desk::id(self.now), gate["message"]["zh"].as_str().unwrap());
        match gate["kind"].as_str().unwrap() {
            "insert-lock" if words.contains("过期") => run.type_line("q"),
            "insert-lock" => drop(self.world.training(&["insert", &card, "--slot", "1"])),
            "pick-lock" => match self.reader_of(&card) {
                Some(slot) => run.type_line(&(slot + 1).to_string()),
                None => panic!("two locks, and none of them is {card}'s: {gate}"),
            },
            "address" => run.type_line(&address(self.world, self.now)),
            "confirm" => run.type_line(""),
            other => panic!("nobody expected {other}: {gate}"),
        }
    }

    /// Does what the runs ask for until `stop` holds for an event or all rows have ended.
    fn serve(&mut self, run: &mut Running, stop: impl Fn(&Self, &Value) -> bool) {
        loop {
            let event = run.wait_until(|event| {
                matches!(event["type"].as_str(), Some("batch.begin" | "batch.end" | "batch.done" | "gate.open"))
            });
            if stop(self, &event) || event["type"] == "batch.done" {
                return;
            }
            match event["type"].as_str().unwrap() {
                "batch.begin" => self.begin(usize::try_from(event["row"].as_u64().unwrap()).unwrap()),
                "batch.end" => {
                    let row = usize::try_from(event["row"].as_u64().unwrap()).unwrap();
                    self.ended.push((row + 1 - FIRST_ROW, event["class"].as_str().unwrap().to_owned()));
                }
                _ => self.gate(run, &event),
            }
        }
    }
}

/// Where the applicant of this number enters the registry, good once.
fn address(world: &World, number: usize) -> String {
    world.ticket("registry", &Desk::id(number))["address"].as_str().unwrap().to_owned()
}

/// The arguments of every process that `parent` has started, and their environment.
fn given_to_children(parent: u32) -> Vec<u8> {
    let mut given = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().map(Result::unwrap) {
        let path = entry.path();
        let Ok(status) = std::fs::read_to_string(path.join("status")) else { continue };
        if status.lines().any(|line| line.split_whitespace().eq(["PPid:", &parent.to_string()])) {
            given.extend(std::fs::read(path.join("cmdline")).unwrap_or_default());
            match std::fs::read(path.join("environ")) {
                Ok(environment) => given.extend(environment),
                // Nobody but root may look into Ruku's: then nobody reads anything there.
                Err(error) => assert!(matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::NotFound), "{error}"),
            }
        }
    }
    given
}

/// Row number and class of each line of the results.
fn results(world: &World) -> Vec<(usize, String)> {
    let bytes = std::fs::read(world.folder.path().join("名单-结果.xlsx")).unwrap();
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    let cells = book.worksheet_range("结果").unwrap();
    let text = |cell: &Data| cell.to_string();
    cells.rows().skip(1).map(|row| (text(&row[0]).parse::<usize>().unwrap() + 1 - FIRST_ROW, text(&row[2]))).collect()
}

/// What the portals have done for each applicant, or were asked for.
fn counted(world: &World, what: &str) -> Vec<u64> {
    let store = world.store();
    let of = |id: &str| match what {
        "submit_requests" => store["registry"]["entries"][id][what].as_u64(),
        what => store["per_applicant"][id][what].as_u64(),
    };
    for_all(|number| of(&Desk::id(number)).unwrap_or(0))
}

fn for_all<T>(of: impl Fn(usize) -> T) -> Vec<T> {
    (1..=APPLICANTS).map(of).collect()
}

#[test]
fn a_table_is_run_row_by_row_killed_gone_on_with_and_its_failures_run_again() {
    let world = World::start_with(501, APPLICANTS);
    table(&world);
    (1..=APPLICANTS).for_each(|number| filled_in(&world, number));
    let submission = world.write("submission.yaml", SUBMISSION);
    let playbooks = ["2.1.1", "2.2", &submission];
    world.admin("/locks/validity", &json!({ "card": Desk::id(EXPIRED), "days": -1 }));
    let words: Vec<String> =
        people(&world).iter().flat_map(|person| COLUMNS.map(|column| person[column].as_str().unwrap().to_owned())).collect();
    let mut desk = Desk { world: &world, now: 0, faults: true, ended: Vec::new() };

    let mut run = Running::start(batch(&world, &playbooks, &["--operator", "terminal"]));
    desk.serve(&mut run, |desk, event| desk.now == KILLED && event["kind"] == "confirm");
    let given = given_to_children(run.pid());
    assert!(given.windows(8).any(|part| part == b"--handed"), "the run of the row is a child of the batch");
    for word in &words {
        assert!(!given.windows(word.len()).any(|part| part == word.as_bytes()), "{word} in what others can read");
    }
    run.signal(Signal::KILL);
    assert_eq!(run.end().0, -1);
    let killed = world.folder.path().join("名单-档案");
    until("the run ends with its batch", || {
        let runs = std::fs::read_dir(&killed).unwrap().map(|run| run.unwrap().path()).filter(|path| path.is_dir());
        runs.into_iter().all(|run| !ruku::proof::is_being_written(&run))
    });
    assert_eq!(counted(&world, "bind_requests")[KILLED - 1], 0, "nobody has confirmed it");
    let class = |who: usize| match who {
        EXPIRED | SENT_BACK => "business",
        SERVER_ERROR => "technical",
        _ => "done",
    };
    let classes = |rows: &[usize]| rows.iter().map(|who| (*who, class(*who).to_owned())).collect::<Vec<_>>();
    assert_eq!(desk.ended, classes(&for_all(|who| who)[..KILLED - 1]));

    // The same command goes on: what is done is not run again, and what has failed only when asked for.
    desk.ended.clear();
    let mut run = Running::start(batch(&world, &playbooks, &["--operator", "terminal"]));
    desk.serve(&mut run, |_, _| false);
    let (code, said, events) = run.end();
    assert_eq!(code, 3, "{said}");
    assert_eq!(desk.ended, classes(&for_all(|who| who)[KILLED - 1..]), "{said}");
    let continued = events.iter().filter(|event| event["type"] == "run.start" && event["continues"].is_object()).count();
    assert_eq!(continued, 1, "the killed run was gone on with: {said}");
    let bound = for_all(|who| u64::from(![EXPIRED, SERVER_ERROR].contains(&who)));
    for what in ["bind", "bind_requests", "submit", "submit_requests"] {
        assert_eq!(counted(&world, what), bound, "{what}: {said}");
    }
    let word = |who: usize| match class(who) {
        "business" => "业务问题",
        "technical" => "技术故障",
        _ => "完成",
    };
    assert_eq!(results(&world), for_all(|who| (who, word(who).to_owned())));

    // The lock is renewed, the reason mended and the portal well again: only what failed is run, and what was sent back is handed in anew.
    world.admin("/locks/validity", &json!({ "card": Desk::id(EXPIRED), "days": 300 }));
    (desk.faults, desk.ended) = (false, Vec::new());
    let mut command = batch(&world, &playbooks, &["--operator", "terminal", "--only", "failed"]);
    // What is said is looked through for what is nobody's, so it says everything.
    command.env("RUKU_LOG", "trace");
    let mut run = Running::start(command);
    desk.serve(&mut run, |_, _| false);
    let (code, said, events) = run.end();
    assert_eq!(code, 0, "{said}");
    assert_eq!(desk.ended, [EXPIRED, SENT_BACK, SERVER_ERROR].map(|who| (who, "done".to_owned())), "{said}");
    for (what, twice) in [("bind", 0), ("bind_requests", 0), ("submit", 1), ("submit_requests", 1)] {
        assert_eq!(counted(&world, what), for_all(|who| 1 + if who == SENT_BACK { twice } else { 0 }), "{what}: {said}");
    }

    // Nobody's name or number in the results, in the journal, or in what was said to a log.
    let printed = said + &serde_json::to_string(&events).unwrap();
    let kept = ["名单-结果.csv", "名单-结果.jsonl"].map(|name| std::fs::read(world.folder.path().join(name)).unwrap()).concat();
    let book = format!("{:?}", {
        let bytes = std::fs::read(world.folder.path().join("名单-结果.xlsx")).unwrap();
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
        book.worksheet_range("结果").unwrap()
    });
    // Nor anywhere else but in the table and in the training's own files: run folders, what is kept to go on, temporary files.
    let (training, table) = (world.folder.path().join("training"), world.folder.path().join("名单.csv"));
    for word in &words {
        let mut files = files_with(world.folder.path(), word);
        assert!(files.contains(&table), "the search finds {word} where it is: {files:?}");
        files.retain(|path| *path != table && !path.starts_with(&training));
        assert!(files.is_empty(), "{word}: {files:?}");
        assert!(!printed.contains(word.as_str()) && !book.contains(word.as_str()), "{word}");
        assert!(!kept.windows(word.len()).any(|part| part == word.as_bytes()), "{word}");
    }
    let runs = std::fs::read_dir(&killed).unwrap().map(|run| run.unwrap().path()).filter(|path| path.is_dir());
    for run in runs {
        let verified = ruku::proof::verify::verify(&run);
        assert!(verified.ok(), "{:#?}", verified.checks);
    }
}

#[test]
fn what_is_sent_back_is_a_business_problem_and_what_is_parked_goes_on() {
    let world = World::start_with(502, 2);
    [1, 2].into_iter().for_each(|number| filled_in(&world, number));
    world.admin("/registry/switch", &json!({ "verify_millis": 3_600_000 }));
    let submission = world.write("submission.yaml", SUBMISSION);
    let table = world.folder.path().join("名单.xlsx");
    let mut template = ruku();
    template.args(["batch", &submission, "--template"]).arg(&table).arg("--training-at").arg(&world.file);
    assert!(template.output().unwrap().status.success());
    // Lets the person answer whatever is asked, until the batch is done.
    let all = |second: &dyn Fn()| {
        let mut command = ruku();
        command.env("TMPDIR", world.temporary()).args(["batch", &submission]).arg(&table);
        command.args(["--operator", "terminal", "--json", "--no-pictures", "--training-at"]).arg(&world.file);
        let (mut run, mut row) = (Running::start(command), 0);
        loop {
            let event =
                run.wait_until(|event| matches!(event["type"].as_str(), Some("batch.begin" | "batch.done" | "gate.open")));
            match (event["type"].as_str().unwrap(), event["kind"].as_str()) {
                ("batch.done", _) => break run.end(),
                ("batch.begin", _) => {
                    row = usize::try_from(event["row"].as_u64().unwrap()).unwrap();
                    if row == 3 {
                        second();
                    }
                }
                (_, Some("address")) => run.type_line(&address(&world, row + 1 - FIRST_ROW)),
                _ => run.type_line(""),
            }
        }
    };
    let classes = |events: &[Value]| -> Vec<(u64, String)> {
        let ends = events.iter().filter(|event| event["type"] == "batch.end");
        ends.map(|end| (end["row"].as_u64().unwrap(), end["class"].as_str().unwrap().to_owned())).collect()
    };

    let reject = json!({ "verify_millis": 0, "verdict": "reject", "reasons": ["营业执照扫描件不清晰"] });
    let (code, said, events) = all(&|| world.admin("/registry/switch", &reject));
    assert_eq!((code, classes(&events)), (6, vec![(2, "parked".into()), (3, "business".into())]), "{said}");
    assert!(said.contains("第 2 行：挂起") && said.contains("第 3 行：业务问题"), "{said}");
    assert!(said.contains("营业执照扫描件不清晰"), "{said}");

    world.admin("/registry/verdict", &json!({ "verdict": "pass" }));
    let (code, said, events) = all(&|| {});
    assert_eq!((code, classes(&events)), (6, vec![(2, "done".into())]), "what failed is left alone: {said}");
    assert!(events.iter().any(|event| event["type"] == "run.start" && event["continues"].is_object()), "{said}");
    assert_eq!(world.counter("submit"), 2, "each once");
    assert_eq!(results(&world), [(1, "完成".to_owned()), (2, "业务问题".to_owned())]);
}

/// Nobody could write down what became of a press: the row is to be checked, and no other is begun on a machine that fails.
#[test]
fn a_press_that_could_not_be_recorded_is_to_be_checked() {
    let world = World::start_with(505, 2);
    table(&world);
    world.admin("/hold", &json!({ "path": "/rest/bindAction/apply", "after": true }));
    let command = batch(&world, &["2.1.1", "2.2"], &["--operator", "scripted"]);
    let mut run = Running::start(writes_may_fail(&command));
    until("the portal has done it", || world.counter("bind") == 1 || run.has_ended());
    let is_run = |pid: &u32| {
        std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.windows(8).any(|part| part == b"--handed"))
    };
    let child = family(run.pid()).into_iter().find(is_run).expect("the run of the row");
    writes_fail(child);
    world.admin("/release", &json!({}));
    run.wait_for("batch.done", |_| true);
    let (code, said, _) = run.end();
    assert_eq!((code, results(&world)), (5, vec![(1, "结果待核实".to_owned()), (2, "未办".to_owned())]), "{said}");
    assert!(said.contains("第 2 行：结果待核实") && said.contains("切勿重复点击"), "{said}");

    // The page says that it was done: nothing is pressed again.
    let (code, said, _) = Running::start(batch(&world, &["2.1.1", "2.2"], &["--operator", "scripted"])).end();
    assert_eq!((code, world.counter("bind"), world.counter("bind_requests")), (0, 2, 2), "{said}");
}

#[test]
fn nothing_is_run_from_a_table_with_a_fault() {
    let world = World::start_with(503, 2);
    let path = table(&world);
    let text = std::fs::read_to_string(&path).unwrap();
    let number = people(&world)[1]["手机号"].as_str().unwrap().to_owned();
    std::fs::write(&path, text.replace(&number, "1990000")).unwrap();
    let (code, said, events) = Running::start(batch(&world, &["2.1.1", "2.2"], &[])).end();
    assert_eq!((code, events.len()), (2, 0), "{said}");
    assert!(said.contains("C3「手机号」") && !said.contains("1990000"), "{said}");
    assert!(!world.folder.path().join("名单-档案").exists(), "nothing was begun");
}

/// Nobody knows what such a run has pressed: a person looks first, and the other rows are run meanwhile.
#[test]
fn a_run_folder_that_cannot_be_read_is_one_rows_matter() {
    for damage in
        [(|log: &Path| std::fs::write(log, "damaged\n{}\n").unwrap()) as fn(&Path), |log| std::fs::remove_file(log).unwrap()]
    {
        let world = World::start_with(504, 2);
        table(&world);
        let mut run = Running::start(batch(&world, &["2.1.1", "2.2"], &["--operator", "terminal"]));
        run.wait_for("gate.open", |event| event["kind"] == "insert-lock");
        run.signal(Signal::KILL);
        run.end();
        let runs = world.folder.path().join("名单-档案");
        let folder = std::fs::read_dir(&runs).unwrap().map(|run| run.unwrap().path()).find(|path| path.is_dir()).unwrap();
        until("the run ends with its batch", || !ruku::proof::is_being_written(&folder));
        damage(&folder.join("data/log.jsonl"));

        // Once and again: it is never run by itself.
        for begun in [1, 0] {
            let (code, said, events) = Running::start(batch(&world, &["2.1.1", "2.2"], &["--operator", "scripted"])).end();
            assert_eq!(code, 5, "{said}");
            assert_eq!(events.iter().filter(|event| event["type"] == "batch.begin").count(), begun, "{said}");
            assert_eq!(results(&world), [(1, "结果待核实".to_owned()), (2, "完成".to_owned())], "{said}");
        }
        std::fs::rename(&folder, world.folder.path().join("moved")).unwrap();
        let (code, said, _) = Running::start(batch(&world, &["2.1.1", "2.2"], &["--operator", "scripted"])).end();
        assert_eq!((code, world.counter("bind")), (0, 2), "{said}");
    }
}
