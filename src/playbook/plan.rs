//! The plan: the numbered lines of a playbook for people, before anything is done.

use serde::Serialize;

use super::model::Playbook;
use super::node::{Node, Work};
use crate::actions::Risk;
use crate::base::Message;
use crate::say;

/// The lines of a playbook, in the order of the numbers that the run uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// Section of the guide.
    pub guide: String,
    /// The playbook's title.
    pub title: Message,
    /// One line a node.
    pub steps: Vec<PlanLine>,
}

/// One line of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanLine {
    /// The number of the node.
    pub number: u32,
    /// How deep it stands in control flow; 0 for the playbook's own steps.
    pub depth: u32,
    /// The leading key.
    pub action: &'static str,
    /// The node in words, with templates as they stand.
    pub title: Message,
    /// The note for the operator.
    pub note: Option<Message>,
    /// Whether it must never happen twice.
    pub once: bool,
    /// Whether the person is asked to do something.
    pub person: bool,
}

impl Plan {
    /// The plan of a playbook.
    pub fn of(playbook: &Playbook) -> Plan {
        let mut lines = Vec::new();
        add(&playbook.steps, 0, &mut lines);
        Plan { guide: playbook.guide.value.clone(), title: playbook.title.message(), steps: lines }
    }
}

fn add(nodes: &[Node], depth: u32, lines: &mut Vec<PlanLine>) {
    for node in nodes {
        lines.push(line(node, depth));
        match &node.work {
            Work::When(when) => {
                add(&when.then, depth + 1, lines);
                if !when.otherwise.is_empty() {
                    // Not a node of its own: it carries the number of its `when`.
                    lines.push(PlanLine { action: "else", title: say!("否则", "otherwise"), note: None, ..line(node, depth) });
                    add(&when.otherwise, depth + 1, lines);
                }
            }
            _ => node.inner().into_iter().for_each(|list| add(list, depth + 1, lines)),
        }
    }
}

fn line(node: &Node, depth: u32) -> PlanLine {
    let (action, once, person) = match &node.work {
        Work::Step(step) => (step.act.word(), step.once.is_some(), step.act.risk() == Risk::Person),
        Work::When(_) => ("when", false, false),
        Work::Repeat(_) => ("repeat", false, false),
        Work::FinishWhen(_) => ("finish_when", false, false),
        Work::RefuseWhen(_) => ("refuse_when", false, false),
        Work::Park(_) => ("park", false, false),
        Work::Run(_) => ("run", false, false),
    };
    let note = node.note.as_ref().map(|note| note.message());
    PlanLine { number: node.number, depth, action, title: node.title(), note, once, person }
}
