//! CA software of this machine by vendor: `drivers/middleware.yaml` and the agents of `drivers/agents`.
//!
//! Never sends anything: a port that accepts a connection is all that is asked.

use std::path::Path;
use std::time::Duration;

use futures_util::future::join_all;
use serde::Deserialize;

use super::checks::fighting_of;
use super::{Finding, State, VendorFact, machine};
use crate::base::{Fault, FaultKind, Message};
use crate::lock::{AgentAt, Drivers};
use crate::say;

/// Loopback answers at once; Windows takes two seconds to say that nobody listens.
const PATIENCE: Duration = Duration::from_millis(400);

/// `drivers/middleware.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    vendors: Vec<Vendor>,
}

/// How one vendor's software is noticed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Vendor {
    name: String,
    title: Message,
    #[serde(default)]
    ports: Vec<u16>,
    #[serde(default)]
    programs: Vec<String>,
    #[serde(default)]
    folders: Vec<String>,
}

/// The finding about CA software of more than one vendor; none when there is no conflict. Cheap: for the start of a run.
///
/// # Errors
/// `Io` or `Setup` when `drivers` cannot be read.
pub async fn fighting_agents(drivers: &Path, agents: &[AgentAt]) -> Result<Option<Finding>, Fault> {
    let finding = fighting_of(&vendors(drivers, agents).await?);
    Ok((finding.state != State::Ok).then_some(finding))
}

/// The CA software that can be noticed. `agents` are where this run looks for them; a training's own fights with nobody but another one of
/// that training.
pub(super) async fn vendors(drivers: &Path, agents: &[AgentAt]) -> Result<Vec<VendorFact>, Fault> {
    let known = known(drivers, agents)?;
    let programs = machine::programs().await;
    let folders = machine::program_folders();
    let facts = join_all(known.iter().map(|vendor| notice(vendor, &programs, &folders))).await;
    Ok(facts.into_iter().flatten().collect())
}

/// The vendors of the file, and the agents that Ruku can ask: same name, same vendor.
fn known(drivers: &Path, agents: &[AgentAt]) -> Result<Vec<Vendor>, Fault> {
    let path = drivers.join("middleware.yaml");
    let text = std::fs::read_to_string(&path).map_err(|error| Fault::io("读取配置", "read", &path, &error))?;
    let known: Known = serde_yaml::from_str(&text).map_err(|error| {
        let file = path.display();
        Fault::new(FaultKind::Setup, say!("{file} 有误：{error}。请恢复原来的文件。", "{file} is wrong: {error}; restore it"))
    })?;
    let mut vendors = known.vendors;
    let of_training = |name: &str| name.starts_with("training");
    let several = agents.iter().filter(|at| of_training(&at.name)).count() > 1;
    for agent in Drivers::read(drivers)?.agents {
        let at = agents.iter().find(|at| at.name == agent.name).map(|at| at.port);
        let ports = match at {
            Some(port) if several || !of_training(&agent.name) => [port, port],
            None if !of_training(&agent.name) => [agent.ports.list, agent.ports.health],
            _ => continue,
        };
        match vendors.iter_mut().find(|vendor| vendor.name == agent.name) {
            Some(vendor) => vendor.ports.extend(ports),
            None => {
                let (programs, folders) = (Vec::new(), Vec::new());
                vendors.insert(0, Vendor { name: agent.name, title: agent.title, ports: ports.into(), programs, folders });
            }
        }
    }
    Ok(vendors)
}

async fn notice(vendor: &Vendor, programs: &[String], folders: &[String]) -> Option<VendorFact> {
    let mut listed = vendor.ports.clone();
    listed.dedup();
    let ports =
        join_all(listed.iter().map(|port| async { machine::answers("127.0.0.1", *port, PATIENCE).await.then_some(*port) })).await;
    let mut noticed: Vec<Message> = ports.into_iter().flatten().map(|port| say!("端口 {port}", "port {port}")).collect();
    let running = vendor.programs.iter().filter(|program| programs.iter().any(|running| same_program(running, program)));
    noticed.extend(running.map(|program| say!("程序 {program}", "program {program}")));
    let runs = !noticed.is_empty();
    let installed = folders.iter().filter(|folder| vendor.folders.iter().any(|word| folder.contains(word.as_str())));
    noticed.extend(installed.map(|folder| say!("已安装 {folder}", "installed: {folder}")));
    (!noticed.is_empty()).then(|| VendorFact { title: vendor.title.clone(), runs, noticed })
}

/// Whether a running program is the one that the file names. Linux knows fifteen characters of a name.
fn same_program(running: &str, named: &str) -> bool {
    let plain = |name: &str| name.to_lowercase().trim_end_matches(".exe").chars().take(15).collect::<String>();
    plain(running) == plain(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A drivers folder whose vendors listen on these ports.
    fn drivers(ports: &[u16]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for sub in ["locks", "agents"] {
            std::fs::create_dir(folder.path().join(sub)).unwrap();
        }
        let vendors: String = ports
            .iter()
            .map(|port| format!("  - {{ name: v{port}, title: {{ zh: 甲{port}, en: A{port} }}, ports: [{port}] }}\n"))
            .collect();
        std::fs::write(folder.path().join("middleware.yaml"), format!("vendors:\n{vendors}")).unwrap();
        folder
    }

    #[tokio::test]
    async fn two_that_listen_fight_and_one_does_not() {
        let listeners: Vec<_> = (0..2).map(|_| std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap()).collect();
        let ports: Vec<u16> = listeners.iter().map(|listener| listener.local_addr().unwrap().port()).collect();
        let folder = drivers(&ports);
        let finding = fighting_agents(folder.path(), &[]).await.unwrap().unwrap();
        assert_eq!(finding.state, State::Warning);
        for port in &ports {
            assert!(finding.seen.zh.contains(&format!("甲{port}（端口 {port}）")), "{}", finding.seen.zh);
        }
        assert!(finding.remedy.unwrap().zh.contains("先不要卸载"));
        let folder = drivers(&ports[..1]);
        assert_eq!(fighting_agents(folder.path(), &[]).await.unwrap(), None);
    }

    #[test]
    fn the_projects_own_file_is_read_with_its_agents() {
        let drivers = Path::new(env!("CARGO_MANIFEST_DIR")).join("drivers");
        let names: Vec<String> = known(&drivers, &[]).unwrap().into_iter().map(|vendor| vendor.name).collect();
        assert!(names.contains(&"huzhushou".to_owned()) && names.contains(&"bjca".to_owned()), "{names:?}");
        assert!(!names.contains(&"training".to_owned()));
    }

    #[test]
    fn programs_are_compared_as_windows_and_linux_name_them() {
        assert!(same_program("skclient", "SKClient.exe"));
        assert!(same_program("a-very-long-nam", "A-very-long-name.exe"));
        assert!(!same_program("gx", "gxSer.exe"));
    }
}
