//! What driver and browser answer, turned once into Ruku's own [`Fault`]s.
//!
//! Never lets the driver's stack trace or a foreign error type through.

use fantoccini::error::{CmdError, ErrorStatus, NewSessionError};

use super::installed::Installed;
use crate::base::{Fault, FaultKind, Message};
use crate::say;

/// The first line of a driver's message; the rest is a stack trace nobody can use.
fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default().trim()
}

/// Why no session came to be: nearly always something to install or to update.
pub(super) fn of_new_session(error: &NewSessionError, installed: &Installed) -> Fault {
    // fantoccini hands the standard "unknown error" back as raw JSON.
    let words = match error {
        NewSessionError::NotW3C(json) => json["message"].as_str().map_or_else(|| json.to_string(), str::to_owned),
        NewSessionError::SessionNotCreated(error) => error.message.to_string(),
        other => other.to_string(),
    };
    let (binary, driver) = (installed.binary.display(), installed.driver.display());
    let lower = words.to_ascii_lowercase();
    let line = first_line(&words);
    let message = if lower.contains("only supports") {
        let detail = words.lines().map(str::trim).take(2).collect::<Vec<_>>().join(" ");
        say!(
            "浏览器与驱动程序版本不一致，请把两者更新到同一大版本。浏览器：{binary}，驱动：{driver}（{detail}）",
            "browser and driver are of different versions; update them to the same major version. Browser: {binary}, driver: {driver} ({detail})"
        )
    } else if lower.contains("cannot find") && lower.contains("binary") || lower.contains("no chrome binary") {
        say!(
            "驱动程序找不到浏览器 {binary}。请重新安装浏览器，或用环境变量 RUKU_BROWSER 指定它。（{line}）",
            "the driver cannot find the browser {binary}; install it again or name it in RUKU_BROWSER ({line})"
        )
    } else if lower.contains("failed to start") || lower.contains("crashed") || lower.contains("exited") {
        say!(
            "浏览器 {binary} 启动后立即退出。请先手工打开一次，看它是否能正常启动；有界面模式需要图形桌面。（{line}）",
            "the browser {binary} ended right after its start; open it by hand once to see whether it works; a headed run needs a desktop ({line})"
        )
    } else {
        say!(
            "浏览器驱动程序 {driver} 没有建立会话：{line}。请检查浏览器与驱动是否为同一大版本。",
            "the browser driver {driver} made no session: {line}; check that browser and driver have the same major version"
        )
    };
    Fault::new(FaultKind::Setup, message)
}

/// Whether these words of a driver mean that browser or session are gone for good.
fn means_gone(words: &str) -> bool {
    let lower = words.to_ascii_lowercase();
    ["invalid session id", "session deleted", "disconnected", "not reachable", "browser has closed", "not connected to devtools"]
        .iter()
        .any(|sign| lower.contains(sign))
}

/// The fault for a browser or driver that is gone; `why` are the driver's words or ours.
pub(super) fn taken_away(why: &Message) -> Fault {
    let (zh, en) = (&why.zh, &why.en);
    Fault::new(
        FaultKind::Gone,
        say!(
            "浏览器已关闭或出错（{zh}）。已完成的步骤有记录，可用 ruku resume 接着办理。",
            "the browser was closed or has failed ({en}); what was done is on record, ruku resume goes on with the run"
        ),
    )
}

/// A classic command failed. The flag says whether the whole session is gone.
pub(super) fn of_command(error: &CmdError, doing: &Message) -> (Fault, bool) {
    let (status, words) = match error {
        CmdError::Standard(error) => (Some(&error.error), error.message.to_string()),
        CmdError::NotW3C(json) => (None, json["message"].as_str().map_or_else(|| json.to_string(), str::to_owned)),
        CmdError::NotJson(_) | CmdError::Json(_) => (None, "the driver's answer is not JSON".to_owned()),
        // Connection refused, reset or dropped in the middle of an answer: there is no driver to ask again.
        CmdError::Failed(_) | CmdError::FailedC(_) | CmdError::Lost(_) => {
            return (taken_away(&say!("驱动程序断开了连接（{error}）", "the driver dropped the connection ({error})")), true);
        }
        other => (None, other.to_string()),
    };
    let line = first_line(&words);
    if matches!(status, Some(ErrorStatus::InvalidSessionId)) || means_gone(&words) {
        return (taken_away(&Message::same(line)), true);
    }
    let (zh, en) = (&doing.zh, &doing.en);
    let fault = match status {
        Some(ErrorStatus::UnexpectedAlertOpen) => Fault::new(
            FaultKind::Dialog,
            say!(
                "网页弹出了对话框，无法{zh}。请先处理对话框。",
                "a dialog of the page is open, so Ruku could not {en}; answer the dialog first"
            ),
        ),
        Some(ErrorStatus::NoSuchWindow) => window_gone(doing),
        Some(ErrorStatus::NoSuchAlert) => {
            Fault::new(FaultKind::NotFound, say!("网页没有对话框，无法{zh}。", "no dialog is open, so Ruku could not {en}"))
        }
        Some(ErrorStatus::Timeout | ErrorStatus::ScriptTimeout) => {
            Fault::new(FaultKind::TimedOut, say!("等待超时：{zh}（{line}）", "timed out waiting to {en} ({line})"))
        }
        _ => Fault::new(FaultKind::Refused, say!("浏览器驱动程序无法{zh}：{line}", "the browser driver could not {en}: {line}")),
    };
    (fault, false)
}

