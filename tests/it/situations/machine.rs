//! Situations of the machine: remote desktops, agents that are absent or fight.

use serde_json::json;

use super::{World, sentence};
use crate::world::ruku;

/// What `ruku doctor` says in this training, with more of an environment.
fn doctor(world: &World, environment: &[(&str, &str)]) -> String {
    let mut command = ruku();
    command.arg("doctor").arg("--training-at").arg(&world.file).envs(environment.iter().copied());
    let output = command.output().unwrap();
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

pub(super) fn remote_or_absent() -> String {
    let world = World::start(710);
    let said = doctor(&world, &[("XRDP_SESSION", "1")]);
    let remote = sentence(&said, "请在插锁的电脑上操作");
    world.admin("/agent/stop", &json!({}));
    let absent = doctor(&world, &[]);
    format!("{remote}；助手不在：{}", sentence(&absent, "助手"))
}

pub(super) fn drivers_fight() -> String {
    let world = World::start(711);
    world.admin("/agent/second", &json!({ "on": true }));
    sentence(&doctor(&world, &[]), "卸载")
}
