//! What is run, every playbook of the guide, and where it is killed.

use super::point::{Case, Kill, Reached, Shown};
use super::portal::Page;

/// Every playbook by itself, from where its preconditions leave the browser; and the first two together.
pub(crate) const CASES: &[Case] = &[
    Case { playbooks: &["1"], start: Page::Blank, before: &[], acts: &[] },
    Case { playbooks: &["2.1.1"], start: Page::Blank, before: &[], acts: &[] },
    Case { playbooks: &["2.1.2"], start: Page::Blank, before: &[], acts: &[] },
    Case { playbooks: &["2.1.1", "2.2"], start: Page::Blank, before: &[], acts: &["bind"] },
    Case { playbooks: &["2.3"], start: Page::Mutual, before: &["bind"], acts: &[] },
    Case { playbooks: &["3.1"], start: Page::Blank, before: &["bind"], acts: &["registry.authorise", "registry.activate"] },
    Case {
        playbooks: &["3.2"],
        start: Page::Overview,
        before: &["bind", "registry.authorise", "registry.activate"],
        acts: &["registry.submit"],
    },
    Case { playbooks: &["4.1"], start: Page::Blank, before: &["bind"], acts: &["member.authorise", "member.activate"] },
    Case {
        playbooks: &["4.2.1-member-login-by-ca"],
        start: Page::Blank,
        before: &["bind"],
        acts: &["member.authorise", "member.activate"],
    },
    Case {
        playbooks: &["4.2.1-member-login"],
        start: Page::Blank,
        before: &["bind", "member.authorise", "member.activate"],
        acts: &[],
    },
    Case {
        playbooks: &["4.2.2"],
        start: Page::Member,
        before: &["bind", "member.authorise", "member.activate", "registry.submit"],
        acts: &["member.seal.promise", "member.seal.notice", "member.sync"],
    },
    Case {
        playbooks: &["completeness"],
        start: Page::Member,
        before: &["bind", "member.authorise", "member.activate", "registry.submit"],
        acts: &["registry.authorise", "registry.activate"],
    },
    Case {
        playbooks: &["change-and-resync"],
        start: Page::Overview,
        before: &[
            "bind",
            "registry.authorise",
            "registry.activate",
            "registry.submit",
            "member.authorise",
            "member.activate",
            "member.sync",
        ],
        acts: &["registry.submit", "member.sync"],
    },
    Case {
        playbooks: &["onboarding"],
        start: Page::Blank,
        before: &[],
        acts: &[
            "bind",
            "registry.authorise",
            "registry.activate",
            "registry.submit",
            "member.authorise",
            "member.activate",
            "member.seal.promise",
            "member.seal.notice",
            "member.sync",
        ],
    },
];

/// How a process ends at a write.
pub(crate) const WAYS: [&str; 4] = ["before", "torn", "after", "cut"];

/// Playbooks whose acts are met there for the first time.
const THOROUGH: [&str; 4] = ["2.2", "3.1", "3.2", "4.2.2"];
/// A run with no more writes than this is killed at each of them.
const SHORT: usize = 24;

/// Where a run is killed. `every`: at every write of the journal in one of the four ways in turn, in all of them around an act; at every line
/// of the ledger in all four; at every press. Otherwise what the suite can afford: of a long run only every so many-th write that is
/// no intent and no outcome, and acts in all ways where each is met for the first time.
pub(crate) fn kills(case: &Case, shown: &Shown, every: bool) -> Vec<Kill> {
    let thorough = every || case.playbooks.iter().any(|own| THOROUGH.contains(own));
    let writes = shown.journal.len();
    let apart = if every || writes <= SHORT { 1 } else { writes / if thorough { SHORT / 2 } else { SHORT / 4 } };
    let once = |at: usize| shown.journal.get(at).is_some_and(|kind| kind.starts_with("once."));
    let mut kills = Vec::new();
    for at in 0..writes {
        let around = once(at) || every && (once(at + 1) || at.checked_sub(1).is_some_and(once));
        let all = thorough && around;
        if !all && at % apart != 0 {
            continue;
        }
        let here = WAYS.iter().enumerate().filter(|(way, _)| all || (at / apart) % WAYS.len() == *way);
        kills.extend(here.map(|(_, way)| Kill::Write(format!("journal:{}:{way}", at + 1))));
    }
    if thorough {
        kills.extend((1..=shown.ledger).flat_map(|line| WAYS.map(|way| Kill::Write(format!("ledger:{line}:{way}")))));
    }
    if thorough || writes <= 3 * SHORT {
        let ends = [Reached::Nobody, Reached::Late, Reached::Server];
        kills.extend((1..=shown.presses).flat_map(|press| ends.map(|reached| Kill::Press(press, reached))));
    }
    // Between the writes too, and while the folder is sealed at the end.
    let part = |hundredths: u64| Kill::Moment(u64::try_from(shown.took.as_millis()).unwrap_or_default() * hundredths / 100);
    kills.extend([30, 97].map(part));
    kills
}
