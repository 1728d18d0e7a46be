//! Why a wait was in vain, where the page itself cannot say so: the driver hangs, the tab is dead, the network is gone.
//!
//! Only looks, never waits long: the person has waited already. A browser works in a run alone, and a run is kept for `ruku resume` until it is
//! done: that may be named here.

use std::time::Duration;

use serde_json::json;

use super::Browser;
use crate::base::{Fault, FaultKind, Message, Until};
use crate::say;

/// How long a driver or a page that lives may take to answer the shortest question.
const ANSWER: Duration = Duration::from_secs(5);

impl Browser {
    /// `fault`, or what is behind it. Only the window that Ruku works in is looked at, and the newest one where the wait was `for_window`:
    /// any other may be dead without having been in the way.
    pub async fn explain(&self, fault: Fault, for_window: bool, until: &Until) -> Fault {
        let vain = matches!(fault.kind, FaultKind::TimedOut | FaultKind::NotFound);
        if !vain || self.took_away().is_some() || self.dialog().is_some() {
            return fault;
        }
        let doing = say!("回答", "answer");
        let limit = until.renewed(ANSWER);
        let tree = match self.bidi.command("browsingContext.getTree", json!({"maxDepth": 0}), &doing, &limit).await {
            Ok(tree) => tree,
            Err(silent) if silent.kind == FaultKind::TimedOut => return silent_browser(&fault),
            Err(_) => return fault,
        };
        let newest = tree["contexts"].as_array().and_then(|all| all.last()).and_then(|last| last["context"].as_str());
        for context in newest.filter(|_| for_window).into_iter().chain([self.current_context().as_str()]) {
            match self.call(context, "() => location.protocol", &[], &until.renewed(ANSWER)).await {
                Ok(protocol) if protocol == "chrome-error:" => return unreachable(&fault),
                Err(silent) if silent.kind == FaultKind::TimedOut => return dead_page(&fault),
                _ => {}
            }
        }
        fault
    }
}

/// What was waited for, without the advice: that is another one now.
fn awaited(fault: &Fault) -> Message {
    let first = |text: &str, end: char| text.split(end).next().unwrap_or_default().trim_end_matches('.').to_owned();
    Message { zh: first(&fault.message.zh, '。'), en: first(&fault.message.en, ';') }
}

fn silent_browser(fault: &Fault) -> Fault {
    let Message { zh, en } = awaited(fault);
    Fault::new(
        FaultKind::Gone,
        say!(
            "浏览器没有反应（驱动程序不回答；{zh}）。已完成的步骤有记录，可用 ruku resume 接着办理。",
            "the browser does not react (its driver does not answer; {en}); what was done is on record, ruku resume goes on with the run"
        ),
    )
}

fn dead_page(fault: &Fault) -> Fault {
    let Message { zh, en } = awaited(fault);
    Fault::new(
        FaultKind::Gone,
        say!(
            "网页没有反应（标签页已崩溃或卡死；{zh}）。已完成的步骤有记录，可用 ruku resume 接着办理。",
            "the page does not react (its tab has crashed or hangs; {en}); what was done is on record, ruku resume goes on with the run"
        ),
    )
}

fn unreachable(fault: &Fault) -> Fault {
    let Message { zh, en } = awaited(fault);
    Fault::new(
        fault.kind,
        say!(
            "网页打不开（{zh}）。请检查网络，确认平台能正常打开；已完成的步骤有记录，之后可用 ruku resume 接着办理。",
            "the page cannot be opened ({en}): check the network and that the portal works; what was done is on record, ruku resume then goes on with the run"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_waited_for_stays_and_its_advice_goes() {
        let waited = crate::base::until::timed_out(&say!("网页出现“绑定成功”", "the page to say “绑定成功”"));
        for (fault, kind) in [
            (silent_browser(&waited), FaultKind::Gone),
            (dead_page(&waited), FaultKind::Gone),
            (unreachable(&waited), FaultKind::TimedOut),
        ] {
            let Message { zh, en } = &fault.message;
            assert_eq!(fault.kind, kind);
            assert!(
                zh.contains("等待超时，没有等到：网页出现“绑定成功”）")
                    && en.contains("timed out waiting for the page to say “绑定成功”)")
            );
            assert!(
                !zh.contains("重试") && !en.contains("try again") && zh.contains("ruku resume") && en.contains("ruku resume"),
                "{zh} {en}"
            );
        }
    }
}
