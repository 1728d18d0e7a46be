//! The order of steps: where irreversible ones, ends and waits may stand.
//!
//! Never points into the file of shared steps: what is wrong with their place is wrong in the file that takes them in.

use std::ops::Range;

use super::Check;
use crate::playbook::node::{Node, Work};
use crate::say;

impl Check<'_> {
    /// Order of irreversible steps: `finish_when` comes before them, and they do not stand in a repeat.
    pub(super) fn flow(&mut self, nodes: &[Node], repeated: bool) -> bool {
        let mut after = false;
        for node in nodes {
            match &node.work {
                Work::Step(step) if step.once.is_some() => {
                    after = true;
                    if repeated {
                        self.once_in_repeat(&node.span);
                    }
                }
                Work::FinishWhen(_) if after => self.error(
                    "finish-after-once",
                    say!(
                        "「finish_when」写在防重复的步骤之后，会把刚办成的当作早已办过。",
                        "“finish_when” comes after an irreversible step and would take what was just done for done before"
                    ),
                    &node.span,
                    say!("移到那一步之前；之后的确认用 expect。", "move it before that step; confirm afterwards with expect"),
                ),
                Work::Run(run) => {
                    let mut inside = Check::new(self.site, self.names, true);
                    after |= inside.flow(&run.steps, repeated);
                    // Told at the place in this file: the part alone is right.
                    if repeated && inside.found.iter().any(|fault| fault.code == "once-in-repeat") {
                        self.once_in_repeat(&run.part.span);
                    }
                }
                work => {
                    let repeated = repeated || matches!(work, Work::Repeat(_) | Work::Park(_));
                    let inside: Vec<bool> = node.inner().into_iter().map(|list| self.flow(list, repeated)).collect();
                    after |= inside.contains(&true);
                }
            }
        }
        after
    }

    fn once_in_repeat(&mut self, at: &Range<usize>) {
        self.error(
            "once-in-repeat",
            say!("防重复的步骤不能放在 repeat 里。", "a step that must not happen twice cannot stand in a repeat"),
            at,
            say!("移到 repeat 之后。", "move it behind the repeat"),
        );
    }

    /// A handler runs unasked and in the middle of something else: nothing irreversible may stand in it, and it neither ends the playbook
    /// nor waits for the portal.
    pub(super) fn handler(&mut self, nodes: &[Node]) {
        for node in nodes {
            self.handled(node, &node.span);
        }
    }

    /// `at` is the place in this file: shared steps stand in another one.
    fn handled(&mut self, node: &Node, at: &Range<usize>) {
        match &node.work {
            Work::Step(step) if step.once.is_some() => self.error(
                "once-in-handler",
                say!(
                    "handlers 会自动执行，里面不能有防重复的步骤。",
                    "handlers run by themselves: no irreversible step may stand in them"
                ),
                at,
                say!("移到 steps 里。", "move it to steps"),
            ),
            Work::FinishWhen(_) => self.no_end("finish_when", at),
            Work::Park(_) => self.no_end("park", at),
            _ => {}
        }
        let part = matches!(node.work, Work::Run(_)).then_some(&node.span);
        for inner in node.inner().into_iter().flatten() {
            self.handled(inner, part.unwrap_or(&inner.span));
        }
    }

    fn no_end(&mut self, word: &str, at: &Range<usize>) {
        self.error(
            "end-in-handler",
            say!(
                "handlers 在别的步骤中途执行，里面的「{word}」不起作用。",
                "handlers run in the middle of other steps: “{word}” has no effect in them"
            ),
            at,
            say!("移到 steps 里；要停止办理用 refuse_when。", "move it to steps; to stop the run use refuse_when"),
        );
    }
}
