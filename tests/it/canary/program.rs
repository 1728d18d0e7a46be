//! The real program in the training: killed, gone on with, failing with a hand-over package, each as talkative as it can be. Place by place
//! it is made sure that something was there to be looked at; the same program without masks shows which places would tell.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;
use serde_json::{Value, json};

use super::search::{Kinds, Looked, Planted, pictures_of, read};
use crate::faults::at_the_press;
use crate::world::{Running, World, folders_with, ruku, until};

/// The act that the runs are about.
const ACT: &str = "/rest/bindAction/apply";

/// Values of the training's first applicant.
fn applicant(world: &World) -> Planted {
    let person = &world.instance()["applicants"][0];
    let value = |key: &str| person[key].as_str().unwrap().to_owned();
    vec![
        ("name", value("姓名")),
        ("mobile", value("手机号")),
        ("id", value("身份证号")),
        ("company", value("企业名称")),
        ("credit code", value("统一社会信用代码")),
        ("PIN", value("pin")),
    ]
}

/// The kind of words that are nobody's, and stand in a place whenever it was really looked at.
const LANDMARK: &str = "landmark";

fn landmark(place: &str) -> Option<&'static str> {
    match place {
        "journal" | "events" => Some("run.start"),
        "log" => Some("ruku::stats"),
        "browser profile" => Some("/devtools/browser/"),
        "reports" | "report made again" => Some("Ruku 入库"),
        "verification" => Some("manifest"),
        "package" => Some("ruku run --package"),
        _ => None,
    }
}

/// Everything that was looked at when a run had ended, in whatever way.
struct Phase {
    code: i32,
    places: BTreeMap<&'static str, Looked>,
    /// What a stranger reads in its pictures.
    seen: String,
}

impl Phase {
    /// The kinds that stand in a place, where there was something to look at.
    fn kinds(&self, place: &str) -> Kinds {
        let looked = self.places.get(place).unwrap_or_else(|| panic!("{place} was not looked at"));
        assert!(looked.full > 0 && looked.bytes > 0, "{place} is empty: {looked:?}");
        let mut kinds = looked.kinds();
        assert_eq!(kinds.remove(LANDMARK), landmark(place).is_some(), "{place} was not really looked at: {looked:?}");
        kinds
    }

    /// The kinds that its pictures show.
    fn shown(&self, planted: &Planted) -> Kinds {
        assert!(self.seen.contains("绑定"), "what is nobody's is read: {}", self.seen);
        planted.iter().filter(|(_, word)| self.seen.contains(word.as_str())).map(|(kind, _)| *kind).collect()
    }

    /// Nothing stands anywhere, and every one of `places` was looked at.
    fn is_clean(&self, planted: &Planted, places: &[&str]) {
        let looked: Vec<&str> = self.places.keys().copied().collect();
        assert!(places.iter().all(|place| looked.contains(place)), "{places:?} of {looked:?}");
        for (place, looked) in &self.places {
            assert_eq!(self.kinds(place), Kinds::new(), "{place}: {:?}", looked.found);
        }
        assert_eq!(self.shown(planted), Kinds::new(), "in pictures: {}", self.seen);
    }
}

/// A training in which runs go on, and where they leave something.
struct Watch {
    world: World,
    planted: Planted,
    unmasked: bool,
}

impl Watch {
    fn start(seed: u64, unmasked: bool) -> Watch {
        let world = World::start(seed);
        Watch { planted: applicant(&world), world, unmasked }
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.world.folder.path().join(name)
    }

    /// A program that says all that it may say, and whose home is a folder of the world.
    fn talkative(&self, mut command: Command) -> Command {
        std::fs::create_dir_all(self.folder("home")).unwrap();
        // Where browsers keep crash reports and caches of theirs unless they are told otherwise.
        for variable in ["XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"] {
            command.env_remove(variable);
        }
        command.env("HOME", self.folder("home")).env("RUKU_LOG", "trace");
        if self.unmasked {
            command.env("RUKU_TEST_UNMASKED", "positive control");
        }
        command
    }

    /// What is looked for in a place.
    fn wanted(&self, place: &str) -> Planted {
        self.planted.iter().cloned().chain(landmark(place).map(|word| (LANDMARK, word.to_owned()))).collect()
    }

