//! The Chinese words of `--help`. English stands beside the arguments; here is the same in Chinese, by command and argument.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command};

use super::viewport::NoViewport;
use crate::base::Lang;

/// `(command path, argument or "" for the command itself, Chinese)`.
const CHINESE: &[(&str, &str, &str)] = &[
    ("ruku", "", "在真实浏览器中按手册步骤办理，并留存操作记录"),
    ("ruku", "lang", "界面语言：zh 或 en（默认按系统语言）"),
    ("ruku", "home", "playbooks/ 和 drivers/ 所在的文件夹（默认在程序附近查找）"),
    ("ruku run", "", "在浏览器中执行办理流程"),
    ("ruku run", "playbooks", "要执行的办理流程：手册章节号（如 2.2）或文件，按顺序在同一浏览器中执行"),
    ("ruku run", "package", "执行交接包：用其中的流程、平台配置和输入项，办理档案也存放在其中"),
    ("ruku run", "training", "在本机启动模拟平台，用虚构的办理人执行"),
    ("ruku run", "seed", "模拟平台虚构人员的随机种子（默认随机）"),
    ("ruku run", "training_at", "使用已启动的模拟平台（它的 training.json）"),
    ("ruku run", "applicant", "模拟平台中的办理人（默认 p1）"),
    ("ruku run", "site", "真实平台的平台配置文件，地址须由您填写"),
    ("ruku run", "inputs", "输入项文件（YAML：名称: 值）；缺少的项目会在终端询问"),
    ("ruku run", "operator", "由谁操作：terminal（您本人）或 scripted（仅限模拟平台）"),
    ("ruku run", "files", "可上传文件所在的文件夹（营业执照等）"),
    ("ruku run", "mode", "auto：按程序的速度办理；present：放慢并显示字幕，供演示（默认 auto）"),
    ("ruku run", "headed", "显示浏览器窗口（由您本人操作且有桌面时，不写也显示）"),
    ("ruku run", "headless", "由您本人操作时也不显示浏览器窗口"),
    ("ruku run", "runs", "办理档案存放的文件夹（默认 runs）"),
    ("ruku run", "viewport", "浏览器页面的大小（CSS 像素，都须是偶数；默认 1280x800，录制演示时可改）"),
    ("ruku run", "no_pictures", "不截图，用于测量截图的开销（仅限模拟平台）"),
    ("ruku run", "patience", "等待您操作的最长分钟数，超时即停止（默认 30）"),
    ("ruku run", "json", "标准输出逐行打印办理日志事件（JSON）"),
    ("ruku batch", "", "按表格逐行办理，每行一位办理人"),
    ("ruku batch", "named", "先写办理流程（同 ruku run），最后写表格（.xlsx 或 .csv），每行一位办理人"),
    ("ruku batch", "template", "生成要填写的表格（.xlsx 或 .csv），不办理；加 --training-at 时填入模拟平台的虚构人员"),
    ("ruku batch", "check", "只检查表格，不办理"),
    ("ruku batch", "only", "failed：只重办没办成的行"),
    ("ruku batch", "training_at", "使用已启动的模拟平台（它的 training.json）"),
    ("ruku batch", "site", "真实平台的平台配置文件，地址须由您填写"),
    ("ruku batch", "operator", "由谁操作：terminal（您本人）或 scripted（仅限模拟平台）"),
    ("ruku batch", "headed", "显示浏览器窗口（由您本人操作且有桌面时，不写也显示）"),
    ("ruku batch", "headless", "由您本人操作时也不显示浏览器窗口"),
    ("ruku batch", "runs", "办理档案存放的文件夹（默认在表格旁边，与表格同名）"),
    ("ruku batch", "patience", "等待您操作的最长分钟数，超时即停下这一行（默认 30）"),
    ("ruku batch", "no_pictures", "不截图，用于测量截图的开销（仅限模拟平台）"),
    ("ruku batch", "json", "标准输出逐行打印各次办理的事件，以及每一行的开始和结束（JSON）"),
    ("ruku run", "own_training", "模拟平台由 --training 启动，随本次办理结束"),
    ("ruku run", "handed", "批量办理交来的一行资料（已加密）"),
    ("ruku run", "ends_with", "批量办理的进程号，它结束时一同结束"),
    ("ruku resume", "ends_with", "批量办理的进程号，它结束时一同结束"),
    ("ruku check", "", "检查办理流程和平台配置，不执行"),
    ("ruku check", "files", "要检查的办理流程或平台配置文件（默认检查全部自带文件）"),
    ("ruku check", "site", "对照哪个平台配置检查（默认 training）"),
    ("ruku check", "json", "逐行打印 JSON"),
    ("ruku check", "plan", "打印每个办理流程的步骤清单"),
    ("ruku doctor", "", "检查本机：浏览器、CA 锁、CA 助手、字体、磁盘等；不加 --fix 时不做任何改动"),
    ("ruku doctor", "site", "同时检查这个平台配置的网址"),
    ("ruku doctor", "training_at", "针对已启动的模拟平台检查（它的 training.json）"),
    ("ruku doctor", "runs", "办理档案存放的文件夹，检查其磁盘空间（默认 runs）"),
    ("ruku doctor", "fix", "自动处理其中可以放心处理的问题，再检查一遍"),
    ("ruku doctor", "json", "逐行打印 JSON"),
    ("ruku hand-over", "", "为持锁的客户制作交接包：办理流程、平台配置和输入项"),
    ("ruku hand-over", "playbooks", "客户要执行的办理流程：手册章节号（如 2.2）或文件，按顺序"),
    ("ruku hand-over", "site", "已填好网址的平台配置（练习时用模拟平台的）"),
    ("ruku hand-over", "inputs", "输入项文件；保密的不放入，缺少的会请客户填写"),
    ("ruku hand-over", "to", "交接包：一个新的文件夹"),
    ("ruku training", "", "在本机启动模拟平台、虚拟 CA 锁和模拟互认助手"),
    ("ruku training serve", "", "启动，直到按 Ctrl-C"),
    ("ruku training serve", "dir", "存放平台数据的文件夹（默认临时文件夹，结束即删）"),
    ("ruku training serve", "seed", "虚构人员的随机种子（默认随机）"),
    ("ruku training serve", "people", "虚构人员的人数（默认 2 人，已有平台的人数不变）"),
    ("ruku training serve", "port", "端口，0 为自动选择（默认）"),
    ("ruku training serve", "until_input_ends", "标准输入关闭时结束（供其他程序启动时使用）"),
    ("ruku training insert", "", "插入一把虚拟 CA 锁"),
    ("ruku training insert", "card", "谁的锁（如 p1）"),
    ("ruku training insert", "slot", "插入第几个读卡器（0 或 1，默认 0）"),
    ("ruku training pull", "", "拔出虚拟 CA 锁"),
    ("ruku training pull", "slot", "第几个读卡器（0 或 1，默认 0）"),
    ("ruku training mode", "", "让虚拟 CA 锁表现异常"),
    ("ruku training mode", "mode", "normal、burning-verify、slow 或 dies"),
    ("ruku training mode", "slot", "第几个读卡器（0 或 1，默认 0）"),
    ("ruku training renew", "", "给虚拟 CA 锁换发新证书：同一人，新序列号，新密钥"),
    ("ruku training renew", "card", "谁的锁（如 p1）"),
    ("ruku training validity", "", "设定虚拟 CA 锁证书的到期时间"),
    ("ruku training validity", "card", "谁的锁（如 p1）"),
    ("ruku training validity", "days", "从现在起的天数；负数为已过期"),
    ("ruku training agent", "", "停止或启动本机的模拟互认助手，或启动另一厂商的第二个助手"),
    ("ruku training agent", "order", "stop、start、second 或 no-second"),
    ("ruku training tool", "", "新点检测工具（模拟）：检测本机，并打开 CA 互认系统"),
    ("ruku training tool", "login", "直接点击「登陆系统」"),
    ("ruku training tool", "browser", "用桌面浏览器打开网址，不打印"),
    ("ruku training locks", "", "打印读卡器中的虚拟 CA 锁（JSON）"),
    ("ruku training store", "", "打印模拟平台的记录（JSON）"),
    ("ruku training", "at", "模拟平台的 training.json"),
    ("ruku resume", "", "接着办理被中断、停下或挂起的一次办理"),
    ("ruku resume", "run", "那次办理的档案文件夹"),
    ("ruku resume", "json", "把办理日志的每个事件逐行打印为 JSON"),
    ("ruku guide", "", "用办理档案制作指南，或由办理流程绘制流程图"),
    ("ruku guide", "run", "办理档案文件夹，最好是 --mode present 的那一次"),
    ("ruku guide", "to", "制作什么，用逗号隔开：html 图文指南（默认）、png 每步一张标注图、mp4 影片、gif 短动图"),
    ("ruku guide", "out", "存放成品的新文件夹（默认在档案旁边，与档案同名）"),
    ("ruku guide", "chart", "把流程图画到这个文件（.svg 或 .png）"),
    ("ruku guide", "site", "平台配置文件，图中平台的名称以它为准（默认真实平台的配置）"),
    ("ruku proof", "", "核验办理档案，重新生成报告，或删除旧档案"),
    ("ruku proof verify", "", "核验办理档案是否完整、是否被改动"),
    ("ruku proof verify", "run", "办理档案文件夹"),
    ("ruku proof verify", "json", "逐行打印 JSON"),
    ("ruku proof report", "", "由办理日志重新生成报告"),
    ("ruku proof report", "run", "办理档案文件夹"),
    ("ruku proof report", "to", "要写入的 HTML 文件（不能已存在）"),
    ("ruku proof prune", "", "列出可以删除的旧办理档案；加 --yes 才删除，挂起、待核实和没有封存的不删"),
    ("ruku proof prune", "runs", "办理档案所在的文件夹（默认 runs）"),
    ("ruku proof prune", "older_than", "只删除办完超过这么多天的"),
    ("ruku proof prune", "keep_last", "最近的这么多份一律保留"),
    ("ruku proof prune", "yes", "确认删除；不写则只列出，不删除"),
    ("ruku schema", "", "打印办理流程或平台配置的 JSON Schema，或动作手册"),
    ("ruku schema", "what", "playbook（默认）、site 或 actions"),
];

