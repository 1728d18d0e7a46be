//! The `ruku` program: everything is in the library.

fn main() -> std::process::ExitCode {
    ruku::cli::main()
}
