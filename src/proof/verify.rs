//! The check of a run folder that needs no signature: is it complete, unchanged and of one piece?
//!
//! Never passes on nothing: a check that had nothing to look at fails. Never follows a link, never trusts what the folder says of itself
//! without making it again. A pass does not say who made the folder, or when: that takes signatures and time stamps.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::bag::{self, Listing, Unfit};
use super::canonical;
use super::event::{Event, Record, RunResult};
use super::journal::{self, Log};
use super::layout;
use super::report;
use super::state;
use crate::base::{Fault, Lang, Message};

/// A wall clock may be set right by this much during a run, in milliseconds; more makes the times of a journal worthless.
const CLOCK_SLACK_MS: i64 = 5_000;

/// So many findings of one check are named; the rest is counted.
const NAMED: usize = 5;

/// One check and what it found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Stable kebab-case name.
    pub name: &'static str,
    /// Whether it passed.
    pub ok: bool,
    /// What was checked, or what is wrong.
    pub message: Message,
}

/// All checks of one folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// In the order of reading. Never empty.
    pub checks: Vec<Check>,
}

impl Verification {
    /// Whether every check passed.
    pub fn ok(&self) -> bool {
        !self.checks.is_empty() && self.checks.iter().all(|check| check.ok)
    }

    /// For people: one line a check, then the verdict.
    pub fn text(&self, lang: Lang) -> String {
        let mut out = String::new();
        for check in &self.checks {
            let sign = if check.ok { "✓" } else { "✕" };
            out.push_str(&format!("{sign} {:<13} {}\n", check.name, check.message.get(lang)));
        }
        let verdict = if self.ok() {
            crate::say!(
                "核对通过：档案完整、没有改动。本档案没有签名和时间戳，不能证明由谁、在何时制作。",
                "Passed: the folder is complete and unchanged. It has no signature and no time stamp, so this does not say who made it or when."
            )
        } else {
            crate::say!(
                "核对未通过：请勿把本档案当作凭据，以平台记录为准。",
                "NOT passed: do not rely on this folder; ask the portal's own records."
            )
        };
        out.push_str(verdict.get(lang));
        out.push('\n');
        out
    }
}

/// Checks a run folder. Always answers: what cannot be read is a check that failed.
pub fn verify(run: &Path) -> Verification {
    let listing = match bag::list(run) {
        Ok(listing) => listing,
        Err(Fault { message, .. }) => return Verification { checks: vec![Check { name: "layout", ok: false, message }] },
    };
    let sealed = listing.files.contains_key(bag::TAG_MANIFEST);
    let text = |name: &str| listing.files.get(name).and_then(|_| std::fs::read_to_string(run.join(name)).ok());
    let log_bytes = listing.files.get(layout::LOG).and_then(|_| std::fs::read(run.join(layout::LOG)).ok());
    let log = log_bytes.as_deref().map(journal::read);
    let empty = Log { records: Vec::new(), torn: 0 };
    let readable = match &log {
        Some(Ok(log)) => log,
        _ => &empty,
    };
    let records = readable.records.as_slice();
    let lang = text(bag::INFO).and_then(|info| language(&info));

    let mut checks = vec![
        finish(
            "sealed",
            sealed_findings(sealed, listing.files.contains_key(layout::WRITER_LOCK)),
            crate::say!("档案已封存", "the folder is sealed"),
        ),
        finish(
            "layout",
            layout_findings(&listing, sealed),
            crate::say!("只有应有的文件和文件夹，没有链接", "only what belongs there, no links"),
        ),
    ];
    if sealed {
        let manifest = text(bag::MANIFEST);
        let listed = manifest.as_deref().map(bag::parse);
        let tags = text(bag::TAG_MANIFEST);
        checks.extend([
            finish(
                "tag-manifest",
                tag_manifest_findings(run, tags.as_deref(), &listing),
                crate::say!("档案说明文件没有改动", "the bag's own files are unchanged"),
            ),
            finish(
                "manifest",
                manifest_findings(run, listed.as_ref(), &listing),
                crate::say!("清单中的每个文件都没有改动", "every file of the manifest is unchanged"),
            ),
            finish(
                "complete",
                complete_findings(listed.as_ref(), &listing, records, lang),
                crate::say!("没有多出或缺少文件", "no file was added, none is missing"),
            ),
        ]);
    }
    checks.extend([
        finish(
            "journal",
            journal_findings(log.as_ref()),
            crate::say!("办理日志可读，共 {0} 行", "the journal is readable: {0} lines", records.len()),
        ),
        finish(
            "canonical",
            canonical_findings(log_bytes.as_deref().unwrap_or_default()),
            crate::say!("日志每行只有一种写法", "every line has one spelling only"),
        ),
        finish("chain", chain_findings(records), crate::say!("日志逐行相连", "every line holds the hash of the one before")),
        finish(
            "ending",
            ending_findings(readable),
            crate::say!("日志有始有终，计数相符", "the journal begins, ends and counts right"),
        ),
        finish("clock", clock_findings(records), crate::say!("本机时钟没有倒退", "the clock of the machine was not set back")),
        finish(
            "pictures",
            picture_findings(run, records, &listing),
            crate::say!(
                "日志与 {0} 个截图和文件相符",
                "the journal agrees with {0} pictures and files",
                layout::recorded_files(records).len()
            ),
        ),
        finish(
            "playbooks",
            playbook_findings(records),
            crate::say!("办理流程的原文在档案中", "the playbooks that ran are in the folder"),
        ),
    ]);
    if sealed {
        let info = text(bag::INFO);
        checks.extend([
            finish(
                "bag-info",
                info_findings(info.as_deref(), records, &listing),
                crate::say!("档案说明与日志相符", "what the bag says of itself is what the journal says"),
            ),
            finish(
                "report",
                report_findings(lang, records, &text),
                crate::say!(
                    "报告与日志相符（已重新生成并逐字节比较）",
                    "the reports say what the journal says (made again, byte for byte)"
                ),
            ),
        ]);
    }
    Verification { checks }
}

