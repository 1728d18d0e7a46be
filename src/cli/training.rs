//! `ruku training`: serves the training, and lets a person insert and pull the virtual lock by command.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Subcommand;
use tokio::io::AsyncBufReadExt;

use super::stop::Stop;
use super::{Context, block_on, cancelled_by_signals, home, print};
use crate::base::{Fault, FaultKind, Message, challenge, http};
use crate::training::agent::{self, AgentOptions};
use crate::training::{self, Instance, cards};

/// The environment variable by which PC/SC clients find another daemon than the system's.
const SOCKET: &str = "PCSCLITE_CSOCK_NAME";
/// How long one command to a running training may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Arguments of `ruku training`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Training,
    /// The training.json of the running training
    #[arg(long, global = true, value_name = "FILE")]
    at: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Training {
    /// Serve until Ctrl-C
    Serve {
        /// Folder for the training's data (default: a temporary one, removed at the end)
        #[arg(long, value_name = "FOLDER")]
        dir: Option<PathBuf>,
        /// Seed of the fictitious people (default: random)
        #[arg(long, value_name = "NUMBER")]
        seed: Option<u64>,
        /// How many fictitious people there are (default: 2, or as many as there were)
        #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u8).range(1..=40))]
        people: Option<u8>,
        /// Port; 0 chooses a free one
        #[arg(long, default_value_t = 0, value_name = "NUMBER")]
        port: u16,
        /// End when standard input is closed (for programs that start it)
        #[arg(long)]
        until_input_ends: bool,
    },
    /// Insert a virtual CA lock
    Insert {
        /// Whose lock (such as p1)
        card: String,
        /// Which reader, 0 or 1
        #[arg(long, default_value_t = 0, value_name = "READER", value_parser = clap::value_parser!(u8).range(0..=1))]
        slot: u8,
    },
    /// Pull a virtual CA lock out
    Pull {
        /// Which reader, 0 or 1
        #[arg(long, default_value_t = 0, value_name = "READER", value_parser = clap::value_parser!(u8).range(0..=1))]
        slot: u8,
    },
    /// Let a virtual CA lock misbehave
    Mode {
        /// normal, burning-verify, slow or dies
        #[arg(value_parser = ["normal", "burning-verify", "slow", "dies"])]
        mode: String,
        /// Which reader, 0 or 1
        #[arg(long, default_value_t = 0, value_name = "READER", value_parser = clap::value_parser!(u8).range(0..=1))]
        slot: u8,
    },
    /// Give a virtual CA lock a new certificate: same person, new serial number, new key
    Renew {
        /// Whose lock (such as p1)
        card: String,
    },
    /// Let the certificate of a virtual CA lock end so many days from now
    Validity {
        /// Whose lock (such as p1)
        card: String,
        /// Days from now; less than 0 for one that has ended
        #[arg(allow_negative_numbers = true, value_parser = clap::value_parser!(i64).range(-3650..=3650))]
        days: i64,
    },
    /// Stop or start the local agent, or a second one of another vendor's kind
    Agent {
        /// stop, start, second or no-second
        #[arg(value_parser = ["stop", "start", "second", "no-second"])]
        order: String,
    },
    /// The detection tool: checks this machine, and opens the CA mutual-recognition system
    Tool {
        /// Press 登陆系统 at once
        #[arg(long)]
        login: bool,
        /// Open the address in this desktop's browser instead of printing it
        #[arg(long)]
        browser: bool,
    },
    /// Print what is in which reader, as JSON
    Locks,
    /// Print what the portals have stored, as JSON
    Store,
}

/// Arguments of the hidden card host.
#[derive(Debug, clap::Args)]
pub(super) struct CardsArgs {
    #[arg(long)]
    dir: PathBuf,
}

/// Arguments of the hidden agent.
#[derive(Debug, clap::Args)]
pub(super) struct AgentArgs {
    #[arg(long)]
    dir: PathBuf,
    #[arg(long, value_delimiter = ',', num_args = 1, default_value = "0,0")]
    ports: Vec<u16>,
    #[arg(long, value_delimiter = ',', num_args = 1)]
    origins: Vec<String>,
}

