//! Where a run, or a check of this machine, looks for local CA agents.

use std::path::Path;

use crate::base::Fault;
use crate::lock::{AgentAt, Drivers};
use crate::training::Instance;

/// The agents of a training, or those that `drivers` knows of real portals.
pub(super) fn at(drivers: &Path, instance: Option<&Instance>) -> Result<Vec<AgentAt>, Fault> {
    let Some(instance) = instance else {
        let real = Drivers::read(drivers)?.agents.into_iter().filter(|agent| !agent.name.starts_with("training"));
        return Ok(real.map(|agent| AgentAt { name: agent.name, port: agent.ports.list }).collect());
    };
    let own = AgentAt { name: "training".into(), port: instance.agent_ports[0] };
    let second = instance.second_agent.map(|port| AgentAt { name: "training-second".into(), port });
    Ok(std::iter::once(own).chain(second).collect())
}
