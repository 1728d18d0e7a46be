//! `ruku resume`: goes on with a run that was killed, stopped or parked.
//!
//! Everything it needs was kept beside the run folder when the run began; secret inputs were not, and are asked again.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::{Deserialize, Serialize};

use super::run::{Args as RunArgs, Resumed, go};
use super::stop::Stop;
use super::{Context, block_on, home, training};
use crate::base::{Fault, FaultKind};
use crate::run::{GoOn, kept};

/// Arguments of `ruku resume`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The run folder
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Print every event of the journal as a line of JSON on standard output
    #[arg(long)]
    json: bool,
    /// The process that this run ends with: the batch
    #[arg(long, hide = true, value_name = "PID")]
    ends_with: Option<u32>,
}

/// How a run was started.
#[derive(Debug, Serialize, Deserialize)]
struct Command {
    /// The folder that its paths start from.
    folder: PathBuf,
    arguments: RunArgs,
}

/// What is kept of how a run is started; none where the current folder is unknown.
pub(super) fn command(arguments: &RunArgs) -> Option<serde_json::Value> {
    let folder = std::env::current_dir().ok()?;
    Some(serde_json::json!({ "folder": folder, "arguments": arguments }))
}

pub(super) fn main(context: &Context, args: Args) -> ExitCode {
    match read(args) {
        Ok((arguments, resumed)) => go(context, arguments, Some(resumed)),
        Err(stop) => context.stop(&stop),
    }
}

fn read(args: Args) -> Result<(RunArgs, Resumed), Stop> {
    let run = std::path::absolute(&args.run).map_err(|error| Fault::io("打开", "open", &args.run, &error))?;
    if !run.is_dir() {
        let shown = args.run.display();
        return Err(Stop::Wrong(crate::say!(
            "没有这份办理档案：{shown}。请写明 runs 文件夹里那次办理的文件夹。",
            "there is no such run folder: {shown}; name the folder of that run inside “runs”"
        )));
    }
    let (kept, claim) = kept::claim(&run, &home::installation_key()?)?;
    let Command { folder, mut arguments } = serde_json::from_value(kept.command).map_err(|_| {
        Fault::new(
            FaultKind::Refused,
            crate::say!(
                "那次办理是用另一个版本的 Ruku 开始的。请用 ruku run 重新办理，已办过的事项不会重复提交。",
                "that run was started by another version of Ruku; start anew with ruku run: what was done is not done twice"
            ),
        )
    })?;
    if arguments.own_training {
        lives(arguments.training_at.as_deref())?;
    }
    std::env::set_current_dir(&folder).map_err(|error| Fault::io("进入文件夹", "enter folder", &folder, &error))?;
    (arguments.json, arguments.ends_with) = (args.json, args.ends_with);
    Ok((arguments, Resumed { earlier: GoOn { run, work: kept.work, before: kept.before }, inputs: kept.inputs, claim }))
}

/// Whether the portals of `--training` are still there.
fn lives(training: Option<&Path>) -> Result<(), Fault> {
    let Some(file) = training.filter(|file| file.exists()) else { return Err(training_is_gone()) };
    block_on(training::living(&training::instance_at(file)?)).map(drop).map_err(|fault| match fault.kind {
        FaultKind::Gone => training_is_gone(),
        _ => fault,
    })
}

/// The portals of `--training` are gone with the command that began the run, and what was done there with them.
fn training_is_gone() -> Fault {
    Fault::new(
        FaultKind::Gone,
        crate::say!(
            "那次办理用的是 --training 启动的模拟平台，它已随那条命令结束，无法接着办。请重新执行 ruku run … --training；想练习中断后接着办，请先执行 ruku training serve，办理时用 --training-at 代替 --training。",
            "that run was on the training portals of --training, which ended with its command, so it cannot go on; start anew with `ruku run … --training`; to practise going on, run `ruku training serve` and name its file with --training-at in place of --training"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_training_that_ended_with_its_command_is_not_alive() {
        let dir = tempfile::tempdir().unwrap();
        for file in [None, Some(dir.path().join("training.json"))] {
            assert_eq!(lives(file.as_deref()).unwrap_err().kind, FaultKind::Gone);
        }
        let told = training_is_gone().message;
        assert!(told.zh.contains("--training-at") && !told.zh.contains("os error"), "{told:?}");
    }
}
