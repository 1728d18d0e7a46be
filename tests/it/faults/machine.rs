//! The machine itself fails: its disk, its clock, its sleep, its card service.

use std::path::Path;
use std::process::{Child, Command};

use ruku::training::cards::CardHost;
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};
use serde_json::{Value, json};

use super::{at_the_bind, at_the_press, binds, fault, goes_on, row};
use crate::world::{Running, World, block_on, shell, until};

/// A run that has a folder of the world on a disk of its own, mounted by nobody else.
fn on_a_disk(name: &str, seed: u64, folder: &str, options: &str) {
    let world = World::start(seed);
    let folder = world.folder.path().join(folder);
    std::fs::create_dir_all(&folder).unwrap();
    let plain = world.run_of(&["2.1.1", "2.2"]);
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c"]);
    command.arg(format!("mount -t tmpfs -o {options} none \"$0\" && exec \"$@\"")).arg(&folder);
    run_by(&mut command, &plain);
    let (code, said, events) = Running::start(command).end();
    // Where nothing can be written any more, the fault is told and not kept.
    let told = events.iter().rev().find(|event| event["type"] == "fault").map(|_| fault(&events, &said));
    let told = told.unwrap_or_else(|| said.lines().rev().find_map(|line| line.strip_prefix("错误：")).unwrap().to_owned());
    let place = told.split(['：', '（']).find(|part| part.starts_with('/')).unwrap_or("/nowhere").to_owned();
    row(name, &told.replace(&place, "…"), &binds(&world), code);
    assert_eq!(world.counter("bind_requests"), 0, "{said}");
    goes_on(&world);
}

#[test]
fn the_disk_is_full() {
    // Room for the journal and some pictures, not for what an act will need.
    on_a_disk("磁盘已满", 920, "runs", "size=2m");
}

#[test]
fn the_disk_is_read_only() {
    on_a_disk("磁盘是只读的", 921, "runs", "ro");
}

#[test]
fn the_disk_of_the_ledger_is_full() {
    // Room for the line that something is about to be done; not for sure for the one that says what became of it.
    on_a_disk("防重复提交记录所在的磁盘已满", 927, "training/visitors", "size=4k");
}

#[test]
fn the_run_folder_is_deleted() {
    let world = World::start(922);
    let mut run = at_the_bind(&world);
    let folder = world.newest_run();
    std::fs::remove_dir_all(&folder).unwrap();
    run.type_line("");
    let (code, said, _) = run.end();
    let told = said.lines().rev().find_map(|line| line.strip_prefix("错误：")).unwrap();
    row("办理档案被删除", &told.replace(&*folder.to_string_lossy(), "…"), &binds(&world), code);
    assert_eq!(world.counter("bind_requests"), 0, "{said}");
    goes_on(&world);
}

#[test]
fn the_run_folder_is_deleted_while_the_press_is_on_its_way() {
    let world = World::start(928);
    world.admin("/hold", &json!({ "path": "/rest/bindAction/apply", "after": true }));
    let mut run = at_the_bind(&world);
    let folder = world.newest_run();
    run.type_line("");
    until("the portal has done it", || world.counter("bind") == 1);
    std::fs::remove_dir_all(&folder).unwrap();
    world.admin("/release", &json!({}));
    let (code, said, _) = run.end();
    let told = said.lines().rev().find_map(|line| line.strip_prefix("错误：")).unwrap();
    row("点击后办理档案被删除，已办理", &told.replace(&*folder.to_string_lossy(), "…"), &binds(&world), code);
    // Whoever starts again is told by the page, and presses nothing.
    goes_on(&world);
}

/// The same program, whose writes fail, instead of killing it, where it is not allowed larger files.
pub(crate) fn writes_may_fail(plain: &Command) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]);
    run_by(&mut command, plain);
    command
}

/// Adds a program with its arguments and environment to a command that will run it.
fn run_by(command: &mut Command, plain: &Command) {
    command.arg(plain.get_program()).args(plain.get_args());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
}

/// From now on the process is allowed no larger files.
pub(crate) fn writes_fail(process: u32) {
    let nothing = Rlimit { current: Some(0), maximum: None };
    prlimit(Pid::from_raw(i32::try_from(process).unwrap()), Resource::Fsize, nothing).unwrap();
}

