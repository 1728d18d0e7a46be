//! The driver, the browser and its tabs go away.

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::{at_the_bind, ended};
use crate::world::{Running, World, block_on, folders_with, until};

/// The folder of the run under way.
fn work(world: &World) -> std::path::PathBuf {
    folders_with(&world.temporary(), "processes.json").pop().expect("a run under way")
}

/// Sends a signal and waits until it has stopped or ended the program: a browser that is about to crash still presses a button.
fn signal(world: &World, who: &str, signal: Signal) {
    let pid = crate::driver::recorded(&work(world), who);
    kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    until("the signal to have done its work", || match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => ["T", "Z", "X"].contains(&stat.rsplit_once(") ").unwrap().1.split(' ').next().unwrap()),
        Err(_) => true,
    });
}

/// A command to the browser's own protocol, beside Ruku, as its window's cross or a crash does. It is obeyed when the browser hangs up or says
/// that the page has crashed: the command itself is never answered then.
fn devtools(world: &World, method: &str, to_page: bool) {
    let told = std::fs::read_to_string(work(world).join("profile/DevToolsActivePort")).unwrap();
    let (port, path) = told.split_once('\n').unwrap();
    let url = if to_page {
        let port = port.parse().unwrap();
        let listed = crate::world::call("GET", port, "127.0.0.1", "/json/list", &[], b"", crate::world::PATIENCE).unwrap().json();
        let page = listed
            .unwrap()
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["url"].as_str().unwrap().contains("/bind/person"))
            .unwrap()
            .clone();
        page["webSocketDebuggerUrl"].as_str().unwrap().to_owned()
    } else {
        format!("ws://127.0.0.1:{port}{}", path.trim())
    };
    block_on(async {
        use futures_util::{SinkExt, StreamExt};
        let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        for (id, method) in [to_page.then_some("Inspector.enable"), Some(method)].into_iter().flatten().enumerate() {
            let command: Value = json!({ "id": id, "method": method });
            socket.send(tokio_tungstenite::tungstenite::Message::text(command.to_string())).await.unwrap();
        }
        let obeyed = async {
            while let Some(Ok(said)) = socket.next().await {
                if said.to_text().is_ok_and(|said| said.contains("Inspector.targetCrashed")) {
                    break;
                }
            }
        };
        tokio::time::timeout(crate::world::PATIENCE, obeyed).await.expect("the browser obeys");
    });
}

fn struck(name: &str, seed: u64, strike: fn(&World)) {
    let world = World::start(seed);
    let mut run = at_the_bind(&world);
    strike(&world);
    run.type_line("");
    ended(name, run, &world);
    // As the message says.
    let mut run = Running::start(world.resume(&world.newest_run()));
    run.wait_for("gate.open", |event| event["kind"] == "confirm");
    run.type_line("");
    let (code, said, _) = run.end();
    assert_eq!((code, world.counter("bind"), world.counter("bind_requests")), (0, 1, 1), "{said}");
}

#[test]
fn the_driver_is_killed() {
    struck("浏览器驱动被结束", 900, |world| signal(world, "driver", Signal::KILL));
}

#[test]
fn the_driver_hangs() {
    struck("浏览器驱动停住不答", 901, |world| signal(world, "driver", Signal::STOP));
}

#[test]
fn the_browser_crashes() {
    struck("浏览器崩溃", 902, |world| signal(world, "browser", Signal::SEGV));
}

#[test]
fn the_person_closes_the_browser() {
    struck("本人关闭了浏览器", 903, |world| devtools(world, "Browser.close", false));
}

#[test]
fn a_tab_crashes() {
    struck("网页标签崩溃", 904, |world| devtools(world, "Page.crash", true));
}