fn chinese(path: &str, argument: &str) -> Option<&'static str> {
    CHINESE.iter().find(|(command, id, _)| *command == path && *id == argument).map(|(.., words)| *words)
}

/// The command with its help in `lang`.
pub(super) fn in_language(command: Command, lang: Lang) -> Command {
    if lang == Lang::En { command } else { translate(command, "ruku") }
}

fn translate(mut command: Command, path: &str) -> Command {
    if let Some(words) = chinese(path, "") {
        command = command.about(words).long_about(None);
    }
    command = command
        .disable_help_subcommand(true)
        .disable_help_flag(true)
        .arg(Arg::new("help").short('h').long("help").action(ArgAction::Help).help("显示帮助"))
        .subcommand_help_heading("命令")
        .subcommand_value_name("命令")
        .help_template("{about}\n\n用法: {usage}\n\n{all-args}");
    if path == "ruku" {
        command = command
            .disable_version_flag(true)
            .arg(Arg::new("version").short('V').long("version").action(ArgAction::Version).help("显示版本"));
    }
    command = command.mut_args(|argument| {
        let heading = if argument.is_positional() { "参数" } else { "选项" };
        let argument = argument.help_heading(heading);
        // The Chinese words name values and defaults themselves; a switch has neither.
        let argument = match argument.get_action() {
            ArgAction::Set | ArgAction::Append => argument.hide_possible_values(true).hide_default_value(true).hide_env(true),
            _ => argument,
        };
        let own = chinese(path, argument.get_id().as_str());
        let words = own.or_else(|| {
            let parent = path.rsplit_once(' ').map_or(path, |(parent, _)| parent);
            chinese(parent, argument.get_id().as_str()).or_else(|| chinese("ruku", argument.get_id().as_str()))
        });
        let argument = match words {
            Some(words) => argument.help(words),
            None => argument,
        };
        match value_name(&argument) {
            Some(name) => argument.value_name(name),
            None => argument,
        }
    });
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    for name in names {
        let path = format!("{path} {name}");
        command = command.mut_subcommand(name, |sub| translate(sub, &path));
    }
    command
}

