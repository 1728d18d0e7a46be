//! `ruku batch`: the applicants of a table one after another, each in a run that is a process of its own.
//!
//! Decides nothing about a run and passes no value to one but in a sealed file. The terminal is the run's while one is under way.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

use super::stop::Stop;
use super::texts::{self, Texts, Wanted};
use super::{Context, block_on, cancelled_by_signals, given, home, print, training};
use crate::base::{Fault, Lang, Message, Secret, files};
use crate::run::batch::{self, Class, Ending, Handed, Journal, Next};
use crate::run::table::{Fields, Row};
use crate::training::Instance;

mod list;
mod summary;

/// Arguments of `ruku batch`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What to run, as for `ruku run`, and last the table (.xlsx or .csv): one applicant a row
    #[arg(required = true, value_name = "PLAYBOOKS TABLE")]
    named: Vec<String>,
    /// Write the table to fill in (.xlsx or .csv), and run nothing; with --training-at its fictitious people stand in it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["only", "check"])]
    template: Option<PathBuf>,
    /// Check the table, and run nothing
    #[arg(long, conflicts_with = "only")]
    check: bool,
    /// failed: run the rows again that failed, and no others
    #[arg(long, value_name = "WHICH", value_parser = ["failed"])]
    only: Option<String>,
    /// Use training portals that are running already (their training.json)
    #[arg(long, value_name = "FILE", conflicts_with = "site")]
    training_at: Option<PathBuf>,
    /// Site profile of the real portals, with the addresses you entered
    #[arg(long, value_name = "FILE")]
    site: Option<PathBuf>,
    /// Who operates: terminal (you) or scripted (training only)
    #[arg(long, value_name = "WHO", value_parser = ["terminal", "scripted"])]
    operator: Option<String>,
    /// Show the browser window (shown anyway where you operate and there is a desktop)
    #[arg(long)]
    headed: bool,
    /// Hide the browser window although you operate
    #[arg(long, conflicts_with = "headed")]
    headless: bool,
    /// Folder for run folders (default: beside the table, with its name)
    #[arg(long, value_name = "FOLDER")]
    runs: Option<PathBuf>,
    /// How many minutes a gate waits for you before the run of a row stops
    #[arg(long, default_value_t = 30, value_name = "MINUTES", value_parser = clap::value_parser!(u64).range(1..=1440))]
    patience: u64,
    /// Keep no pictures, to measure what they cost (training only)
    #[arg(long, hide = true, requires = "training_at")]
    no_pictures: bool,
    /// Print every event of the runs, and the beginning and end of each row, as lines of JSON on standard output
    #[arg(long)]
    json: bool,
}

/// How long a run that a killed batch has left may take to end.
const LEFT: Duration = Duration::from_secs(120);
/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(200);

pub(super) fn main(context: &Context, args: Args) -> ExitCode {
    let instance = match training::join(context, args.training_at.as_deref()) {
        Ok(instance) => instance,
        Err(ended) => return ended,
    };
    let done = prepare(context, args, instance).and_then(|batch| match batch {
        Some(mut batch) => block_on(async { batch.go().await }),
        None => Ok(0),
    });
    match done {
        Ok(code) => ExitCode::from(code),
        Err(stop) => context.stop(&stop),
    }
}

/// A row, the key by which the journal knows it, and the hash of its values.
struct Entry {
    row: Row,
    key: String,
    values: String,
}

struct Batch<'c> {
    context: &'c Context,
    args: Args,
    instance: Option<Instance>,
    playbooks: Vec<String>,
    fields: Fields,
    entries: Vec<Entry>,
    table: PathBuf,
    runs: PathBuf,
    journal: Journal,
    key: Secret,
}

/// `名单.xlsx` → `名单<end>` beside it.
fn beside(table: &Path, end: &str) -> PathBuf {
    let stem = table.file_stem().unwrap_or_default().to_string_lossy();
    table.with_file_name(format!("{stem}{end}"))
}