pub(super) fn main(context: &Context, args: Args) -> ExitCode {
    let done = match args.command {
        Training::Serve { dir, seed, people, port, until_input_ends } => {
            block_on(serve(context, dir, (seed, people.map(usize::from)), port, until_input_ends)).map_err(Stop::Fault)
        }
        Training::Insert { card, slot } => {
            command(args.at, "POST", format!("/locks/{slot}/insert"), serde_json::json!({ "card": card }))
        }
        Training::Pull { slot } => command(args.at, "POST", format!("/locks/{slot}/pull"), serde_json::json!({})),
        Training::Mode { mode, slot } => {
            command(args.at, "POST", format!("/locks/{slot}/mode"), serde_json::json!({ "mode": mode }))
        }
        Training::Renew { card } => command(args.at, "POST", "/locks/renew".to_owned(), serde_json::json!({ "card": card })),
        Training::Validity { card, days } => {
            command(args.at, "POST", "/locks/validity".to_owned(), serde_json::json!({ "card": card, "days": days }))
        }
        Training::Agent { order } => {
            let (path, body) = match order.as_str() {
                "second" | "no-second" => ("/agent/second".to_owned(), serde_json::json!({ "on": order == "second" })),
                _ => (format!("/agent/{order}"), serde_json::json!({})),
            };
            command(args.at, "POST", path, body)
        }
        Training::Tool { login, browser } => named(args.at).and_then(|at| super::tool::main(context, &at, login, browser)),
        Training::Locks => command(args.at, "GET", "/locks".to_owned(), serde_json::json!({})),
        Training::Store => command(args.at, "GET", "/store".to_owned(), serde_json::json!({})),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => context.stop(&stop),
    }
}

async fn serve(
    context: &Context,
    dir: Option<PathBuf>,
    (seed, people): (Option<u64>, Option<usize>),
    port: u16,
    until_input_ends: bool,
) -> Result<(), Fault> {
    let cancel = cancelled_by_signals();
    if until_input_ends {
        let cancel = cancel.clone();
        // A thread that nobody waits for: tokio's own reading of standard input cannot be woken and would hold back the end.
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
            cancel.cancel();
        });
    }
    let options =
        training::Options { dir, seed, people, port, assets: home::find(context)?.join("drivers/training"), exe: own_program()? };
    let running = training::start(options, cancel.clone()).await?;
    print::err(context.text(
        "模拟平台已启动（全部为虚构内容，仅限本机）。按 Ctrl-C 结束。",
        "the training is running (all fictitious, this machine only); Ctrl-C ends it",
    ));
    if !until_input_ends {
        print::err(format_args!("{}{}", context.text("管理页面：", "admin page: "), running.instance.admin.expose()));
    }
    // The only line on standard output: programs wait for it.
    print::out(running.file.display());
    cancel.cancelled().await;
    running.end().await;
    Ok(())
}

/// The instance of a training by its file or its folder.
pub(super) fn instance_at(at: &Path) -> Result<Instance, Fault> {
    if at.is_dir() { Instance::read(at) } else { Instance::read_file(at) }
}

/// Makes sure that the training still runs: its file may outlive it.
pub(super) async fn living(instance: &Instance) -> Result<(), Fault> {
    challenge::prove(instance.port, &instance.key, PATIENCE).await.map_err(|fault| match fault.kind {
        FaultKind::Gone | FaultKind::Refused => ended(instance),
        _ => fault,
    })
}

fn ended(instance: &Instance) -> Fault {
    let dir = instance.dir.display();
    Fault::new(
        FaultKind::Gone,
        crate::say!(
            "这个模拟平台已经结束。请重新启动：ruku training serve --dir {dir}",
            "this training has ended; start it again: ruku training serve --dir {dir}"
        ),
    )
}

/// The training that was named.
fn named(at: Option<PathBuf>) -> Result<PathBuf, Stop> {
    at.ok_or_else(|| {
        Stop::Wrong(crate::say!(
            "请用 --at 指明模拟平台的 training.json（启动时已打印）。",
            "name the training.json with --at (it was printed at start)"
        ))
    })
}

