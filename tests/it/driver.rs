//! Driver and browser as processes, and what happens when they die: with the real ones of this machine.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::{Router, response::Html, routing::get};
use ruku::base::{FaultKind, Lang, Redactor, Until};
use ruku::browser::{Browser, BrowserOptions, reap};
use tokio_util::sync::CancellationToken;

/// Enough for a slow machine that runs other browsers; reached only by a failing test.
const PATIENCE: Duration = Duration::from_secs(120);

/// Set in a copy of this test program that plays Ruku: the work folder to use.
const VICTIM: &str = "RUKU_TEST_WORK";

pub(crate) fn until() -> Until {
    Until::after(PATIENCE, CancellationToken::new())
}

pub(crate) fn options(work: &Path, drivers: &Path) -> BrowserOptions {
    BrowserOptions {
        headed: false,
        viewport: (1100, 700),
        work: work.to_owned(),
        lang: Lang::Zh,
        drivers: drivers.to_owned(),
        redactor: Redactor::default(),
        harmless_pictures: Vec::new(),
        personal_origins: Default::default(),
        masking: true,
        outlives: Duration::ZERO,
    }
}

fn drivers() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("drivers")
}

/// One page on a free loopback port; `/never` never answers.
async fn site() -> u16 {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let page = "<!doctype html><title>入库</title><script>document.title += innerWidth + '×' + innerHeight</script><canvas>";
    let toast = "<!doctype html><script>setTimeout(() => document.body.insertAdjacentHTML('beforeend', '<div class=layui-layer-msg>保存成功</div>'), 300)</script>";
    let app = Router::new()
        .route("/", get(async move || Html(page)))
        .route("/toast", get(async move || Html(toast)))
        .route("/never", get(async || std::future::pending::<Html<String>>().await));
    tokio::spawn(async move { axum::serve(listener, app).await });
    port
}

/// Living processes that work in `work` or name it in their command line.
pub(crate) fn processes_of(work: &Path) -> Vec<i32> {
    let work = work.to_string_lossy().into_owned();
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<i32>() else { continue };
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let place = std::fs::read_link(entry.path().join("cwd")).unwrap_or_default();
        if pid != std::process::id().cast_signed()
            && (String::from_utf8_lossy(&line).contains(&work) || place.to_string_lossy().contains(&work))
        {
            found.push(pid);
        }
    }
    found
}

/// Waits until `holds`, or fails the test.
pub(crate) async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let limit = until();
    while !holds() {
        let waiting_for = ruku::base::Message::same(what);
        limit.pause(Duration::from_millis(50), &waiting_for).await.unwrap_or_else(|fault| panic!("{}", fault.message.en));
    }
}