fn finish(name: &'static str, findings: Vec<Message>, passed: Message) -> Check {
    if findings.is_empty() {
        return Check { name, ok: true, message: passed };
    }
    let more = findings.len().saturating_sub(NAMED);
    let mut message =
        findings.into_iter().take(NAMED).reduce(|a, b| Message::new(a.zh + "；" + &b.zh, a.en + "; " + &b.en)).unwrap_or(passed);
    if more > 0 {
        message = Message::new(format!("{}；另有 {more} 处", message.zh), format!("{}; and {more} more", message.en));
    }
    Check { name, ok: false, message }
}

fn sealed_findings(sealed: bool, locked: bool) -> Vec<Message> {
    match (sealed, locked) {
        (true, false) => Vec::new(),
        (true, true) => {
            vec![crate::say!("封存时被中断（留有 writer.lock）", "sealing was interrupted (writer.lock is still there)")]
        }
        (false, true) => vec![crate::say!(
            "不完整：办理仍在进行，或被强制中断，档案没有封存",
            "incomplete: the run still goes on or was killed, and the folder was never sealed"
        )],
        (false, false) => vec![crate::say!(
            "不完整：档案没有封存（没有 {0}）",
            "incomplete: the folder is not sealed (no {0})",
            bag::TAG_MANIFEST
        )],
    }
}

fn layout_findings(listing: &Listing, sealed: bool) -> Vec<Message> {
    let mut out: Vec<Message> = listing
        .strange
        .iter()
        .map(|path| crate::say!("不是普通文件（链接等）：{path}", "not a plain file (a link or the like): {path}"))
        .collect();
    let top_files = bag::TAG_FILES.into_iter().chain([bag::TAG_MANIFEST]);
    let top: BTreeSet<&str> = top_files.chain((!sealed).then_some(layout::WRITER_LOCK)).collect();
    let folders = BTreeSet::from([layout::DATA, layout::SHOTS, layout::PLAYBOOKS]);
    let stray_files = listing.files.keys().filter(|path| !path.starts_with("data/") && !top.contains(path.as_str()));
    let stray_folders = listing.folders.iter().filter(|path| !folders.contains(path.as_str()));
    out.extend(stray_files.chain(stray_folders).map(|path| crate::say!("不属于档案：{path}", "does not belong there: {path}")));
    if !listing.files.contains_key(layout::LOG) {
        out.push(crate::say!("没有办理日志 {0}", "there is no journal {0}", layout::LOG));
    }
    out
}