/// The window, tab or frame that a call meant is closed or has moved on to another page.
pub(super) fn window_gone(doing: &Message) -> Fault {
    let (zh, en) = (&doing.zh, &doing.en);
    Fault::new(
        FaultKind::Gone,
        say!(
            "网页窗口已关闭或已转到别处，无法{zh}。已完成的步骤有记录，可用 ruku resume 接着办理；请不要关闭办理中的窗口。",
            "the window was closed or has moved on, so Ruku could not {en}; ruku resume goes on with the run, leave its windows open then"
        ),
    )
}

/// A BiDi command failed. The flag says whether the whole session is gone.
pub(super) fn of_bidi(code: &str, words: &str, doing: &Message) -> (Fault, bool) {
    let line = first_line(words);
    let lower = words.to_ascii_lowercase();
    if code == "invalid session id" || (code == "unknown error" && means_gone(words)) {
        return (taken_away(&Message::same(line)), true);
    }
    let moved_on = matches!(code, "no such frame" | "no such node" | "no such handle")
        || [
            "navigated or closed",
            "cannot find context",
            "target closed",
            "context was destroyed",
            "frame was detached",
            "no frame",
        ]
        .iter()
        .any(|sign| lower.contains(sign));
    let (zh, en) = (&doing.zh, &doing.en);
    let fault = match code {
        _ if moved_on => window_gone(doing),
        "no such alert" => {
            Fault::new(FaultKind::NotFound, say!("网页没有对话框，无法{zh}。", "no dialog is open, so Ruku could not {en}"))
        }
        _ if lower.contains("net::err_") => {
            let why = network(line);
            let (why_zh, why_en) = (why.zh, why.en);
            Fault::new(
                FaultKind::Refused,
                say!(
                    "浏览器无法{zh}：{why_zh}。请检查网址和网络，稍后再试。",
                    "the browser could not {en}: {why_en}; check the address and the network, then try again"
                ),
            )
        }
        _ => Fault::new(
            FaultKind::Refused,
            say!("浏览器无法{zh}：{line}（{code}）", "the browser could not {en}: {line} ({code})"),
        ),
    };
    (fault, false)
}

/// What a network error of the browser means; its own name stays beside it, for support.
fn network(line: &str) -> Message {
    let means = |name: &str| line.contains(name);
    match () {
        () if means("NAME_NOT_RESOLVED") => say!("找不到这个网址（{line}）", "there is no such address ({line})"),
        () if means("INTERNET_DISCONNECTED") => say!("本机没有连上网络（{line}）", "this machine has no network ({line})"),
        () if means("CONNECTION_") => say!("对方没有接通（{line}）", "nobody answered there ({line})"),
        () if means("TIMED_OUT") => say!("对方很久没有回答（{line}）", "no answer came in time ({line})"),
        () if means("ERR_CERT_") => {
            say!("网站的安全证书有问题（{line}）", "the certificate of the site is not in order ({line})")
        }
        () => Message::same(line),
    }
}

/// The fault for a call that a dialog of the page holds up.
pub(super) fn dialog_open(text: &str) -> Fault {
    Fault::new(
        FaultKind::Dialog,
        say!(
            "网页弹出了对话框“{text}”。请先在对话框中选择，再继续办理。",
            "the page shows a dialog “{text}”; answer it first, then go on"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installed() -> Installed {
        let drivers = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("drivers");
        let here = std::env::current_exe().unwrap().to_string_lossy().into_owned();
        super::super::installed::find(&drivers, &|name| name.starts_with("RUKU_").then(|| here.clone())).unwrap()
    }

    #[test]
    fn refused_sessions_tell_what_to_do() {
        let of = |message: &str| {
            let answer = serde_json::json!({"error": "unknown error", "message": message, "stacktrace": "#0 0x5577"});
            of_new_session(&NewSessionError::NotW3C(answer), &installed())
        };
        for (words, zh, en) in [
            (
                "session not created: This version of ChromeDriver only supports Chrome version 120\nCurrent browser version is 119.0.6045.105 with binary path /usr/bin/google-chrome\nStacktrace: #0",
                "Current browser version is 119",
                "the same major version",
            ),
            ("unknown error: cannot find Chrome binary", "RUKU_BROWSER", "RUKU_BROWSER"),
            ("session not created: Chrome instance exited. Examine ChromeDriver verbose log", "图形桌面", "needs a desktop"),
            ("session not created: something new\nStacktrace: #0", "something new", "something new"),
        ] {
            let fault = of(words);
            assert_eq!(fault.kind, FaultKind::Setup);
            assert!(fault.message.zh.contains(zh) && fault.message.en.contains(en), "{fault:?}");
            assert!(!format!("{fault:?}").contains("#0"), "no stack trace: {fault:?}");
        }
    }

    #[test]
    fn a_frame_that_moved_on_is_not_a_dead_browser() {
        let doing = crate::say!("读取网页", "read the page");
        for (code, words, kind, gone) in [
            ("no such frame", "Context 0 not found", FaultKind::Gone, false),
            ("unknown error", "Inspected target navigated or closed", FaultKind::Gone, false),
            ("no such alert", "", FaultKind::NotFound, false),
            ("invalid argument", "x", FaultKind::Refused, false),
            ("invalid session id", "", FaultKind::Gone, true),
            ("unknown error", "disconnected: not connected to DevTools", FaultKind::Gone, true),
        ] {
            let (fault, session_gone) = of_bidi(code, words, &doing);
            assert_eq!((fault.kind, session_gone), (kind, gone), "{code} {words}");
        }
    }
}