/// Reads and checks everything; none where nothing is to be run.
fn prepare<'c>(context: &'c Context, args: Args, instance: Option<Instance>) -> Result<Option<Batch<'c>>, Stop> {
    let (playbooks, table) = list::split(&args)?;
    given::look(context, &playbooks, None)?;
    let texts = texts::read(
        context,
        &Wanted {
            names: &playbooks,
            site: args.site.as_deref(),
            folder: None,
            port: instance.as_ref().map(|instance| instance.port),
            // A table can be made and checked before the addresses are known.
            real: instance.is_none() && args.template.is_none() && !args.check,
            practise: texts::with_training(crate::say!(
                "另开终端执行 ruku training serve --people 人数，再加上 --training-at 和它打印的文件",
                "run `ruku training serve --people N` in another terminal, then add --training-at and the file that it prints"
            )),
            packed: false,
        },
    )?;
    let fields = Fields::of(&texts.playbooks, instance.is_some());
    let Some(table) = table else {
        return list::write_template(context, &args, instance.as_ref(), &fields).map(|()| None);
    };
    let (shown, table) = (table.clone(), absolute(&table)?);
    let (key, what) = (home::installation_key()?, what(&texts));
    let records = beside(&table, "-结果.jsonl");
    // None is made for a table that is not in order; a check asks nobody what is done already.
    let known = (!args.check && records.exists()).then(|| Journal::open(&records, &key)).transpose()?;
    let only_failed = args.only.is_some();
    let open = |row: &Row| {
        known.as_ref().is_none_or(|journal| {
            let (own, values) = (journal.key(&what, &fields.identity(row)), values_of(journal, row));
            next(journal, &own, &values, only_failed).0 == Next::Run
        })
    };
    let rows = list::read(context, &shown, &fields, instance.as_ref(), &open)?;
    if args.check {
        let count = rows.len();
        let fine = crate::say!("表格没有问题，共 {count} 行。", "the table is in order; rows: {count}");
        print::out(fine.get(context.lang));
        return Ok(None);
    }
    let journal = known.map_or_else(|| Journal::open(&records, &key), Ok)?;
    let entries = rows.into_iter().map(|row| {
        let (key, values) = (journal.key(&what, &fields.identity(&row)), values_of(&journal, &row));
        Entry { key, values, row }
    });
    let entries = entries.collect();
    let runs = absolute(&args.runs.clone().unwrap_or_else(|| beside(&table, "-档案")))?;
    Ok(Some(Batch { context, args, instance, playbooks, fields, entries, table, runs, journal, key }))
}

fn absolute(path: &Path) -> Result<PathBuf, Fault> {
    std::path::absolute(path).map_err(|error| Fault::io("打开", "open", path, &error))
}

/// A hash of what a row holds, by which a correction is seen.
fn values_of(journal: &Journal, row: &Row) -> String {
    let files = row.files.as_deref().map(|files| files.to_string_lossy().into_owned());
    let values = row.inputs.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]).chain(files.as_deref());
    journal.hash(&values.collect::<Vec<_>>())
}

/// What is to be done with the row of this key, and whether its values are not those that it had before.
fn next(journal: &Journal, key: &str, values: &str, only_failed: bool) -> (Next, bool) {
    let known = journal.known(key);
    let changed = known.is_some_and(|known| known.values != values);
    (batch::next(known, changed, only_failed), changed)
}

/// What is done, for the keys of rows: the same table may serve several playbooks.
fn what(texts: &Texts) -> String {
    let sections = texts.playbooks.iter().map(|chosen| chosen.playbook.guide.value.as_str());
    std::iter::once(texts.site.name.as_str()).chain(sections).collect::<Vec<_>>().join("/")
}

