//! Why a wait was in vain, where the page itself cannot say so: the driver hangs, the tab is dead, the network is gone.
//!
//! Only looks, never waits long: the person has waited already.

use std::time::Duration;

use serde_json::json;

use super::Browser;
use crate::base::{Fault, FaultKind, Until};
use crate::say;

/// How long a driver or a page that lives may take to answer the shortest question.
const ANSWER: Duration = Duration::from_secs(5);

impl Browser {
    /// `fault`, or what is behind it.
    pub async fn explain(&self, fault: Fault, until: &Until) -> Fault {
        let vain = matches!(fault.kind, FaultKind::TimedOut | FaultKind::NotFound);
        if !vain || self.took_away().is_some() || self.dialog().is_some() {
            return fault;
        }
        let doing = say!("浏览器回答", "the browser to answer");
        let limit = until.renewed(ANSWER);
        let tree = match self.bidi.command("browsingContext.getTree", json!({"maxDepth": 0}), &doing, &limit).await {
            Ok(tree) => tree,
            Err(silent) if silent.kind == FaultKind::TimedOut => return silent_browser(),
            Err(_) => return fault,
        };
        let newest = tree["contexts"].as_array().and_then(|all| all.last()).and_then(|last| last["context"].as_str());
        for context in newest.into_iter().chain([self.current_context().as_str()]) {
            match self.call(context, "() => location.protocol", &[], &until.renewed(ANSWER)).await {
                Ok(protocol) if protocol == "chrome-error:" => return unreachable(&fault),
                Err(silent) if silent.kind == FaultKind::TimedOut => return dead_page(),
                _ => {}
            }
        }
        fault
    }
}

fn silent_browser() -> Fault {
    Fault::new(
        FaultKind::Gone,
        say!(
            "浏览器没有反应（驱动程序不回答）。已完成的步骤有记录，请重新开始办理。",
            "the browser does not react (its driver does not answer); what was done is on record, start the run again"
        ),
    )
}

fn dead_page() -> Fault {
    Fault::new(
        FaultKind::Gone,
        say!(
            "网页没有反应（标签页已崩溃或卡死）。已完成的步骤有记录，请重新开始办理。",
            "the page does not react (its tab has crashed or hangs); what was done is on record, start the run again"
        ),
    )
}

fn unreachable(fault: &Fault) -> Fault {
    let waited = fault.message.phrase();
    let (zh, en) = (waited.zh, waited.en);
    Fault::new(
        fault.kind,
        say!(
            "网页打不开。请检查网络，确认平台能正常打开后，再重新办理（{zh}）。",
            "the page cannot be opened: check the network and that the portal works, then run again ({en})"
        ),
    )
}
