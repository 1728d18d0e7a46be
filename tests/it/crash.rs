//! Killed anywhere: nothing twice, nothing lost. The crash matrix over all playbooks.

mod driver;
mod plan;
mod point;
mod portal;
mod real;

use plan::{CASES, kills};
use point::{Case, Kill, Shown, run};

/// How many points are tried at once: most of their time they wait.
const AT_ONCE: usize = 3;

#[test]
fn every_playbook_has_a_case() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("playbooks");
    let named = CASES.iter().flat_map(|case| case.playbooks);
    let met: std::collections::BTreeSet<_> = named.map(|name| ruku::playbook::find(&folder, name).unwrap()).collect();
    let all = ruku::playbook::all(&folder).unwrap().into_iter().filter(|path| path.parent() == Some(&folder));
    assert_eq!(met, all.collect());
}

/// Of long runs so many writes that the suite has time for; `cargo bench --bench soak -- --every` takes them all.
#[test]
fn at_writes_and_around_every_act() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let begun = std::time::Instant::now();
    let references = each(&runtime, CASES.iter().map(|case| (case, Vec::new())).collect());
    for (case, _, shown) in &references {
        assert!(shown.wrong.is_empty() && (shown.duplicates, shown.lost) == (0, 0), "{:?}: {shown:#?}", case.playbooks);
    }
    let plan = references
        .iter()
        .flat_map(|(case, _, shown)| kills(case, shown, false).into_iter().map(|kill| (*case, vec![kill])))
        .collect();
    let points = each(&runtime, plan);
    let mut table = String::from("kill points: playbooks, points, killed, went on, asked, duplicates, lost\n");
    let mut all = [0; 6];
    for case in CASES {
        let own: Vec<&Shown> = points.iter().filter(|(other, ..)| std::ptr::eq(*other, case)).map(|(.., shown)| shown).collect();
        let sum = |count: fn(&Shown) -> u32| own.iter().map(|shown| count(shown)).sum::<u32>();
        let row = [
            own.len() as u32,
            sum(|shown| shown.killed),
            sum(|shown| shown.resumed),
            sum(|shown| shown.asked),
            sum(|shown| shown.duplicates),
            sum(|shown| shown.lost),
        ];
        all.iter_mut().zip(row).for_each(|(all, one)| *all += one);
        table.push_str(&format!("  {:?} {row:?}\n", case.playbooks));
    }
    table.push_str(&format!("  all {all:?} in {} s\n", begun.elapsed().as_secs()));
    crate::world::raw(&table);
    let wrong: Vec<String> = points
        .iter()
        .filter(|(_, kills, shown)| !shown.wrong.is_empty() || shown.duplicates + shown.lost > 0 || missed(kills, shown))
        .map(|(case, kills, shown)| {
            format!(
                "{:?} {}: killed {} duplicates {} lost {} {:?}",
                case.playbooks, kills[0], shown.killed, shown.duplicates, shown.lost, shown.wrong
            )
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), points.len(), wrong.join("\n"));
    assert!(all[1] >= 300, "only {} points", all[1]);
}

/// Whether the run was not killed where it had to be. At a moment it may have ended before.
fn missed(kills: &[Kill], shown: &Shown) -> bool {
    shown.killed == 0 && !matches!(kills[0], Kill::Moment(_))
}

/// Tries every point, several at once.
fn each<'c>(runtime: &tokio::runtime::Runtime, plan: Vec<(&'c Case, Vec<Kill>)>) -> Vec<(&'c Case, Vec<Kill>, Shown)> {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some((case, kills)) = plan.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
            done.push((*case, kills.clone(), run(runtime.handle(), case, kills)));
        }
        done
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    })
}
