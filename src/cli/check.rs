//! `ruku check`: all faults of all files, without a browser.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use super::stop::{Stop, find_playbook, read_named};
use super::{Context, WRONG_TEXT, home, print};
use crate::actions::site::Site;
use crate::base::{Severity, diagnostic};
use crate::playbook::{self, Plan};

/// Arguments of `ruku check`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Playbooks or site profiles (default: all that come with Ruku)
    files: Vec<String>,
    /// The site profile to check against (default: training)
    #[arg(long, value_name = "FILE")]
    site: Option<PathBuf>,
    /// Print one JSON object per diagnostic
    #[arg(long)]
    json: bool,
    /// Print the numbered steps of each playbook
    #[arg(long)]
    plan: bool,
}

pub(super) fn main(context: &Context, args: &Args) -> ExitCode {
    match check(context, args) {
        Ok(0) => {
            if !args.json {
                print::out(context.text("没有发现错误。", "no errors found"));
            }
            ExitCode::SUCCESS
        }
        Ok(_) => ExitCode::from(WRONG_TEXT),
        Err(stop) => context.stop(&stop),
    }
}

/// Checks the files and returns the number of errors.
fn check(context: &Context, args: &Args) -> Result<usize, Stop> {
    let folder = home::find(context)?.join("playbooks");
    let site_file = args.site.clone().unwrap_or_else(|| folder.join("sites/training.yaml"));
    let mut errors = 0;
    let mut show = |source: &_, found: &[_]| {
        if args.json {
            print::out_text(&diagnostic::render_json(source, found));
        } else {
            print::err_text(&diagnostic::render(source, found, context.lang));
        }
        errors += found.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
    };
    let (site, found, source) = playbook::site::read(&site_file.display().to_string(), &read_named(&site_file)?);
    show(&source, &found);
    let paths = if args.files.is_empty() {
        playbook::all(&folder)?
    } else {
        args.files.iter().map(|name| find_playbook(&folder, name)).collect::<Result<_, _>>()?
    };
    // Of all files the playbooks come first, and are read once; a profile that is named alone is held to them as well.
    let mut inputs = args.files.is_empty().then(BTreeSet::new);
    for path in paths {
        let (name, bytes) = (path.display().to_string(), read_named(&path)?);
        if path.parent().is_some_and(|parent| parent.ends_with("sites")) || playbook::site::is_profile(&bytes) {
            let (site, mut found, source) = playbook::site::read(&name, &bytes);
            if let Some(site) = site.filter(|site| !site.choices.is_empty()) {
                let inputs = inputs.get_or_insert_with(|| playbook::inputs_of_all(&folder));
                found.extend(playbook::site::unused_choices(&site, inputs));
            }
            show(&source, &found);
            continue;
        }
        if path.parent().is_some_and(|parent| parent.ends_with("parts")) {
            // Read with each playbook that takes it in: its templates are that playbook's.
            continue;
        }
        let (mut playbook, mut found, source) = playbook::read(&name, &bytes);
        if let (true, Some(inputs), Some(playbook)) = (args.files.is_empty(), &mut inputs, &playbook) {
            inputs.extend(playbook.inputs.names().map(str::to_owned));
        }
        if let (Some(playbook), Some(site)) = (&mut playbook, &site) {
            for part in playbook::take_in(playbook, &folder, site) {
                show(&part.source, &part.diagnostics);
            }
            found.extend(playbook::check(playbook, site));
        }
        show(&source, &found);
        if let (true, Some(playbook)) = (args.plan, &playbook) {
            print_plan(context, &Plan::of(playbook), site.as_ref());
        }
    }
    Ok(errors)
}

fn print_plan(context: &Context, plan: &Plan, site: Option<&Site>) {
    print::out(format_args!("{} {}", plan.guide, plan.title.get(context.lang)));
    for step in &plan.steps {
        let title = site.map_or_else(|| step.title.clone(), |site| site.in_words(&step.title));
        let indent = "  ".repeat(step.depth as usize);
        let once = if step.once { context.text("〔不可撤销，只做一次〕", " [irreversible, once only]") } else { "" };
        let person = if step.person { context.text("〔由您操作〕", " [your turn]") } else { "" };
        print::out(format_args!("{:>4}  {indent}{}{once}{person}", step.number, title.get(context.lang)));
    }
}
