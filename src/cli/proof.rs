//! `ruku proof verify|report`: what a stranger asks of a run folder.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

use super::Context;
use crate::base::files;
use crate::proof::{read, report, state, verify};

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
        #[arg(long)]
        to: PathBuf,
    },
}

pub(super) fn main(context: &Context, args: &Args) -> ExitCode {
    match &args.command {
        Proof::Verify { run, json } => {
            let verification = verify::verify(run);
            for check in &verification.checks {
                if *json {
                    let line = serde_json::json!({ "check": check.name, "ok": check.ok, "message": check.message });
                    println!("{line}");
                } else {
                    println!("{} {}", if check.ok { "✓" } else { "✗" }, check.message.get(context.lang));
                }
            }
            if !json {
                println!(
                    "{}",
                    if verification.ok() {
                        context.text(
                            "结论：档案完整，未被改动。时间仅为本机时钟。",
                            "result: complete and unaltered; time is this machine's clock only",
                        )
                    } else {
                        context.text("结论：未通过核验。", "result: NOT verified")
                    }
                );
            }
            if verification.ok() { ExitCode::SUCCESS } else { ExitCode::from(1) }
        }
        Proof::Report { run, to } => {
            let made = read(run).and_then(|records| {
                let state = state::fold(&records);
                files::write_new(to, report::html(&records, &state, context.lang)?.as_bytes())
            });
            match made {
                Ok(()) => {
                    println!("{}", to.display());
                    ExitCode::SUCCESS
                }
                Err(fault) => context.fail(&fault),
            }
        }
    }
}
