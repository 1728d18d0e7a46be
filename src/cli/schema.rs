//! `ruku schema`: the JSON Schemas for editors, and the manual of actions.

use std::process::ExitCode;

use super::{Context, print};
use crate::playbook;

/// Arguments of `ruku schema`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// playbook, site or actions
    #[arg(value_parser = ["playbook", "site", "actions"], default_value = "playbook")]
    what: String,
}

pub(super) fn main(context: &Context, args: &Args) -> ExitCode {
    match args.what.as_str() {
        "site" => print::out_text(&playbook::schema::site()),
        "actions" => print::out_text(&playbook::schema::manual(context.lang)),
        _ => print::out_text(&playbook::schema::playbook()),
    }
    ExitCode::SUCCESS
}
