//! `ruku doctor`: the checks of this machine as a table or as lines of JSON. Changes nothing without `--fix`.

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
    /// Put right what Ruku safely can, then check again
    #[arg(long)]
    fix: bool,
    /// Print one JSON object per finding
    #[arg(long)]
    json: bool,
}

pub(super) fn main(context: &Context, args: &Args) -> ExitCode {
    let instance = match super::training::join(context, args.training_at.as_deref()) {
        Ok(instance) => instance,
        Err(ended) => return ended,
    };
    let look = || findings(context, args, instance.as_ref());
    let looked = look().and_then(|found| match args.fix.then(|| put_right(context, &found)).flatten() {
        Some(failed) => look().map(|again| again.into_iter().map(|finding| after(finding, &failed)).collect()),
        None => Ok(found),
    });
    match looked {
        Ok(findings) => show(context, args.json, &findings),
        Err(stop) => context.stop(&stop),
    }
}

/// Puts right what can be, and says what became of it; what failed, or none where nothing was tried.
fn put_right(context: &Context, findings: &[Finding]) -> Option<Vec<(&'static str, Fault)>> {
    let ours: Vec<&Finding> = findings.iter().filter(|finding| doctor::can_fix(finding)).collect();
    if ours.is_empty() {
        print::err(context.text("没有 Ruku 能自动处理的问题。", "there is nothing that Ruku can put right by itself"));
    }
    let mut failed = Vec::new();
    for finding in &ours {
        let title = &finding.title;
        let said = match block_on(doctor::fix(finding)) {
            Ok(()) => crate::say!("已处理：{}", "put right: {}", title.get(context.lang)),
            Err(fault) => {
                let (title, why) = (title.get(context.lang), fault.text(context.lang));
                let said = crate::say!("没能处理：{title}。{why}", "not put right: {title}: {why}");
                failed.push((finding.id, fault));
                said
            }
        };
        print::err(said.get(context.lang));
    }
    (!ours.is_empty()).then_some(failed)
}

/// A finding after the attempt to put it right: what failed and what a person can do, not the advice to try what has just failed.
fn after(mut finding: Finding, failed: &[(&'static str, Fault)]) -> Finding {
    if let Some((_, fault)) = failed.iter().find(|(id, _)| *id == finding.id && finding.state != State::Ok) {
        finding.remedy = Some(fault.message.clone());
    }
    finding
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Message;

    #[test]
    fn what_could_not_be_put_right_does_not_advise_to_try_it() {
        let finding = |state| Finding {
            id: "card-service",
            title: Message::same("x"),
            state,
            seen: Message::same("x"),
            remedy: (state != State::Ok).then(|| Message::same("ruku doctor --fix")),
        };
        let failed = [("card-service", Fault::new(FaultKind::Setup, Message::same("systemctl")))];
        assert_eq!(after(finding(State::Warning), &failed).remedy, Some(Message::same("systemctl")));
        assert_eq!(after(finding(State::Warning), &[]).remedy, Some(Message::same("ruku doctor --fix")));
        assert_eq!(after(finding(State::Ok), &failed).remedy, None, "it runs by now");
    }
}
