//! The virtual CA lock through a real private pcscd, as strangers' tools see it: OpenSC reads and signs, openssl verifies.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use ruku::base::{FaultKind, Secret};
use ruku::pki::{self, PersonSubject, TrainingCa};
use ruku::training::cards::{CardHost, Mode, make_card};

const PIN: &str = "482913";
const SELECT: &str = "00A4040009A0000003080000100000";
const ASK: &str = "00200080";
const RIGHT_PIN: &str = "0020008008343832393133FFFF";
const WRONG_PIN: &str = "0020008008303030303030FFFF";

/// A running host with the cards `p1` (云小鹿) and `p2` (白云飞), three tries each.
struct Bench {
    dir: tempfile::TempDir,
    ca: TrainingCa,
    host: CardHost,
}

impl Bench {
    async fn start() -> Bench {
        let dir = tempfile::tempdir().unwrap();
        let ca = TrainingCa::create().unwrap();
        for (name, holder) in [("p1", "云小鹿"), ("p2", "白云飞")] {
            let person = PersonSubject { holder: holder.into(), organisation: "青城试验有限公司".into(), valid_days: 30 };
            make_card(dir.path(), name, &ca.issue(&person).unwrap(), &Secret::new(PIN), 3).unwrap();
        }
        let host = CardHost::start(dir.path(), exe()).await.unwrap();
        Bench { dir, ca, host }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Runs a tool that sees this bench's card service and no other.
    fn run(&self, tool: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(tool);
        command.args(arguments).env("PCSCLITE_CSOCK_NAME", self.host.pcsc_socket()).env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
        let output = command.output();
        output.unwrap_or_else(|error| panic!("{tool}: {error}. Install opensc and openssl: drivers/setup --tests"))
    }

    fn said(&self, tool: &str, arguments: &[&str]) -> String {
        let output = self.run(tool, arguments);
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{tool} {arguments:?}: {text}");
        text
    }

    /// Sends raw commands to the card in reader 0, SELECT first; answers their status words.
    fn send(&self, commands: &[&str]) -> Vec<String> {
        let mut arguments = vec!["-r", "0", "-c", "default", "-s", SELECT];
        arguments.extend(commands.iter().flat_map(|command| ["-s", command]));
        let output = self.run("opensc-tool", &arguments);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.lines()
            .filter_map(|line| line.split_once("SW1=0x")?.1.split_once(", SW2=0x"))
            .map(|(one, two)| format!("{one}{}", &two[..2]))
            .skip(1)
            .collect()
    }

    /// Waits until the tool's list of readers says that the card in `slot` is there, or is not.
    async fn seen(&self, slot: usize, present: bool) {
        let word = if present { "Yes" } else { "No" };
        wait_for(&format!("slot {slot}: {word}"), || {
            let list = self.said("opensc-tool", &["-l"]);
            list.lines().any(|line| line.starts_with(&format!("{slot} ")) && line.split_whitespace().nth(1) == Some(word))
        })
        .await;
    }
}

fn exe() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_ruku"))
}

async fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(60), "waited for {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Processes that work or write in `dir`: the host's family, whatever its names.
fn family(dir: &Path) -> Vec<u32> {
    let dir = std::fs::canonicalize(dir).unwrap().to_string_lossy().into_owned();
    // Below a changed root the links of another mount namespace begin with "(unreachable)".
    let within = |link: PathBuf| std::fs::read_link(link).is_ok_and(|target| target.to_string_lossy().contains(&dir));
    let pids = std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| ["cwd", "fd/1", "fd/2"].iter().any(|link| within(format!("/proc/{pid}/{link}").into()))).collect()
}

