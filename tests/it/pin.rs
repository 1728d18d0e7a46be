//! The PIN belongs to the person: typed on the page or in the agent's window, one try for each, and kept nowhere.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::screen::{Eyes, Screen};
use crate::world::{Running, World, call, files_with, find_words, holds, until};

const FIELD: &str = "document.querySelector('input[type=password]')";
const LOGIN: &str = "[...document.querySelectorAll('button')].find(b => b.textContent.trim() === '立即登录')";
/// How often the page has asked the portal for a login or the agent for the PIN.
const USED: &str = "performance.getEntriesByType('resource').filter(e => /loginAction|RS_CertLogin/.test(e.name)).length";
/// The title of the agent's own window, a part of it.
const WINDOW: &str = "请输入CA锁密码";
/// Longer than a single look of a gate may take: a page that stands still is looked at more than once.
const SEVERAL_LOOKS: Duration = Duration::from_secs(8);
/// The telephone of the platform, which cannot unblock a lock.
const PLATFORM: &str = "400-998-0000";

/// A training whose p1 is bound and whose lock is in, on a display.
fn bound(seed: u64, screen: &Screen) -> World {
    let world = World::start_on(seed, Some(&screen.display));
    let (code, said, _) = world.run(&[], None).end();
    assert_eq!(code, 0, "{said}");
    world
}

fn pin(world: &World) -> String {
    world.instance()["applicants"][0]["pin"].as_str().unwrap().to_owned()
}

/// Six digits that are not the PIN.
fn wrong(world: &World) -> String {
    pin(world).chars().map(|digit| if digit == '9' { '0' } else { '9' }).collect()
}

fn tries(world: &World) -> u64 {
    world.training(&["locks"])[0]["tries"].as_u64().expect("the lock is in")
}

/// Playbook 3.1 with a person at the terminal, up to the gate where the PIN is wanted.
fn up_to_the_pin(world: &World, screen: &Screen) -> Running {
    let mut command = world.run_of(&["3.1"]);
    command.args(["--operator", "terminal", "--headed"]).env("DISPLAY", &screen.display);
    // What is said is looked through as well.
    command.env("RUKU_LOG", "trace");
    let mut run = Running::start(command);
    to_the_pin(&mut run);
    run
}

/// Says yes to what must be asked before, until the PIN is wanted.
fn to_the_pin(run: &mut Running) {
    while run.wait_for("gate.open", |_| true)["kind"] != "pin" {
        run.type_line("");
    }
}

/// From the PIN to the end: the person confirms the authorisation, then the first login.
fn to_the_end(mut run: Running) -> (String, Vec<Value>) {
    for _ in 0..2 {
        run.wait_for("gate.open", |event| event["kind"] == "confirm");
        run.type_line("");
    }
    let (code, said, events) = run.end();
    assert_eq!(code, 0, "{said}");
    (said, events)
}

/// The person closes the portal's message box. Its shade swallows clicks until it has faded.
fn close_message(screen: &Screen, eyes: &Eyes) {
    screen.click(eyes.place("document.querySelector('.layui-layer-btn0')"));
    until("the message to be closed", || eyes.see("document.querySelector('.layui-layer, .layui-layer-shade') === null") == true);
}

/// Watches the arguments of every process until it is asked; says how often the word stood there.
struct Arguments {
    done: Arc<AtomicBool>,
    watching: JoinHandle<usize>,
}

impl Arguments {
    fn watch(word: &str) -> Arguments {
        let (done, word) = (Arc::new(AtomicBool::new(false)), word.to_owned());
        let over = Arc::clone(&done);
        let watching = std::thread::spawn(move || {
            let mut seen = 0;
            while !over.load(Ordering::Relaxed) {
                let processes = std::fs::read_dir("/proc").unwrap().flatten();
                let lines = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
                seen += lines.filter(|line| holds(line, &word)).count();
                std::thread::yield_now();
            }
            seen
        });
        Arguments { done, watching }
    }

    fn seen(self) -> usize {
        self.done.store(true, Ordering::Relaxed);
        self.watching.join().unwrap()
    }
}

/// The PIN in arguments is found: the watch means something.
fn arguments_are_watched(word: &str) {
    let watch = Arguments::watch(word);
    let mut loud = Command::new("sh").args(["-c", "read line", word]).stdin(Stdio::piped()).spawn().unwrap();
    let line = format!("/proc/{}/cmdline", loud.id());
    until("the process to have its arguments", || std::fs::read(&line).is_ok_and(|bytes| holds(&bytes, word)));
    let started = Instant::now();
    until("the watch to have been round", || started.elapsed() > Duration::from_secs(1));
    drop(loud.stdin.take());
    loud.wait().unwrap();
    assert!(watch.seen() > 0, "a PIN in arguments is seen");
}

