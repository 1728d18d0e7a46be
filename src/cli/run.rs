//! `ruku run`: reads and checks the texts, finds the operator, runs, and says where the report is.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::progress::Progress;
use super::stop::{Stop, read_named};
use super::texts::{self, Texts, Wanted, report};
use super::viewport::Viewport;
use super::{Context, agents, block_on, cancelled_by_signals, given, hand_over, home, parent, print, resume, unmasked};
use crate::base::{Fault, FaultKind, Message, Until, files};
use crate::operator::{Access, Operator, Person, Scripted, Terminal};
use crate::playbook;
use crate::playbook::package::Package;
use crate::proof::{Event, Mode};
use crate::run::batch::Handed;
use crate::run::{self, Chosen, GoOn, Options, Outcome, kept};
use crate::training::{Applicant, Instance, papers};

/// Arguments of `ruku run`.
#[derive(Debug, clap::Args, Serialize, Deserialize)]
pub(super) struct Args {
    /// What to run: sections of the guide (such as 2.2) or files, in order, in one browser
    #[arg(required_unless_present = "package")]
    playbooks: Vec<String>,
    /// Run a hand-over package: its playbooks, site profile and inputs; the record lands in it
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["playbooks", "site", "inputs", "runs"])]
    package: Option<PathBuf>,
    /// Start the training portals on this machine and run for a fictitious applicant
    #[arg(long, conflicts_with_all = ["training_at", "site"])]
    training: bool,
    /// Seed of the fictitious people of --training (default: random)
    #[arg(long, requires = "training", value_name = "NUMBER")]
    seed: Option<u64>,
    /// Use training portals that are running already (their training.json)
    #[arg(long, value_name = "FILE", conflicts_with = "site")]
    pub(super) training_at: Option<PathBuf>,
    /// The applicant of the training
    #[arg(long, default_value = "p1", value_name = "ID")]
    applicant: String,
    /// Site profile of the real portals, with the addresses you entered
    #[arg(long, value_name = "FILE")]
    site: Option<PathBuf>,
    /// File of inputs (YAML: name: value); what is missing is asked at the terminal
    #[arg(long, value_name = "FILE")]
    inputs: Option<PathBuf>,
    /// Folder whose files may be uploaded (营业执照 and the like)
    #[arg(long, value_name = "FOLDER")]
    files: Option<PathBuf>,
    /// Who operates: terminal (you) or scripted (training only)
    #[arg(long, value_name = "WHO", value_parser = ["terminal", "scripted"])]
    operator: Option<String>,
    /// auto: at Ruku's own pace; present: slowly, with captions, for an audience
    #[arg(long, default_value = "auto", value_name = "PACE", value_parser = ["auto", "present"])]
    mode: String,
    /// Show the browser window (shown anyway where you operate and there is a desktop)
    #[arg(long)]
    headed: bool,
    /// Hide the browser window although you operate
    #[arg(long, conflicts_with = "headed")]
    headless: bool,
    /// Folder for run folders
    #[arg(long, default_value = "runs", value_name = "FOLDER")]
    runs: PathBuf,
    /// How many minutes a gate waits for you before the run stops
    #[arg(long, default_value_t = 30, value_name = "MINUTES", value_parser = clap::value_parser!(u64).range(1..=1440))]
    patience: u64,
    /// Size of the page in the browser, in CSS pixels, both even: what the portals were made for unless a film wants another
    #[arg(long, default_value = "1280x800", value_name = "WIDTHxHEIGHT")]
    viewport: Viewport,
    /// Keep no pictures, to measure what they cost (training only)
    #[arg(long, hide = true, requires = "training_at")]
    no_pictures: bool,
    /// The training portals were started by `--training` and end with this run
    #[arg(long, hide = true, requires = "training_at")]
    #[serde(default)]
    pub(super) own_training: bool,
    /// What a batch hands over: the values of a row, sealed
    #[arg(long, hide = true, value_name = "FILE", conflicts_with_all = ["inputs", "package", "training"])]
    #[serde(skip)]
    handed: Option<PathBuf>,
    /// The process that this run ends with: the batch
    #[arg(long, hide = true, value_name = "PID")]
    #[serde(skip)]
    pub(super) ends_with: Option<u32>,
    /// Print every event of the journal as a line of JSON on standard output
    #[arg(long)]
    pub(super) json: bool,
}

/// A run that is gone on with.
pub(super) struct Resumed {
    /// Its folder, and where its browser may still live.
    pub(super) earlier: GoOn,
    /// What had been entered.
    pub(super) inputs: BTreeMap<String, String>,
    /// Held to the end: nobody else goes on with it meanwhile.
    pub(super) claim: kept::Claim,
}

