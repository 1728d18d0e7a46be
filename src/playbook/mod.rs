//! Floor 4: a playbook from text to nodes, checked, with a plan.
//!
//! YAML → [`Playbook`] (typed, with places) → [`check()`] against the site profile → [`Plan`]. All faults of a file come at once, each
//! with place, words and remedy. Never touches a browser, a card, a portal or the clock.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::base::diagnostic::closest;
use crate::base::{Diagnostic, Fault, FaultKind, Source, tree};
use crate::say;

pub mod check;
mod guess;
pub(crate) mod input;
pub mod model;
pub mod node;
mod node_reading;
pub mod package;
mod papers;
mod parts;
pub mod plan;
pub mod schema;
pub mod sections;
pub mod site;
mod values;

pub use check::check;
pub use model::{Bilingual, Fact, Handler, Input, InputType, Inputs, Part, Playbook, Privacy, inside};
pub use node::{FinishWhen, Node, Once, Park, Refusal, RefuseWhen, Repeat, Revision, RunPart, Step, Test, When, Within, Work};
pub use parts::{TakenIn, take_in};
pub use plan::{Plan, PlanLine};
pub use values::read_inputs;

/// Reads a playbook. With faults the playbook may still be there, without what could not be read, so that [`check()`] can tell the rest.
pub fn read(source_name: &str, bytes: &[u8]) -> (Option<Playbook>, Vec<Diagnostic>, Source) {
    let mut reading = tree::read::<Playbook>(source_name, bytes, guess::guess);
    if reading.tree.as_ref().is_some_and(|tree| !matches!(tree.kind, tree::Kind::Map(..))) {
        reading.diagnostics = vec![not_a_playbook()];
    }
    let playbook = reading.value.map(|mut playbook| {
        playbook.renumber();
        playbook.unread.any = !reading.diagnostics.is_empty();
        let declared = reading.tree.as_ref().and_then(|tree| tree.get("inputs"));
        let names = declared.map_or(&[][..], |inputs| inputs.entries());
        playbook.unread.inputs = names.iter().filter_map(|(name, _)| name.text()).map(str::to_owned).collect();
        playbook
    });
    (playbook, reading.diagnostics, reading.source)
}

fn not_a_playbook() -> Diagnostic {
    let message = say!("这不是一个办理流程。", "this is not a playbook");
    let help = say!(
        "开头写 guide、edition、title 各一行，再写 steps:，步骤列在它下面。",
        "begin with one line each for guide, edition and title, then steps: with the steps below it"
    );
    Diagnostic::error("not-a-playbook", message, Some(0..0)).help(help)
}

/// All texts that `dir` holds: playbooks, shared steps in `parts/`, site profiles in `sites/`, each folder sorted by name.
pub fn all(dir: &Path) -> Result<Vec<PathBuf>, Fault> {
    let mut files = yaml_files(dir)?;
    for folder in ["parts", "sites"] {
        let folder = dir.join(folder);
        if folder.is_dir() {
            files.extend(yaml_files(&folder)?);
        }
    }
    Ok(files)
}

/// The names of the inputs of all playbooks in `dir`, as far as they can be read.
pub fn inputs_of_all(dir: &Path) -> BTreeSet<String> {
    let read = |path| read("", &std::fs::read(path).ok()?).0;
    let playbooks = yaml_files(dir).into_iter().flatten().filter_map(read);
    playbooks.flat_map(|playbook| playbook.inputs.names().map(str::to_owned).collect::<Vec<_>>()).collect()
}

fn yaml_files(dir: &Path) -> Result<Vec<PathBuf>, Fault> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(dir)
        .map_err(|error| Fault::io("读取流程文件夹", "read the folder of playbooks", dir, &error))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    files.sort();
    Ok(files)
}

/// The file of a playbook: a path as it is, or `2.2` for the file in `dir` whose name begins with that section.
pub fn find(dir: &Path, name: &str) -> Result<PathBuf, Fault> {
    let direct = Path::new(name);
    if direct.is_file() {
        return Ok(direct.to_owned());
    }
    let files = yaml_files(dir)?;
    let stem = |path: &PathBuf| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let wanted = |path: &&PathBuf| stem(path) == name || stem(path).strip_prefix(name).is_some_and(|rest| rest.starts_with('-'));
    // The plain way of a section has a shorter name than its other ways, and a whole name is the shortest that fits it.
    if let Some(found) = files.iter().filter(wanted).min_by_key(|path| stem(path).len()) {
        return Ok(found.clone());
    }
    let stems = files.iter().map(stem).collect::<Vec<_>>();
    let near = closest(name, stems.iter().map(String::as_str));
    let (zh, en) =
        near.map_or_else(Default::default, |near| (format!("是不是想写「{near}」？"), format!("Did you mean “{near}”? ")));
    let (known, dir) = (stems.join(" "), dir.display());
    Err(Fault::new(
        FaultKind::Setup,
        say!(
            "没有流程「{name}」。{zh}文件夹 {dir} 里有：{known}",
            "there is no playbook “{name}”. {en}The folder {dir} has: {known}"
        ),
    ))
}

#[cfg(test)]
mod tests;
