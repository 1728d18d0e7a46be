//! The thread that asks local CA agents for their locks.
//!
//! Never makes a call that needs or spends a PIN: only the health call, the list and the certificates. An agent that does not answer is
//! absent, which is no fault.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio_util::sync::CancellationToken;

use super::board::Board;
use super::drivers::{AgentDriver, Drivers, ListShape};
use super::snapshot::{Detector, Lock};
use crate::base::{Fault, FaultKind, Message, http};
use crate::pki::{self, Identity};
use crate::say;

/// How often an agent is asked.
const EVERY: Duration = Duration::from_secs(1);
/// An agent that takes longer for one call counts as absent this time.
const PATIENCE: Duration = Duration::from_secs(5);

/// An agent of this machine: the name of its driver, and the port of 127.0.0.1 where it lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentAt {
    /// The name of a file in `drivers/agents`.
    pub name: String,
    /// Its list port, which may differ from the driver's usual one.
    pub port: u16,
}

/// Each agent with its driver.
pub(super) fn known(drivers: &Drivers, agents: Vec<AgentAt>) -> Result<Vec<(AgentDriver, AgentAt)>, Fault> {
    let find = |at: AgentAt| match drivers.agents.iter().find(|driver| driver.name == at.name) {
        Some(driver) => Ok((driver.clone(), at)),
        None => {
            let name = at.name;
            Err(Fault::new(
                FaultKind::Setup,
                say!("drivers/agents 中没有名为“{name}”的 CA 助手。", "no agent in drivers/agents is named “{name}”"),
            ))
        }
    };
    agents.into_iter().map(find).collect()
}

/// Asks every agent again and again until cancelled.
pub(super) fn watch(board: &Arc<Board>, agents: Vec<(AgentDriver, AgentAt)>, cancel: &CancellationToken) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let why = say!("无法访问本机网络（{error}）。", "the loopback network cannot be used ({error})");
            for index in 0..agents.len() {
                board.agent(index, Instant::now(), false, Some(why.clone()), Vec::new());
            }
            return;
        }
    };
    for (index, (driver, at)) in agents.into_iter().enumerate() {
        let board = Arc::clone(board);
        runtime.spawn(async move {
            let mut known = HashMap::new();
            let mut tick = tokio::time::interval(EVERY);
            tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                tick.tick().await;
                let asked = Instant::now();
                let (answers, trouble, locks) = match ask(&driver, at.port, &mut known).await {
                    None => (false, None, Vec::new()),
                    Some(Ok(locks)) => (true, None, locks),
                    Some(Err(why)) => (true, Some(why), Vec::new()),
                };
                board.agent(index, asked, answers, trouble, locks);
            }
        });
    }
    runtime.block_on(cancel.cancelled());
}

/// Certificates of the containers that are listed, so that each is fetched once for as long as it stays listed.
type Known = HashMap<String, Identity>;

/// One round: `None` when the agent does not answer.
async fn ask(driver: &AgentDriver, port: u16, known: &mut Known) -> Option<Result<Vec<Lock>, Message>> {
    // A driver tells the health port beside the usual list port; an agent on another port answers both there.
    let health = if port == driver.ports.list { driver.ports.health } else { port };
    let health_json = call(health, &driver.health, "").await;
    let listed = call(port, &driver.list.users, "").await;
    if health_json.is_none() && listed.is_none() {
        known.clear();
        return None;
    }
    let listed = match listed.ok_or_else(|| silent(driver)).and_then(|json| match driver.list.shape {
        ListShape::RsUserList => rs_users(driver, &json),
    }) {
        Ok(listed) => listed,
        Err(why) => return Some(Err(why)),
    };
    known.retain(|container, _| listed.iter().any(|user| user.container == *container));
    let mut locks = Vec::new();
    for user in listed {
        let mut trouble = None;
        if !known.contains_key(&user.container) {
            match certificate(driver, port, &user.container).await {
                Ok(identity) => drop(known.insert(user.container.clone(), identity)),
                Err(why) => trouble = Some(why),
            }
        }
        locks.push(Lock {
            id: format!("agent:{}:{}", driver.name, user.container),
            detector: Detector::Agent { name: driver.name.clone() },
            also: Vec::new(),
            atr: None,
            kind: None,
            certificate: known.get(&user.container).cloned(),
            reading: false,
            trouble,
        });
    }
    Some(Ok(locks))
}

/// One call: POST, form in, JSON out; `None` when there is no such answer.
async fn call(port: u16, path: &str, form: &str) -> Option<serde_json::Value> {
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let answer = http::request("POST", port, "127.0.0.1", path, &headers, form.as_bytes().to_vec(), PATIENCE).await.ok()?;
    answer.json().ok().filter(|_| answer.status == 200)
}