pub(super) fn main(context: &Context, args: Args) -> ExitCode {
    if let Err(stop) = given::look(context, &args.playbooks, args.files.as_deref()) {
        return context.stop(&stop);
    }
    if args.training {
        return match block_on(super::training::with_own(context, args.seed, &arguments_for_child())) {
            Ok(code) => ExitCode::from(code),
            Err(fault) => context.fail(&fault),
        };
    }
    go(context, args, None)
}

/// Runs, or goes on with a run.
pub(super) fn go(context: &Context, mut args: Args, resumed: Option<Resumed>) -> ExitCode {
    let instance = match super::training::join(context, args.training_at.as_deref()) {
        Ok(instance) => instance,
        Err(ended) => return ended,
    };
    if let Some(parent) = args.ends_with
        && let Err(fault) = parent::end_with(parent)
    {
        return context.fail(&fault);
    }
    let (entered, earlier, _claim) = match resumed {
        Some(Resumed { inputs, earlier, claim }) => (Some(inputs), Some(earlier), Some(claim)),
        None => match take(&mut args) {
            Ok(handed) => (handed, None, None),
            Err(fault) => return context.fail(&fault),
        },
    };
    // As it was asked for: a package is opened again, and agreed to again.
    let command = resume::command(&args);
    let (texts, package) = match read_texts(context, &mut args, instance.as_ref()) {
        Ok(read) => read,
        Err(stop) => return context.stop(&stop),
    };
    let json = args.json;
    match block_on(execute(context, args, texts, package, instance, command, (entered, earlier))) {
        Ok(outcome) => {
            let words = context.text("操作记录报告：", "report: ");
            // A file that standard error was sent to is a log: no names there.
            let why = if std::io::stderr().is_terminal() { &outcome.spoken } else { &outcome.why };
            if let Some(why) = why {
                print::err(why.get(context.lang));
            }
            let line = format!("{words}{}", files::native(&outcome.report).display());
            // A program that reads the events gets nothing else.
            if json {
                print::err(line)
            } else {
                print::out(line)
            }
            ExitCode::from(outcome.exit_code)
        }
        Err(stop) => context.stop(&stop),
    }
}

/// Takes what a batch hands over: the values of a row, and where its files are.
fn take(args: &mut Args) -> Result<Option<BTreeMap<String, String>>, Fault> {
    let Some(path) = args.handed.take() else { return Ok(None) };
    let Handed { inputs, files } = Handed::take(&path, &home::installation_key()?)?;
    args.files = files.or(args.files.take());
    Ok(Some(inputs))
}

/// The texts that were named, or those of the package, which then says where everything is.
fn read_texts(context: &Context, args: &mut Args, instance: Option<&Instance>) -> Result<(Texts, Option<Package>), Stop> {
    let package = args.package.as_deref().map(hand_over::open).transpose()?;
    if let Some(package) = &package {
        args.playbooks = package.run.iter().map(|file| file.display().to_string()).collect();
        (args.site, args.inputs, args.runs) = (Some(package.site.clone()), Some(package.inputs.clone()), package.runs.clone());
        print::err(hand_over::greeting(package).get(context.lang));
    }
    let texts = texts::read(
        context,
        &Wanted {
            names: &args.playbooks,
            site: args.site.as_deref(),
            folder: package.as_ref().map(|package| package.playbooks.as_path()),
            port: instance.map(|instance| instance.port),
            real: instance.is_none(),
            practise: texts::with_training(crate::say!("加上 --training", "add --training")),
            packed: package.is_some(),
        },
    )?;
    if package.is_some() && !texts.site.training && instance.is_some() {
        return Err(Stop::Wrong(crate::say!(
            "这个交接包是真实平台的，不能与 --training 或 --training-at 一起使用。",
            "this package is for the real portals and does not go with --training or --training-at"
        )));
    }
    Ok((texts, package))
}

/// Whether the browser shows its window: a person has a page to see, where there is a desktop to show it on.
fn shows_window(args: &Args, person: bool, desktop: bool) -> bool {
    args.headed || (person && desktop && !args.headless)
}

/// Whether there is a desktop. Windows and macOS always have one.
fn desktop() -> bool {
    let named = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(any(windows, target_os = "macos")) || named("DISPLAY") || named("WAYLAND_DISPLAY")
}

/// This command's own arguments without those that the supervising process has dealt with.
fn arguments_for_child() -> Vec<std::ffi::OsString> {
    let mut kept = Vec::new();
    let mut words = std::env::args_os().skip(1);
    while let Some(word) = words.next() {
        let text = word.to_string_lossy();
        if text == "--training" || text.starts_with("--seed=") {
            continue;
        }
        if text == "--seed" {
            words.next();
            continue;
        }
        kept.push(word);
    }
    kept
}

