//! Situation 18: support packs, the customer's Ruku runs the package, the record comes back in it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use ruku::playbook::package::{self, Texts};

use crate::golden::Golden;
use crate::world::{Running, World, ruku, shell};

/// `ruku hand-over 2.1.1 2.2` with these inputs, for the training.
fn pack(world: &World, inputs: &str) -> std::path::PathBuf {
    let package = world.folder.path().join("package");
    let site = Path::new(env!("CARGO_MANIFEST_DIR")).join("playbooks/sites/training.yaml");
    let mut command = ruku();
    command.args(["hand-over", "2.1.1", "2.2", "--inputs", &world.write("inputs.yaml", inputs), "--site"]);
    let output = command.arg(site).arg("--to").arg(&package).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    assert!(said.contains("校验码") && said.contains("备注"), "{said}");
    package
}

/// All inputs of p1 but one, and one that no playbook asks for.
fn inputs(world: &World, without: &str) -> String {
    let person = &world.instance()["applicants"][0];
    let names = ["姓名", "身份证号", "手机号", "企业名称", "统一社会信用代码"];
    let lines = names.iter().filter(|name| **name != without);
    let lines: String = lines.map(|name| format!("{name}: {:?}\n", person[name].as_str().unwrap())).collect();
    format!("{lines}备注: 不必带走\n")
}

fn run(world: &World, package: &Path) -> Command {
    let mut command = ruku();
    command.env("TMPDIR", world.temporary()).args(["run", "--json", "--training-at"]).arg(&world.file);
    command.arg("--package").arg(package);
    command
}

/// Every word that a customer reads in the package.
#[test]
fn the_readme_is_as_in_the_case() {
    let folder = tempfile::tempdir().unwrap();
    let texts = Texts {
        run: vec!["2.1.1-portal-login.yaml".into(), "2.2-ca-binding.yaml".into()],
        playbooks: BTreeMap::from(["2.1.1-portal-login.yaml", "2.2-ca-binding.yaml"].map(|name| (name.to_owned(), &b"x"[..]))),
        left_out: vec!["口令".into()],
        ..Texts::default()
    };
    package::write(&folder.path().join("package"), &texts).unwrap();
    let told = std::fs::read_to_string(folder.path().join("package/README.txt")).unwrap();
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/hand-over/README.txt");
    let mut golden = Golden::default();
    golden.compare(&case, &told);
    golden.close();
}

/// A package is run and the record lands in it: situation 18.
pub(crate) fn package_is_run() -> String {
    let world = World::start(181);
    let package = pack(&world, &inputs(&world, ""));
    let output = shell(&package, "sha256sum --strict --quiet -c manifest-sha256.txt && ! grep -rq 不必带走 .");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (code, said, _) = Running::start(run(&world, &package)).end();
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("交接包校验码"), "{said}");
    assert_eq!(world.counter("bind"), 1);
    let runs: Vec<_> = std::fs::read_dir(package.join("runs")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(runs.len(), 1, "{runs:?}");
    let verified = ruku::proof::verify::verify(&runs[0]);
    assert!(verified.ok(), "{:#?}", verified.checks);

    // Its own record is no change: it can be run again.
    let (code, said, _) = Running::start(run(&world, &package)).end();
    assert_eq!(code, 0, "{said}");
    assert_eq!(world.counter("bind"), 1, "a second run must not bind again");
    "客服制作交接包，客户的 Ruku 办理，办理档案留在包里交回".to_owned()
}

#[test]
fn what_is_missing_is_asked_and_a_changed_package_is_refused() {
    let world = World::start(182);
    let package = pack(&world, &inputs(&world, "手机号"));
    let mut command = run(&world, &package);
    command.args(["--operator", "terminal"]);
    let mut running = Running::start(command);
    // Nothing is asked, and nothing starts, before the person has agreed to where the package goes.
    running.wait_said("http://ca-mutual.localhost:");
    running.type_line("");
    let mobile = world.instance()["applicants"][0]["手机号"].as_str().unwrap().to_owned();
    running.type_line(&mobile);
    running.wait_for("run.start", |_| true);
    let agreed = running.wait_for("gate.open", |_| true);
    assert_eq!((&agreed["kind"], &agreed["gate"]), (&"package".into(), &1.into()));
    let question = agreed["message"]["zh"].as_str().unwrap();
    assert!(question.contains("校验码") && question.contains("http://ca-mutual.localhost:"), "{question}");
    running.signal(rustix::process::Signal::TERM);
    let (code, said, events) = running.end();
    assert_eq!(code, 130, "{said}");
    assert!(said.contains("手机号"), "{said}");
    let gates = events.iter().filter(|event| event["type"] == "gate.close" && event["gate"] == 1);
    assert_eq!(gates.map(|gate| &gate["answer"]).collect::<Vec<_>>(), ["yes"], "the next gate has the next number");
    // Beside it lies what is kept to go on.
    let runs =
        std::fs::read_dir(package.join("runs")).unwrap().map(|entry| entry.unwrap().path()).find(|path| path.is_dir()).unwrap();
    let report = shell(&runs, "cat $(find . -name report.html)").stdout;
    assert!(String::from_utf8(report).unwrap().contains("同意执行交接包"));

    let mut command = run(&world, &package);
    command.args(["--operator", "terminal"]);
    let mut running = Running::start(command);
    running.wait_said("http://ca-mutual.localhost:");
    running.type_line("q");
    let (code, said, events) = running.end();
    assert!(code == 130 && events.is_empty(), "{code} {said}");

    let playbook = package.join("playbooks/2.2-ca-binding.yaml");
    let text = std::fs::read_to_string(&playbook).unwrap();
    std::fs::write(&playbook, text.replace("times: 5", "times: 6")).unwrap();
    let (code, said, _) = Running::start(run(&world, &package)).end();
    assert_eq!(code, 6, "{said}");
    assert!(said.contains("被改动过") && said.contains("2.2-ca-binding.yaml"), "{said}");
}

#[test]
fn a_package_without_a_training_is_for_real_portals_only() {
    let world = World::start(183);
    let package = pack(&world, &inputs(&world, ""));
    let mut command = ruku();
    command.args(["run", "--package"]).arg(&package);
    let (code, said, _) = Running::start(command).end();
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("模拟平台"), "{said}");
}
