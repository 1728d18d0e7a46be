//! The report's words for what the journal names by short ones. An unknown short word is shown as it is: never hidden, never guessed.

use crate::base::{Lang, Message};
use crate::proof::event::{LockChange, Mode, OnceOutcome, RunResult, RunStart, StepResult};

/// Colour class, sign and words. The sign carries the meaning where there is no colour.
pub(super) type Badge = (&'static str, &'static str, Message);

fn badge(class: &'static str, sign: &'static str, zh: &str, en: &str) -> Badge {
    (class, sign, Message::new(zh, en))
}

/// The coloured band of the whole run.
pub(super) fn run(result: Option<RunResult>, unsure: bool) -> Badge {
    match result {
        _ if unsure => badge("bad", "？", "结果待核实", "Result to be checked"),
        Some(RunResult::Done) => badge("good", "✓", "办理完成", "Completed"),
        Some(RunResult::Finished) => badge("good", "✓", "已办结，无需再办", "Nothing left to do"),
        Some(RunResult::Stopped) => badge("hold", "■", "已停止", "Stopped"),
        Some(RunResult::Failed) => badge("bad", "✕", "办理未成功", "Not successful"),
        Some(RunResult::Unsure) => badge("bad", "？", "结果待核实", "Result to be checked"),
        Some(RunResult::Interrupted) => badge("hold", "■", "办理中断", "Interrupted"),
        Some(RunResult::Parked) => badge("hold", "…", "挂起（等待平台）", "Parked, waiting for the portal"),
        None => badge("hold", "…", "未完成", "Unfinished"),
    }
}

pub(super) fn step(result: Option<StepResult>) -> Badge {
    match result {
        Some(StepResult::Done) => badge("good", "✓", "完成", "Done"),
        Some(StepResult::Skipped) => badge("plain", "–", "跳过", "Skipped"),
        Some(StepResult::Parked) => badge("hold", "…", "挂起（等待平台）", "Parked"),
        Some(StepResult::Finished) => badge("good", "✓", "已办结", "Nothing to do"),
        Some(StepResult::Failed) => badge("bad", "✕", "未成功", "Failed"),
        Some(StepResult::Stopped) => badge("hold", "■", "已停止", "Stopped"),
        Some(StepResult::Unsure) => badge("bad", "？", "结果待核实", "To be checked"),
        Some(StepResult::Redone) => badge("plain", "↻", "重做", "Redone"),
        None => badge("hold", "…", "未完成", "Unfinished"),
    }
}

pub(super) fn once(outcome: OnceOutcome) -> Badge {
    match outcome {
        OnceOutcome::Done => badge("good", "✓", "已生效", "Took effect"),
        OnceOutcome::NotDone => {
            badge("plain", "–", "没有办成（平台没有受理，或没有点击）", "Not done: refused by the portal, or not pressed")
        }
        OnceOutcome::Unsure => badge("bad", "？", "待核实", "To be checked"),
    }
}

pub(super) fn mode(mode: Mode) -> Message {
    match mode {
        Mode::Auto => crate::say!("自动办理", "Ruku acts (auto)"),
        Mode::Assist => crate::say!("陪同办理（由人操作）", "the person acts (assist)"),
        Mode::Present => crate::say!("演示", "presentation"),
    }
}

pub(super) fn lock(change: LockChange) -> Message {
    match change {
        LockChange::Inserted => crate::say!("插入", "inserted"),
        LockChange::Removed => crate::say!("拔出", "pulled"),
        LockChange::Present => crate::say!("已插入", "in place"),
        LockChange::ServiceGone => crate::say!("读卡服务停止", "card service gone"),
    }
}

/// What kind of thing a gate asks for.
pub(super) fn gate(kind: &str) -> Message {
    match kind {
        "insert-lock" => crate::say!("插入 CA 锁", "Insert the CA lock"),
        "reinsert-lock" => crate::say!("重新插入 CA 锁", "Insert the CA lock again"),
        "pick-lock" => crate::say!("选择 CA 锁", "Pick the CA lock"),
        "swap-lock" => crate::say!("换 CA 锁", "Swap the CA lock"),
        "precondition" => crate::say!("确认前提条件", "Confirm the precondition"),
        "unsure" => crate::say!("核实结果", "Check the result"),
        "act" => crate::say!("操作网页", "Act on the page"),
        "address" => crate::say!("粘贴网址", "Paste the address"),
        "pin" => crate::say!("输入 CA 锁密码", "Enter the PIN of the CA lock"),
        "seal" => crate::say!("签章", "Apply the seal"),
        "confirm" => crate::say!("确认", "Confirm"),
        "package" => crate::say!("同意执行交接包", "Agree to the hand-over package"),
        "captcha" => crate::say!("验证码", "Captcha"),
        "pick" => crate::say!("选择", "Choose"),
        "read" => crate::say!("阅读", "Read"),
        other => Message::same(other),
    }
}