fn unfit(file: &str, why: &Unfit) -> Message {
    match why {
        Unfit::Shape(line) => crate::say!("{file} 第 {line} 行格式不对", "{file}, line {line}: not `hash, two spaces, path`"),
        Unfit::Path(line) => crate::say!("{file} 第 {line} 行的路径不安全", "{file}, line {line}: the path is not safe"),
        Unfit::Twice(line) => {
            crate::say!(
                "{file} 第 {line} 行的路径重复（不分大小写）",
                "{file}, line {line}: the path stands there twice (case does not count)"
            )
        }
        Unfit::Empty => crate::say!("{file} 是空的", "{file} is empty"),
    }
}

fn missing(file: &str) -> Message {
    crate::say!("缺少 {file}", "{file} is missing")
}

/// Hashes every listed file that is there.
fn changed(run: &Path, listed: &BTreeMap<String, String>, listing: &Listing) -> Vec<Message> {
    let differs = |(path, hash): &(&String, &String)| {
        listing.files.contains_key(*path) && bag::hash_file(&run.join(path)).ok().as_ref() != Some(*hash)
    };
    listed.iter().filter(differs).map(|(path, _)| crate::say!("已被改动：{path}", "was changed: {path}")).collect()
}

fn tag_manifest_findings(run: &Path, text: Option<&str>, listing: &Listing) -> Vec<Message> {
    let Some(text) = text else { return vec![missing(bag::TAG_MANIFEST)] };
    let listed = match bag::parse(text) {
        Ok(listed) => listed,
        Err(why) => return vec![unfit(bag::TAG_MANIFEST, &why)],
    };
    let mut out = changed(run, &listed, listing);
    out.extend(bag::TAG_FILES.iter().filter(|file| !listing.files.contains_key(**file)).map(|file| missing(file)));
    if listed.keys().map(String::as_str).collect::<BTreeSet<_>>() != BTreeSet::from(bag::TAG_FILES) {
        out.push(crate::say!("{0} 列出的文件不对", "{0} lists other files than it should", bag::TAG_MANIFEST));
    }
    if listing.files.contains_key(bag::BAGIT)
        && std::fs::read(run.join(bag::BAGIT)).ok().as_deref() != Some(bag::DECLARATION.as_bytes())
    {
        out.push(crate::say!("{0} 不是 BagIt 1.0 的声明", "{0} does not declare BagIt 1.0", bag::BAGIT));
    }
    out
}

fn manifest_findings(run: &Path, listed: Option<&Result<BTreeMap<String, String>, Unfit>>, listing: &Listing) -> Vec<Message> {
    match listed {
        None => vec![missing(bag::MANIFEST)],
        Some(Err(why)) => vec![unfit(bag::MANIFEST, why)],
        Some(Ok(listed)) => changed(run, listed, listing),
    }
}

fn complete_findings(
    listed: Option<&Result<BTreeMap<String, String>, Unfit>>,
    listing: &Listing,
    records: &[Record],
    lang: Option<Lang>,
) -> Vec<Message> {
    let Some(Ok(listed)) = listed else {
        return vec![crate::say!("没有可用的清单，无法核对", "without a valid manifest this cannot be checked")];
    };
    let mut out: Vec<Message> =
        listed.keys().filter(|path| !listing.files.contains_key(*path)).map(|path| missing(path)).collect();
    let payload = || listing.files.keys().filter(|path| path.starts_with("data/"));
    let unlisted = payload().filter(|path| !listed.contains_key(*path));
    out.extend(unlisted.map(|path| crate::say!("多出 {path}", "{path} was added")));
    // Whoever adds a file can add its line to the manifest; only the journal knows what the run left behind.
    if let Some(lang) = lang.filter(|_| !records.is_empty()) {
        let known = layout::known_files(records, lang);
        let unknown = payload().filter(|path| listed.contains_key(*path) && !known.contains(*path));
        out.extend(unknown.map(|path| crate::say!("{path} 不是本次办理留下的", "{path} was not left by this run")));
    }
    out
}

fn journal_findings(log: Option<&Result<Log, Fault>>) -> Vec<Message> {
    match log {
        None => vec![missing(layout::LOG)],
        Some(Err(fault)) => vec![fault.message.clone()],
        Some(Ok(log)) if log.records.is_empty() => vec![crate::say!("办理日志是空的", "the journal is empty")],
        Some(Ok(_)) => Vec::new(),
    }
}