#[tokio::test]
async fn opensc_lists_the_certificate_and_signs_and_openssl_verifies() {
    let bench = Bench::start().await;
    bench.host.insert(0, "p1").await.unwrap();
    assert!(bench.said("opensc-tool", &["-r", "0", "-a"]).contains("3b:9a:13:81:01:80:73:ff:01:80:54:52:55:4b:55:c9"));
    assert!(bench.said("opensc-tool", &["-r", "0", "-n"]).contains("Personal Identity Verification Card"));
    assert!(bench.said("pkcs15-tool", &["--list-certificates"]).contains("Certificate for PIV Authentication"));

    let (pem, data, signature, key, ca) =
        (bench.path("holder.pem"), bench.path("data"), bench.path("signature"), bench.path("key.pem"), bench.path("ca.pem"));
    let name = |path: &Path| path.to_str().unwrap().to_owned();
    let (pem, data, signature, key, ca) = (name(&pem), name(&data), name(&signature), name(&key), name(&ca));
    bench.said("pkcs15-tool", &["--read-certificate", "01", "--output", &pem]);
    std::fs::write(&ca, bench.ca.pem()).unwrap();
    assert!(bench.said("openssl", &["verify", "-CAfile", &ca, &pem]).contains("OK"));
    let subject = bench.said("openssl", &["x509", "-in", &pem, "-noout", "-subject", "-nameopt", "utf8,sep_comma_plus"]);
    assert!(subject.contains("CN=云小鹿") && subject.contains("O=青城试验有限公司"), "{subject}");

    std::fs::write(&data, "服务器的挑战").unwrap();
    let module = ["--module", "opensc-pkcs11.so", "--slot-index", "0"];
    let sign =
        ["--sign", "--id", "01", "--mechanism", "ECDSA-SHA256", "--signature-format", "openssl", "-i", &data, "-o", &signature];
    let mut arguments = module.to_vec();
    arguments.extend(["--login", "--pin", PIN]);
    arguments.extend(sign);
    bench.said("pkcs11-tool", &arguments);
    let public = bench.said("openssl", &["x509", "-in", &pem, "-noout", "-pubkey"]);
    std::fs::write(&key, public).unwrap();
    assert!(
        bench.said("openssl", &["dgst", "-sha256", "-verify", &key, "-signature", &signature, &data]).contains("Verified OK")
    );
    let der = bench.path("holder.der");
    bench.said("openssl", &["x509", "-in", &pem, "-outform", "DER", "-out", der.to_str().unwrap()]);
    let (der, signed) = (std::fs::read(der).unwrap(), std::fs::read(&signature).unwrap());
    assert!(pki::verify(&der, "服务器的挑战".as_bytes(), &signed));
    assert!(pki::is_training(&pki::read(&der).unwrap()));

    // A wrong PIN through the same door costs one try and signs nothing.
    let mut arguments = module.to_vec();
    arguments.extend(["--login", "--pin", "000000"]);
    arguments.extend(sign);
    assert!(!bench.run("pkcs11-tool", &arguments).status.success());
    assert_eq!(bench.send(&[ASK]), ["63C2"]);
    bench.host.end().await;
}

#[tokio::test]
async fn the_counter_falls_survives_reinsertion_and_blocks() {
    let bench = Bench::start().await;
    bench.host.insert(0, "p1").await.unwrap();
    assert_eq!(bench.send(&[ASK, WRONG_PIN, ASK]), ["63C3", "63C2", "63C2"]);
    bench.host.pull(0).await.unwrap();
    bench.seen(0, false).await;
    assert_eq!(bench.host.insert(0, "p1").await.unwrap()[0].tries, Some(2));
    assert_eq!(bench.send(&[ASK, RIGHT_PIN, ASK]), ["63C2", "9000", "9000"]);
    assert_eq!(bench.send(&[WRONG_PIN, WRONG_PIN, WRONG_PIN]), ["63C2", "63C1", "63C0"]);
    assert_eq!(bench.send(&[ASK, RIGHT_PIN, ASK]), ["6983", "6983", "6983"]);
    bench.host.end().await;

    // Another host, the same card files: still blocked.
    let host = CardHost::start(bench.dir.path(), exe()).await.unwrap();
    let bench = Bench { host, ..bench };
    assert_eq!(bench.host.insert(0, "p1").await.unwrap()[0].tries, Some(0));
    assert_eq!(bench.send(&[RIGHT_PIN]), ["6983"]);
    bench.host.end().await;
}

