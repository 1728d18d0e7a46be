//! The machine itself: whose desktop it is, clock, fonts, space, proxies, the temporary folder.

use jiff::{Timestamp, civil::date, tz::TimeZone};

use super::{listed, not_ok, ok};
use crate::base::{Message, files};
use crate::doctor::{Facts, Finding, Font, Remote, State};
use crate::say;

/// A run with pictures and report needs some tens of MB; below this nothing is begun.
const TOO_LITTLE: u64 = 200 << 20;
/// Enough for a day of runs.
const PLENTY: u64 = 1 << 30;

/// The lock is plugged into the machine that the browser runs on.
pub(super) fn remote(facts: &Facts) -> Option<Finding> {
    remote_of(facts.remote)
}

/// What is found of this kind of session.
pub(in crate::doctor) fn remote_of(session: Option<Remote>) -> Option<Finding> {
    let (id, title) = ("remote", say!("远程桌面", "remote desktop"));
    let what = match session {
        None => return ok(id, title, say!("没有，在本机操作", "none: this machine's own desktop")),
        Some(Remote::Rdp) => say!("当前是 Windows 远程桌面会话。", "this is a Windows remote desktop session"),
        Some(Remote::Xrdp) => say!("当前是 xrdp 远程桌面会话。", "this is an xrdp session"),
        Some(Remote::Ssh) => say!("当前是从另一台电脑登录的（SSH）。", "this session comes from another machine (SSH)"),
    };
    let remedy = say!(
        "请在插锁的电脑上操作：远程桌面下 CA 锁常常看不到，密码窗口也会出现在别处。",
        "work at the machine that the lock is plugged into: a remote session often does not see the lock, and the PIN window shows up elsewhere"
    );
    not_ok(id, title, State::Warning, what, remedy)
}

/// The clock is not absurd: certificates and proof depend on it.
pub(super) fn clock(facts: &Facts) -> Option<Finding> {
    let (id, title) = ("clock", say!("本机时间", "clock"));
    let shown = facts.now.to_zoned(facts.time_zone());
    let shown = shown.strftime("%Y-%m-%d %H:%M %:z").to_string();
    if (begin()..end()).contains(&facts.now) {
        return ok(id, title, Message::same(shown));
    }
    not_ok(
        id,
        title,
        State::Failed,
        say!("{shown}，不可能。", "{shown}, which cannot be"),
        say!(
            "请在系统设置中打开自动校时；时间不对会使证书显示为过期，操作记录也失去意义。",
            "let the system set its clock by itself; a wrong one makes certificates look expired and the record worthless"
        ),
    )
}

/// This program did not exist before.
fn begin() -> Timestamp {
    date(2026, 11, 1).to_zoned(TimeZone::UTC).map(|day| day.timestamp()).unwrap_or(Timestamp::MIN)
}

fn end() -> Timestamp {
    date(2056, 11, 1).to_zoned(TimeZone::UTC).map(|day| day.timestamp()).unwrap_or(Timestamp::MAX)
}

/// Pictures can show Chinese.
pub(super) fn font(facts: &Facts) -> Option<Finding> {
    let (id, title) = ("font", say!("中文字体", "Chinese font"));
    let remedy = say!(
        "Debian/Ubuntu：apt install fonts-noto-cjk（或较小的 fonts-wqy-microhei）；Windows：在“可选功能”中安装“中文（简体）补充字体”。",
        "Debian/Ubuntu: apt install fonts-noto-cjk (or the smaller fonts-wqy-microhei); Windows: install the supplemental fonts for Simplified Chinese"
    );
    match &facts.font {
        Font::Found(name) => ok(id, title, Message::same(name)),
        Font::Missing => {
            let seen = say!(
                "没有找到，截图里的汉字会变成方框。",
                "none was found: Chinese characters would be empty boxes in every picture"
            );
            not_ok(id, title, State::Warning, seen, remedy)
        }
        Font::Unknown => not_ok(id, title, State::Unknown, say!("无法判断。", "cannot be told"), remedy),
    }
}