/// Nothing of the run or of the training holds the PIN, but for the training's own cards and its instance file.
fn kept_nowhere(world: &World, said: &str, events: &[Value], word: &str) {
    let words = [word.to_owned()];
    assert_eq!(find_words(&world.newest_run(), &words), []);
    let printed = format!("{said}{}", serde_json::to_string(events).unwrap());
    assert!(!holds(printed.as_bytes(), word));
    let training = world.folder.path().join("training");
    let kept = files_with(world.folder.path(), word);
    let own = |path: &PathBuf| path.starts_with(training.join("cards")) || *path == training.join("training.json");
    assert!(kept.iter().all(own), "{kept:?}");
    assert!(kept.len() >= 2, "the search finds the PIN where it is: {kept:?}");
}

/// Half a PIN presses nothing, and after the rest the run goes on by itself: situation 15.
pub(crate) fn half_a_pin() -> String {
    let screen = Screen::start();
    let world = bound(51, &screen);
    let pin = pin(&world);
    arguments_are_watched(&pin);
    let watch = Arguments::watch(&pin);
    let mut run = up_to_the_pin(&world, &screen);
    let eyes = Eyes::of(&world.temporary(), "ca-auth.localhost");

    // Three of six digits, and the person is called away.
    screen.click(eyes.place(FIELD));
    screen.type_text(&pin[..3]);
    until("three digits in the field", || eyes.see(&format!("{FIELD}.value.length")) == 3);
    let since = eyes.see("performance.now()").as_f64().unwrap();
    until("several looks of the gate", || eyes.see("performance.now()").as_f64().unwrap_or_default() > since + 5000.0);
    assert_eq!(eyes.see(USED), 0, "nothing was sent, to the portal or to the lock");
    assert_eq!(tries(&world), 6);
    assert_eq!(eyes.see(&format!("{FIELD}.value.length")), 3, "nothing was typed or cleared");
    assert_eq!(run.next_event(), None, "the gate is still open");

    screen.type_text(&pin[3..]);
    until("six digits in the field", || eyes.see(&format!("{FIELD}.value.length")) == 6);
    let kept = files_with(&world.temporary(), &pin);
    assert!(kept.is_empty(), "not in the browser's files either: {kept:?}");
    screen.click(eyes.place(LOGIN));
    let closed = run.wait_for("gate.close", |_| true);
    assert_eq!(closed["answer"], "seen", "nobody pressed a key at the terminal");
    let (said, events) = to_the_end(run);
    assert_eq!(watch.seen(), 0, "never in arguments");
    assert_eq!(world.counter("authorise"), 1);
    kept_nowhere(&world, &said, &events, &pin);
    "只输了三位时不点、不试、不清空；本人输完并点立即登录后自动继续".to_owned()
}

#[test]
fn a_wrong_pin_costs_one_try_and_is_not_tried_again_unasked() {
    let screen = Screen::start();
    let world = bound(52, &screen);
    let (pin, wrong) = (pin(&world), wrong(&world));
    let mut run = up_to_the_pin(&world, &screen);
    let eyes = Eyes::of(&world.temporary(), "ca-auth.localhost");
    let log_in = |typed: &str| {
        screen.click(eyes.place(FIELD));
        screen.type_text(typed);
        until("six digits in the field", || eyes.see(&format!("{FIELD}.value.length")) == 6);
        screen.click(eyes.place(LOGIN));
    };
    log_in(&wrong);
    let asked = run.wait_for("gate.open", |_| true);
    assert_eq!(asked["kind"], "confirm", "{asked}");
    assert!(asked["message"]["zh"].as_str().unwrap().contains("密码错误"), "{asked}");
    assert_eq!(tries(&world), 5, "one try");
    run.type_line("");
    assert_eq!(run.wait_for("gate.open", |_| true)["kind"], "pin");
    // The portal's message box is the person's to close.
    close_message(&screen, &eyes);
    assert_eq!(tries(&world), 5, "nothing was tried in between");
    log_in(&pin);
    let (said, events) = to_the_end(run);
    assert_eq!(tries(&world), 6, "the right one restores the count");
    kept_nowhere(&world, &said, &events, &pin);
    let typed = [wrong];
    assert_eq!(find_words(&world.newest_run(), &typed), []);
}