#[tokio::test]
async fn two_locks_are_two_readers_and_a_lock_is_in_one_place_only() {
    let bench = Bench::start().await;
    bench.host.insert(0, "p1").await.unwrap();
    let refused = bench.host.insert(0, "p2").await.unwrap_err();
    assert_eq!(refused.kind, FaultKind::Refused);
    assert!(refused.message.zh.contains("p1"), "{}", refused.message.zh);
    assert_eq!(bench.host.insert(1, "p1").await.unwrap_err().kind, FaultKind::Refused);
    assert_eq!(bench.host.insert(1, "nobody").await.unwrap_err().kind, FaultKind::Refused);
    assert_eq!(bench.host.insert(1, "../p1").await.unwrap_err().kind, FaultKind::Refused);
    assert_eq!(bench.host.insert(2, "p2").await.unwrap_err().kind, FaultKind::Refused);
    bench.host.insert(1, "p2").await.unwrap();
    bench.seen(0, true).await;
    bench.seen(1, true).await;
    let serial = |reader: &str| bench.said("opensc-tool", &["-r", reader, "--serial"]);
    assert_ne!(serial("0"), serial("1"));
    bench.host.pull(0).await.unwrap();
    bench.seen(0, false).await;
    let state = bench.host.state().await.unwrap();
    assert_eq!((state[0].card.as_deref(), state[1].card.as_deref()), (None, Some("p2")));
    bench.host.end().await;
}

#[tokio::test]
async fn a_burning_card_loses_tries_to_questions() {
    let bench = Bench::start().await;
    bench.host.mode(0, Mode::BurningVerify).await.unwrap();
    bench.host.insert(0, "p1").await.unwrap();
    assert_eq!(bench.send(&[ASK, ASK]), ["6300", "6300"]);
    assert_eq!(bench.host.state().await.unwrap()[0].tries, Some(1));
    bench.host.mode(0, Mode::Normal).await.unwrap();
    assert_eq!(bench.send(&[ASK]), ["63C1"]);
    bench.host.end().await;
}

#[tokio::test]
async fn a_slow_card_stays_present() {
    let bench = Bench::start().await;
    bench.host.insert(0, "p1").await.unwrap();
    bench.host.mode(0, Mode::Slow).await.unwrap();
    let start = Instant::now();
    assert_eq!(bench.send(&[ASK]), ["63C3"]);
    assert!(start.elapsed() >= Duration::from_secs(2), "SELECT and VERIFY took a second each");
    bench.seen(0, true).await;
    bench.host.end().await;
}

#[tokio::test]
async fn a_card_that_dies_in_mid_command_is_out_and_pcscd_lives() {
    let bench = Bench::start().await;
    bench.host.insert(0, "p1").await.unwrap();
    bench.host.insert(1, "p2").await.unwrap();
    let before: BTreeSet<u32> = family(bench.dir.path()).into_iter().collect();
    assert!(before.len() >= 3, "unshare, host, pcscd: {before:?}");
    bench.host.mode(0, Mode::Dies).await.unwrap();
    assert!(bench.send(&[ASK]).is_empty(), "no answer to anything");
    bench.seen(0, false).await;
    bench.seen(1, true).await;
    assert_eq!(bench.host.state().await.unwrap()[0].card, None);
    bench.host.mode(0, Mode::Normal).await.unwrap();
    bench.host.insert(0, "p1").await.unwrap();
    assert_eq!(bench.send(&[ASK]), ["63C3"]);
    let after: BTreeSet<u32> = family(bench.dir.path()).into_iter().collect();
    assert_eq!(before, after, "the same processes");
    bench.host.end().await;
}