/// What stands between `<` and `>`, in Chinese.
fn value_name(argument: &Arg) -> Option<&'static str> {
    if !matches!(argument.get_action(), ArgAction::Set | ArgAction::Append) {
        return None;
    }
    let given = argument.get_value_names().and_then(|names| names.first()).map(|name| name.to_string());
    let own = || argument.get_id().as_str().to_uppercase();
    // In Chinese a number says of what.
    Some(match given.filter(|name| !["NUMBER", "COUNT"].contains(&name.as_str())).unwrap_or_else(own).as_str() {
        "FILE" | "FILES" => "文件",
        "FOLDER" | "RUN" => "文件夹",
        "PLAYBOOKS" => "办理流程",
        "PLAYBOOKS TABLE" => "办理流程> <表格",
        "WHICH" => "哪些行",
        "PID" => "进程号",
        "FORMATS" => "格式",
        "MINUTES" => "分钟",
        "WIDTHxHEIGHT" => "宽x高",
        "DAYS" => "天数",
        "KEEP_LAST" => "份数",
        "SEED" => "种子",
        "PEOPLE" => "人数",
        "LANGUAGE" => "语言",
        "ID" => "办理人",
        "WHO" | "PACE" | "MODE" => "方式",
        "CARD" => "锁",
        "READER" => "序号",
        "PORT" => "端口",
        "WHAT" => "内容",
        _ => return None,
    })
}

