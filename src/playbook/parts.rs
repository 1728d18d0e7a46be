//! Taking in shared lists of steps: `run: 名称` → `parts/名称.yaml`. A part takes in no further parts, so this ends.

use std::path::Path;

use super::check::check_part;
use super::model::{Part, Playbook};
use super::node::{Node, Work};
use super::{guess, node};
use crate::actions::site::Site;
use crate::base::{Diagnostic, Source, tree};

/// A shared list that was read, with its own faults.
#[derive(Debug)]
pub struct TakenIn {
    /// Name of the part.
    pub name: String,
    /// Its bytes, for the run folder.
    pub bytes: Vec<u8>,
    /// Its text, for rendering the faults.
    pub source: Source,
    /// Its faults, by reading and by checking.
    pub diagnostics: Vec<Diagnostic>,
}

/// Puts the steps of every `run` of `playbook` in place, from the folder `dir/parts`, and numbers all nodes anew. A part that is not
/// there stays out; `check` tells it. Takes in as well what `site` says can be chosen. Do this before `check`.
pub fn take_in(playbook: &mut Playbook, dir: &Path, site: &Site) -> Vec<TakenIn> {
    playbook.inputs.offered_by(site);
    let mut names = Vec::new();
    let lists = || std::iter::once(&playbook.steps).chain(playbook.handlers.iter().map(|handler| &handler.then));
    for list in lists() {
        node::walk(list, &mut |node| {
            if let Work::Run(run) = &node.work
                && !names.contains(&run.part.value)
            {
                names.push(run.part.value.clone());
            }
        });
    }
    let mut taken = Vec::new();
    for name in names {
        // A name, not a path: a playbook from a stranger reads no other folder.
        let path = dir.join("parts").join(format!("{name}.yaml"));
        let Some(bytes) = is_name(&name).then(|| std::fs::read(&path).ok()).flatten() else { continue };
        let reading = tree::read::<Part>(&path.display().to_string(), &bytes, guess::guess);
        let mut diagnostics = reading.diagnostics;
        if let Some(part) = reading.value {
            diagnostics.extend(check_part(&part, playbook, site));
            tree::sort(&mut diagnostics);
            place(&mut playbook.steps, &name, &part.steps);
            playbook.handlers.iter_mut().for_each(|handler| place(&mut handler.then, &name, &part.steps));
        }
        taken.push(TakenIn { name, bytes, source: reading.source, diagnostics });
    }
    playbook.renumber();
    taken
}

/// Whether a word can name a part: no path, nothing hidden.
pub(super) fn is_name(name: &str) -> bool {
    !name.trim().is_empty() && !name.contains(['/', '\\', ':', '.', '\0'])
}

fn place(nodes: &mut [Node], name: &str, steps: &[Node]) {
    for node in nodes {
        if let Work::Run(run) = &mut node.work {
            if run.part.value == name {
                run.steps = steps.to_vec();
                run.taken_in = true;
            }
        } else {
            node.inner_mut().into_iter().for_each(|list| place(list, name, steps));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Lang;
    use crate::base::diagnostic::render;
    use crate::playbook;

    #[test]
    fn shared_steps_come_in_with_their_faults() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("parts")).unwrap();
        std::fs::write(
            dir.path().join("parts/登录.yaml"),
            "title: 登录\nsteps:\n  - click: '{{ 姓名 }}'\n  - expect: '{{ 电话 }}'\n  - click: 提交\n    once: { done_when: 已受理 }\n",
        )
        .unwrap();
        let site = playbook::site::read("t", include_bytes!("../../playbooks/sites/training.yaml")).0.unwrap();
        let text = "guide: '2.2'\nedition: V1.0 2020-12-01\ntitle: 甲\ninputs:\n  姓名: { type: text }\nsteps:\n  - run: 登录\n  - expect: 好\n  - run: ../登录\n";
        let (playbook, read, source) = playbook::read("t.yaml", text.as_bytes());
        assert!(read.is_empty(), "{}", render(&source, &read, Lang::En));
        let mut playbook = playbook.unwrap();
        let taken = take_in(&mut playbook, dir.path(), &site);
        assert_eq!(taken.len(), 1);
        assert_eq!(
            taken[0].diagnostics.iter().map(|fault| fault.code).collect::<Vec<_>>(),
            ["undefined-name", "once-without-id"]
        );
        // 姓名 is used, by the part; the path is no part.
        assert_eq!(playbook::check(&playbook, &site).iter().map(|fault| fault.code).collect::<Vec<_>>(), ["part-name"]);
        assert_eq!(playbook.steps.iter().map(|node| node.number).collect::<Vec<_>>(), [1, 5, 6]);
    }
}