#[test]
fn what_became_of_the_press_cannot_be_written_down() {
    let world = World::start(929);
    world.admin("/hold", &json!({ "path": "/rest/bindAction/apply", "after": true }));
    let mut run = at_the_press(writes_may_fail(&world.unpictured(&["2.1.1", "2.2"])), &world);
    run.type_line("");
    until("the portal has done it", || world.counter("bind") == 1);
    writes_fail(run.pid());
    world.admin("/release", &json!({}));
    let (code, said, _) = run.end();
    let told = said.rsplit_once("错误：").unwrap().1.trim_end();
    let place = told.split(['：', '（']).find(|part| part.starts_with('/')).unwrap_or("/nowhere");
    row("点击后写不进记录，已办理", &told.replace(place, "…"), &binds(&world), code);
    goes_on(&world);
}

/// All processes of a run, the run itself last.
pub(crate) fn family(run: u32) -> Vec<u32> {
    let parents: Vec<(u32, u32)> = std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
            Some((entry.file_name().to_str()?.parse().ok()?, parent))
        })
        .collect();
    let mut all = vec![run];
    let mut at = 0;
    while at < all.len() {
        let of = all[at];
        all.extend(parents.iter().filter(|(_, parent)| *parent == of).map(|(child, _)| *child));
        at += 1;
    }
    all.reverse();
    all
}

fn all(run: u32, signal: Signal) {
    for pid in family(run) {
        // One may have ended meanwhile.
        let _ = kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), signal);
    }
}

fn state(pid: u32) -> char {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    stat.rsplit_once(')').unwrap().1.trim_start().chars().next().unwrap()
}

#[test]
fn the_machine_sleeps() {
    let world = World::start(923);
    let mut run = at_the_bind(&world);
    let pid = run.pid();
    all(pid, Signal::STOP);
    until("everything stands still", || state(pid) == 'T');
    // The run stands at a question, which has the person's time.
    let asleep = std::time::Instant::now();
    until("some time to pass", || asleep.elapsed().as_secs() >= 5);
    all(pid, Signal::CONT);
    run.type_line("");
    let (code, said, _) = run.end();
    row("电脑休眠", said.lines().find(|line| line.contains("办理完成")).unwrap(), &binds(&world), code);
}

/// When the last line of a journal was written, by the clock on the wall.
fn last_time(folder: &Path) -> jiff::Timestamp {
    ruku::proof::read(folder).unwrap().last().unwrap().t_wall
}