/// Prints what clap says, in `lang`.
pub(super) fn print(error: &clap::Error, lang: Lang) -> std::io::Result<()> {
    if lang == Lang::Zh && error.kind() == ErrorKind::DisplayHelp {
        super::print::out_text(&help(error));
        return Ok(());
    }
    if lang == Lang::Zh && error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        super::print::err_text(&help(error));
        return Ok(());
    }
    match (lang, in_chinese(error)) {
        (Lang::Zh, Some(words)) => {
            super::print::err(format_args!("错误：{words}\n\n用 --help 查看用法。"));
            Ok(())
        }
        _ => error.print(),
    }
}

/// Help in Chinese, with the words that clap puts into it by itself.
fn help(error: &clap::Error) -> String {
    error.to_string().replace("[OPTIONS]", "[选项]")
}

/// The arguments with `help`, the command, as the option that every command has: `ruku help run` as `ruku run --help`. clap has a command of its
/// own for that, which speaks English alone.
pub(super) fn help_as_option(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let mut at = 1;
    while let Some(word) = arguments.get(at).map(|word| word.to_string_lossy().into_owned()) {
        match word.as_str() {
            // These have a value behind them.
            "--lang" | "--home" => at += 2,
            "help" => {
                arguments.remove(at);
                arguments.push("--help".into());
                break;
            }
            word if word.starts_with('-') => at += 1,
            _ => break,
        }
    }
    arguments
}

/// A fault in the arguments in Chinese; none for help, version, and what is too rare for a sentence of its own.
fn in_chinese(error: &clap::Error) -> Option<String> {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join("、"),
        _ => String::new(),
    };
    let (argument, value) = (context(ContextKind::InvalidArg), context(ContextKind::InvalidValue));
    let guess = |kind| {
        let guess = context(kind);
        if guess.is_empty() { guess } else { format!("是不是想写 {guess}？") }
    };
    Some(match error.kind() {
        ErrorKind::MissingRequiredArgument => format!("缺少参数：{argument}"),
        ErrorKind::UnknownArgument => format!("没有参数 {argument}。{}", guess(ContextKind::SuggestedArg)),
        ErrorKind::MissingSubcommand => "没有写命令。".to_owned(),
        ErrorKind::InvalidSubcommand => {
            format!("没有命令 {}。{}", context(ContextKind::InvalidSubcommand), guess(ContextKind::SuggestedSubcommand))
        }
        ErrorKind::InvalidValue if value.is_empty() => format!("{argument} 缺少取值"),
        ErrorKind::InvalidValue => format!("{argument} 不能是“{value}”，可以是：{}", context(ContextKind::ValidValue)),
        ErrorKind::ValueValidation => format!("{argument} 的取值“{value}”不对{}", range_of(error)),
        ErrorKind::ArgumentConflict => format!("{argument} 不能与 {} 同时使用", context(ContextKind::PriorArg)),
        _ => return None,
    })
}

