//! Floor 7: one file per command. Reads arguments, prints, and turns causes into exit codes; decides nothing about a run.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::base::{Fault, Lang, Redactor};
use stop::Stop;

mod agents;
mod batch;
mod check;
mod doctor;
mod given;
mod guide;
mod hand_over;
mod home;
mod lock;
mod log;
mod parent;
mod print;
mod progress;
mod proof;
mod prune;
mod resume;
mod run;
mod schema;
mod stop;
mod texts;
mod tool;
mod training;
mod viewport;
mod words;

/// Wrong arguments or a wrong text, as clap and compilers say it.
const WRONG_TEXT: u8 = 2;

/// Replays the steps of the onboarding guide in a real browser and keeps proof.
#[derive(Debug, Parser)]
#[command(name = "ruku", version)]
struct Cli {
    /// Language of everything people read: zh or en (default: from the locale)
    #[arg(long, global = true, value_name = "LANGUAGE", value_parser = ["zh", "en"])]
    lang: Option<String>,
    /// Folder that holds playbooks/ and drivers/ (default: found beside the program)
    #[arg(long, global = true, value_name = "FOLDER", env = "RUKU_HOME")]
    home: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run playbooks in a browser
    Run(run::Args),
    /// Go on with a run that was killed, stopped or parked
    Resume(resume::Args),
    /// Run the applicants of a table one after another
    Batch(batch::Args),
    /// Check playbooks and site profiles without running them
    Check(check::Args),
    /// Check this machine: browser, CA lock, agents, fonts, space
    Doctor(doctor::Args),
    /// Pack playbooks, site profile and inputs for a customer who holds the lock
    HandOver(hand_over::Args),
    /// Serve the training portals, the virtual CA lock and its agent on this machine
    Training(training::Args),
    /// Make a guide of a run folder, or draw the flow chart of the playbooks
    Guide(guide::Args),
    /// Verify a run folder, make its report again, or remove old ones
    Proof(proof::Args),
    /// Print the JSON Schema of playbooks or site profiles, or the manual of actions
    Schema(schema::Args),
    #[command(hide = true)]
    TrainingCards(training::CardsArgs),
    #[command(hide = true)]
    TrainingAgent(training::AgentArgs),
    #[command(hide = true)]
    LockWatch(lock::Args),
}

/// What every command gets.
#[derive(Debug, Clone)]
struct Context {
    lang: Lang,
    home: Option<PathBuf>,
    /// What nothing that is kept may show; a run tells it its inputs.
    redactor: Redactor,
}

impl Context {
    /// Prints a fault for a person and returns its exit code.
    fn fail(&self, fault: &Fault) -> ExitCode {
        self.say_error(fault.text(self.lang));
        ExitCode::from(fault.exit_code())
    }

    /// Prints why a command ends early and returns its exit code.
    fn stop(&self, stop: &Stop) -> ExitCode {
        match stop {
            Stop::Told => ExitCode::from(WRONG_TEXT),
            Stop::Wrong(message) => {
                self.say_error(message.get(self.lang));
                ExitCode::from(WRONG_TEXT)
            }
            Stop::Fault(fault) => self.fail(fault),
        }
    }

    fn say_error(&self, words: &str) {
        let begin = self.text("错误：", "error: ");
        // What is kept in a file shows no value; the person at the screen sees what the page says.
        if std::io::stderr().is_terminal() {
            print::err(format_args!("{begin}{words}"));
        } else {
            print::err(format_args!("{begin}{}", self.redactor.hide(words)));
        }
    }

    /// The sentence in the person's language.
    fn text<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        if self.lang == Lang::Zh { zh } else { en }
    }
}

/// The language asked for before the arguments are parsed: help and argument errors are read by people too.
fn language(arguments: &[String]) -> Lang {
    let mut words = arguments.iter().skip(1);
    while let Some(word) = words.next() {
        let value =
            word.strip_prefix("--lang=").or_else(|| (word == "--lang").then(|| words.next().map(String::as_str)).flatten());
        match value {
            Some("zh") => return Lang::Zh,
            Some("en") => return Lang::En,
            _ => {}
        }
    }
    Lang::of_process()
}

/// Runs the program and returns its exit code.
pub fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    let lang = language(&arguments);
    let command = words::in_language(Cli::command(), lang);
    let given = std::env::args_os().collect();
    let given = if lang == Lang::Zh { words::help_as_option(given) } else { given };
    let matches = match command.try_get_matches_from(given) {
        Ok(matches) => matches,
        Err(error) => {
            // A closed standard output is no reason to fail again.
            let _ = words::print(&error, lang);
            return ExitCode::from(if error.use_stderr() { WRONG_TEXT } else { 0 });
        }
    };
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(WRONG_TEXT);
        }
    };
    no_core_dumps();
    let context = Context { lang, home: cli.home, redactor: redactor() };
    log::to_stderr(&context.redactor);
    match cli.command {
        Command::Resume(args) => resume::main(&context, args),
        Command::Run(args) => run::main(&context, args),
        Command::Batch(args) => batch::main(&context, args),
        Command::Check(args) => check::main(&context, &args),
        Command::Doctor(args) => doctor::main(&context, &args),
        Command::HandOver(args) => hand_over::main(&context, &args),
        Command::Training(args) => training::main(&context, args),
        Command::Guide(args) => guide::main(&context, &args),
        Command::Proof(args) => proof::main(&context, &args),
        Command::Schema(args) => schema::main(&context, &args),
        Command::TrainingCards(args) => training::cards(&context, &args),
        Command::TrainingAgent(args) => training::agent(&context, args),
        Command::LockWatch(args) => lock::main(&context, args),
    }
}