/// How a gate was answered.
pub(super) fn answer(answer: &str) -> Message {
    match answer {
        "done" => crate::say!("已办好", "done"),
        "yes" => crate::say!("同意", "yes"),
        "no" => crate::say!("不同意", "no"),
        "timed-out" => crate::say!("超时未答复", "no answer in time"),
        "stopped" | "stop" => crate::say!("停止办理", "stopped"),
        "go" => crate::say!("继续", "went on"),
        "seen" => crate::say!("检测到变化，自动继续", "noticed, went on by itself"),
        "text" => crate::say!("已填写", "typed in"),
        "fault" => crate::say!("因故障中断", "ended by a fault"),
        other => match other.strip_prefix("pick ") {
            Some(number) => crate::say!("选了第 {number} 项", "picked no. {number}"),
            None => Message::same(other),
        },
    }
}

/// What a step does: its verb.
pub(super) fn action(word: &str) -> Message {
    match word {
        "open" => crate::say!("打开平台", "open a site"),
        "click" => crate::say!("点击", "click"),
        "window" => crate::say!("转到窗口", "go to a window"),
        "expect" => crate::say!("等待", "wait"),
        "insert_lock" => crate::say!("插锁", "insert the lock"),
        "check_holder" => crate::say!("核对持有人", "check the holder"),
        "enter_pin" => crate::say!("本人输入密码", "the person enters the PIN"),
        "seal" => crate::say!("签章", "seal"),
        "confirm" => crate::say!("请本人确认", "the person confirms"),
        "person" => crate::say!("请本人操作", "the person acts"),
        "fill" => crate::say!("填写", "fill in"),
        "choose" => crate::say!("选择", "choose"),
        "date" => crate::say!("填写日期", "enter a date"),
        "cell" => crate::say!("填写表格", "fill in a grid"),
        "tick" => crate::say!("勾选", "tick"),
        "upload" => crate::say!("上传", "upload"),
        "dialog" => crate::say!("答复弹出框", "answer a box"),
        "read" => crate::say!("读取", "read"),
        "collect" => crate::say!("逐项读取", "read all values"),
        "compare" => crate::say!("逐项比较", "compare"),
        "receipt" => crate::say!("记录回执", "keep a receipt"),
        "milestone" => crate::say!("记录达成", "note a milestone"),
        "doctor" => crate::say!("检查本机", "check this machine"),
        "finish_when" => crate::say!("判断是否已办结", "see whether it is done"),
        "refuse_when" => crate::say!("判断能否办理", "see whether it may go on"),
        "park" => crate::say!("等待平台审核", "wait for the portal"),
        other => Message::same(other),
    }
}

/// What people call the site. A journal that does not say has its short name, which for the training portals means nothing to anybody.
pub(super) fn site(start: &RunStart) -> Message {
    match &start.site_title {
        Some(title) => title.clone(),
        None if start.training && start.site == "training" => crate::say!("模拟平台", "Training portals"),
        None => Message::same(&start.site),
    }
}

/// What a fact of the machine says.
pub(super) fn fact_value(name: &str, value: &str) -> Message {
    match (name, value) {
        ("operator", "terminal") => crate::say!("本人", "a person at the terminal"),
        ("operator", "scripted") => crate::say!("模拟脚本代答", "the training's script"),
        _ => Message::same(value),
    }
}

/// Facts of the machine.
pub(super) fn fact(name: &str) -> Message {
    match name {
        "browser" => crate::say!("浏览器", "Browser"),
        "browser_version" => crate::say!("浏览器版本", "Browser version"),
        "driver" => crate::say!("浏览器驱动", "Browser driver"),
        "driver_version" => crate::say!("浏览器驱动版本", "Browser driver version"),
        "operator" => crate::say!("操作人", "Operator"),
        "os" => crate::say!("操作系统", "Operating system"),
        "arch" => crate::say!("处理器", "Processor"),
        "proxy" => crate::say!("代理", "Proxy"),
        "time_zone" => crate::say!("时区", "Time zone"),
        "clock" => crate::say!("时钟状态", "Clock"),
        "hosts" => crate::say!("hosts 文件", "hosts file"),
        other => Message::same(other),
    }
}

/// A length of time, in milliseconds, as people say it.
pub(super) fn duration(ms: u64, lang: Lang) -> String {
    let (seconds, tenth) = (ms / 1000, ms % 1000 / 100);
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (lang, hours, minutes) {
        (Lang::Zh, 0, 0) => format!("{rest}.{tenth} 秒"),
        (Lang::En, 0, 0) => format!("{rest}.{tenth} s"),
        (Lang::Zh, 0, _) => format!("{minutes} 分 {rest:02} 秒"),
        (Lang::En, 0, _) => format!("{minutes} min {rest:02} s"),
        (Lang::Zh, ..) => format!("{hours} 小时 {minutes:02} 分"),
        (Lang::En, ..) => format!("{hours} h {minutes:02} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_read_well() {
        assert_eq!(duration(1_250, Lang::Zh), "1.2 秒");
        assert_eq!(duration(65_000, Lang::En), "1 min 05 s");
        assert_eq!(duration(3_660_000, Lang::Zh), "1 小时 01 分");
    }

    #[test]
    fn an_act_of_unknown_outcome_outshines_every_result() {
        assert_eq!(run(Some(RunResult::Done), true).0, "bad");
        assert_eq!(run(Some(RunResult::Done), false).0, "good");
        assert_eq!(run(None, false).0, "hold");
    }
}