fn command(at: Option<PathBuf>, method: &str, path: String, body: serde_json::Value) -> Result<(), Stop> {
    let instance = instance_at(&named(at)?)?;
    block_on(living(&instance))?;
    let answer = block_on(call(&instance, method, &path, &body))?;
    print::out(readable(&answer.body));
    Ok(())
}

/// An answer in JSON as people read it: a line for each value. What is no JSON stays as it is.
fn readable(body: &[u8]) -> String {
    let json = serde_json::from_slice::<serde_json::Value>(body).ok();
    let lines = json.and_then(|json| serde_json::to_string_pretty(&json).ok());
    lines.unwrap_or_else(|| String::from_utf8_lossy(body).trim().to_owned())
}

/// One call of the trainer's interface that is carried out.
pub(super) async fn call(instance: &Instance, method: &str, path: &str, body: &serde_json::Value) -> Result<http::Answer, Stop> {
    let bearer = format!("Bearer {}", instance.token.expose());
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let body = body.to_string().into_bytes();
    let answer = http::request(method, instance.port, "admin.localhost", path, &headers, body, PATIENCE).await?;
    if answer.status == 200 { Ok(answer) } else { Err(refusal(answer.status, &answer.body)) }
}

/// What the training said when it refused.
#[derive(serde::Deserialize)]
struct Refusal {
    error: Message,
    kind: Option<FaultKind>,
}

/// A refusal of the training as a sentence for people; one of an argument (no such lock) as a wrong argument.
fn refusal(status: u16, body: &[u8]) -> Stop {
    match serde_json::from_slice::<Refusal>(body) {
        Ok(Refusal { error, kind: None }) if matches!(status, 404 | 422) => Stop::Wrong(error),
        Ok(Refusal { error, kind }) => Stop::Fault(Fault::new(kind.unwrap_or(FaultKind::Refused), error)),
        Err(_) => Stop::Fault(Fault::new(
            FaultKind::Refused,
            crate::say!("模拟平台拒绝了（HTTP {status}）。", "the training refused (HTTP {status})"),
        )),
    }
}

/// Starts a training of its own beside this process, runs `ruku <arguments> --training-at …` in it, ends it.
pub(super) async fn with_own(context: &Context, seed: Option<u64>, arguments: &[OsString]) -> Result<u8, Fault> {
    let exe = own_program()?;
    let failed = |error: &std::io::Error| Fault::io("启动", "start", &exe, error);
    let mut serve = tokio::process::Command::new(&exe);
    serve.args(["--lang", if context.lang == crate::base::Lang::Zh { "zh" } else { "en" }]);
    serve.args(context.home.iter().flat_map(|home| [Path::new("--home"), home.as_path()]));
    serve.args(["training", "serve", "--until-input-ends"]);
    serve.args(seed.map(|seed| format!("--seed={seed}")));
    serve.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).kill_on_drop(true);
    // Ctrl-C is for the run, which still needs the portals to end in order.
    #[cfg(unix)]
    serve.process_group(0);
    let mut serving = serve.spawn().map_err(|error| failed(&error))?;
    let mut line = String::new();
    if let Some(out) = serving.stdout.take() {
        tokio::io::BufReader::new(out).read_line(&mut line).await.map_err(|error| failed(&error))?;
    }
    if line.trim().is_empty() {
        // It has said why on standard error.
        let code = serving.wait().await.map_err(|error| failed(&error))?.code();
        return Ok(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(7));
    }
    let mut run = tokio::process::Command::new(&exe);
    run.args(arguments).arg("--own-training").arg("--training-at").arg(line.trim());
    let mut running = run.spawn().map_err(|error| failed(&error))?;
    // Ctrl-C reaches the run as well; this process has to outlive it, and passes on what only it was sent.
    let cancel = cancelled_by_signals();
    let status = tokio::select! {
        status = running.wait() => status,
        () = cancel.cancelled() => {
            stop(&mut running);
            running.wait().await
        }
    };
    let status = status.map_err(|error| failed(&error))?;
    drop(serving.stdin.take());
    let _ = serving.wait().await;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(130))
}

