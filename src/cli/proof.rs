//! `ruku proof verify|report|prune`: what a stranger asks of a run folder, and the end of old ones.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;

use super::stop::Stop;
use super::{Context, print};
use crate::base::files;
use crate::proof::{may_be_a_run, read, report, state, verify};

/// Arguments of `ruku proof`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Proof,
}

#[derive(Debug, Subcommand)]
enum Proof {
    /// Check that a run folder is complete and unaltered
    Verify {
        /// The run folder
        run: PathBuf,
        /// Print one JSON object per check
        #[arg(long)]
        json: bool,
    },
    /// Make the report of a run again from its journal
    Report {
        /// The run folder
        run: PathBuf,
        /// The HTML file to write; must not exist yet
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// List old run folders that may go, and remove them with --yes; never what is parked, to be checked or not sealed
    Prune(super::prune::Args),
}

pub(super) fn main(context: &Context, args: &Args) -> ExitCode {
    if let Proof::Verify { run, .. } | Proof::Report { run, .. } = &args.command
        && let Some(stop) = no_run(run)
    {
        return context.stop(&stop);
    }
    match &args.command {
        Proof::Prune(args) => super::prune::main(context, args),
        Proof::Verify { run, json } => {
            let verification = verify::verify(run);
            for check in &verification.checks {
                if *json {
                    let line = serde_json::json!({ "check": check.name, "ok": check.ok, "message": check.message });
                    print::out(line);
                } else {
                    print::out(format_args!("{} {}", if check.ok { "✓" } else { "✗" }, check.message.get(context.lang)));
                }
            }
            if !json {
                print::out(if verification.ok() {
                    context.text(
                        "结论：档案完整，未被改动。时间仅为本机时钟。",
                        "result: complete and unaltered; time is this machine's clock only",
                    )
                } else {
                    context.text("结论：未通过核验。", "result: NOT verified")
                });
            }
            if verification.ok() { ExitCode::SUCCESS } else { ExitCode::from(1) }
        }
        Proof::Report { run, to } => {
            if to.symlink_metadata().is_ok() {
                return context.stop(&is_there(to));
            }
            let made = read(run).and_then(|records| {
                let state = state::fold(&records);
                files::write_new(to, report::html(&records, &state, context.lang)?.as_bytes())
            });
            match made {
                Ok(()) => {
                    print::out(to.display());
                    ExitCode::SUCCESS
                }
                Err(fault) => context.fail(&fault),
            }
        }
    }
}

/// What to say of a path that no run folder is at; none where one is, whole or not.
pub(super) fn no_run(path: &Path) -> Option<Stop> {
    let run = path.display();
    // What may not be looked into may well be one.
    if std::fs::read_dir(path).is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied) {
        return Some(no_permission(path));
    }
    if !path.is_dir() {
        return Some(Stop::Wrong(crate::say!(
            "没有办理档案文件夹 {run}。请核对路径。",
            "there is no run folder {run}; check the path"
        )));
    }
    (!may_be_a_run(path)).then(|| {
        Stop::Wrong(crate::say!(
            "{run} 不是办理档案。请写明 runs 文件夹里以时间命名的那个文件夹。",
            "{run} is no run folder; name the folder inside “runs” that is called by its time"
        ))
    })
}

fn no_permission(path: &Path) -> Stop {
    let run = path.display();
    Stop::Wrong(crate::say!(
        "没有读取 {run} 的权限。请换用有权限的账户，或请它的所有者授权。",
        "{run} may not be read by this user; use an account that may, or ask its owner"
    ))
}

fn is_there(to: &Path) -> Stop {
    let to = to.display();
    Stop::Wrong(crate::say!(
        "{to} 已存在，不会覆盖。请换一个文件名。",
        "{to} is there already and is not written over; choose another name"
    ))
}
