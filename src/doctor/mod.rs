//! Floor 3: checks of this machine, each with what was seen and a remedy.
//!
//! Facts are gathered first ([`gather`]), then judged by pure functions ([`examine`]), so that every finding can be tested by a text.
//! Looking changes nothing on the machine; what [`fix`] does is little and safe. Never uninstalls, never asks for a PIN, and never says a name:
//! what it prints may be read out on the phone.

mod checks;
mod facts;
mod fix;
mod gather;
mod machine;
mod middleware;
mod render;

use serde::Serialize;

use crate::base::Message;

pub use facts::{
    AgentFact, BrowserFact, DiskFact, Facts, Font, HostFact, LockFact, ProgramFact, ProxyFact, Remote, SiteFact, VendorFact,
};
pub use fix::{can_fix, fix};
pub use gather::{Asked, gather, settled};
pub use middleware::fighting_agents;
pub use render::render;

/// The finding that the person works at this machine from another one; none when they sit before it.
pub fn remote_session() -> Option<Finding> {
    let session = machine::remote(&|name: &str| std::env::var(name).ok());
    checks::remote_of(session).filter(|finding| finding.state != State::Ok)
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Ok,
    /// Cannot be told from here; nothing to worry about yet.
    Unknown,
    /// A run may go on, but something is likely to go wrong.
    Warning,
    /// A run would not get through.
    Failed,
}

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Stable name, for programs.
    pub id: &'static str,
    /// What was checked.
    pub title: Message,
    /// How it ended.
    pub state: State,
    /// What was seen.
    pub seen: Message,
    /// What to do; always there unless all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Message>,
}

impl Finding {
    /// The finding as one sentence: title, what was seen, remedy.
    pub fn message(&self) -> Message {
        let (title, seen) = (&self.title, &self.seen);
        let mut said =
            Message::new(format!("{}：{}。", title.zh, seen.zh.trim_end_matches('。')), format!("{}: {}", title.en, seen.en));
        if let Some(remedy) = &self.remedy {
            said.zh.push_str(&remedy.zh);
            said.en = format!("{}; {}", said.en, remedy.en);
        }
        said
    }
}

/// All findings, in the order in which a person would look.
pub fn examine(facts: &Facts) -> Vec<Finding> {
    checks::CHECKS.iter().filter_map(|check| check(facts)).collect()
}

/// The worst state among the findings.
pub fn worst(findings: &[Finding]) -> State {
    findings.iter().map(|finding| finding.state).max().unwrap_or(State::Ok)
}
