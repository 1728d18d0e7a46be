//! The `ruku` program: everything is in the library.

use clap::{Parser, Subcommand};
use ruku::{lock, training};

#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    #[command(hide = true)]
    TrainingAgent(training::agent::AgentOptions),
    #[command(hide = true)]
    TrainingCards {
        #[arg(long)]
        dir: std::path::PathBuf,
    },
    #[command(hide = true)]
    LockWatch(lock::WatchArgs),
}

fn main() -> std::process::ExitCode {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into()))
        .init();
    let done = match Cli::parse().command {
        Command::TrainingAgent(options) => training::agent::agent_main(&options),
        Command::TrainingCards { dir } => training::cards::host_main(&dir),
        Command::LockWatch(args) => lock::watch_main(args),
    };
    match done {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("{fault}");
            std::process::ExitCode::from(fault.exit_code())
        }
    }
}