#[test]
fn the_agents_own_window_is_the_persons_too() {
    let screen = Screen::start();
    let world = bound(53, &screen);
    world.admin("/ca-auth/switch", &json!({"pin_window": true}));
    let (pin, wrong) = (pin(&world), wrong(&world));
    let watch = Arguments::watch(&pin);
    let mut run = up_to_the_pin(&world, &screen);
    let eyes = Eyes::of(&world.temporary(), "ca-auth.localhost");
    assert_eq!(eyes.see(&format!("{FIELD} === null")), true, "no field on the page");

    // The page stands still until the window is answered; the gate looks at it meanwhile, again and again, and nothing comes of it.
    screen.click(eyes.place(LOGIN));
    screen.focus_window(WINDOW);
    let opened = Instant::now();
    until("several looks at a page that stands still", || opened.elapsed() > SEVERAL_LOOKS);
    assert_eq!(eyes.see("1"), Value::Null, "it does stand still");
    assert_eq!(run.next_event(), None, "the gate is still open");
    screen.type_text(&wrong);
    assert_eq!(tries(&world), 6, "typed, not entered");
    screen.press("Return");
    let asked = run.wait_for("gate.open", |_| true);
    assert_eq!(asked["kind"], "confirm", "{asked}");
    assert_eq!(tries(&world), 5, "one try");
    assert!(!screen.has_window(WINDOW), "no window opens by itself");
    run.type_line("");
    assert_eq!(run.wait_for("gate.open", |_| true)["kind"], "pin");
    // The old words, still on the page, are no second wrong PIN.
    let since = eyes.see("performance.now()").as_f64().unwrap();
    until("several looks of the gate", || eyes.see("performance.now()").as_f64().unwrap_or_default() > since + 3000.0);
    assert_eq!(run.next_event(), None, "the gate is still open");
    close_message(&screen, &eyes);
    screen.click(eyes.place(LOGIN));
    screen.focus_window(WINDOW);
    screen.type_text(&pin);
    screen.press("Return");
    let (said, events) = to_the_end(run);
    assert_eq!(watch.seen(), 0, "never in arguments");
    assert_eq!(tries(&world), 6);
    kept_nowhere(&world, &said, &events, &pin);
}

#[test]
fn a_window_that_is_cancelled_or_a_lock_that_is_pulled_costs_nothing() {
    let screen = Screen::start();
    let world = bound(54, &screen);
    world.admin("/ca-auth/switch", &json!({"pin_window": true}));
    let mut run = up_to_the_pin(&world, &screen);
    let eyes = Eyes::of(&world.temporary(), "ca-auth.localhost");
    screen.click(eyes.place(LOGIN));
    screen.focus_window(WINDOW);
    screen.press("Escape");
    until("the window to be closed", || !screen.has_window(WINDOW));
    close_message(&screen, &eyes);
    screen.click(eyes.place(LOGIN));
    screen.focus_window(WINDOW);
    world.training(&["pull"]);
    until("the window to be closed", || !screen.has_window(WINDOW));
    run.type_line("q");
    let (code, said, events) = run.end();
    assert_eq!(code, 130, "{said}");
    assert!(
        !events.iter().any(|event| event["type"] == "warning" && event["message"]["zh"].as_str().unwrap().contains("密码错误"))
    );
    world.training(&["insert", "p1"]);
    assert_eq!(tries(&world), 6);
}

/// Logs in at the agent with a wrong PIN, as somebody did before the run.
fn spoil(world: &World, times: u32) {
    let port = u16::try_from(world.instance()["agent_ports"][0].as_u64().unwrap()).unwrap();
    let form = format!("password={}", wrong(world));
    for _ in 0..times {
        let answer = call("POST", port, "127.0.0.1", "/RS_CertLogin", &[], form.as_bytes(), SEVERAL_LOOKS).unwrap();
        assert_eq!(answer.json().unwrap()["code"], "9011");
    }
}

#[test]
fn a_locked_lock_is_the_cas_matter() {
    let world = World::start(55);
    let (code, said, _) = world.run(&[], None).end();
    assert_eq!(code, 0, "{said}");
    world.admin("/ca-auth/switch", &json!({"pin_window": true}));

    // The scripted operator uses the agent's window too, and one wrong PIN of somebody else is made good by it.
    spoil(&world, 1);
    let (code, said, _) = Running::start(world.unpictured(&["3.1"])).end();
    assert_eq!(code, 0, "{said}");
    assert_eq!(tries(&world), 6);

    spoil(&world, 6);
    for window in [true, false] {
        world.admin("/ca-auth/switch", &json!({"pin_window": window}));
        let (code, said, _) = Running::start(world.unpictured(&["3.1"])).end();
        assert_eq!(code, 4, "{said}");
        assert!(said.contains("已锁定") && said.contains("CA 机构") && !said.contains(PLATFORM), "{said}");
        assert_eq!(tries(&world), 0);
    }
}