/// There is room for run folders and the browser's own files.
pub(super) fn disk(facts: &Facts) -> Option<Finding> {
    let (id, title) = ("disk", say!("磁盘空间", "disk space"));
    let known: Vec<(u64, Message)> = facts
        .disks
        .iter()
        .filter_map(|disk| {
            let (free, folder) = (disk.free?, disk.folder.display());
            let size = size(free);
            let told = match disk.instead.as_ref().map(|instead| instead.display()) {
                Some(instead) => say!(
                    "{folder} 还没有（办理时会新建），所在磁盘（{instead}）剩余 {size}",
                    "{folder} is not there yet (a run makes it), the disk of {instead} has {size} left"
                ),
                None => say!("{folder} 剩余 {size}", "{folder} has {size} left"),
            };
            Some((free, told))
        })
        .collect();
    let Some(least) = known.iter().map(|(free, _)| *free).min() else {
        let remedy = say!("请自行确认磁盘有 1 GB 以上空间。", "see for yourself that more than 1 GB is left");
        return not_ok(id, title, State::Unknown, say!("无法判断。", "cannot be told"), remedy);
    };
    let seen = listed(&known.into_iter().map(|(_, message)| message).collect::<Vec<_>>());
    if least >= PLENTY {
        return ok(id, title, seen);
    }
    let state = if least < TOO_LITTLE { State::Failed } else { State::Warning };
    let remedy = say!(
        "请腾出空间，或用 --runs 和环境变量 {0} 换到别的磁盘。",
        "make room, or go to another disk with --runs and the variable {0}",
        files::TEMPORARY
    );
    not_ok(id, title, state, seen, remedy)
}

/// Bytes as people read them.
fn size(bytes: u64) -> String {
    let tenths = bytes / ((1 << 30) / 10);
    if tenths >= 10 { format!("{}.{} GB", tenths / 10, tenths % 10) } else { format!("{} MB", bytes >> 20) }
}

/// No proxy stands between pages and portals, or it is known.
pub(super) fn proxy(facts: &Facts) -> Option<Finding> {
    let (id, title) = ("proxy", say!("代理", "proxy"));
    if facts.proxies.is_empty() {
        return ok(id, title, say!("环境变量中没有代理", "the environment names none"));
    }
    let named = facts.proxies.iter().map(|proxy| Message::same(format!("{}={}", proxy.variable, proxy.host)));
    let named = listed(&named.collect::<Vec<_>>());
    if facts.proxy_spares_loopback {
        return ok(id, title, Message::new(format!("{}；本机除外", named.zh), format!("{}; not for this machine", named.en)));
    }
    not_ok(
        id,
        title,
        State::Warning,
        Message::new(
            format!("{}，且 NO_PROXY 没有排除本机。", named.zh),
            format!("{}, and NO_PROXY does not except this machine", named.en),
        ),
        say!(
            "请设置 NO_PROXY=localhost,127.0.0.1,.localhost：CA 助手和模拟平台都在本机。平台打不开时，请网管确认代理放行。",
            "set NO_PROXY=localhost,127.0.0.1,.localhost: CA agent and training portals are on this machine; if a portal does not open, ask whoever runs the proxy"
        ),
    )
}

/// Nobody else can get at this user's temporary files.
pub(super) fn temporary(facts: &Facts) -> Option<Finding> {
    let (id, title) = ("temporary", say!("临时文件夹", "temporary folder"));
    let (folder, variable) = (facts.temporary.display(), files::TEMPORARY);
    match facts.temporary_private {
        Some(true) => return ok(id, title, say!("{folder}，仅本人可用", "{folder}, this user's alone")),
        Some(false) => {}
        None => {
            let seen = say!(
                "{folder} 不在您的用户文件夹里，无法判断别人能否进入。",
                "{folder} is not in your user folder, so nobody can tell who else may enter it"
            );
            let remedy =
                say!("请把 {variable} 设为您的用户文件夹里的一个文件夹。", "set {variable} to a folder inside your user folder");
            return not_ok(id, title, State::Unknown, seen, remedy);
        }
    }
    not_ok(
        id,
        title,
        State::Failed,
        say!("{folder} 别人也能进入，或者是个链接。", "{folder} is open to others, another's, or a link"),
        say!(
            "是您自己的文件夹时，可执行 ruku doctor --fix 改为仅本人可用；否则请删除它，或把 {variable} 设为另一个文件夹。",
            "where it is your own folder, `ruku doctor --fix` makes it yours alone; else remove it or set {variable} to another folder"
        ),
    )
}