pub(crate) fn kill(pid: i32) {
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

pub(crate) fn recorded(work: &Path, who: &str) -> i32 {
    let record = std::fs::read(work.join("processes.json")).unwrap();
    let record: serde_json::Value = serde_json::from_slice(&record).unwrap();
    i32::try_from(record[who]["pid"].as_i64().unwrap()).unwrap()
}

/// Runs the test `name` of this program in a process of its own that plays Ruku, with a home and a temporary folder to watch.
fn victim(name: &str, home: &Path) -> tokio::process::Command {
    let mut command = tokio::process::Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", name]).kill_on_drop(true).stdout(std::process::Stdio::null());
    command.env(VICTIM, home.join("work")).env("HOME", home.join("home")).env("TMPDIR", home.join("tmp"));
    for name in ["XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"] {
        command.env_remove(name);
    }
    command
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_session_leaves_no_process_and_no_file_outside_its_folder() {
    if let Some(work) = std::env::var_os(VICTIM) {
        let (work, port) = (PathBuf::from(work), site().await);
        let browser = Browser::start(options(&work, &drivers()), &until()).await.unwrap();
        let facts = browser.facts();
        assert!(
            !facts.browser.is_empty() && facts.browser_version.contains('.') && facts.driver_version.contains('.'),
            "{facts:?}"
        );
        browser.goto(&format!("http://ruku.localhost:{port}/"), &until()).await.unwrap();
        let page = browser.current(&until()).await.unwrap();
        assert_eq!((page.title.as_str(), page.url.starts_with("http://ruku.localhost")), ("入库1100×700", true));
        assert_eq!(browser.windows(&until()).await.unwrap().len(), 1);
        let late = browser.goto(&format!("http://ruku.localhost:{port}/never"), &until().within(Duration::from_secs(1))).await;
        assert_eq!(late.unwrap_err().kind, FaultKind::TimedOut);
        assert_eq!(browser.goto("http://127.0.0.1:1/", &until()).await.unwrap_err().kind, FaultKind::Refused);
        browser.end().await;
        assert_eq!(processes_of(&work), [0; 0]);
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for name in ["home", "tmp"] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
    }
    let name = "driver::a_whole_session_leaves_no_process_and_no_file_outside_its_folder";
    let status = tokio::time::timeout(PATIENCE, victim(name, folder.path()).status()).await.unwrap().unwrap();
    assert!(status.success());
    for name in ["home", "tmp"] {
        let left: Vec<_> = std::fs::read_dir(folder.path().join(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(left.is_empty(), "{left:?}");
    }
    assert!(folder.path().join("work/profile").is_dir());
    assert!(!folder.path().join("work/processes.json").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_browser_ends_the_call_with_a_message() {
    for who in ["browser", "driver"] {
        let (work, port) = (tempfile::tempdir().unwrap(), site().await);
        let browser = Browser::start(options(work.path(), &drivers()), &until()).await.unwrap();
        let never = format!("http://ruku.localhost:{port}/never");
        let pid = recorded(work.path(), who);
        let limit = until();
        let (went, ()) = tokio::join!(browser.goto(&never, &limit), async {
            tokio::task::yield_now().await;
            kill(pid);
        });
        let fault = went.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Gone, "{who}: {fault:?}");
        assert!(fault.message.zh.contains("ruku resume"), "{}", fault.message.zh);
        assert_eq!(browser.took_away().map(|fault| fault.kind), Some(FaultKind::Gone), "{who}");
        assert_eq!(browser.current(&until()).await.unwrap_err().kind, FaultKind::Gone);
        browser.end().await;
        assert_eq!(processes_of(work.path()), [0; 0], "{who}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_that_ends_at_once_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let (browsers, work) = (folder.path().join("drivers/browsers"), folder.path().join("work"));
    std::fs::create_dir_all(&browsers).unwrap();
    let file = std::fs::read_to_string(drivers().join("browsers/chromium.yaml")).unwrap();
    std::fs::write(browsers.join("chromium.yaml"), file.replace("linux: [chromium, ", "linux: [/bin/false, ")).unwrap();
    let fault = Browser::start(options(&work, &folder.path().join("drivers")), &until()).await.unwrap_err();
    assert!(fault.kind == FaultKind::Setup && fault.message.zh.contains("/bin/false"), "{fault:?}");
    eventually("the driver to end", || processes_of(&work).is_empty()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_browser_is_killed() {
    let work = tempfile::tempdir().unwrap();
    drop(Browser::start(options(work.path(), &drivers()), &until()).await.unwrap());
    eventually("the processes to end", || processes_of(work.path()).is_empty()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_ruku_leaves_nothing_running() {
    if let Some(work) = std::env::var_os(VICTIM) {
        let _browser = Browser::start(options(Path::new(&work), &drivers()), &until()).await.unwrap();
        std::future::pending::<()>().await;
    }
    for guarded in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let work = folder.path().join("work");
        std::fs::create_dir(folder.path().join("home")).unwrap();
        let mut ruku = victim("driver::a_killed_ruku_leaves_nothing_running", folder.path()).spawn().unwrap();
        let started =
            || std::fs::read_to_string(work.join("processes.json")).is_ok_and(|record| !record.contains(r#""browser":null"#));
        eventually("the browser to start", started).await;
        if !guarded {
            // The guard shares the group of the driver and is no browser.
            let group = recorded(&work, "driver").to_string();
            let guards = std::fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| {
                let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
                let fields: Vec<_> = stat.split_whitespace().collect();
                (fields[1] == "(sh)" && fields[4] == group).then(|| fields[0].parse::<i32>().unwrap())
            });
            guards.for_each(kill);
        }
        ruku.start_kill().unwrap();
        ruku.wait().await.unwrap();
        if guarded {
            eventually("the guard to end driver and browser", || processes_of(&work).is_empty()).await;
            assert_eq!(reap(&work).await.unwrap(), 0);
        } else {
            assert!(!processes_of(&work).is_empty(), "without its guard the browser outlives Ruku");
            assert_eq!(reap(&work).await.unwrap(), 2);
            eventually("reap to end the rest", || processes_of(&work).is_empty()).await;
        }
        assert!(!work.join("processes.json").exists());
        assert_eq!(reap(&work).await.unwrap(), 0, "nothing is recorded any more");
    }
}

/// The login of a killed run is worth keeping: another Ruku takes the browser over, and no browser is left for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_outlives_a_killed_ruku_for_a_while_and_is_taken_over() {
    if let Some(work) = std::env::var_os(VICTIM) {
        let seconds = std::env::var("RUKU_TEST_OUTLIVES").unwrap().parse().unwrap();
        let options = BrowserOptions { outlives: Duration::from_secs(seconds), ..options(Path::new(&work), &drivers()) };
        let browser = Browser::start(options, &until()).await.unwrap();
        let port = std::env::var("RUKU_TEST_PORT").unwrap();
        browser.goto(&format!("http://ruku.localhost:{port}/"), &until()).await.unwrap();
        let taken = browser.shot(&until()).await.unwrap();
        std::fs::write(Path::new(&work).join("masks"), taken.picture.masks().len().to_string()).unwrap();
        std::fs::write(Path::new(&work).join("there"), "").unwrap();
        std::future::pending::<()>().await;
    }
    let port = site().await;
    for seconds in [600, 1] {
        let folder = tempfile::tempdir().unwrap();
        let work = folder.path().join("work");
        std::fs::create_dir(folder.path().join("home")).unwrap();
        let name = "driver::a_browser_outlives_a_killed_ruku_for_a_while_and_is_taken_over";
        let mut ruku = victim(name, folder.path());
        ruku.env("RUKU_TEST_OUTLIVES", seconds.to_string()).env("RUKU_TEST_PORT", port.to_string());
        let mut ruku = ruku.spawn().unwrap();
        eventually("the page to be open", || work.join("there").exists()).await;
        let (driver, browser) = (recorded(&work, "driver"), recorded(&work, "browser"));
        ruku.start_kill().unwrap();
        ruku.wait().await.unwrap();
        if seconds == 1 {
            eventually("the guard to end the browser", || processes_of(&work).is_empty()).await;
            assert!(Browser::attach(options(&work, &drivers()), &until()).await.unwrap().is_none());
            continue;
        }
        let again = Browser::attach(options(&work, &drivers()), &until()).await.unwrap().expect("the browser");
        assert_eq!((recorded(&work, "driver"), recorded(&work, "browser")), (driver, browser));
        assert_eq!(again.current(&until()).await.unwrap().title, "入库1100×700", "the page it was at");
        assert!(!again.facts().driver_version.is_empty());
        // What was entered in it is not known: its pages count as personal, which they did not before.
        assert_eq!(std::fs::read_to_string(work.join("masks")).unwrap(), "0");
        let taken = again.shot(&until()).await.unwrap();
        assert_eq!(taken.picture.masks().iter().map(|mask| &*mask.reason).collect::<Vec<_>>(), ["picture"], "the canvas");
        let since = again.mark();
        again.goto(&format!("http://ruku.localhost:{port}/toast"), &until()).await.unwrap();
        eventually("the page's message to be heard", || !again.messages_since(since).is_empty()).await;
        again.shot(&until()).await.unwrap();
        again.end().await;
        eventually("everything to be ended", || processes_of(&work).is_empty()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visible_window_gets_its_size_by_itself() {
    if let Some(work) = std::env::var_os(VICTIM) {
        let (work, port) = (PathBuf::from(work), site().await);
        let options = BrowserOptions { headed: true, ..options(&work, &drivers()) };
        let browser = Browser::start(options, &until()).await.unwrap();
        browser.goto(&format!("http://ruku.localhost:{port}/"), &until()).await.unwrap();
        assert_eq!(browser.current(&until()).await.unwrap().title, "入库1100×700");
        browser.end().await;
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("home")).unwrap();
    let mut screen = tokio::process::Command::new("Xvfb")
        .args(["-displayfd", "1", "-screen", "0", "1600x1200x24", "-nolisten", "tcp"])
        .kill_on_drop(true)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut number = String::new();
    let mut told = tokio::io::BufReader::new(screen.stdout.take().unwrap());
    tokio::time::timeout(PATIENCE, tokio::io::AsyncBufReadExt::read_line(&mut told, &mut number)).await.unwrap().unwrap();
    let mut ruku = victim("driver::a_visible_window_gets_its_size_by_itself", folder.path());
    let status = ruku.env("DISPLAY", format!(":{}", number.trim())).env_remove("WAYLAND_DISPLAY").status();
    assert!(tokio::time::timeout(PATIENCE, status).await.unwrap().unwrap().success());
}