    fn texts(&self, place: &'static str, texts: &[String]) -> (&'static str, Looked) {
        let looked = texts.iter().map(|text| Looked::at_text(text, &self.wanted(place)));
        (place, looked.reduce(Looked::and).unwrap())
    }

    fn below(&self, place: &'static str, folder: &Path) -> (&'static str, Looked) {
        (place, Looked::below(folder, &self.wanted(place)))
    }

    /// Looks into every place. `run` is the folder of the run that has ended just now, among others.
    fn look(&self, run: &Path, (code, said, events): (i32, String, Vec<Value>)) -> Phase {
        let file = |name: &str| std::fs::read_to_string(run.join(name)).unwrap();
        let mut places = BTreeMap::from([
            self.texts("journal", &[file("data/log.jsonl")]),
            self.below("run folders", run.parent().unwrap()),
            self.texts("log", &[said]),
            self.texts("events", &[Value::Array(events).to_string()]),
            self.below("home", &self.folder("home")),
        ]);
        let temporary = self.world.temporary();
        match folders_with(&temporary, "DevToolsActivePort").as_slice() {
            [profile] => places.extend([self.below("browser profile", profile), self.below("temporary files", &temporary)]),
            // A run that has ended has taken everything with it.
            [] => assert_eq!(Looked::below(&temporary, &self.planted).full, 0, "in {}", temporary.display()),
            more => panic!("several browsers: {more:?}"),
        }
        if run.join("data/report.html").exists() {
            places.extend([self.texts("reports", &[file("data/report.html"), file("data/report.en.html")])]);
        }
        let pictures = pictures_of(run);
        let begun = std::time::Instant::now();
        let phase = Phase { code, places, seen: read(&pictures) };
        println!("{} pictures of {} read in {:?}", pictures.len(), run.display(), begun.elapsed());
        for (place, looked) in &phase.places {
            println!("  {place}: {} full, {} bytes, {:?}", looked.full, looked.bytes, looked.kinds());
        }
        phase
    }

    /// A run that is killed while the portal keeps the answer to the act back; its folder. A person is at the terminal, who is told more.
    fn killed(&self) -> (PathBuf, Phase) {
        self.world.admin("/hold", &json!({ "path": ACT, "after": true }));
        let mut run = at_the_press(self.talkative(self.world.run_of(&["2.1.1", "2.2"])), &self.world);
        run.type_line("");
        until("the portal has done it", || self.world.counter("bind") == 1 || run.has_ended());
        run.signal(Signal::KILL);
        let ended = run.end();
        let folder = self.world.newest_run();
        if self.unmasked {
            self.drop_words();
        }
        let phase = self.look(&folder, ended);
        self.world.admin("/release", &json!({}));
        (folder, phase)
    }

    /// What no run writes there, masked or not: into the browser's profile and the home.
    fn drop_words(&self) {
        let word: Vec<u8> = self.planted[0].1.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let profile = folders_with(&self.world.temporary(), "DevToolsActivePort").pop().unwrap();
        for folder in [profile.join("Default"), self.folder("home")] {
            std::fs::write(folder.join("dropped"), &word).unwrap();
        }
    }

    /// The run that goes on with it.
    fn gone_on_with(&self, killed: &Path) -> Phase {
        let mut run = Running::start(self.talkative(self.world.resume(killed)));
        until("the run to end", || {
            while let Some(event) = run.next_event() {
                assert!(event["type"] != "gate.open", "nothing is asked: the portal shows that it was done: {event}");
            }
            run.has_ended()
        });
        let ended = run.end();
        self.look(&self.world.newest_run(), ended)
    }
}

/// Places that hold something although the run was killed, and that hold something when it has ended.
const KILLED: &[&str] = &["journal", "run folders", "log", "events", "home", "browser profile", "temporary files"];
const ENDED: &[&str] = &["journal", "run folders", "log", "events", "home", "reports"];

#[test]
fn a_killed_run_and_the_one_that_goes_on_with_it_leave_nothing_and_tell_nothing() {
    let watch = Watch::start(901, false);
    let (folder, killed) = watch.killed();
    assert_eq!(killed.code, -1);
    killed.is_clean(&watch.planted, KILLED);
    let later = watch.gone_on_with(&folder);
    assert_eq!((later.code, watch.world.counter("bind")), (0, 1));
    later.is_clean(&watch.planted, ENDED);
}