/// Asks a run to stop in order.
#[cfg(unix)]
pub(super) fn stop(running: &mut tokio::process::Child) {
    let pid = running.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid {
        // It may have ended by itself just now.
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
}

/// Windows has no such request; Ctrl-C has reached the run in the same console.
#[cfg(not(unix))]
pub(super) fn stop(_running: &mut tokio::process::Child) {}

/// The training that a command was pointed at, with this process a client of its card service. `Err` is how the command has ended.
pub(super) fn join(context: &Context, file: Option<&Path>) -> Result<Option<Instance>, ExitCode> {
    let Some(instance) = file.map(instance_at).transpose().map_err(|fault| context.fail(&fault))? else { return Ok(None) };
    block_on(living(&instance)).map_err(|fault| context.fail(&fault))?;
    if let Some(socket) = &instance.pcsc_socket
        && let Some(code) = enter_card_service(socket).map_err(|fault| context.fail(&fault))?
    {
        return Err(ExitCode::from(code));
    }
    Ok(Some(instance))
}

/// Makes this process a client of the training's own card service. PC/SC reads the variable once, so the program is started
/// again with it; `Some(code)` is how that ended, none when it is set already.
fn enter_card_service(socket: &Path) -> Result<Option<u8>, Fault> {
    if std::env::var_os(SOCKET).is_some_and(|set| set == socket.as_os_str()) {
        return Ok(None);
    }
    let exe = own_program()?;
    let mut again = std::process::Command::new(&exe);
    again.args(std::env::args_os().skip(1)).env(SOCKET, socket);
    #[cfg(unix)]
    {
        // Replaces this process: signals and the terminal stay where they are.
        let error = std::os::unix::process::CommandExt::exec(&mut again);
        Err(Fault::io("启动", "start", &exe, &error))
    }
    #[cfg(not(unix))]
    {
        let status = again.status().map_err(|error| Fault::io("启动", "start", &exe, &error))?;
        Ok(Some(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)))
    }
}

pub(super) fn own_program() -> Result<PathBuf, Fault> {
    std::env::current_exe().map_err(|error| Fault::io("查找", "find", Path::new("ruku"), &error))
}

pub(super) fn cards(context: &Context, args: &CardsArgs) -> ExitCode {
    finish(context, cards::host_main(&args.dir))
}

pub(super) fn agent(context: &Context, args: AgentArgs) -> ExitCode {
    finish(context, agent::agent_main(&AgentOptions { dir: args.dir, ports: args.ports, origins: args.origins }))
}

fn finish(context: &Context, done: Result<(), Fault>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => context.fail(&fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_a_line_for_each_value() {
        assert_eq!(readable(br#"{"counters":{"bind":1,"sync":0}}"#).lines().count(), 6);
        assert_eq!((readable(b"{}"), readable(b" \n"), readable(b"ok\n")), ("{}".into(), String::new(), "ok".into()));
    }

    #[test]
    fn a_refusal_is_a_sentence_and_not_json() {
        let body = r#"{"error":{"zh":"没有名为 p9 的 CA 锁。","en":"there is no lock named p9"}}"#;
        let Stop::Wrong(message) = refusal(404, body.as_bytes()) else { panic!("a wrong argument") };
        assert_eq!(message.zh, "没有名为 p9 的 CA 锁。");
        let body = r#"{"error":{"zh":"槽中没有锁","en":"the slot is empty"},"kind":"card"}"#;
        let Stop::Fault(fault) = refusal(409, body.as_bytes()) else { panic!("a fault") };
        assert_eq!((fault.kind, fault.message.en.as_str()), (FaultKind::Card, "the slot is empty"));
        let Stop::Fault(fault) = refusal(502, b"<html>") else { panic!("a fault") };
        assert_eq!(fault.message.en, "the training refused (HTTP 502)");
    }
}
