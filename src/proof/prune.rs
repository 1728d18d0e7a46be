//! Old run folders: which may go, and their end.
//!
//! Never lets go of a run that is not sealed, that waits for the portal or a look at it, or that a run which stays goes on with; never of a
//! folder that is no run's or holds what no run put there. Nothing is followed out of the folder: links are no part of a run.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

use super::event::{Event, RunResult};
use super::{bag, is_sealed, read, state};
use crate::base::{Fault, files};

/// Which runs may go. Both words must allow it where both are said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Ended more than so many days ago.
    pub older_than: Option<u32>,
    /// Not among so many of the last ones.
    pub keep_last: Option<usize>,
}

/// What becomes of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It may go.
    Goes,
    /// The rule keeps it.
    Stays,
    /// It is not sealed: it still runs, or it can go on.
    Unsealed,
    /// It waits for the portal, or for somebody who looks at the portal: an act of it may have been pressed.
    Waits,
    /// A run that stays goes on with it.
    Continued,
    /// Something lies in its folder that no run put there.
    HoldsMore,
}

/// One run folder.
#[derive(Debug, Clone)]
pub struct Run {
    /// The folder.
    pub path: PathBuf,
    /// Its name.
    pub name: String,
    /// When its last event was.
    pub ended: Timestamp,
    /// What it takes on disk.
    pub bytes: u64,
    /// What becomes of it.
    pub fate: Fate,
    /// Parked, or with an act whose outcome is not known.
    waits: bool,
    continues: Option<String>,
}

/// The runs below a folder.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Newest first.
    pub runs: Vec<Run>,
    /// How many folders are no run's: left alone.
    pub others: usize,
    /// Folders whose removal was cut short.
    half: Vec<PathBuf>,
}

/// What a folder is called while it is removed, so that a cut in the middle leaves nothing that looks like a run.
const REMOVING: &str = ".removing";

/// Looks at every folder in `runs` and decides; changes nothing.
///
/// # Errors
/// [`crate::base::FaultKind::Io`] when the folder cannot be read.
pub fn plan(runs: &Path, rule: Rule, now: Timestamp) -> Result<Plan, Fault> {
    let unreadable = |error: std::io::Error| Fault::io("读取文件夹", "read folder", runs, &error);
    let mut plan = Plan::default();
    for entry in std::fs::read_dir(runs).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        // Of the entry itself: a link to a folder is none.
        if !entry.file_type().map_err(unreadable)?.is_dir() {
            continue;
        }
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.strip_prefix('.').and_then(|name| name.strip_suffix(REMOVING)).is_some() && half_of_a_run(&entry.path()) {
            plan.half.push(entry.path());
            continue;
        }
        match run_at(entry.path(), name) {
            Some(run) => plan.runs.push(run),
            None => plan.others += 1,
        }
    }
    plan.runs.sort_by(|one, other| (other.ended, &other.name).cmp(&(one.ended, &one.name)));
    decide(&mut plan.runs, rule, now);
    Ok(plan)
}

/// Whether this is what is left of a run folder while it is removed: only names that a run folder has, its part `data` among them.
fn half_of_a_run(path: &Path) -> bool {
    let known = |name: &str| name == "data" || bag::TAG_FILES.contains(&name) || name == bag::TAG_MANIFEST;
    let names: Option<Vec<String>> = std::fs::read_dir(path)
        .ok()
        .and_then(|entries| entries.map(|entry| entry.ok()?.file_name().into_string().ok()).collect());
    names.is_some_and(|names| names.iter().all(|name| known(name)))
}

/// The run in a folder; none when it is no run's.
fn run_at(path: PathBuf, name: String) -> Option<Run> {
    let records = read(&path).ok()?;
    let Some(Event::RunStart(start)) = records.first().map(|record| &record.event) else { return None };
    let listing = bag::list(&path).ok()?;
    let result = records.iter().rev().find_map(|record| match &record.event {
        Event::RunEnd { result, .. } => Some(*result),
        _ => None,
    });
    let own = own_files(&path);
    let strange = !listing.strange.is_empty() || listing.files.keys().any(|file| !own.contains(file));
    let fate = match result {
        _ if !is_sealed(&path) => Fate::Unsealed,
        _ if strange => Fate::HoldsMore,
        _ => Fate::Goes,
    };
    let (continues, ended) = (start.continues.as_ref().map(|one| one.run.clone()), records.last()?.t_wall);
    let waits = matches!(result, Some(RunResult::Parked | RunResult::Unsure)) || state::fold(&records).is_unsure();
    Some(Run { path, name, ended, bytes: listing.files.values().sum(), fate, waits, continues })
}

