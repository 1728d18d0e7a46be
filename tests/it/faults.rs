//! What happens under every fault that Ruku means to survive: what the person sees, what the portal has stored, the exit code.
//!
//! The table is `docs/faults.md`. Each of its rows is compared with what really happened, by the test that causes the fault; with
//! RUKU_BLESS=1 rows are written anew: read them aloud before keeping them.

mod browser;
pub(crate) mod machine;
mod portal;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::world::{Running, World};

/// The faults that have a row, in the order of the table.
const FAULTS: &[&str] = &[
    "Ruku 被强行结束，平台已办理",
    "断电，日志最后一行只写了一半",
    "浏览器驱动被结束",
    "浏览器驱动停住不答",
    "浏览器崩溃",
    "本人关闭了浏览器",
    "网页标签崩溃",
    "网络断开",
    "打开网页时平台返回 500",
    "点击后平台返回 502，已办理",
    "点击后只收到半个回音，已办理",
    "点击后连接中断，已办理",
    "网页只来了一半",
    "平台很慢",
    "登录超时",
    "图形验证码",
    "风险提示",
    "CA 锁被拔出",
    "读卡器被拔掉",
    "读卡服务重启",
    "CA 助手重启",
    "CA 锁密码已锁定",
    "时钟被调回两小时",
    "电脑休眠",
    "磁盘已满",
    "防重复提交记录所在的磁盘已满",
    "磁盘是只读的",
    "办理档案被删除",
    "点击后办理档案被删除，已办理",
    "点击后写不进记录，已办理",
];

fn table() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/faults.md")
}

/// Rows are blessed one after another.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Compares a row of the table with what happened.
pub(crate) fn row(fault: &str, sees: &str, stored: &str, code: i32) {
    assert!(FAULTS.contains(&fault), "{fault} is not among the faults");
    let (_turn, begin) = (turn(), format!("| {fault} |"));
    let told = format!("{begin} {} | {stored} | {code} |", sees.replace('|', "／").replace('\n', " "));
    let text = std::fs::read_to_string(table()).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    let at = lines.iter().position(|line| line.starts_with(&begin));
    if std::env::var_os("RUKU_BLESS").is_some() {
        match at {
            Some(at) => lines[at] = &told,
            None => lines.push(&told),
        }
        std::fs::write(table(), lines.join("\n") + "\n").unwrap();
        return;
    }
    assert_eq!(at.map(|at| lines[at]), Some(told.as_str()), "in {}", table().display());
}

#[test]
fn every_fault_has_its_row() {
    let text = std::fs::read_to_string(table()).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| ")).skip(1);
    assert_eq!(rows.map(|line| line.split(" | ").next().unwrap().trim_start_matches("| ")).collect::<Vec<_>>(), FAULTS);
}

/// The bind counter in words.
pub(crate) fn binds(world: &World) -> String {
    format!("绑定 {} 次", world.counter("bind"))
}

/// The sentence of the fault that ended the run.
fn fault(events: &[Value], said: &str) -> String {
    let last = events.iter().rev().find(|event| event["type"] == "fault");
    last.unwrap_or_else(|| panic!("no fault: {said}"))["message"]["zh"].as_str().unwrap().to_owned()
}

/// A run with a person at the terminal, up to the question before the press that counts.
pub(crate) fn at_the_press(mut command: Command, world: &World) -> Running {
    command.args(["--operator", "terminal"]);
    let mut run = Running::start(command);
    run.wait_for("gate.open", |event| event["kind"] == "insert-lock");
    world.training(&["insert", "p1"]);
    run.wait_for("gate.open", |event| event["kind"] == "confirm");
    run
}

/// The same of 2.1.1 and 2.2, without pictures.
fn at_the_bind(world: &World) -> Running {
    at_the_press(world.unpictured(&["2.1.1", "2.2"]), world)
}

/// Ends a run that the fault ends, and says what was seen.
fn ended(name: &str, run: Running, world: &World) {
    let (code, said, events) = run.end();
    row(name, &fault(&events, &said), &binds(world), code);
}

/// A new run ends well, and nothing was done twice.
fn goes_on(world: &World) {
    world.training(&["pull"]);
    let (code, said, _) = Running::start(world.unpictured(&["2.1.1", "2.2"])).end();
    assert_eq!((code, world.counter("bind")), (0, 1), "{said}");
}
