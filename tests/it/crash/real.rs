//! The same with real Chromium and the training portals: above all between the event's dispatch and the server's commit, where the
//! request stands at the gate while Ruku is killed.

use std::path::PathBuf;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::world::{Running, World, until};

/// Comes in by a ticket, as from the sign-on: nobody has to type a PIN.
const ENTRANCE: &str = "guide: \"GUIDE\"\nedition: V1.0 2020-12-01\ntitle: 持票进入\nsteps:\n  - open:\n      site: SITE\n      ask: { zh: 网址, en: address }\n  - click: 确认登录\n  - expect: { at: SITE, site_text: SITE.inside }\n";

/// What is done once, and where.
struct Act {
    playbooks: &'static [&'static str],
    /// The site that is entered by a ticket, and its section of the guide; none where the playbooks begin at the public site.
    site: Option<(&'static str, &'static str)>,
    /// Where the applicant stands before.
    prepared: fn(&World),
    /// The request that does it.
    request: &'static str,
    /// Its counter, and those of the other acts: each is 1 at the end (or as said).
    counters: &'static [(&'static str, u64)],
}

/// Where Ruku is killed.
#[derive(Debug, Clone, Copy)]
enum At {
    /// The request has reached the portal, which does it after Ruku's death.
    Late,
    /// The request has reached the portal, which loses it.
    Lost,
    /// The portal has done it, and its answer is held.
    Done,
    /// The portal has done it, and its answer is lost.
    Unanswered,
    /// At a write, by the kill point of that name.
    Write(&'static str),
}

/// Kills, goes on, judges: each point in the same training, which forgets in between.
fn points(seed: u64, act: &Act, points: &[At]) {
    let world = World::start(seed);
    world.training(&["insert", "p1"]);
    for at in points {
        world.admin("/reset", &json!({}));
        (act.prepared)(&world);
        let killed = killed(&world, act, *at);
        let mut asked = 0;
        let mut run = Running::start(world.resume(&killed));
        until("the run to end", || {
            asked += attend(&world, act, &mut run);
            run.has_ended()
        });
        let (code, said, _) = run.end();
        let shown: Vec<(&str, u64)> = act.counters.iter().map(|(name, _)| (*name, world.counter(name))).collect();
        assert_eq!((code, shown.as_slice()), (0, act.counters), "{at:?}: {said}");
        for run in [&killed, &world.newest_run()] {
            let verified = ruku::proof::verify::verify(run);
            assert!(verified.ok(), "{at:?}: {:#?}", verified.checks);
        }
        crate::world::raw(&format!("  real browser, {} {at:?}: asked {asked}, {shown:?}\n", act.request));
    }
}

/// Starts the act's run and kills it there; its folder.
fn killed(world: &World, act: &Act, at: At) -> PathBuf {
    let entrance =
        act.site.map(|(site, guide)| world.write("entrance.yaml", &ENTRANCE.replace("SITE", site).replace("GUIDE", guide)));
    let playbooks: Vec<&str> = entrance.as_deref().into_iter().chain(act.playbooks.iter().copied()).collect();
    let mut command = world.unpictured(&playbooks);
    command.args(["--operator", "terminal"]);
    if let At::Write(place) = at {
        command.env("RUKU_CRASH_AT", place);
    } else {
        let after = matches!(at, At::Done | At::Unanswered);
        world.admin("/hold", &json!({ "path": act.request, "after": after }));
    }
    let mut run = Running::start(command);
    until("the kill point", || {
        attend(world, act, &mut run);
        match at {
            At::Write(_) => run.has_ended(),
            At::Done | At::Unanswered => world.counter(act.counters[0].0) == 1 || run.has_ended(),
            At::Late | At::Lost => world.ask("/hold")["held"] == 1 || run.has_ended(),
        }
    });
    if !matches!(at, At::Write(_)) {
        assert!(!run.has_ended(), "the request never came");
        run.signal(Signal::KILL);
    }
    let (code, said, _) = run.end();
    assert_eq!(code, -1, "{at:?}: {said}");
    let counter = act.counters[0].0;
    let before = world.counter(counter);
    world.admin("/release", &json!({ "lost": matches!(at, At::Lost | At::Unanswered) }));
    if matches!(at, At::Late) {
        until("the portal has done it", || world.counter(counter) == before + 1);
    }
    world.newest_run()
}

/// Answers whatever is asked now, truthfully; how often it was asked how a press had ended.
fn attend(world: &World, act: &Act, run: &mut Running) -> u32 {
    let mut asked = 0;
    while let Some(event) = run.next_event() {
        if event["type"] != "gate.open" {
            continue;
        }
        match event["kind"].as_str().expect("a kind of gate") {
            "address" => {
                let (site, _) = act.site.expect("an act whose site is entered by a ticket");
                run.type_line(world.ticket(site, "p1")["address"].as_str().unwrap());
            }
            "seal" => {
                let pin = world.instance()["applicants"][0]["pin"].clone();
                world.admin("/member/seal/finish", &json!({ "pin": pin }));
            }
            "unsure" => {
                asked += 1;
                run.type_line(if is_done(world, act, &event) { "1" } else { "2" });
            }
            "confirm" => run.type_line(""),
            strange => panic!("nobody knows what to answer: {strange}: {event}"),
        }
    }
    asked
}

/// What the person sees at the portal of the act that the question names.
fn is_done(world: &World, act: &Act, gate: &Value) -> bool {
    let words = gate["message"]["zh"].as_str().unwrap_or_default();
    let seals = &world.store()["member"]["applicants"]["p1"]["seals"];
    if words.contains("诚信承诺书") {
        return seals["commitment"]["at"].is_string();
    }
    if words.contains("平台使用告知书") {
        return seals["notice"]["at"].is_string();
    }
    world.counter(act.counters[0].0) > 0
}

const BINDING: Act = Act {
    playbooks: &["2.1.1", "2.2"],
    site: None,
    prepared: |_| {},
    request: "/rest/bindAction/apply",
    counters: &[("bind", 1)],
};

const SYNC: Act = Act {
    playbooks: &["4.2.2"],
    site: Some(("member", "4.2.1")),
    prepared: |world| {
        let registry = json!({ "status": "verified", "values": { "company": "虚构公司", "bank": "虚构银行" } });
        world.admin("/prepare", &json!({ "applicant": "p1", "bound": true, "activated": true, "registry": registry }));
    },
    request: "/rest/unitAction/sync",
    counters: &[("sync", 1), ("seal", 2)],
};

const SUBMISSION: Act = Act {
    playbooks: &["3.2"],
    site: Some(("registry", "3.1")),
    prepared: |world| world.admin("/prepare", &json!({ "applicant": "p1", "bound": true })),
    request: "/rest/registryAction/submit",
    counters: &[("submit", 1)],
};

/// Where runs with a real browser are killed, by what is on its way. Each late or lost one is another moment of the same race.
const BINDING_ASKED: &[At] = &[At::Late, At::Lost, At::Late, At::Lost, At::Late, At::Lost, At::Late, At::Done, At::Unanswered];
const BINDING_WRITTEN: &[At] = &[
    At::Write("ledger:1:before"),
    At::Write("ledger:1:after"),
    At::Write("ledger:2:before"),
    At::Write("ledger:2:cut"),
    At::Write("ledger:2:after"),
];
const SYNC_ASKED: &[At] = &[At::Late, At::Lost, At::Late, At::Lost, At::Late, At::Done];
const SYNC_WRITTEN: &[At] = &[
    At::Write("ledger:2:before"),
    At::Write("ledger:3:after"),
    At::Write("ledger:4:torn"),
    At::Write("ledger:5:cut"),
    At::Write("ledger:6:before"),
];
const SUBMISSION_ASKED: &[At] = &[At::Late, At::Lost];

#[test]
fn half_of_the_points_fall_between_the_press_and_what_the_portal_does() {
    let all = [BINDING_ASKED, BINDING_WRITTEN, SYNC_ASKED, SYNC_WRITTEN, SUBMISSION_ASKED].concat();
    let between = all.iter().filter(|at| matches!(at, At::Late | At::Lost)).count();
    assert!(all.len() >= 25 && between * 2 >= all.len(), "{between} of {}", all.len());
}

#[test]
fn a_binding_that_is_on_its_way() {
    points(301, &BINDING, BINDING_ASKED);
}

#[test]
fn a_binding_that_is_being_written_down() {
    points(302, &BINDING, BINDING_WRITTEN);
}

#[test]
fn a_sync_that_is_on_its_way() {
    points(303, &SYNC, SYNC_ASKED);
}

#[test]
fn a_seal_and_a_sync_that_are_being_written_down() {
    points(304, &SYNC, SYNC_WRITTEN);
}

#[test]
fn a_submission_that_is_on_its_way() {
    points(305, &SUBMISSION, SUBMISSION_ASKED);
}