fn canonical_findings(bytes: &[u8]) -> Vec<Message> {
    if bytes.is_empty() {
        return vec![crate::say!("办理日志是空的", "the journal is empty")];
    }
    let whole = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let lines = whole.split(|byte| *byte == b'\n').enumerate();
    lines
        .filter(|(_, line)| !canonical::is_canonical(line))
        .map(|(at, _)| {
            crate::say!(
                "日志第 {0} 行写法不规范（重复的键、空格、换行符等）",
                "line {0} is not canonical (a key twice, white space, line ends …)",
                at + 1
            )
        })
        .collect()
}

fn chain_findings(records: &[Record]) -> Vec<Message> {
    match journal::first_break(records) {
        _ if records.is_empty() => vec![crate::say!("没有可核对的日志", "there is no journal to check")],
        None => Vec::new(),
        Some(line) => vec![crate::say!(
            "日志在第 {line} 行断链（有删改或换序）",
            "the chain breaks at line {line}: something was removed, changed or moved"
        )],
    }
}

fn ending_findings(log: &Log) -> Vec<Message> {
    let records = &log.records;
    let mut out = Vec::new();
    let places = |wanted: fn(&Event) -> bool| -> Vec<usize> {
        records.iter().enumerate().filter(|(_, record)| wanted(&record.event)).map(|(at, _)| at).collect()
    };
    if places(|event| matches!(event, Event::RunStart(_))) != [0] {
        out.push(crate::say!("日志不以唯一的 run.start 开始", "the journal does not begin with its only run.start"));
    }
    match places(|event| matches!(event, Event::RunEnd { .. })).as_slice() {
        [] => out.push(crate::say!("不完整：日志没有 run.end", "incomplete: the journal has no run.end")),
        [end] if end + 1 == records.len() => {}
        _ => out.push(crate::say!("日志不以唯一的 run.end 结束", "the journal does not end with its only run.end")),
    }
    if log.torn > 0 {
        out.push(crate::say!("日志末行没有写完（{0} 字节）", "the last line is unfinished ({0} bytes)", log.torn));
    }
    let state = state::fold(records);
    if let Some(end) = &state.end
        && (end.steps as usize, end.shots as usize) != (state.steps.len(), state.shots.len())
    {
        out.push(crate::say!(
            "run.end 的步骤数或截图数与日志不符",
            "run.end counts other steps or pictures than the journal holds"
        ));
    }
    out
}

fn clock_findings(records: &[Record]) -> Vec<Message> {
    if records.is_empty() {
        return vec![crate::say!("没有可核对的日志", "there is no journal to check")];
    }
    let mut out = Vec::new();
    for (at, pair) in records.windows(2).enumerate() {
        let [before, after] = pair else { continue };
        let line = at + 2;
        let Some(mono) = after.t_mono_ms.checked_sub(before.t_mono_ms).and_then(|ms| i64::try_from(ms).ok()) else {
            out.push(crate::say!("第 {line} 行的单调时钟倒退", "line {line}: the monotonic clock goes back"));
            continue;
        };
        // Forward jumps are allowed: a machine that slept does not count the time.
        let wall = after.t_wall.as_millisecond().saturating_sub(before.t_wall.as_millisecond());
        let back = mono.saturating_sub(wall);
        if back > CLOCK_SLACK_MS {
            let seconds = (back + 500) / 1000;
            out.push(crate::say!(
                "第 {line} 行之前本机时钟被调慢 {seconds} 秒",
                "before line {line} the clock of the machine was set back by {seconds} s"
            ));
        }
    }
    out
}

fn picture_findings(run: &Path, records: &[Record], listing: &Listing) -> Vec<Message> {
    if records.is_empty() {
        return vec![crate::say!("没有可核对的日志", "there is no journal to check")];
    }
    let mut out = Vec::new();
    let mut named = BTreeSet::new();
    for record in records {
        let (file, sha256, folder) = match &record.event {
            Event::Shot(shot) => (&shot.file, &shot.sha256, layout::SHOTS),
            Event::File { file, sha256 } => (file, sha256, layout::PLAYBOOKS),
            _ => continue,
        };
        let line = record.seq.saturating_add(1);
        if !bag::is_safe(file) || file.strip_prefix(folder).is_none_or(|rest| !rest.starts_with('/')) {
            out.push(crate::say!("日志第 {line} 行的路径不安全", "line {line} of the journal: the path is not safe"));
        } else if !named.insert(file.to_ascii_lowercase()) {
            out.push(crate::say!("日志两次写到 {file}", "the journal names {file} twice"));
        } else if !listing.files.contains_key(file) {
            out.push(missing(file));
        } else if bag::hash_file(&run.join(file)).ok().as_ref() != Some(sha256) {
            out.push(crate::say!("{file} 与日志不符", "{file} is not the one that the journal names"));
        }
    }
    let kept = |path: &&String| [layout::SHOTS, layout::PLAYBOOKS].iter().any(|folder| path.starts_with(&format!("{folder}/")));
    let unnamed = listing.files.keys().filter(kept).filter(|path| !named.contains(&path.to_ascii_lowercase()));
    out.extend(unnamed.map(|path| crate::say!("日志中没有 {path}", "the journal does not name {path}")));
    out
}

