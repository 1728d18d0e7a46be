//! Each finding of the doctor from a real cause on this machine: `tests/cases/doctor-causes/<cause>.txt` has what a person reads, in both
//! languages. With RUKU_BLESS=1 they are written anew: read them aloud before keeping them.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::faults::machine::{NoReader, kill_card_service};
use crate::golden::Golden;
use crate::world::{World, ruku};

/// `ruku doctor` on the training of a world, with nothing that this machine or session may have set.
pub(super) fn doctor(world: &World) -> Command {
    let mut command = bare(world);
    command.arg("--training-at").arg(&world.file);
    command
}

/// The same without a training.
fn bare(world: &World) -> Command {
    let mut command = ruku();
    let proxies = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"];
    let proxies = proxies.iter().flat_map(|name| [(*name).to_owned(), name.to_uppercase()]);
    for name in proxies.chain(["SSH_CONNECTION", "XRDP_SESSION"].map(str::to_owned)) {
        command.env_remove(name);
    }
    command.env("TMPDIR", world.temporary()).args(["doctor", "--json"]);
    command
}

fn run(mut command: Command) -> (i32, Vec<Value>, String) {
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let findings = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (output.status.code().unwrap(), findings, String::from_utf8(output.stderr).unwrap())
}

/// One finding as a person reads it.
fn words(findings: &[Value], id: &str) -> String {
    let found = findings.iter().find(|finding| finding["id"] == id).unwrap_or_else(|| panic!("no {id} in {findings:#?}"));
    let in_lang = |lang: &str| {
        let part = |name: &str| found[name][lang].as_str().unwrap_or_default();
        format!("{}: {}\n→ {}\n", part("title"), part("seen"), part("remedy"))
    };
    format!("{}\n\n{}\n{}", found["state"].as_str().unwrap(), in_lang("zh"), in_lang("en"))
}

/// The cases of one test.
#[derive(Default)]
struct Cases(Golden);

impl Cases {
    /// What a cause makes of a finding; `parts` differ from machine to machine and stand in the case under another name.
    fn told(&mut self, cause: &str, id: &str, command: Command, parts: &[(&str, &str)]) {
        let (_, findings, _) = run(command);
        let mut told = words(&findings, id);
        for (part, name) in parts {
            assert!(told.contains(part), "{part} is not in {told}");
            told = told.replace(part, name);
        }
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/doctor-causes");
        self.0.compare(&folder.join(format!("{cause}.txt")), &told);
    }
}

