//! Kills Ruku at random for as long as one lets it: `cargo bench --bench soak -- --seed 7 --minutes 20`. Any playbook, any write of
//! journal or ledger in any of the four ways, any press of an act, any moment; the run that goes on is killed too, up to three times. With `--every` the
//! whole matrix instead, each point once.
//!
//! Ends with the first violation, what repeats it, and an exit code that is not 0. A debug build's program is what is killed: a release
//! has no kill points, so this takes `--profile dev`.

#![expect(clippy::unwrap_used, reason = "a soak may panic")]

#[path = "../tests/it/crash/driver.rs"]
mod driver;
#[path = "../tests/it/events.rs"]
mod events;
#[path = "../tests/it/crash/plan.rs"]
mod plan;
#[path = "../tests/it/crash/point.rs"]
mod point;
#[path = "../tests/it/crash/portal.rs"]
mod portal;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use plan::{CASES, WAYS, kills};
use point::{Kill, Reached, Shown, run};

/// Points that are tried at once.
const AT_ONCE: usize = 6;

/// The figures.
#[derive(Debug, Default)]
struct Figures {
    points: u64,
    killed: u64,
    resumed: u64,
    asked: u64,
    duplicates: u64,
    lost: u64,
}

fn main() {
    if !cfg!(debug_assertions) {
        eprintln!("a release has no kill points: cargo bench --profile dev --bench soak -- --seed 7 --minutes 20");
        std::process::exit(2);
    }
    let given = |name: &str| {
        let words: Vec<String> = std::env::args().collect();
        let at = words.iter().position(|word| word == name)?;
        words.get(at + 1)?.parse::<u64>().ok()
    };
    let seed = given("--seed").unwrap_or_else(|| getrandom::u64().unwrap() % 1_000_000);
    let end = Instant::now()
        + Duration::from_secs(
            60 * given("--minutes").unwrap_or(if std::env::args().any(|word| word == "--every") { 600 } else { 1 }),
        );
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    println!("seed {seed}; without kills first");
    let references: Vec<Shown> = CASES.iter().map(|case| run(runtime.handle(), case, &[])).collect();
    for (case, shown) in CASES.iter().zip(&references) {
        assert!(shown.wrong.is_empty() && shown.duplicates + shown.lost == 0, "{:?}: {shown:#?}", case.playbooks);
    }
    let every = std::env::args().any(|word| word == "--every");
    let whole: Vec<(usize, Kill)> = CASES
        .iter()
        .zip(&references)
        .enumerate()
        .flat_map(|(at, (case, shown))| kills(case, shown, true).into_iter().map(move |kill| (at, kill)))
        .collect();
    let one = given("--round");
    let (next, stop, figures) = (AtomicU64::new(one.unwrap_or(0)), AtomicBool::new(false), Mutex::new(Figures::default()));
    let work = || {
        while !stop.load(Ordering::Relaxed) && Instant::now() < end {
            let round = next.fetch_add(1, Ordering::Relaxed);
            let planned = usize::try_from(round).ok().and_then(|round| whole.get(round));
            if one.is_some_and(|one| round > one) || every && planned.is_none() {
                return;
            }
            let (case, kills) = match planned.filter(|_| every) {
                Some((case, kill)) => (*case, vec![kill.clone()]),
                None => point_of(seed, round, &references),
            };
            let shown = run(runtime.handle(), &CASES[case], &kills);
            let mut figures = figures.lock().unwrap();
            figures.points += 1;
            figures.killed += u64::from(shown.killed);
            figures.resumed += u64::from(shown.resumed);
            figures.asked += u64::from(shown.asked);
            figures.duplicates += u64::from(shown.duplicates);
            figures.lost += u64::from(shown.lost);
            if figures.points.is_multiple_of(100) {
                println!("{figures:?}");
            }
            if !shown.wrong.is_empty() || shown.duplicates + shown.lost > 0 {
                stop.store(true, Ordering::Relaxed);
                let kills = kills.iter().map(Kill::to_string).collect::<Vec<_>>().join(", ");
                println!("VIOLATION in {:?} at {kills}: {shown:#?}", CASES[case].playbooks);
                let whole = if every { " --every" } else { "" };
                println!("again: cargo bench --profile dev --bench soak -- --seed {seed} --round {round}{whole}");
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(work);
        }
    });
    println!("seed {seed}: {:?}", figures.lock().unwrap());
    if stop.load(Ordering::Relaxed) {
        std::process::exit(1);
    }
}

/// Case and kills of a round; the same seed and number give the same.
fn point_of(seed: u64, round: u64, references: &[Shown]) -> (usize, Vec<Kill>) {
    let mut random = fastrand::Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ round);
    let case = random.usize(..references.len());
    let shown = &references[case];
    let mut kill = || {
        let way = WAYS[random.usize(..WAYS.len())];
        match random.u32(..8) {
            0 if shown.ledger > 0 => Kill::Write(format!("ledger:{}:{way}", random.usize(1..=shown.ledger))),
            1 if shown.presses > 0 => {
                let reached = [Reached::Nobody, Reached::Late, Reached::Server][random.usize(..3)];
                Kill::Press(random.u32(1..=shown.presses), reached)
            }
            2 | 3 => Kill::Moment(random.u64(..=u64::try_from(shown.took.as_millis()).unwrap_or_default())),
            _ => Kill::Write(format!("journal:{}:{way}", random.usize(1..=shown.journal.len()))),
        }
    };
    let first = kill();
    let kills = std::iter::once(first).chain((0..2).map(|_| kill())).collect::<Vec<_>>();
    (case, kills[..random.usize(1..=3)].to_vec())
}