async fn execute(
    context: &Context,
    args: Args,
    texts: Texts,
    package: Option<Package>,
    instance: Option<Instance>,
    command: Option<serde_json::Value>,
    (entered, earlier): (Option<BTreeMap<String, String>>, Option<GoOn>),
) -> Result<Outcome, Stop> {
    let cancel = cancelled_by_signals();
    let lang = context.lang;
    let scripted = args.operator.as_deref().map_or(instance.is_some(), |word| word == "scripted");
    let person = instance.as_ref().map(|instance| applicant(instance, &args.applicant)).transpose()?;
    let handed = entered.is_some() && earlier.is_none();
    let mut inputs = match (&args.inputs, &person) {
        _ if entered.is_some() => entered.unwrap_or_default(),
        (Some(file), _) => read_inputs(context, file)?,
        (None, Some(person)) => inputs_of(person),
        (None, None) => BTreeMap::new(),
    };
    let papers = instance.as_ref().zip(person.as_ref()).map(|(instance, person)| papers::folder(&instance.dir, &person.id));
    let files = args.files.clone().or(papers);
    match &earlier {
        // What goes on has uploaded what it could; its files may be elsewhere by now.
        Some(_) => given::wrong_inputs(&texts.playbooks, &inputs)?,
        // The table was in order, so it is this row alone that has changed since: the batch goes on with the others.
        None if handed => given::wrong_files(&texts.playbooks, &inputs, files.as_deref()).map_err(Stop::of_one)?,
        None => given::wrong_files(&texts.playbooks, &inputs, files.as_deref())?,
    }
    if args.inputs.is_some() {
        given::warn_of_unused(context, &texts.playbooks, &inputs);
    }
    let patience = Duration::from_secs(args.patience * 60);
    let mut agreed = None;
    let operator: Box<dyn Operator> = if scripted {
        let (Some(instance), Some(person)) = (&instance, &person) else {
            return Err(Stop::Fault(Fault::new(
                FaultKind::Refused,
                crate::say!(
                    "脚本操作人只能用于模拟平台；真实平台请由本人操作（--operator terminal）。",
                    "the scripted operator works on training portals only; on a real site the person operates (--operator terminal)"
                ),
            )));
        };
        texts.site.only_at(instance.port)?;
        let access = Access { port: instance.port, token: instance.token.clone(), key: instance.key.clone() };
        ask_missing(None, &texts.playbooks, &mut inputs, None).await?;
        Box::new(Scripted::admit(access, person_of(person), lang).await?)
    } else {
        let terminal = Terminal::start(lang, context.redactor.clone());
        let until = Until::after(patience, cancel.clone());
        if let Some(package) = &package {
            let question = hand_over::question(package, &texts.site);
            terminal.agree(&question, &until).await?;
            agreed = Some(question);
        }
        ask_missing(Some((&terminal, &until)), &texts.playbooks, &mut inputs, files.as_deref()).await?;
        Box::new(terminal)
    };
    let progress = Progress::new(lang);
    let listener = move |event: &Event| {
        progress.show(event);
        if args.json
            && let Ok(line) = serde_json::to_string(event)
        {
            print::out(line);
        }
    };
    let folder = texts.folder;
    let headed = shows_window(&args, !scripted, desktop());
    let agents = agents::at(&texts.drivers, instance.as_ref())?;
    let outcome = run::run(Options {
        playbooks: texts.playbooks,
        site: texts.site,
        site_sha256: texts.site_sha256,
        inputs,
        files,
        applicant: person.map_or_else(|| context.text("操作人提供", "as entered").to_owned(), |person| person.id.clone()),
        agreed,
        operator,
        drivers: texts.drivers,
        agents,
        runs: args.runs,
        lang,
        mode: if args.mode == "present" { Mode::Present } else { Mode::Auto },
        headed,
        viewport: (args.viewport.width, args.viewport.height),
        pictures: !args.no_pictures,
        redactor: context.redactor.clone(),
        masking: !unmasked(),
        patience,
        installation: home::installation_key()?,
        ledger: instance.as_ref().map_or_else(home::data, |instance| Ok(instance.visitors()))?,
        command,
        earlier,
        cancel,
        givers: Box::new(move |fact| texts::givers(&folder, fact)),
        listener: Arc::new(listener),
    })
    .await?;
    Ok(outcome)
}

/// The applicant of the training called `id`.
fn applicant<'a>(instance: &'a Instance, id: &str) -> Result<&'a Applicant, Stop> {
    instance.applicants.iter().find(|person| person.id == id).ok_or_else(|| {
        let known = instance.applicants.iter().map(|person| person.id.as_str()).collect::<Vec<_>>().join(" ");
        Stop::Wrong(crate::say!(
            "模拟平台没有办理人「{id}」，只有：{known}",
            "the training has no applicant “{id}”; it has: {known}"
        ))
    })
}