#[tokio::test]
async fn nothing_listens_outside_and_nobody_else_may_speak_to_it() {
    let bench = Bench::start().await;
    let sockets_of = |pid: u32| {
        let files = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
        files
            .filter_map(|file| std::fs::read_link(file.ok()?.path()).ok()?.to_str().map(str::to_owned))
            .filter(|link| link.starts_with("socket:"))
    };
    let ours: BTreeSet<String> = family(bench.dir.path()).into_iter().flat_map(sockets_of).collect();
    let listening = |process: &str| {
        let tables = ["tcp", "tcp6", "udp", "udp6"].map(|table| format!("/proc/{process}/net/{table}"));
        let text: String = tables.iter().filter_map(|table| std::fs::read_to_string(table).ok()).collect();
        let inodes = text.lines().filter_map(|line| line.split_whitespace().nth(9)).map(|inode| format!("socket:[{inode}]"));
        inodes.collect::<BTreeSet<String>>()
    };
    let inside: BTreeSet<String> = family(bench.dir.path()).iter().flat_map(|pid| listening(&pid.to_string())).collect();
    assert!(ours.intersection(&inside).count() >= 2, "vpcd listens inside, so the look outside means something");
    assert_eq!(ours.intersection(&listening("self")).count(), 0, "nothing listens outside");

    let control = bench.path("cards.sock");
    assert!(std::fs::metadata(&control).unwrap().file_type().is_socket());
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&control), mode(&bench.path("pcsc")), mode(&bench.path("cards"))), (0o600, 0o700, 0o700));
    bench.host.end().await;
    assert_eq!(family(bench.dir.path()), [0_u32; 0], "nothing is left when `end` returns");
    assert!(!control.exists());
}

#[tokio::test]
async fn a_dropped_host_and_a_killed_owner_leave_nothing_running() {
    let bench = Bench::start().await;
    let dir = bench.dir;
    drop(bench.host);
    wait_for("the dropped host to end", || family(dir.path()).is_empty()).await;

    // The owner is this test program again, killed as nobody expects it.
    let mut owner = Command::new(std::env::current_exe().unwrap());
    owner.args(["--exact", "card::owner_that_will_be_killed", "--nocapture"]).env(OWNED_DIR, dir.path());
    let mut owner = owner.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_for("the owner's host", || dir.path().join("cards.sock").exists() && family(dir.path()).len() >= 3).await;
    owner.kill().unwrap();
    owner.wait().unwrap();
    wait_for("the killed owner's host to end", || family(dir.path()).is_empty()).await;

    // And the folder can be used again at once.
    CardHost::start(dir.path(), exe()).await.unwrap().end().await;
}

const OWNED_DIR: &str = "RUKU_TEST_OWNED_DIR";

/// Run by the test above, in a process of its own, to be killed; by itself it checks that a host survives until its owner ends it.
#[tokio::test]
async fn owner_that_will_be_killed() {
    let own = tempfile::tempdir().unwrap();
    let killed = std::env::var_os(OWNED_DIR);
    let dir = killed.as_ref().map_or(own.path(), Path::new);
    let host = CardHost::start(dir, exe()).await.unwrap();
    if killed.is_some() {
        // Until killed; or until the test above is gone without having come to that.
        std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).unwrap();
    }
    assert!(host.state().await.unwrap().iter().all(|slot| slot.card.is_none()));
    host.end().await;
}

#[tokio::test]
async fn a_killed_host_takes_pcscd_along_and_says_gone() {
    let bench = Bench::start().await;
    let dir = std::fs::canonicalize(bench.dir.path()).unwrap();
    let host = family(&dir)
        .into_iter()
        .find(|pid| std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == "ruku"));
    let killed = Command::new("kill").args(["-KILL", &host.unwrap().to_string()]).status().unwrap();
    assert!(killed.success());
    wait_for("everything to end", || family(&dir).is_empty()).await;
    assert_eq!(bench.host.state().await.unwrap_err().kind, FaultKind::Gone);
}

#[tokio::test]
async fn what_goes_wrong_at_the_start_is_said_with_a_remedy() {
    let dir = tempfile::tempdir().unwrap();
    let fault = CardHost::start(dir.path(), Path::new("/nonexistent/ruku")).await.err().unwrap();
    assert_eq!(fault.kind, FaultKind::Setup);
    assert!(fault.message.en.contains("/nonexistent/ruku"), "{}", fault.message.en);
    let long = dir.path().join("长".repeat(40));
    assert_eq!(CardHost::start(&long, exe()).await.err().unwrap().kind, FaultKind::Setup);

    // By hand, outside of any namespace: refused before anything listens.
    let output = Command::new(exe()).args(["training-cards", "--dir"]).arg(dir.path()).stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(7));
    assert!(String::from_utf8_lossy(&output.stdout).contains("ruku training"));
}
