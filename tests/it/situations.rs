//! The situations that real portals bring: each is met in a training of its own, and what Ruku did is printed as a table.
//!
//! `cargo test --test it situations` prints it; the words are those of the run.

mod lock;
mod machine;
mod registry;
mod seal;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::world::{Running, World, raw};

/// Situations that are met side by side: as many as tests otherwise (`.cargo/config.toml`).
const SIDE_BY_SIDE: usize = 3;

/// One situation: its number, what is met, and the exercise, which says what Ruku did and fails when that was wrong.
struct Situation {
    number: u32,
    met: &'static str,
    exercise: fn() -> String,
}

const SITUATIONS: &[Situation] = &[
    Situation { number: 1, met: "插着两把锁", exercise: lock::two_locks },
    Situation { number: 2, met: "证书已换新，序列号变了", exercise: lock::renewed },
    Situation { number: 3, met: "证书已过期", exercise: lock::expired },
    Situation { number: 3, met: "证书 30 天内到期", exercise: lock::expires_soon },
    Situation { number: 4, met: "须由法定代表人签章", exercise: seal::legal },
    Situation { number: 5, met: "锁里没有印章", exercise: seal::none },
    Situation { number: 6, met: "签章要用 IE", exercise: seal::elsewhere },
    Situation { number: 7, met: "签章窗口没有弹出", exercise: seal::nothing_opens },
    Situation { number: 8, met: "会员端维护 / 公告", exercise: seal::maintenance_and_notice },
    Situation { number: 8, met: "主体库维护 / 公告", exercise: registry::maintenance_and_notice },
    Situation { number: 9, met: "已由他人激活 / 单位更名", exercise: registry::somebody_else_and_another_name },
    Situation { number: 10, met: "远程桌面 / 助手不在", exercise: machine::remote_or_absent },
    Situation { number: 11, met: "CA 锁密码已锁定", exercise: lock::blocked },
    Situation { number: 12, met: "图形验证码", exercise: lock::captcha },
    Situation { number: 13, met: "风险提示", exercise: lock::risk },
    Situation { number: 14, met: "主体库退回修改", exercise: registry::sent_back },
    Situation { number: 15, met: "密码只输了一半", exercise: crate::pin::half_a_pin },
    Situation { number: 16, met: "长表单中途登录超时", exercise: registry::expired_in_the_form },
    Situation { number: 17, met: "两家驱动互相冲突", exercise: machine::drivers_fight },
    Situation { number: 18, met: "锁和密码在客户手里", exercise: crate::hand_over::package_is_run },
];

#[test]
fn every_situation_is_met_as_described() {
    let next = AtomicUsize::new(0);
    let rows: Mutex<BTreeMap<usize, Result<String, String>>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                while let Some(situation) = SITUATIONS.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let at = SITUATIONS.iter().position(|one| std::ptr::eq(one, situation)).unwrap();
                    let did = catch_unwind(AssertUnwindSafe(situation.exercise)).map_err(|cause| {
                        let text = cause.downcast_ref::<String>().map(String::as_str);
                        text.or(cause.downcast_ref::<&str>().copied()).unwrap_or("a panic").to_owned()
                    });
                    rows.lock().unwrap().insert(at, did);
                }
            });
        }
    });
    let rows = rows.into_inner().unwrap();
    let mut table = String::from("\n遇到的情况                     Ruku 怎么做\n");
    for (at, did) in &rows {
        let Situation { number, met, .. } = &SITUATIONS[*at];
        let did = did.as_deref().unwrap_or("不符合要求（详见失败信息）");
        table.push_str(&format!("{number:>2} {met}\n     → {}\n", did.trim_start_matches("→ ")));
    }
    raw(&table);
    let failed: Vec<String> = rows
        .iter()
        .filter_map(|(at, did)| Some(format!("{} {}: {}", SITUATIONS[*at].number, SITUATIONS[*at].met, did.as_ref().err()?)))
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

/// A training whose p1 is bound already.
fn bound(seed: u64) -> World {
    let world = World::start(seed);
    world.admin("/prepare", &json!({ "applicant": "p1", "bound": true }));
    world
}

/// A run with the scripted operator: exit code, what was said, events.
fn scripted(world: &World, playbooks: &[&str]) -> (i32, String, Vec<Value>) {
    Running::start(world.unpictured(playbooks)).end()
}

/// A run with a person at the terminal.
fn attended(world: &World, playbooks: &[&str]) -> Running {
    let mut command = world.unpictured(playbooks);
    command.args(["--operator", "terminal"]);
    Running::start(command)
}

/// The sentence of the run that holds `words`, for the table.
fn sentence(said: &str, words: &str) -> String {
    let line = said.lines().rev().find(|line| line.contains(words));
    line.unwrap_or_else(|| panic!("“{words}” was not said: {said}")).trim().to_owned()
}