/// Fails after everything was filled in, and nobody can tell how the act ended.
#[test]
fn a_failing_run_of_a_package_leaves_nothing_but_the_inputs_that_it_was_given() {
    let watch = Watch::start(903, false);
    let package = watch.folder("package");
    let inputs = [
        ("姓名", "name"),
        ("身份证号", "id"),
        ("手机号", "mobile"),
        ("企业名称", "company"),
        ("统一社会信用代码", "credit code"),
        ("备注", "PIN"),
    ];
    let word = |wanted: &str| &watch.planted.iter().find(|(kind, _)| *kind == wanted).unwrap().1;
    let inputs: String = inputs.iter().map(|(name, kind)| format!("{name}: {:?}\n", word(kind))).collect();
    let given = watch.world.write("given.yaml", &inputs);
    let site = Path::new(env!("CARGO_MANIFEST_DIR")).join("playbooks/sites/training.yaml");
    let mut pack = watch.talkative(ruku());
    pack.args(["hand-over", "2.1.1", "2.2", "--inputs", &given, "--site"]).arg(site).arg("--to").arg(&package);
    let packed = printed(pack, 0);

    watch.world.admin("/fail-once", &json!({ "path": ACT, "status": 502, "after": true }));
    let mut command = watch.talkative(ruku());
    command.env("TMPDIR", watch.world.temporary()).args(["run", "--json", "--training-at"]).arg(&watch.world.file);
    let ended = Running::start({
        command.arg("--package").arg(&package);
        command
    })
    .end();
    let run = std::fs::read_dir(package.join("runs")).unwrap().map(|entry| entry.unwrap().path()).find(|path| path.is_dir());
    let run = run.expect("a run folder in the package");
    let mut failed = watch.look(&run, ended);
    assert_eq!((failed.code, watch.world.counter("bind")), (5, 1));

    let again = watch.folder("again.html");
    let mut report = watch.talkative(ruku());
    report.args(["proof", "report"]).arg(&run).arg("--to").arg(&again);
    printed(report, 0);
    let mut verify = watch.talkative(ruku());
    verify.args(["proof", "verify", "--json"]).arg(&run);
    let verified = printed(verify, 0);
    let texts = [
        watch.texts("report made again", &[std::fs::read_to_string(again).unwrap()]),
        watch.texts("verification", &[verified]),
        watch.texts("words of the packing", &[packed]),
    ];
    failed.places.extend(texts);
    failed.is_clean(&watch.planted, &[ENDED, &["report made again", "verification", "words of the packing"]].concat());

    // What the customer needs travels in one file, which shows that the search would find it in any other; the PIN does not.
    let whole = Looked::below(&package, &watch.wanted("package"));
    let inputs = Kinds::from(["name", "id", "mobile", "company", "credit code"]);
    let readme = Kinds::from([LANDMARK]);
    assert_eq!(
        whole.found.into_iter().collect::<BTreeMap<_, _>>(),
        BTreeMap::from([(package.join("inputs.yaml"), inputs), (package.join("README.txt"), readme)])
    );
}

/// All that a program prints.
fn printed(mut command: Command, code: i32) -> String {
    let output = command.output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{said}");
    said
}

#[cfg(debug_assertions)]
#[test]
fn without_masks_the_same_search_finds_it_in_every_place_that_could_tell() {
    let watch = Watch::start(902, true);
    let (folder, killed) = watch.killed();
    let later = watch.gone_on_with(&folder);
    let finds = |phase: &Phase, places: &[&str]| {
        for place in places {
            assert!(phase.kinds(place).contains("name"), "{place}: {:?}", phase.kinds(place));
        }
        phase.shown(&watch.planted)
    };
    let shown = finds(&killed, KILLED);
    assert!(["mobile", "id", "credit code"].iter().all(|kind| shown.contains(kind)), "{shown:?} of {}", killed.seen);
    // What goes on with it has nothing to ask, and so names nobody in its log; it sees the page of what was bound alone.
    let shown = finds(&later, &["journal", "run folders", "events", "home", "reports"]);
    assert!(shown.contains("company"), "{shown:?} of {}", later.seen);
}
