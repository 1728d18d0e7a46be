//! Progress lines of a run: a fold over its events, one line per step, for a terminal and for a log alike.

use std::sync::Mutex;

use super::print;
use crate::base::Lang;
use crate::proof::{Event, RunResult, StepResult};

/// Prints what happens, in one language. Never prints a value: only what the events say, and those are for people.
#[derive(Debug)]
pub(super) struct Progress {
    lang: Lang,
    title: Mutex<String>,
    /// Kind of the gate opened last: only one is open at a time.
    gate: Mutex<String>,
}

impl Progress {
    /// In `lang`.
    pub(super) fn new(lang: Lang) -> Progress {
        Progress { lang, title: Mutex::default(), gate: Mutex::default() }
    }

    /// Prints the line for an event, if it has one.
    pub(super) fn show(&self, event: &Event) {
        if let Some(line) = self.line(event) {
            print::err(line);
        }
    }

    fn line(&self, event: &Event) -> Option<String> {
        let zh = self.lang == Lang::Zh;
        let word = |chinese: &'static str, english: &'static str| if zh { chinese } else { english };
        let mut title = self.title.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        match event {
            Event::StepStart { title: of_step, .. } => {
                *title = of_step.get(self.lang).to_owned();
                None
            }
            Event::StepEnd { step, result, why } => {
                let mark = match result {
                    StepResult::Done => "✓".to_owned(),
                    StepResult::Skipped => word("– 跳过", "– skipped").to_owned(),
                    StepResult::Parked => word("… 等待平台", "… waiting for the portal").to_owned(),
                    StepResult::Finished => word("✓ 到此为止", "✓ ends here").to_owned(),
                    StepResult::Failed => word("✗ 失败", "✗ failed").to_owned(),
                    StepResult::Stopped => word("■ 已停止", "■ stopped").to_owned(),
                    StepResult::Unsure => word("？ 结果待核实", "? result to be checked").to_owned(),
                    StepResult::Redone => word("↻ 将重做", "↻ will be done again").to_owned(),
                };
                let why = why.as_ref().map(|why| format!("  {}", why.get(self.lang))).unwrap_or_default();
                Some(format!("[{step:>2}] {title} {mark}{why}"))
            }
            Event::Warning { message, .. } => Some(format!("  {}{}", word("注意：", "note: "), message.get(self.lang))),
            Event::GateOpen { kind, .. } => {
                kind.clone_into(&mut self.gate.lock().unwrap_or_else(|poisoned| poisoned.into_inner()));
                None
            }
            Event::GateClose { answer, .. } if answer == "seen" => {
                let gate = self.gate.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                Some(format!(
                    "  {}",
                    match gate.as_str() {
                        "insert-lock" | "reinsert-lock" | "pick-lock" | "swap-lock" =>
                            word("检测到锁有变化。", "the lock changed"),
                        "pin" => word("网页对密码作出了回应。", "the page answered to the PIN"),
                        "seal" => word("网页对签章作出了回应。", "the page answered to the seal"),
                        _ => word("看到您已完成，继续办理。", "seen that you are done, going on"),
                    }
                ))
            }
            Event::Milestone { message, .. } => Some(format!("  ★ {}", message.get(self.lang))),
            Event::Receipt { values, .. } => Some(
                values
                    .iter()
                    .map(|(label, value)| format!("  {label}{}{value}", word("：", ": ")))
                    .collect::<Vec<_>>()
                    .join("\n"),
            ),
            Event::RunEnd { result, .. } => Some(
                match result {
                    RunResult::Done => word("办理完成。", "done"),
                    RunResult::Finished => word("无需继续，已正常结束。", "nothing more to do, ended in order"),
                    RunResult::Stopped => word("已停止。", "stopped"),
                    RunResult::Failed => word("办理失败。", "failed"),
                    RunResult::Unsure => word(
                        "结果待核实：请到平台查看，切勿重复点击。",
                        "result to be checked: look at the portal, do not press again",
                    ),
                    RunResult::Interrupted => word("办理中断。", "interrupted"),
                    RunResult::Parked => word(
                        "已挂起：等待平台审核，之后再次执行即可接着办理。",
                        "parked: the portal takes its time; run it again later to go on",
                    ),
                }
                .to_owned(),
            ),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Message;

    #[test]
    fn one_line_a_step() {
        let progress = Progress::new(Lang::Zh);
        let title = crate::say!("点击「绑定/登陆」", "click “绑定/登陆”");
        let start = Event::StepStart { step: 3, playbook: "2.2".into(), action: "click".into(), title };
        assert_eq!(progress.line(&start), None);
        let why = Some(Message::new("按钮被遮挡", "the button is covered"));
        let end = Event::StepEnd { step: 3, result: StepResult::Failed, why };
        assert_eq!(progress.line(&end).unwrap(), "[ 3] 点击「绑定/登陆」 ✗ 失败  按钮被遮挡");
    }
}