/// A memory image would hold what was typed: none is written of this process, nor of the browser that it starts unless the machine pipes
/// images to a program and forbids to lower the limit to one byte (a hard limit of 0).
#[cfg(unix)]
fn no_core_dumps() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Core).maximum;
    // A file of one byte is none. Where Linux pipes images to a program, 0 does not stop it and 1 does (core(5)).
    let least = if cfg!(target_os = "linux") && maximum != Some(0) { 1 } else { 0 };
    // A system that forbids less is left as it is: a run must not fail over it.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(least), maximum });
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

/// Windows writes memory images only where its administrator has asked for them.
#[cfg(not(unix))]
fn no_core_dumps() {}

/// Whether nothing is hidden, in pictures or texts: the positive control of the test that looks for leaks. Never in released programs.
#[cfg(debug_assertions)]
fn unmasked() -> bool {
    std::env::var_os("RUKU_TEST_UNMASKED").is_some_and(|word| word == "positive control")
}

/// The same.
#[cfg(not(debug_assertions))]
fn unmasked() -> bool {
    false
}

#[cfg(debug_assertions)]
fn redactor() -> Redactor {
    if unmasked() { Redactor::open() } else { Redactor::default() }
}

#[cfg(not(debug_assertions))]
fn redactor() -> Redactor {
    Redactor::default()
}

/// How long what nobody waits for any more may hold the end of a command up: a look for the address of a host cannot be called off.
const LEFT_OVER: Duration = Duration::from_secs(2);

/// A runtime for one command.
fn block_on<T, E: From<Fault>>(work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Fault::io("启动", "start", std::path::Path::new("tokio"), &error))?;
    let done = runtime.block_on(work);
    runtime.shutdown_timeout(LEFT_OVER);
    done
}

/// A token that Ctrl-C, SIGTERM, a closed terminal or, on Windows, the end of the session cancels.
fn cancelled_by_signals() -> tokio_util::sync::CancellationToken {
    let token = tokio_util::sync::CancellationToken::new();
    // Listened for from here on, not from when the task first runs.
    let (cancel, signal) = (token.clone(), signal());
    tokio::spawn(async move {
        signal.await;
        cancel.cancel();
    });
    token
}

/// Waits for one kind of signal; for ever where this system does not tell of it.
macro_rules! heard {
    ($listener:expr) => {
        async {
            match $listener {
                Ok(mut listener) => drop(listener.recv().await),
                Err(_) => std::future::pending().await,
            }
        }
    };
}

#[cfg(unix)]
fn signal() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let [interrupt, terminate, hang_up] = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(signal);
    async move {
        tokio::select! {
            () = heard!(interrupt) => {}
            () = heard!(terminate) => {}
            () = heard!(hang_up) => {}
        }
    }
}

/// A console window that is closed and a session that ends give a process a few seconds: enough to seal the run folder.
#[cfg(windows)]
fn signal() -> impl Future<Output = ()> {
    use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_logoff, ctrl_shutdown};
    let (interrupt, halt, close) = (ctrl_c(), ctrl_break(), ctrl_close());
    let (log_off, shut_down) = (ctrl_logoff(), ctrl_shutdown());
    async move {
        tokio::select! {
            () = heard!(interrupt) => {}
            () = heard!(halt) => {}
            () = heard!(close) => {}
            () = heard!(log_off) => {}
            () = heard!(shut_down) => {}
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, dumpable_behavior, getrlimit, setrlimit};

    #[test]
    fn no_image_of_this_process_or_of_those_it_starts_is_written() {
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::Dumpable, "otherwise this shows nothing");
        let maximum = getrlimit(Resource::Core).maximum;
        setrlimit(Resource::Core, Rlimit { current: maximum, maximum }).unwrap();
        super::no_core_dumps();
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
        let least = if maximum == Some(0) { 0 } else { 1 };
        assert_eq!(getrlimit(Resource::Core).current, Some(least));
        let child = std::process::Command::new("cat").arg("/proc/self/limits").output().unwrap();
        let limits = String::from_utf8(child.stdout).unwrap();
        let line = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        assert_eq!(line.split_whitespace().nth(4), Some(least.to_string().as_str()), "{line}");
    }
}