async fn certificate(driver: &AgentDriver, port: u16, container: &str) -> Result<Identity, Message> {
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("certType", "1")
        .append_pair("containerId", container)
        .finish();
    let json = call(port, &driver.list.certificate, &form).await.ok_or_else(|| silent(driver))?;
    let text: String = json["data"]["certBase64"].as_str().unwrap_or_default().split_whitespace().collect();
    let der = STANDARD.decode(&text).unwrap_or_default();
    pki::read(&der).map_err(|fault| fault.message)
}

/// One line of an agent's list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct User {
    container: String,
}

/// Reads `{"code":"0000","data":{"userlist":"name||container&&&…"}}`; code 9001 is an empty list.
pub(super) fn rs_users(driver: &AgentDriver, json: &serde_json::Value) -> Result<Vec<User>, Message> {
    match json["code"].as_str() {
        Some("9001") => Ok(Vec::new()),
        Some("0000") => {
            let list = json["data"]["userlist"].as_str().unwrap_or_default();
            // A holder's name may hold anything, a container id no `|`.
            let users = list.split("&&&").filter_map(|entry| entry.rsplit_once("||"));
            Ok(users.map(|(_, container)| User { container: container.to_owned() }).filter(|u| !u.container.is_empty()).collect())
        }
        code => {
            let (zh, en, code) = (&driver.title.zh, &driver.title.en, code.unwrap_or("?"));
            Err(say!(
                "{zh}无法列出 CA 锁（代码 {code}）。请在该助手的窗口中检查。",
                "{en} cannot list the CA locks (code {code}); check in its own window"
            ))
        }
    }
}

fn silent(driver: &AgentDriver) -> Message {
    let (zh, en) = (&driver.title.zh, &driver.title.en);
    say!("{zh}在运行，但没有回答。请重新启动该助手。", "{en} runs but does not answer; start it again")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::base::Source;

    fn driver() -> AgentDriver {
        let text = include_str!("../../drivers/agents/training.yaml").to_owned();
        AgentDriver::read(&Source { name: "training.yaml".into(), text }).unwrap()
    }

    fn containers(json: serde_json::Value) -> Result<Vec<String>, Message> {
        rs_users(&driver(), &json).map(|users| users.into_iter().map(|user| user.container).collect())
    }

    #[test]
    fn lists_are_read_as_the_agents_write_them() {
        let list = |text: &str| json!({"code": "0000", "msg": "successful", "data": {"userlist": text}});
        assert_eq!(containers(list("张三||C1&&&李||四||C2")).unwrap(), ["C1", "C2"]);
        assert!(containers(list("")).unwrap().is_empty());
        assert!(containers(list("张三||")).unwrap().is_empty());
        assert!(containers(json!({"code": "9001"})).unwrap().is_empty());
        assert!(containers(json!({"code": "9999"})).unwrap_err().zh.contains("9999"));
        assert!(containers(json!([])).is_err());
    }

    #[tokio::test]
    async fn an_agent_that_is_not_there_is_no_fault() {
        // A port that was just free: bound, asked for, given back.
        let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        assert!(ask(&driver(), port, &mut Known::new()).await.is_none());
    }

    /// What an agent, or whatever listens on its port, may answer.
    fn answer() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[0-9张|&]{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            let key = prop_oneof![Just("code".to_owned()), Just("data".to_owned()), Just("userlist".to_owned()), "[a-z]{0,4}"];
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map(key, inner, 0..4).prop_map(Value::from_iter),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_answer_is_survived(answer in answer()) {
            if let Ok(read) = containers(answer) {
                prop_assert!(read.iter().all(|container| !container.is_empty()));
            }
        }

        #[test]
        fn any_list_is_survived(text in ".{0,200}") {
            let read = containers(json!({"code": "0000", "data": {"userlist": text}})).unwrap();
            prop_assert!(read.iter().all(|container| !container.is_empty()));
        }

        #[test]
        fn what_an_agent_lists_is_what_is_read(users in proptest::collection::vec(("[\\w 张]{0,6}", "[0-9A-F]{1,8}"), 0..5)) {
            let text = users.iter().map(|(name, id)| format!("{name}||{id}")).collect::<Vec<_>>().join("&&&");
            let ids: Vec<_> = users.into_iter().map(|(_, id)| id).collect();
            prop_assert_eq!(containers(json!({"code": "0000", "data": {"userlist": text}})).unwrap(), ids);
        }
    }
}
