//! The run that this one goes on with: closed if it was killed, and read for where it stands.
//!
//! Never edits a folder that was sealed, never goes on with a run that still lives or with other playbooks than it had.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{GoOn, kept};
use crate::base::{Fault, FaultKind, Lang, Redactor, files};
use crate::proof::{self, Continues, PlaybookRef, RunFolder, RunResult};

/// The file in the run's temporary folder that says where a playbook began. Its address may hold a ticket: it goes with the browser.
const ENTRY: &str = "entry.json";

/// What is known of it.
#[derive(Debug)]
pub(super) struct Earlier {
    /// The name of its temporary folder.
    pub(super) work: String,
    /// For the first line of the new journal; none when the run was killed before it had one of its own.
    pub(super) continues: Option<Continues>,
    /// Which of its playbooks was under way.
    pub(super) playbook: usize,
}

/// What the run that goes on works from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Texts<'a> {
    pub(super) playbooks: &'a [PlaybookRef],
    /// SHA-256 of the site profile.
    pub(super) site: &'a str,
}

/// Closes the run if it was killed, and says where it stood.
///
/// # Errors
/// [`FaultKind::Refused`] when it still runs, worked from other texts than `now`, or is no run; [`FaultKind::Precondition`] when it was
/// done; [`FaultKind::Io`].
pub(super) fn close(one: &GoOn, redactor: &Redactor, now: Texts<'_>, lang: Lang) -> Result<Earlier, Fault> {
    let path = one.run.as_path();
    let mut records = proof::read(path)?;
    if records.is_empty() && !proof::is_being_written(path) {
        // Killed while its browser started: nothing was begun, and there is nothing to seal. It may have been about to go on itself.
        let written = |run: &PathBuf| proof::read(run).is_ok_and(|records| !records.is_empty());
        let begun = one.before.iter().rev().map(|name| path.with_file_name(name)).find(written);
        return match begun {
            None => Ok(Earlier { work: one.work.clone(), continues: None, playbook: 0 }),
            Some(run) => close(&GoOn { run, work: one.work.clone(), before: Vec::new() }, redactor, now, lang),
        };
    }
    if proof::is_sealed(path) {
        // Killed at its very last act.
        proof::unlock(path)?;
    } else {
        RunFolder::reopen(path, redactor.clone())?.seal(lang)?;
        records = proof::read(path)?;
    }
    let state = proof::state::fold(&records);
    let (Some(start), Some(last)) = (&state.start, records.last()) else {
        return Err(proof::not_a_run(path));
    };
    if state.result().is_some_and(RunResult::is_done) {
        // Killed after its last line, before it cleared up.
        kept::remove(path);
        return Err(kept::was_done());
    }
    let texts = |refs: &[PlaybookRef]| refs.iter().map(|one| (one.sha256.clone(), one.parts.clone())).collect::<Vec<_>>();
    // The profile has the words by which an act is known to be done.
    let same_site = start.site_sha256.as_ref().is_none_or(|site| site == now.site);
    if texts(&start.playbooks) != texts(now.playbooks) || !same_site {
        return Err(Fault::new(
            FaultKind::Refused,
            crate::say!(
                "办理流程或平台配置在上次办理之后有改动，不能接着办。请用 ruku run 重新办理，已办过的事项不会重复提交。",
                "the playbooks or the site profile have changed since that run, so it cannot go on; start anew with ruku run: what was done is not done twice"
            ),
        ));
    }
    let under_way = state.steps.last().map(|step| step.playbook.as_str());
    let playbook = now.playbooks.iter().position(|one| Some(one.guide.as_str()) == under_way).unwrap_or(0);
    let continues = Some(Continues { run: start.run.clone(), head: last.sha256.clone() });
    Ok(Earlier { work: one.work.clone(), continues, playbook })
}

/// Where a playbook began.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Which of the run's playbooks.
    pub(super) playbook: usize,
    /// The page that it began on.
    pub(super) url: String,
}

impl Entry {
    /// Keeps it in the run's temporary folder.
    pub(super) fn keep(&self, work: &Path) -> Result<(), Fault> {
        let path = Entry::path(work);
        let bytes = serde_json::to_vec(self).map_err(|error| Fault::io("写入文件", "write", &path, &error.into()))?;
        files::replace(&path, &bytes)
    }

    /// What is kept in a temporary folder; none when nothing, or nothing whole, is.
    pub(super) fn kept(work: &Path) -> Option<Entry> {
        serde_json::from_slice(&std::fs::read(Entry::path(work)).ok()?).ok()
    }

    fn path(work: &Path) -> PathBuf {
        work.join(ENTRY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Message, Redactor};
    use crate::proof::{Event, Mode, RunStart};

    #[test]
    fn other_texts_than_the_run_s_own_do_not_go_on_with_it() {
        let runs = tempfile::tempdir().unwrap();
        let own = PlaybookRef {
            file: "3.1.yaml".into(),
            sha256: "a".into(),
            parts: vec!["b".into()],
            guide: "3.1".into(),
            edition: "V1.0".into(),
            title: Message::same("登录"),
        };
        let mut folder = RunFolder::create(runs.path(), "one", Redactor::default()).unwrap();
        folder
            .record(Event::RunStart(RunStart {
                run: "one".into(),
                ruku: "0".into(),
                playbooks: vec![own.clone()],
                site: "training".into(),
                site_title: None,
                site_sha256: Some("s".into()),
                training: true,
                mode: Mode::Auto,
                lang: Lang::Zh,
                machine: Default::default(),
                subject: "p1".into(),
                continues: None,
            }))
            .unwrap();
        drop(folder);
        let before = GoOn { run: runs.path().join("one"), work: "one".into(), before: Vec::new() };
        let going_on = |playbook: PlaybookRef, site: &str| {
            close(&before, &Redactor::default(), Texts { playbooks: &[playbook], site }, Lang::Zh)
        };
        let changed = PlaybookRef { sha256: "c".into(), ..own.clone() };
        let part_changed = PlaybookRef { parts: vec!["c".into()], ..own.clone() };
        for (other, site) in [(changed, "s"), (part_changed, "s"), (own.clone(), "t")] {
            assert_eq!(going_on(other, site).unwrap_err().kind, FaultKind::Refused);
        }
        // As a kill at the very end of the seal leaves it.
        let lock = runs.path().join("one/writer.lock");
        std::fs::write(&lock, "").unwrap();
        assert!(!crate::proof::verify(&runs.path().join("one")).ok());
        assert_eq!(going_on(own, "s").unwrap().continues.unwrap().run, "one");
        assert!(crate::proof::verify(&runs.path().join("one")).ok() && !lock.exists());
    }
}