fn playbook_findings(records: &[Record]) -> Vec<Message> {
    let Some(start) = layout::start(records) else {
        return vec![crate::say!("日志没有开始记录", "the journal has no beginning")];
    };
    let kept: BTreeSet<&str> = records
        .iter()
        .filter_map(|record| match &record.event {
            Event::File { sha256, .. } => Some(sha256.as_str()),
            _ => None,
        })
        .collect();
    if start.playbooks.is_empty() {
        return vec![crate::say!("日志没有写明办理流程", "the journal names no playbook")];
    }
    // Killed before its first step: the texts were still being copied, and nothing was done by them.
    let interrupted = |record: &Record| matches!(record.event, Event::RunEnd { result: RunResult::Interrupted, .. });
    let began = |record: &Record| matches!(record.event, Event::StepStart { .. });
    if records.iter().any(interrupted) && !records.iter().any(began) {
        return Vec::new();
    }
    let absent = start.playbooks.iter().filter(|playbook| !kept.contains(playbook.sha256.as_str()));
    absent
        .map(|playbook| crate::say!("档案中没有办理流程的原文：{0}", "the playbook is not in the folder: {0}", playbook.file))
        .collect()
}

fn language(info: &str) -> Option<Lang> {
    let tag = *bag::parse_info(info)?.get("Report-Language")?;
    [Lang::Zh, Lang::En].into_iter().find(|lang| lang.tag() == tag)
}

fn info_findings(text: Option<&str>, records: &[Record], listing: &Listing) -> Vec<Message> {
    let Some(text) = text else { return vec![missing(bag::INFO)] };
    let (Some(said), Some(lang)) = (bag::parse_info(text), language(text)) else {
        return vec![crate::say!("{0} 格式不对", "{0} is not of the right form", bag::INFO)];
    };
    let sizes: Vec<u64> = listing.files.iter().filter(|(path, _)| path.starts_with("data/")).map(|(_, size)| *size).collect();
    let made = layout::bag_info(records, lang, sizes.len(), sizes.iter().sum());
    let should = bag::parse_info(&made).unwrap_or_default();
    let labels: BTreeSet<&str> = said.keys().chain(should.keys()).copied().collect();
    let mut out: Vec<Message> = labels
        .into_iter()
        .filter(|label| said.get(label) != should.get(label))
        .map(|label| crate::say!("{label} 与档案内容不符", "{label} is not what the folder holds"))
        .collect();
    if out.is_empty() && text != made {
        out.push(crate::say!("{0} 格式不对", "{0} is not of the right form", bag::INFO));
    }
    out
}

fn report_findings(lang: Option<Lang>, records: &[Record], text: &dyn Fn(&str) -> Option<String>) -> Vec<Message> {
    let Some(lang) = lang.filter(|_| !records.is_empty()) else {
        return vec![crate::say!(
            "没有可核对的日志或说明，无法重新生成报告",
            "without journal and bag-info.txt the reports cannot be made again"
        )];
    };
    let mut made = match report::pair(records, lang) {
        Ok(pair) => pair.to_vec(),
        Err(fault) => return vec![fault.message],
    };
    made.push((layout::HOW_TO_VERIFY, layout::HOW_TO_VERIFY_TEXT.to_owned()));
    made.into_iter()
        .filter_map(|(file, should)| match text(file) {
            None => Some(missing(file)),
            Some(is) if is != should => Some(crate::say!("{file} 与日志不符", "{file} does not say what the journal says")),
            Some(_) => None,
        })
        .collect()
}
