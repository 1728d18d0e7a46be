//! The stand-in for 新点检测工具（内蒙古互通版）: a desktop program that checks the machine and opens the CA 互认系统 (guide 2.1.2).
//!
//! Never shows what it has not just asked: each line comes from the living agent. Internals of the real tool are not known; this one is
//! drawn after the words of the guide.

use std::time::Duration;

use super::instance::Instance;
use crate::base::{Lang, http};

/// How long the agent may take for one call.
const PATIENCE: Duration = Duration::from_secs(5);
/// Columns of the window.
const WIDTH: usize = 64;

/// What the tool found on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checks {
    /// Version of driver and agent; none when the agent does not answer.
    pub version: Option<String>,
    /// Holders of the locks that are in.
    pub holders: Vec<String>,
}

/// Asks the training's agent.
pub async fn check(instance: &Instance) -> Checks {
    let [crypto, info] = instance.agent_ports;
    let version = call(info, "/RS_GetVersion").await.and_then(|json| json["data"]["version"].as_str().map(str::to_owned));
    let listed = call(crypto, "/RS_GetUserList").await.unwrap_or_default();
    let users = listed["data"]["userlist"].as_str().unwrap_or_default();
    let holders = users.split("&&&").filter_map(|user| user.rsplit_once("||")).map(|(holder, _)| holder.to_owned());
    Checks { version, holders: holders.collect() }
}

async fn call(port: u16, path: &str) -> Option<serde_json::Value> {
    let answer = http::request("POST", port, "127.0.0.1", path, &[], Vec::new(), PATIENCE).await.ok()?;
    answer.json().ok()
}

/// The tool's window as text; its icons stand in the last row, 登陆系统 at the lower right.
pub fn window(checks: &Checks, lang: Lang) -> String {
    let zh = lang == Lang::Zh;
    let word = |chinese: &str, english: &str| if zh { chinese.to_owned() } else { english.to_owned() };
    let (driver, agent) = match &checks.version {
        Some(version) => (format!("{} {version}", word("√ 已安装", "√ installed")), word("√ 运行中", "√ running")),
        None => (word("× 未检测到", "× not found"), word("× 未运行", "× not running")),
    };
    let locks = match checks.holders.len() {
        0 => word("× 未检测到 CA 锁", "× no CA lock"),
        count => {
            let count = if zh { format!("√ {count} 把：") } else { format!("√ {count}: ") };
            count + &checks.holders.join(if zh { "、" } else { ", " })
        }
    };
    let rule = "─".repeat(WIDTH);
    let line = |name: String, found: String| format!("  {name}{}{found}\n", " ".repeat(16_usize.saturating_sub(width(&name))));
    let icons = word("[重新检测]  [驱动下载]  [使用帮助]", "[重新检测] check again");
    let login = "[登陆系统]";
    let gap = WIDTH.saturating_sub(width(&icons) + width(login) + 4);
    let title = word("新点检测工具（内蒙古互通版）— 模拟，虚构内容", "新点检测工具（内蒙古互通版）, training, all fictitious");
    let mut text = format!("{rule}\n  {title}\n{rule}\n");
    text += &line(word("CA 驱动", "CA driver"), driver);
    text += &line(word("互认助手", "CA agent"), agent);
    text += &line(word("CA 锁", "CA lock"), locks);
    text += &format!("\n  {icons}{}{login}\n{rule}\n", " ".repeat(gap));
    text
}

/// Columns on a terminal: Chinese characters take two.
fn width(text: &str) -> usize {
    text.chars().map(|c| if c >= '\u{1100}' { 2 } else { 1 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_shows_what_was_found_and_the_way_in_at_the_lower_right() {
        let found = Checks { version: Some("training-1".into()), holders: vec!["张三".into(), "李四".into()] };
        let text = window(&found, Lang::Zh);
        assert!(text.contains("已安装 training-1") && text.contains("2 把：张三、李四"), "{text}");
        let last = text.trim_end().lines().rev().nth(1).unwrap();
        assert!(last.ends_with("[登陆系统]") && width(last) == WIDTH - 2, "{text}");
        let none = window(&Checks { version: None, holders: Vec::new() }, Lang::En);
        assert!(none.contains("not running") && none.contains("no CA lock") && none.contains("登陆系统"), "{none}");
    }
}