/// What the value had to be: the range of a number, which clap tells only in a sentence.
fn range_of(error: &clap::Error) -> String {
    let source = std::error::Error::source(error);
    if source.is_some_and(|source| source.is::<NoViewport>()) {
        return format!("，{}", NoViewport::words().zh);
    }
    let told = source.map(ToString::to_string).unwrap_or_default();
    let range = told.split_once(" is not in ").and_then(|(_, range)| range.split_once("..="));
    range.map(|(least, most)| format!("，应在 {least} 到 {most} 之间")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn missing(command: &Command, path: &str, found: &mut Vec<String>) {
        if command.is_hide_set() {
            return;
        }
        if chinese(path, "").is_none() {
            found.push(path.to_owned());
        }
        for argument in command.get_arguments() {
            let id = argument.get_id().as_str();
            let parent = path.rsplit_once(' ').map_or(path, |(parent, _)| parent);
            if chinese(path, id).or_else(|| chinese(parent, id)).or_else(|| chinese("ruku", id)).is_none() {
                found.push(format!("{path} --{id}"));
            }
        }
        for sub in command.get_subcommands() {
            missing(sub, &format!("{path} {}", sub.get_name()), found);
        }
    }

    #[test]
    fn a_number_out_of_range_is_told_its_range() {
        let told = |arguments: &[&str]| {
            let command = in_language(super::super::Cli::command(), Lang::Zh);
            in_chinese(&command.try_get_matches_from(arguments).unwrap_err()).unwrap()
        };
        for minutes in ["0", "1441", "99999999999999999999"] {
            let words = told(&["ruku", "run", "2.2", "--patience", minutes]);
            assert!(words.contains("--patience") && words.contains(minutes), "{words}");
        }
        assert!(told(&["ruku", "run", "2.2", "--patience", "0"]).contains("应在 1 到 1440 之间"));
        assert!(told(&["ruku", "run", "2.2", "--viewport", "640x481"]).contains("应写成两个偶数，如 1280x720，宽 1024 到 3840"));
        for command in [&["pull"][..], &["insert", "p1"], &["mode", "slow"]] {
            let words = told(&[&["ruku", "training"], command, &["--slot", "2"]].concat());
            assert!(words.contains("应在 0 到 1 之间"), "{words}");
        }
    }

    #[test]
    fn help_is_a_command_in_chinese_too() {
        let told = |words: &[&str]| {
            let arguments = help_as_option(words.iter().map(OsString::from).collect());
            let command = in_language(super::super::Cli::command(), Lang::Zh);
            let error = command.try_get_matches_from(arguments).unwrap_err();
            (error.kind(), help(&error))
        };
        let (kind, words) = told(&["ruku", "--lang", "zh", "help", "training", "serve"]);
        assert!(kind == ErrorKind::DisplayHelp && words.contains("启动，直到按 Ctrl-C"), "{words}");
        assert!(told(&["ruku", "help"]).1.contains("命令"));
        assert_ne!(told(&["ruku", "run", "help", "--no"]).0, ErrorKind::DisplayHelp, "there it is a name");
        let (kind, words) = told(&["ruku"]);
        assert!(kind == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand && !words.contains("OPTIONS"), "{words}");
        let command = in_language(super::super::Cli::command(), Lang::Zh);
        let error = command.try_get_matches_from(["ruku", "--lang", "zh"]).unwrap_err();
        assert_eq!(in_chinese(&error).as_deref(), Some("没有写命令。"));
    }

    #[test]
    fn every_command_and_argument_speaks_chinese() {
        let mut found = Vec::new();
        missing(&super::super::Cli::command(), "ruku", &mut found);
        in_language(super::super::Cli::command(), Lang::Zh).debug_assert();
        assert!(found.is_empty(), "without Chinese help: {found:?}");
    }
}
