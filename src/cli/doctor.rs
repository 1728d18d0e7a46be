//! `ruku doctor`: the checks of this machine as a table or as lines of JSON. Changes nothing.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use super::stop::{Stop, read_named};
use super::{Context, agents, block_on, cancelled_by_signals, home, print};
use crate::actions::site::Site;
use crate::base::{Fault, FaultKind, Until, diagnostic};
use crate::doctor::{self, Finding, State};
use crate::lock::{LockOptions, LockWatch};
use crate::playbook;
use crate::training::Instance;

/// How long all looks together may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Arguments of `ruku doctor`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Site profile whose addresses are checked too
    #[arg(long, value_name = "FILE")]
    site: Option<PathBuf>,
    /// Check for running training portals (their training.json)
    #[arg(long, value_name = "FILE", conflicts_with = "site")]
    training_at: Option<PathBuf>,
    /// The folder for run folders, whose space is checked
    #[arg(long, default_value = "runs", value_name = "FOLDER")]
    runs: PathBuf,
    /// Print one JSON object per finding
    #[arg(long)]
    json: bool,
}

pub(super) fn main(context: &Context, args: &Args) -> ExitCode {
    let instance = match super::training::join(context, args.training_at.as_deref()) {
        Ok(instance) => instance,
        Err(ended) => return ended,
    };
    match findings(context, args, instance.as_ref()) {
        Ok(findings) => show(context, args.json, &findings),
        Err(stop) => context.stop(&stop),
    }
}

fn show(context: &Context, json: bool, findings: &[Finding]) -> ExitCode {
    if json {
        let lines = findings.iter().filter_map(|finding| serde_json::to_string(finding).ok());
        lines.for_each(print::out);
    } else {
        print::out_text(&doctor::render(findings, context.lang));
    }
    let failed = doctor::worst(findings) == State::Failed;
    let setup = Fault::new(FaultKind::Setup, crate::say!("检查不通过", "a check failed"));
    if failed { ExitCode::from(setup.exit_code()) } else { ExitCode::SUCCESS }
}

fn findings(context: &Context, args: &Args, instance: Option<&Instance>) -> Result<Vec<Finding>, Stop> {
    let home = home::find(context)?;
    let site_file = match (&args.site, instance) {
        (Some(file), _) => Some(file.clone()),
        (None, Some(_)) => Some(home.join("playbooks/sites/training.yaml")),
        (None, None) => None,
    };
    let site = site_file.map(|file| site(context, &file)).transpose()?;
    block_on(look(&home.join("drivers"), &args.runs, site.as_ref(), instance))
}

fn site(context: &Context, file: &Path) -> Result<Site, Stop> {
    let (site, found, source) = playbook::site::read(&file.display().to_string(), &read_named(file)?);
    print::err_text(&diagnostic::render(&source, &found, context.lang));
    site.ok_or(Stop::Told)
}

async fn look(drivers: &Path, runs: &Path, site: Option<&Site>, instance: Option<&Instance>) -> Result<Vec<Finding>, Stop> {
    let until = Until::after(PATIENCE, cancelled_by_signals());
    let agents = agents::at(drivers, instance)?;
    let locks = LockWatch::start(LockOptions { drivers: drivers.to_owned(), agents })?;
    let snapshot = doctor::settled(&locks, &until).await?;
    let site = site.map(crate::actions::doctor::site_fact);
    let asked = doctor::Asked { drivers, runs, site, locks: &snapshot, browser: None };
    let facts = doctor::gather(&asked, &until).await;
    locks.end();
    Ok(doctor::examine(&facts?))
}