/// A program that says these words, whatever it is asked.
fn saying(world: &World, name: &str, words: &str) -> String {
    let path = world.write(name, &format!("#!/bin/sh\necho '{words}'\n"));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn browser_font_proxy_and_session() {
    let world = World::start(940);
    let mut cases = Cases::default();
    let with = |name: &str, value: &str| {
        let mut command = doctor(&world);
        command.env(name, value);
        command
    };
    cases.told("driver-missing", "browser", with("RUKU_DRIVER", "/no/such/chromedriver"), &[]);
    let old = saying(&world, "chromedriver", "ChromeDriver 99.0.1 (0)");
    let (_, findings, _) = run(doctor(&world));
    let seen = findings.iter().find(|finding| finding["id"] == "browser").unwrap()["seen"]["en"].as_str().unwrap().to_owned();
    let version = seen.split(' ').next_back().unwrap();
    let major = version.split('.').next().unwrap();
    let apart = [
        (version, "BROWSER"),
        (&*format!("大版本为 {major} "), "大版本为 MAJOR "),
        (&*format!("version {major},"), "version MAJOR,"),
    ];
    cases.told("versions-apart", "driver", with("RUKU_DRIVER", &old), &apart);
    let fonts =
        world.write("fonts.conf", "<?xml version=\"1.0\"?><!DOCTYPE fontconfig SYSTEM \"fonts.dtd\"><fontconfig></fontconfig>");
    cases.told("font-missing", "font", with("FONTCONFIG_FILE", &fonts), &[]);
    cases.told("proxy", "proxy", with("https_proxy", "http://someone:secret@proxy.test:3128"), &[]);
    cases.told("remote-session", "remote", with("SSH_CONNECTION", "10.0.0.1 1 10.0.0.2 22"), &[]);
    cases.0.close();
}

#[test]
fn locks_and_agents() {
    let world = World::start(941);
    let mut cases = Cases::default();
    cases.told("no-lock", "lock", doctor(&world), &[]);
    world.admin("/locks/validity", &json!({ "card": "p1", "days": -1 }));
    world.training(&["insert", "p1"]);
    let (_, findings, _) = run(doctor(&world));
    let seen = findings.iter().find(|finding| finding["id"] == "certificate").unwrap()["seen"]["en"].as_str().unwrap().to_owned();
    let day = &seen[seen.find("expired on ").unwrap() + 11..][..10];
    cases.told("certificate-expired", "certificate", doctor(&world), &[(day, "DAY")]);
    world.admin("/locks/validity", &json!({ "card": "p1", "days": 10 }));
    world.training(&["pull"]);
    world.training(&["insert", "p1"]);
    let (_, findings, _) = run(doctor(&world));
    assert!(words(&findings, "certificate").starts_with("warning\n"), "{findings:#?}");
    world.training(&["agent", "second"]);
    let instance = world.instance();
    let first = instance["agent_ports"][0].as_u64().unwrap().to_string();
    let second = instance["second_agent"].as_u64().unwrap().to_string();
    cases.told("two-agents", "agents-fight", doctor(&world), &[(&first, "PORT"), (&second, "OTHER-PORT")]);
    world.training(&["agent", "no-second"]);
    world.training(&["agent", "stop"]);
    cases.told("agent-absent", "agent", doctor(&world), &[]);
    cases.0.close();
}

#[test]
fn the_card_service() {
    let world = World::start(942);
    let mut cases = Cases::default();
    kill_card_service(&world);
    cases.told("card-service-stopped", "card-service", doctor(&world), &[]);
    let service = NoReader::start(&world);
    crate::world::until("a card service without readers", || words(&run(doctor(&world)).1, "card-service").starts_with("ok\n"));
    cases.told("no-reader", "readers", doctor(&world), &[]);
    drop(service);
    cases.0.close();
}

#[test]
fn addresses_of_portals() {
    let world = World::start(943);
    let mut cases = Cases::default();
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("playbooks/sites/huhehaote.yaml");
    let profile = std::fs::read_to_string(&own).unwrap();
    let with = |file: &Path| {
        let mut command = bare(&world);
        command.arg("--site").arg(file);
        command
    };
    cases.told("addresses-empty", "site", with(&own), &[]);
    // Names that never lead anywhere (RFC 6761).
    let mut portals = 1..;
    let filled: String = profile
        .lines()
        .map(|line| match line {
            "    enter:" => format!("    address: http://portal{}.invalid\n{line}\n", portals.next().unwrap()),
            _ => format!("{line}\n"),
        })
        .collect();
    let filled = world.write("site.yaml", &filled);
    cases.told("portal-out-of-reach", "reach", with(Path::new(&filled)), &[]);
    cases.told("pages-without-https", "local-network", with(Path::new(&filled)), &[]);
    cases.0.close();
}

#[test]
fn what_is_safe_is_put_right() {
    let world = World::start(944);
    let folder = ruku::base::files::users_folder(&world.temporary());
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut cases = Cases::default();
    let shown = folder.display().to_string();
    cases.told("temporary-open", "temporary", doctor(&world), &[(&shown, "FOLDER")]);
    let mut command = doctor(&world);
    command.arg("--fix");
    let (code, findings, said) = run(command);
    assert!(words(&findings, "temporary").starts_with("ok\n") && code == 0, "{code} {said} {findings:#?}");
    assert!(said.contains("已处理：临时文件夹"), "{said}");
    let mut command = doctor(&world);
    command.arg("--fix");
    assert!(run(command).2.contains("没有 Ruku 能自动处理的问题"));
    // What is no folder of the person's own is left alone.
    std::fs::remove_dir_all(&folder).unwrap();
    std::os::unix::fs::symlink(world.folder.path(), &folder).unwrap();
    let mut command = doctor(&world);
    command.arg("--fix");
    let (code, findings, said) = run(command);
    assert!(words(&findings, "temporary").starts_with("failed\n") && code == 7, "{findings:#?}");
    assert!(said.contains("没能处理：临时文件夹") && folder.is_symlink(), "{said}");
    cases.0.close();
}
