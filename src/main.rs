//! The `ruku` program: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    match arguments.as_slice() {
        [command, option, dir] if command == "training-cards" && option == "--dir" => {
            match ruku::training::cards::host_main(dir.as_ref()) {
                Ok(()) => ExitCode::SUCCESS,
                Err(fault) => ExitCode::from(fault.exit_code()),
            }
        }
        _ => ExitCode::from(2),
    }
}