/// What belongs to a sealed run by its own manifest.
fn own_files(path: &Path) -> BTreeSet<String> {
    let manifest = std::fs::read_to_string(path.join(bag::MANIFEST)).unwrap_or_default();
    let mut own: BTreeSet<String> = bag::parse(&manifest).unwrap_or_default().into_keys().collect();
    own.extend(bag::TAG_FILES.iter().chain([&bag::TAG_MANIFEST]).map(|file| (*file).to_owned()));
    own
}

/// `runs` are newest first: whoever goes on with a run is decided before it.
fn decide(runs: &mut [Run], rule: Rule, now: Timestamp) {
    let taken_up: BTreeSet<String> = runs.iter().filter_map(|run| run.continues.clone()).collect();
    let mut held = BTreeSet::new();
    for (at, run) in runs.iter_mut().enumerate() {
        // Further back than time goes: nothing is that old.
        let limit = |days: u32| now.checked_sub(SignedDuration::from_hours(i64::from(days) * 24)).unwrap_or(Timestamp::MIN);
        let recent = rule.older_than.is_some_and(|days| run.ended > limit(days));
        let last = rule.keep_last.is_some_and(|count| at < count);
        let waits = run.waits && !taken_up.contains(&run.name);
        if run.fate == Fate::Goes {
            run.fate = match () {
                () if recent || last => Fate::Stays,
                () if waits => Fate::Waits,
                () if held.contains(&run.name) => Fate::Continued,
                () => Fate::Goes,
            };
        }
        if run.fate != Fate::Goes {
            held.extend(run.continues.clone());
        }
    }
}

impl Plan {
    /// The runs that may go.
    pub fn going(&self) -> impl Iterator<Item = &Run> {
        self.runs.iter().filter(|run| run.fate == Fate::Goes)
    }

    /// Ends what an earlier removal left.
    ///
    /// # Errors
    /// [`crate::base::FaultKind::Io`].
    pub fn remove_halves(&self) -> Result<(), Fault> {
        self.half.iter().try_for_each(|path| gone(path))
    }
}

impl Run {
    /// Removes the folder.
    ///
    /// # Errors
    /// [`crate::base::FaultKind::Io`].
    pub fn remove(&self) -> Result<(), Fault> {
        let half = self.path.with_file_name(format!(".{}{REMOVING}", self.name));
        files::rename(&self.path, &half).map_err(|error| Fault::io("删除文件夹", "remove", &self.path, &error))?;
        gone(&half)?;
        self.path.parent().map_or(Ok(()), files::sync_dir)
    }
}

fn gone(path: &Path) -> Result<(), Fault> {
    std::fs::remove_dir_all(path).map_err(|error| Fault::io("删除文件夹", "remove", path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Run `number` ended so many days ago; newest first.
    fn run(number: u32, days: i64, result: RunResult, continues: Option<u32>) -> Run {
        let ended = Timestamp::UNIX_EPOCH + SignedDuration::from_hours((1000 - days) * 24);
        let name = number.to_string();
        let continues = continues.map(|number| number.to_string());
        let waits = matches!(result, RunResult::Parked | RunResult::Unsure);
        Run { path: PathBuf::new(), name, ended, bytes: 1, fate: Fate::Goes, waits, continues }
    }

    fn going(runs: &[Run], older_than: Option<u32>, keep_last: Option<usize>) -> Vec<String> {
        let (mut runs, now) = (runs.to_vec(), Timestamp::UNIX_EPOCH + SignedDuration::from_hours(1000 * 24));
        decide(&mut runs, Rule { older_than, keep_last }, now);
        runs.iter().filter(|run| run.fate == Fate::Goes).map(|run| run.name.clone()).collect()
    }

    #[test]
    fn age_and_count_must_both_allow_it() {
        let runs = [1, 2, 3, 4].map(|number| run(number, i64::from(number) * 10, RunResult::Done, None));
        assert_eq!(going(&runs, Some(15), None), ["2", "3", "4"]);
        assert_eq!(going(&runs, None, Some(3)), ["4"]);
        assert_eq!(going(&runs, Some(15), Some(2)), ["3", "4"]);
        assert_eq!(going(&runs, Some(100), Some(0)), [""; 0]);
        assert_eq!(going(&runs, Some(u32::MAX), None), [""; 0], "further back than time goes");
    }

    #[test]
    fn what_waits_and_what_a_kept_run_goes_on_with_stay() {
        let runs = [
            run(6, 1, RunResult::Done, Some(5)),
            run(5, 2, RunResult::Stopped, Some(4)),
            run(4, 3, RunResult::Parked, None),
            run(3, 50, RunResult::Parked, None),
            run(2, 51, RunResult::Unsure, None),
            run(1, 52, RunResult::Failed, None),
        ];
        assert_eq!(going(&runs, None, Some(1)), ["1"], "the last run goes on with 5, that one with 4; 3 and 2 wait");
        assert_eq!(going(&runs, None, Some(0)), ["6", "5", "4", "1"], "taken up, 4 waits no more");
    }
}