/// The fictitious person as the scripted operator knows them.
fn person_of(applicant: &Applicant) -> Person {
    let legal = &applicant.legal;
    Person {
        card: applicant.card.clone(),
        pin: applicant.pin.clone(),
        legal_card: legal.card.clone(),
        legal_pin: legal.pin.clone(),
    }
}

/// What a fictitious applicant would enter, by the names that the playbooks use.
pub(super) fn inputs_of(person: &Applicant) -> BTreeMap<String, String> {
    [
        ("姓名", &person.name),
        ("身份证号", &person.id_number),
        ("手机号", &person.mobile),
        ("企业名称", &person.company),
        ("统一社会信用代码", &person.credit_code),
        ("法定代表人姓名", &person.legal.name),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.clone()))
    .chain(person.profile.clone())
    .collect()
}

/// Reads the file of inputs: a map of names and texts. Numbers must be quoted, or leading zeros and long digits are lost.
pub(super) fn read_inputs(context: &Context, path: &Path) -> Result<BTreeMap<String, String>, Stop> {
    let (inputs, found, source) = playbook::read_inputs(&path.display().to_string(), &read_named(path)?);
    if report(context, &source, &found) {
        return Err(Stop::Told);
    }
    Ok(inputs)
}

/// Asks at the terminal for required inputs that no file gave, again where an answer cannot be right; without a terminal, or
/// when its input has ended, names them all.
async fn ask_missing(
    terminal: Option<(&Terminal, &Until)>,
    playbooks: &[Chosen],
    inputs: &mut BTreeMap<String, String>,
    files: Option<&Path>,
) -> Result<(), Fault> {
    let mut missing = Vec::new();
    for (name, input) in playbooks.iter().flat_map(|chosen| &chosen.playbook.inputs) {
        if !input.required || inputs.contains_key(name.as_str()) || missing.contains(&name.value) {
            continue;
        }
        let answered = match terminal {
            Some((terminal, until)) => ask_until_right(terminal, until, playbooks, (name.as_str(), files)).await?,
            None => None,
        };
        match answered {
            Some(value) => drop(inputs.insert(name.value.clone(), value)),
            None => missing.push(name.value.clone()),
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let (zh, en) = (missing.join("、"), missing.join(", "));
    Err(Fault::new(
        FaultKind::Precondition,
        crate::say!(
            "缺少输入项：{zh}。请写入 --inputs 文件，或在终端中回答。",
            "missing inputs: {en}; put them into the --inputs file or answer at the terminal"
        ),
    ))
}

/// Asks for one input until the answer can be right; none at the end of the terminal's input.
async fn ask_until_right(
    terminal: &Terminal,
    until: &Until,
    playbooks: &[Chosen],
    (name, files): (&str, Option<&Path>),
) -> Result<Option<String>, Fault> {
    loop {
        // Each question has the whole patience: typing eighteen digits from a paper takes a while.
        let until = until.renewed(until.allowed());
        let Some(value) = terminal.line(&Message::same(name), &until).await? else { return Ok(None) };
        match given::refusal(playbooks, name, &value).or_else(|| given::file_refusal(playbooks, name, &value, files?)) {
            Some(why) => terminal.tell(&why),
            None => return Ok(Some(value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen() -> Vec<Chosen> {
        let text = "guide: \"2.2\"\nedition: V1\ntitle: 绑定\ninputs:\n  手机号: { type: cn-mobile }\nsteps:\n  - click: 登录\n";
        let (playbook, found, _) = playbook::read("a.yaml", text.as_bytes());
        assert!(found.is_empty(), "{found:?}");
        vec![Chosen { file: "a.yaml".into(), bytes: Vec::new(), playbook: playbook.unwrap(), parts: Vec::new() }]
    }

    #[test]
    fn a_person_sees_the_page_where_there_is_a_desktop() {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            args: Args,
        }
        let shows = |words: &[&str], person, desktop| {
            let line = <Line as clap::Parser>::parse_from([&["run", "2.2"], words].concat());
            shows_window(&line.args, person, desktop)
        };
        assert!(shows(&[], true, true) && !shows(&[], true, false) && !shows(&[], false, true));
        assert!(!shows(&["--headless"], true, true) && shows(&["--headed"], false, false));
    }

    #[tokio::test]
    async fn without_a_terminal_what_is_missing_is_named() {
        let fault = ask_missing(None, &chosen(), &mut BTreeMap::new(), None).await.unwrap_err();
        assert!(fault.message.zh.contains("手机号"), "{}", fault.message.zh);
    }
}
