//! `ruku proof prune`: removes old run folders, after showing which.
//!
//! Never removes anything without `--yes`, and never more than the same command shows without it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::stop::Stop;
use super::{Context, print};
use crate::base::{Fault, Message};
use crate::proof::prune::{Fate, Plan, Rule, Run, plan};
use crate::run::kept;

/// Arguments of `ruku proof prune`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folder that holds the run folders
    #[arg(long, default_value = "runs", value_name = "FOLDER")]
    runs: PathBuf,
    /// Remove runs that ended more than this many days ago
    #[arg(long, value_name = "DAYS", required_unless_present = "keep_last")]
    older_than: Option<u32>,
    /// Keep this many of the last runs, whatever their age
    #[arg(long, value_name = "COUNT")]
    keep_last: Option<usize>,
    /// Really remove; without it the runs are only listed
    #[arg(long)]
    yes: bool,
}

pub(super) fn main(context: &Context, args: &Args) -> ExitCode {
    if !args.runs.is_dir() {
        return context.stop(&no_folder(&args.runs));
    }
    let rule = Rule { older_than: args.older_than, keep_last: args.keep_last };
    let plan = match plan(&args.runs, rule, jiff::Timestamp::now()) {
        Ok(plan) => plan,
        Err(fault) => return context.fail(&fault),
    };
    let say = |message: Message| print::out(message.get(context.lang));
    let staying = plan.runs.iter().filter_map(|run| Some((run, why(&run.fate)?)));
    for (run, why) in staying {
        say(crate::say!("  保留 {0}：{1}", "  kept {0}: {1}", line(run), why.get(context.lang)));
    }
    for run in plan.going() {
        if args.yes {
            if let Err(fault) = removed(run) {
                return context.fail(&fault);
            }
            say(crate::say!("  已删除 {0}", "  removed {0}", line(run)));
        } else {
            say(crate::say!("  可删除 {0}", "  would go {0}", line(run)));
        }
    }
    if args.yes
        && let Err(fault) = plan.remove_halves()
    {
        return context.fail(&fault);
    }
    say(summary(&plan, args.yes));
    ExitCode::SUCCESS
}

/// What was kept beside the folder to go on with it, and the folder: in this order, as nothing would lead to what is left of the first.
fn removed(run: &Run) -> Result<(), Fault> {
    kept::forget(&run.path)?;
    run.remove()
}

fn line(run: &Run) -> String {
    let day = run.ended.to_zoned(crate::proof::beijing()).date();
    format!("{} ({day}, {:.1} MB)", run.name, run.bytes as f64 / 1e6)
}

/// Why a run stays that the rule would let go; none where the rule keeps it.
fn why(fate: &Fate) -> Option<Message> {
    Some(match fate {
        Fate::Goes | Fate::Stays => return None,
        Fate::Unsealed => crate::say!("没有办完，可用 ruku resume 接着办", "not finished; ruku resume goes on with it"),
        Fate::Waits => crate::say!("还在等平台，或结果待核实", "waits for the portal, or for a look at its outcome"),
        Fate::Continued => crate::say!("后来的一次办理接着它办，那份档案还在", "a later run that is kept goes on with it"),
        Fate::HoldsMore => {
            crate::say!("其中有不属于办理档案的文件，请先移走", "holds files that no run made; move them away first")
        }
    })
}

fn summary(plan: &Plan, done: bool) -> Message {
    let (count, bytes) = plan.going().fold((0, 0), |(count, bytes), run| (count + 1, bytes + run.bytes));
    let (kept, others, size) = (plan.runs.len() - count, plan.others, bytes as f64 / 1e6);
    let rest = match others {
        0 => crate::say!("保留 {kept} 份。", "{kept} kept."),
        _ => crate::say!(
            "保留 {kept} 份；另有 {others} 个文件夹不是办理档案，没有动。",
            "{kept} kept; {others} other folders are no run folders and were left alone."
        ),
    };
    let first = match (count, done) {
        (0, _) => crate::say!("没有可删除的办理档案。", "No run folder may go."),
        (_, true) => crate::say!("已删除 {count} 份办理档案（{size:.1} MB）。", "{count} run folders removed ({size:.1} MB)."),
        (_, false) => crate::say!(
            "什么也没有删除。以上 {count} 份（{size:.1} MB）删除后无法恢复；核对无误后加 --yes 再执行一次。",
            "Nothing was removed. These {count} ({size:.1} MB) cannot be brought back; if they are the right ones, run again with --yes."
        ),
    };
    Message::new(format!("{}{}", first.zh, rest.zh), format!("{} {}", first.en, rest.en))
}

fn no_folder(runs: &Path) -> Stop {
    let runs = runs.display();
    Stop::Wrong(crate::say!(
        "没有文件夹 {runs}。请用 --runs 写明办理档案所在的文件夹。",
        "there is no folder {runs}; name the folder of run folders with --runs"
    ))
}