#[test]
fn the_clock_is_set_back() {
    let world = World::start(924);
    let offset = world.write("offset", "+0");
    let mut command = world.unpictured(&["2.1.1", "2.2"]);
    let library = shell(Path::new("/usr/lib"), "find . -name libfaketime.so.1 | head -1");
    let library = format!("/usr/lib/{}", String::from_utf8(library.stdout).unwrap().trim());
    assert!(library.ends_with("libfaketime.so.1"), "drivers/setup --tests installs faketime");
    command.env("LD_PRELOAD", library).env("FAKETIME_TIMESTAMP_FILE", &offset).env("FAKETIME_NO_CACHE", "1");
    // Only the clock on the wall: the other one never steps.
    command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    // The browser keeps the true time.
    let driver = world.write("driver", "#!/bin/sh\nunset LD_PRELOAD\nexec chromedriver \"$@\"\n");
    std::fs::set_permissions(&driver, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    command.env("RUKU_DRIVER", driver);
    let mut run = at_the_press(command, &world);
    let before = last_time(&world.newest_run());
    std::fs::write(&offset, "-7200").unwrap();
    run.type_line("");
    let (code, said, _) = run.end();
    let folder = world.newest_run();
    assert!(last_time(&folder) < before, "it was set back: {said}");
    let verified = ruku::proof::verify::verify(&folder);
    let found: Vec<_> = verified.checks.iter().filter(|check| !check.ok).collect();
    assert_eq!(found.iter().map(|check| check.name).collect::<Vec<_>>(), ["clock"], "{found:#?}");
    let done = said.lines().find(|line| line.contains("办理完成")).unwrap();
    assert!(found[0].message.zh.contains("时钟被调慢 7"), "{found:#?}");
    row("时钟被调回两小时", &format!("{done}（核验档案时会指出本机时钟曾被调回）"), &binds(&world), code);
}

#[test]
fn the_agent_restarts() {
    let world = World::start(925);
    world.admin("/prepare", &json!({ "applicant": "p1", "bound": true }));
    let mut run = Running::start(world.unpictured(&["3.1"]));
    run.wait_for("step.start", |event| event["action"] == "enter_pin");
    world.admin("/agent/stop", &Value::Null);
    world.admin("/agent/start", &Value::Null);
    let (code, said, _) = run.end();
    let stored = format!("授权 {} 次", world.counter("authorise"));
    let told = said.lines().rev().find(|line| line.contains("办理完成") || line.starts_with("错误：")).unwrap();
    row("CA 助手重启", told.trim_start_matches("错误："), &stored, code);
}

/// The training's card service, which is killed.
pub(crate) fn kill_card_service(world: &World) {
    let comm = |pid: &u32| std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    let service = family(world.pid()).into_iter().find(|pid| comm(pid).trim() == "pcscd").expect("a card service");
    kill_process(Pid::from_raw(i32::try_from(service).unwrap()).unwrap(), Signal::KILL).unwrap();
}

/// The training's cards again, with p1's in its reader, until `work` is done.
fn with_cards(world: &World, work: impl FnOnce()) {
    block_on(async {
        let host = CardHost::start(&world.folder.path().join("training"), Path::new(env!("CARGO_BIN_EXE_ruku"))).await.unwrap();
        host.insert(0, "p1").await.unwrap();
        work();
        host.end().await;
    });
}

#[test]
fn the_card_service_restarts() {
    let world = World::start(926);
    // Killed while the certificate is read: the portal keeps its answer back.
    world.admin("/hold", &json!({ "path": "/rest/bindAction/", "after": false }));
    let mut command = world.unpictured(&["2.1.1", "2.2"]);
    command.args(["--operator", "terminal"]);
    let mut run = Running::start(command);
    run.wait_for("gate.open", |event| event["kind"] == "insert-lock");
    world.training(&["insert", "p1"]);
    until("the portal has been asked", || world.ask("/hold")["held"] == 1);
    kill_card_service(&world);
    let gate = run.wait_for("gate.open", |event| event["kind"] == "reinsert-lock");
    world.admin("/release", &json!({}));
    let told = gate["message"]["zh"].as_str().unwrap().to_owned();
    with_cards(&world, || {
        run.wait_for("gate.open", |event| event["kind"] == "confirm");
        run.type_line("");
        let (code, said, _) = run.end();
        assert_eq!(code, 0, "{said}");
        row("读卡服务重启", &told, &binds(&world), code);
    });
}

/// A card service that knows no reader, in namespaces of its own; all of it ends with the value.
pub(crate) struct NoReader(Child);

impl NoReader {
    pub(crate) fn start(world: &World) -> NoReader {
        let folder = world.folder.path().join("training/pcsc");
        // What a killed service leaves, which the next one would take for a living one.
        for left in ["pcscd.comm", "pcscd.pid"] {
            let _ = std::fs::remove_file(folder.join(left));
        }
        // No drivers of USB readers either: this machine's own must not be found.
        let script = "PATH=$PATH:/usr/sbin:/sbin; mount -t tmpfs none /run; mkdir /run/pcscd /run/readers /run/empty; mount --bind \"$0\" /run/pcscd\n\
            for drivers in /usr/lib*/pcsc/drivers /usr/lib/*/pcsc/drivers /usr/local/lib/pcsc/drivers; do\n\
            [ ! -d $drivers ] || mount --bind /run/empty $drivers; done\n\
            pcscd --help | grep -q disable-polkit && polkit=--disable-polkit\n\
            exec pcscd --foreground --config /run/readers $polkit";
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "--net", "--pid", "--fork", "--kill-child", "sh", "-c", script]);
        NoReader(command.arg(folder).spawn().unwrap())
    }
}

impl Drop for NoReader {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// The service lives, and has lost the reader with the lock in it.
#[test]
fn the_reader_is_gone() {
    let world = World::start(928);
    let mut command = world.unpictured(&["2.1.1", "2.2"]);
    command.env("RUKU_LOG", "ruku::lock=debug");
    let mut run = at_the_press(command, &world);
    kill_card_service(&world);
    let service = NoReader::start(&world);
    run.wait_said("the smart card service tells of readers readers=0");
    run.type_line("");
    let gate = run.wait_for("gate.open", |event| event["kind"] == "reinsert-lock");
    assert_eq!(world.counter("bind_requests"), 0);
    drop(service);
    with_cards(&world, || {
        let (code, said, _) = run.end();
        assert_eq!(code, 0, "{said}");
        row("读卡器被拔掉", gate["message"]["zh"].as_str().unwrap(), &binds(&world), code);
    });
}