impl Batch<'_> {
    async fn go(&mut self) -> Result<u8, Stop> {
        let cancel = cancelled_by_signals();
        files::private_dir(&self.runs)?;
        Handed::sweep(&home::data()?);
        let only_failed = self.args.only.is_some();
        let mut todo = Vec::new();
        for at in 0..self.entries.len() {
            self.settle(at, &cancel).await?;
            let (next, changed) = next(&self.journal, &self.entries[at].key, &self.entries[at].values, only_failed);
            match next {
                Next::Leave(Some(Ending { class: Class::Done, .. })) if changed => {
                    let number = self.entries[at].row.number;
                    self.tell(&crate::say!(
                        "第 {number} 行上次已办完，之后表格里的资料有改动；没有再办。",
                        "row {number} was done, and its values have changed since; it is not run again"
                    ));
                }
                Next::Leave(_) => {}
                Next::Resume(run) => {
                    let folder = self.runs.join(&run);
                    if !folder.is_dir() {
                        todo.push((at, None));
                    } else if let Err(fault) = crate::proof::read(&folder) {
                        self.tell_row(at, &Ending::unreadable(&fault));
                    } else {
                        todo.push((at, Some(run)));
                    }
                }
                Next::Run => todo.push((at, None)),
            }
        }
        self.greet(todo.len());
        self.write_results();
        let (begun, count) = (Instant::now(), todo.len());
        let mut machine = false;
        for (done, (at, earlier)) in todo.into_iter().enumerate() {
            if cancel.is_cancelled() || machine {
                break;
            }
            self.head(at, done, count, begun.elapsed());
            let ended = self.one(at, earlier, &cancel).await;
            self.write_results();
            match ended {
                Ok(ending) => machine = ending.machine,
                Err(stop) => {
                    self.sum_up(cancel.is_cancelled());
                    return Err(stop);
                }
            }
        }
        if machine {
            self.tell(&crate::say!(
                "本机出了故障，后面的行没有再办。排除后再次执行同一命令即可接着办。",
                "this machine failed, so the rows after this one were not begun; put it right, and the same command goes on"
            ));
        }
        let code = self.sum_up(cancel.is_cancelled());
        self.event(serde_json::json!({ "type": "batch.done", "code": code }));
        Ok(code)
    }

    /// What a batch that was killed did not write down any more: its run may have ended, or be about to.
    async fn settle(&mut self, at: usize, cancel: &CancellationToken) -> Result<(), Stop> {
        let key = self.entries[at].key.clone();
        let Some(known) = self.journal.known(&key).filter(|known| known.ending.is_none()) else { return Ok(()) };
        let Some(run) = known.run.as_ref().map(|run| self.runs.join(run)).filter(|run| run.is_dir()) else { return Ok(()) };
        let late = Instant::now() + LEFT;
        let mut told = false;
        let ending = loop {
            match batch::ending(&run) {
                Some(ending) => break ending,
                None if Instant::now() > late || cancel.is_cancelled() => return Err(still_running(&run).into()),
                None if !told => {
                    told = true;
                    self.tell(&crate::say!("上次的办理还在收尾，请稍候……", "the run of last time is still ending; one moment"));
                }
                None => {}
            }
            tokio::time::sleep(LOOK).await;
        };
        Ok(self.journal.end(&key, ending, 0)?)
    }

    /// Runs one row, or goes on with its run.
    async fn one(&mut self, at: usize, earlier: Option<String>, cancel: &CancellationToken) -> Result<Ending, Stop> {
        let (key, values, number) = (self.entries[at].key.clone(), self.entries[at].values.clone(), self.entries[at].row.number);
        self.journal.begin(&key, &values, number)?;
        self.event(serde_json::json!({ "type": "batch.begin", "row": number }));
        let begun = Instant::now();
        let mut ended = None;
        if let Some(run) = earlier {
            let mut command = self.ruku()?;
            command.arg("resume").arg(self.runs.join(run));
            ended = Some(self.child(command, &key, cancel).await?);
        }
        // What cannot be gone on with is run anew; what was done is not done twice.
        if ended.as_ref().is_none_or(|(run, code)| run.is_none() && *code == Some(6)) {
            let handed = Handed::path(&home::data()?, &key);
            let row = &self.entries[at].row;
            let folder = row.files.as_ref().map(|files| self.table.with_file_name("").join(files));
            Handed { inputs: row.inputs.clone(), files: folder }.write(&handed, &self.key)?;
            let command = self.run_of(row, &handed)?;
            let child = self.child(command, &key, cancel).await;
            // The run has taken it, unless it ended before.
            let _ = std::fs::remove_file(&handed);
            ended = Some(child?);
        }
        let (run, code) = ended.unwrap_or((None, None));
        self.pull_lock().await;
        let ending = self.ending(run.as_deref(), code)?;
        self.event(serde_json::json!({ "type": "batch.end", "row": number, "class": ending.class, "run": run }));
        self.tell_row(at, &ending);
        // Told first: where nothing can be written any more, that is all there is.
        self.journal.end(&key, ending.clone(), begun.elapsed().as_secs())?;
        Ok(ending)
    }

    /// Tells what became of a row, and why.
    fn tell_row(&self, at: usize, ending: &Ending) {
        let (number, word) = (self.entries[at].row.number, ending.class.word());
        let mut line = crate::say!("第 {number} 行：{}", "row {number}: {}", word.get(self.context.lang));
        if let Some(why) = &ending.why {
            line.zh.push_str(&format!("  {}", why.zh));
            line.en.push_str(&format!("  {}", why.en));
        }
        self.tell(&line);
    }

    /// How a run ended: as its folder says, or as its exit code does where it left none.
    fn ending(&self, run: Option<&str>, code: Option<u8>) -> Result<Ending, Stop> {
        if let Some(run) = run
            && let Some(ending) = batch::ending(&self.runs.join(run))
        {
            return Ok(match code {
                Some(code) if ending.code.is_none() && Class::of(code) != Class::Stopped => Ending::unwritten(ending, code),
                _ => ending,
            });
        }
        match code {
            // The same arguments and texts would be wrong for every row.
            Some(2) => Err(Stop::Told),
            Some(code) => {
                let why = crate::say!("没有开始办理，原因见终端上的提示。", "it was not begun; the terminal says why");
                Ok(Ending { class: Class::of(code), code: Some(code), why: Some(why), machine: code == 7 })
            }
            None => Ok(Ending::cut_off()),
        }
    }

    /// This program, in this language and with this home.
    fn ruku(&self) -> Result<Command, Fault> {
        let mut command = Command::new(training::own_program()?);
        command.args(["--lang", if self.context.lang == Lang::Zh { "zh" } else { "en" }]);
        command.args(self.context.home.iter().flat_map(|home| [Path::new("--home"), home.as_path()]));
        Ok(command)
    }

    fn run_of(&self, row: &Row, handed: &Path) -> Result<Command, Fault> {
        let args = &self.args;
        let mut command = self.ruku()?;
        command.arg("run").args(&self.playbooks).arg("--handed").arg(handed).arg("--runs").arg(&self.runs);
        command.args(["--patience", &args.patience.to_string()]);
        let paths = [("--training-at", &args.training_at), ("--site", &args.site)];
        for (word, path) in paths.into_iter().filter_map(|(word, path)| Some((word, path.as_ref()?))) {
            command.arg(word).arg(path);
        }
        let applicant = self.instance.as_ref().and_then(|instance| list::applicant(instance, row));
        command.args(applicant.iter().flat_map(|id| ["--applicant", id]));
        command.args(args.operator.iter().flat_map(|operator| ["--operator", operator]));
        let switches = [("--headed", args.headed), ("--headless", args.headless), ("--no-pictures", args.no_pictures)];
        command.args(switches.into_iter().filter(|(_, on)| *on).map(|(word, _)| word));
        Ok(command)
    }

    /// Starts a run and waits for its end: the name of its folder, and its exit code. The terminal is its own meanwhile.
    async fn child(
        &mut self,
        mut command: Command,
        key: &str,
        cancel: &CancellationToken,
    ) -> Result<(Option<String>, Option<u8>), Fault> {
        command.args(["--json", "--ends-with", &std::process::id().to_string()]).stdout(Stdio::piped());
        let failed = |error: &std::io::Error| Fault::io("启动", "start", Path::new("ruku run"), error);
        let mut child = command.spawn().map_err(|error| failed(&error))?;
        let mut run = None;
        if let Some(out) = child.stdout.take() {
            let mut lines = BufReader::new(out).lines();
            let mut asked = false;
            loop {
                let line = tokio::select! {
                    line = lines.next_line() => line.map_err(|error| failed(&error))?,
                    // Ctrl-C has reached the run as well; what only the batch was sent is passed on.
                    () = cancel.cancelled(), if !asked => {
                        asked = true;
                        training::stop(&mut child);
                        continue;
                    }
                };
                let Some(line) = line else { break };
                if self.args.json {
                    print::out(&line);
                }
                if run.is_none()
                    && let Some(name) = started(&line)
                {
                    self.journal.run(key, &name)?;
                    run = Some(name);
                }
            }
        }
        let status = child.wait().await.map_err(|error| failed(&error))?;
        Ok((run, status.code().and_then(|code| u8::try_from(code).ok())))
    }

    /// The scripted operator leaves its lock in the reader; a person has taken it out before the next one comes.
    async fn pull_lock(&self) {
        let Some(instance) = &self.instance else { return };
        if self.args.operator.as_deref() != Some("terminal") {
            // There may be none.
            let _ = training::call(instance, "POST", "/locks/0/pull", &serde_json::json!({})).await;
        }
    }

    /// How a person at this screen, or a log, knows a row.
    fn who(&self, at: usize) -> String {
        let name = self.fields.name_of(&self.entries[at].row);
        if std::io::stderr().is_terminal() { name.to_owned() } else { batch::masked(name) }
    }

    fn tell(&self, message: &Message) {
        print::err(message.get(self.context.lang));
    }

    fn event(&self, event: serde_json::Value) {
        if self.args.json {
            print::out(event);
        }
    }

    fn greet(&self, todo: usize) {
        let all = self.entries.len();
        self.tell(&crate::say!("共 {all} 行，本次办理 {todo} 行。", "rows: {all}, of which {todo} are run now"));
        if todo > 0 && self.args.operator.as_deref() != Some("scripted") && std::io::stdin().is_terminal() {
            self.tell(&crate::say!(
                "输入 q 只停下当前一行；要停下整批，请按 Ctrl-C。",
                "q stops the row under way alone; Ctrl-C stops the whole batch"
            ));
        }
    }

    /// The line before a row. On a terminal it says how long the rest may take.
    fn head(&self, at: usize, done: usize, count: usize, elapsed: Duration) {
        let (number, who, now) = (self.entries[at].row.number, self.who(at), done + 1);
        let mut line = crate::say!("── {now}/{count}  第 {number} 行  {who}", "── {now}/{count}  row {number}  {who}");
        if std::io::stderr().is_terminal()
            && let Some(each) = u32::try_from(done).ok().filter(|done| *done > 0).map(|done| elapsed / done)
        {
            let left = each * u32::try_from(count - done).unwrap_or(u32::MAX);
            let minutes = left.as_secs().div_ceil(60);
            line.zh.push_str(&format!("  预计还需约 {minutes} 分钟"));
            line.en.push_str(&format!("  about {minutes} min left"));
        }
        self.tell(&line);
    }
}

/// The name of the run folder, where the line is the first of a run.
fn started(line: &str) -> Option<String> {
    let event: serde_json::Value = serde_json::from_str(line).ok()?;
    (event["type"] == "run.start").then(|| event["run"].as_str().map(str::to_owned)).flatten()
}

fn still_running(run: &Path) -> Fault {
    let run = run.display();
    Fault::new(
        crate::base::FaultKind::Refused,
        crate::say!(
            "上次的办理还没有结束：{run}。请等它结束，或在它的窗口里按 Ctrl-C，再执行。",
            "the run of last time has not ended: {run}; wait for it, or press Ctrl-C in its window, then start again"
        ),
    )
}
