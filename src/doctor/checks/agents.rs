//! CA agents: one should run, and only one vendor's.

use super::{listed, not_ok, ok};
use crate::base::Message;
use crate::doctor::{Facts, Finding, State, VendorFact};
use crate::say;

/// A CA agent runs.
pub(super) fn present(facts: &Facts) -> Option<Finding> {
    let (id, title) = ("agent", say!("CA 助手", "CA agent"));
    let trouble: Vec<Message> = facts.agents.iter().filter_map(|agent| agent.trouble.clone()).collect();
    if let Some(trouble) = trouble.first() {
        let remedy = say!("处理后再检查一次。", "deal with it, then check again");
        return not_ok(id, title, State::Warning, trouble.clone(), remedy);
    }
    let answering = facts.agents.iter().filter(|agent| agent.answers).map(|agent| agent.title.clone());
    let running = facts.vendors.iter().filter(|vendor| vendor.runs).map(|vendor| vendor.title.clone());
    let mut known: Vec<Message> = answering.collect();
    known.extend(running.filter(|title| !known.contains(title)).collect::<Vec<_>>());
    if known.is_empty() {
        return not_ok(
            id,
            title,
            State::Warning,
            say!("没有检测到正在运行的 CA 助手（驱动）。", "no CA agent (driver) is seen to run"),
            say!(
                "请安装并启动 CA 公司或平台要求的驱动（如新点 CA 驱动工具（内蒙古互通版）），插锁后看它能否读出证书。驱动刚更新过的，请重新启动它。",
                "install and start the driver that the CA or the portal asks for (such as 新点 CA 驱动工具（内蒙古互通版）), and see whether it reads the certificate; start it again if it was updated just now"
            ),
        );
    }
    let names = listed(&known);
    ok(id, title, Message::new(format!("{}在运行", names.zh), format!("running: {}", names.en)))
}

/// Not more than one vendor's.
pub(super) fn fighting(facts: &Facts) -> Option<Finding> {
    Some(fighting_of(&facts.vendors))
}

/// The finding over the CA software that was noticed.
pub(in crate::doctor) fn fighting_of(vendors: &[VendorFact]) -> Finding {
    let (id, title) = ("agents-fight", say!("CA 驱动冲突", "drivers that fight"));
    if vendors.len() < 2 {
        let seen = say!("没有发现一家以上的 CA 驱动", "not more than one vendor's CA software is here");
        return Finding { id, title, state: State::Ok, seen, remedy: None };
    }
    let named: Vec<Message> = vendors
        .iter()
        .map(|vendor| {
            let by = listed(&vendor.noticed);
            Message::new(format!("{}（{}）", vendor.title.zh, by.zh), format!("{} ({})", vendor.title.en, by.en))
        })
        .collect();
    let (named, count) = (listed(&named), vendors.len());
    let seen = Message::new(
        format!("本机有 {count} 家的 CA 软件：{}。它们可能互相抢占 CA 锁，使网页读不到证书。", named.zh),
        format!(
            "CA software of {count} vendors is here: {}; they may take the lock from each other, and the page then reads no certificate",
            named.en
        ),
    );
    let remedy = say!(
        "先不要卸载。办理前只留平台要求的那一家在运行，其余的从托盘图标退出；读不到证书时，请致电 400-998-0000 或您的 CA 公司确认该用哪一家。",
        "do not uninstall anything; before the run leave only the one running that the portal asks for and quit the others from the tray; if no certificate is read, ask 400-998-0000 or your CA which one to use"
    );
    Finding { id, title, state: State::Warning, seen, remedy: Some(remedy) }
}
