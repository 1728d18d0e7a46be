//! Reads a run folder as a story.
//!
//! Never writes into the folder, and reads no picture: each is read where it is shown.

use std::path::Path;

use super::story::{Mark, Scene, Still, Story};
use crate::base::{Fault, FaultKind, Message};
use crate::proof::state::{self, State, Step};
use crate::proof::{self, RunResult, Shot, StepResult};
use crate::say;

/// The story of a run.
///
/// # Errors
/// [`FaultKind::Precondition`] when it has no pictures; [`FaultKind::Refused`] when the folder is no run, or its journal was changed;
/// [`FaultKind::Io`].
pub fn read(run: &Path) -> Result<Story, Fault> {
    let state = state::fold(&proof::read_unbroken(run)?);
    let Some(start) = &state.start else { return Err(proof::not_a_run(run)) };
    let mut scenes = Vec::new();
    let mut before = None;
    for step in &state.steps {
        let Some(mut scene) = scene(run, &state, step) else { continue };
        if scenes.last().is_some_and(|last| adds_nothing(last, &scene, step)) {
            continue;
        }
        scene.number = u32::try_from(scenes.len() + 1).unwrap_or(u32::MAX);
        if before != Some(&step.playbook) {
            let title = start.playbooks.iter().find(|one| one.guide == step.playbook).map(|one| one.title.clone());
            scene.chapter = Some((step.playbook.clone(), title.unwrap_or_else(|| Message::same(""))));
            before = Some(&step.playbook);
        }
        scenes.push(scene);
    }
    if scenes.is_empty() {
        let run = run.display();
        return Err(Fault::new(
            FaultKind::Precondition,
            say!(
                "{run} 没有截图，不能制作演示。请用 ruku run --mode present 重新办理一次（模拟平台即可）。",
                "{run} has no pictures, so nothing can be made of it; run it again with ruku run --mode present (on the training portals)"
            ),
        ));
    }
    let finished = state.result().is_some_and(RunResult::is_done);
    Ok(Story { title: title(&state), training: start.training, finished, chart: None, scenes })
}

/// The whole's name: that of the sequence, or of all that was run.
fn title(state: &State) -> Message {
    let playbooks = state.start.iter().flat_map(|start| &start.playbooks);
    // A sequence has no steps of its own.
    let whole = playbooks.clone().find(|one| !state.steps.iter().any(|step| step.playbook == one.guide));
    let titles: Vec<&Message> = whole.map_or_else(|| playbooks.map(|one| &one.title).collect(), |whole| vec![&whole.title]);
    let joined = |of: fn(&Message) -> &str| titles.iter().map(|title| of(title)).collect::<Vec<_>>().join(" · ");
    Message::new(joined(|title| &title.zh), joined(|title| &title.en))
}

/// One step as a scene; none when it left no picture, or was not done.
fn scene(run: &Path, state: &State, step: &Step) -> Option<Scene> {
    let shots = || step.shots.iter().map(|place| &state.shots[*place].1);
    // What was not done is not shown as if it had been: the picture before a press is taken before the person declines it.
    if !matches!(step.result, Some(StepResult::Done | StepResult::Finished | StepResult::Parked)) {
        return None;
    }
    let before = shots().rfind(|shot| shot.before);
    let after = shots().rfind(|shot| !shot.before);
    let first = before.or(after)?;
    let other = before.and(after).filter(|after| after.sha256 != first.sha256);
    let marks = first.marks.iter().map(|spot| Mark {
        x: f64::from(spot.x),
        y: f64::from(spot.y),
        width: f64::from(spot.width),
        height: f64::from(spot.height),
    });
    Some(Scene {
        number: 0,
        chapter: None,
        title: Message::new(step.title.zh.clone(), capital(&step.title.en)),
        still: still(run, first),
        after: other.map(|shot| still(run, shot)),
        marks: marks.collect(),
        press: before.is_some(),
        irreversible: state.once.values().any(|once| once.step == step.number),
        person: matches!(step.action.as_str(), "person" | "enter_pin" | "insert_lock" | "confirm" | "seal"),
    })
}

/// Words of steps in which Ruku only looks at the page.
const LOOKS: [&str; 6] = ["check_holder", "compare", "doctor", "expect", "milestone", "read"];

/// Whether people see and do nothing in the scene that they have not seen before.
fn adds_nothing(last: &Scene, scene: &Scene, step: &Step) -> bool {
    let seen = &last.after.as_ref().unwrap_or(&last.still).sha256;
    LOOKS.contains(&step.action.as_str()) && step.result == Some(StepResult::Done) && scene.still.sha256 == *seen
}

/// The text as a sentence of its own.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

/// A picture, as the journal names it.
fn still(run: &Path, shot: &Shot) -> Still {
    Still { run: run.to_owned(), file: shot.file.clone(), sha256: shot.sha256.clone(), width: shot.width, height: shot.height }
}
