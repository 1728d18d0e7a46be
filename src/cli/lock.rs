//! The hidden `ruku lock-watch`: what the lock floor sees, one JSON line per change, for tests and for support.

use std::path::PathBuf;
use std::process::ExitCode;

use super::Context;
use crate::lock::{self, AgentAt, LockOptions};

/// Arguments of `ruku lock-watch`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder with locks/ and agents/
    #[arg(long, default_value = "drivers")]
    drivers: PathBuf,
    /// An agent to ask, as NAME=PORT; may be given again
    #[arg(long = "agent", value_parser = agent_at)]
    agents: Vec<AgentAt>,
}

fn agent_at(text: &str) -> Result<AgentAt, String> {
    let (name, port) = text.split_once('=').ok_or("expected NAME=PORT")?;
    let port = port.parse().map_err(|_| format!("`{port}` is not a port"))?;
    Ok(AgentAt { name: name.to_owned(), port })
}

pub(super) fn main(context: &Context, args: Args) -> ExitCode {
    match lock::watch_main(LockOptions { drivers: args.drivers, agents: args.agents }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => context.fail(&fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_is_a_name_and_a_port() {
        assert_eq!(agent_at("training=11200"), Ok(AgentAt { name: "training".into(), port: 11200 }));
        assert!(agent_at("training").is_err() && agent_at("training=x").is_err());
    }
}
