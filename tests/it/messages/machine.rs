//! Faults of this machine: what is not installed, not there, or in the way.

use std::path::Path;
use std::process::Output;
use std::time::Duration;

use ruku::base::{Fault, FaultKind, Message, Redactor};
use ruku::pki::TrainingCa;
use ruku::proof::RunFolder;
use ruku::training::store::Store;
use ruku::training::{ServeOptions, serve};

use super::Book;
use crate::fake_driver::{Bench, Classic, Reply, polite, polite_bidi};
use crate::told::Told;
use crate::world::ruku_in;

const PROFILE: &str = "name: own\ntitle: 真实平台\nplaces:\n  portal: { title: 门户, address: 'https://portal.example.cn/' }\ntexts: {}\nonce_words: [提交]\n";
const PLAYBOOK: &str = "guide: '2.1.1'\nedition: V1.0 2020-12-01\ntitle: 测试\ninputs:\n  手机号: { type: cn-mobile }\nsteps:\n  - open: portal\n  - fill: { 手机号: '{{ 手机号 }}' }\n";

/// `ruku run` at a real site that nothing is ever asked of: it ends before it has a browser.
fn run(home: &Path, folder: &Path, lang: &str, words: &[&str]) -> Output {
    std::fs::write(folder.join("site.yaml"), PROFILE).unwrap();
    std::fs::write(folder.join("own.yaml"), PLAYBOOK).unwrap();
    let mut command = ruku_in(lang, home);
    command.env_remove("RUKU_BROWSER").env_remove("RUKU_DRIVER").current_dir(folder).stdin(std::process::Stdio::null());
    command.args(["run", "own.yaml", "--site", "site.yaml", "--json"]);
    command.args(words).output().unwrap()
}

/// A folder of browsers whose only file names these programs.
fn browsers(folder: &Path, binary: &str, driver: &str) {
    let real = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(real.join("drivers/browsers/chromium.yaml")).unwrap();
    let line = |line: &str| match line {
        _ if line.starts_with("  linux: [chromium,") => format!("  linux: [{binary}]\n"),
        _ if line.starts_with("  linux: [chromedriver,") => format!("  linux: [{driver}]\n"),
        other => format!("{other}\n"),
    };
    let changed: String = text.lines().map(line).collect();
    assert!(changed.contains(binary) && changed.contains(driver), "{changed}");
    let drivers = folder.join("drivers");
    std::fs::create_dir_all(drivers.join("browsers")).unwrap();
    std::fs::write(drivers.join("browsers/chromium.yaml"), changed).unwrap();
    for (name, at) in [("drivers/locks", "locks"), ("drivers/agents", "agents")] {
        std::os::unix::fs::symlink(real.join(name), drivers.join(at)).unwrap();
    }
    std::os::unix::fs::symlink(real.join("playbooks"), folder.join("playbooks")).unwrap();
}

/// The fault event of a run whose home has these programs.
fn without(binary: &str, driver: &str) -> Fault {
    let folder = tempfile::tempdir().unwrap();
    browsers(folder.path(), binary, driver);
    std::fs::write(folder.path().join("inputs.yaml"), "手机号: '13800001234'\n").unwrap();
    let output = run(folder.path(), folder.path(), "zh", &["--inputs", "inputs.yaml"]);
    let events = String::from_utf8(output.stdout).unwrap();
    let fault = events
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .find(|event| event["type"] == "fault")
        .unwrap_or_else(|| panic!("{events}{}", String::from_utf8_lossy(&output.stderr)));
    let fault: Fault = serde_json::from_value(fault).unwrap();
    assert_eq!(output.status.code(), Some(i32::from(fault.exit_code())));
    fault
}

#[tokio::test]
async fn faults_of_the_machine_read_well() {
    let mut book = Book::default();
    book.fault("browser-missing", &without("/nowhere/chromium", "/nowhere/chromedriver"));
    book.fault("driver-missing", &without("/bin/true", "/nowhere/chromedriver"));

    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().to_str().unwrap();
    // Said before there is a run, so each language is asked for by itself.
    let [zh, en] = [("zh", "错误："), ("en", "error: ")].map(|(lang, begin)| {
        let output = run(Path::new(env!("CARGO_MANIFEST_DIR")), folder.path(), lang, &[]);
        assert_eq!(output.status.code(), Some(6));
        let said = String::from_utf8(output.stderr).unwrap();
        let line = said.lines().find_map(|line| line.strip_prefix(begin));
        line.unwrap_or_else(|| panic!("{said}")).to_owned()
    });
    book.fault("inputs-missing", &Fault::new(FaultKind::Precondition, Message::new(zh, en)));

    std::fs::write(folder.path().join("runs"), "a file").unwrap();
    let blocked = RunFolder::create(&folder.path().join("runs"), "r", Redactor::default()).unwrap_err();
    book.replaced("below-a-file", &blocked, &[(here, "FOLDER")]);
    let absent = ruku::proof::read(&folder.path().join("run")).unwrap_err();
    book.replaced("no-record", &absent, &[(here, "FOLDER")]);

    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let fault = ruku::training::serve::listen(port, folder.path()).await.unwrap_err();
    book.replaced("port-taken", &fault, &[(&port.to_string(), "PORT")]);

    let told = std::sync::Arc::new(Told::default());
    let options = ServeOptions {
        listener: ruku::training::serve::listen(0, folder.path()).await.unwrap(),
        dir: folder.path().to_owned(),
        store: Store::open(folder.path(), Some(1), 3).unwrap(),
        agent_ports: [1, 2],
        ca_der: TrainingCa::create().unwrap().der().to_vec(),
        agents: told.clone(),
        locks: told,
        assets_dir: folder.path().join("assets"),
        pcsc_socket: None,
    };
    let Err(fault) = serve(options, Default::default()).await else { panic!("it serves without its libraries") };
    book.replaced("npm-missing", &fault, &[(here, "FOLDER")]);

    let hanging: Classic = |method, path| if path.ends_with("/window") { Reply::Never } else { polite(method, path) };
    let bench = Bench::new(hanging, polite_bidi).await;
    let browser = bench.start().await.unwrap();
    let limit = crate::driver::until().within(Duration::from_secs(60));
    book.fault("driver-silent", &browser.switch_to("w", &limit).await.unwrap_err());
    browser.end().await;
    book.close();
}
