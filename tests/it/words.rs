//! What the program says by itself: every page of help in both languages, as a person reads it. `tests/cases/help/<command>.<lang>.txt`;
//! with RUKU_BLESS=1 they are written anew: read them aloud before keeping them.

use std::path::Path;
use std::process::Command;

use crate::golden::Golden;

/// Every command that a person may call.
const COMMANDS: [&[&str]; 19] = [
    &[],
    &["run"],
    &["batch"],
    &["check"],
    &["doctor"],
    &["hand-over"],
    &["training"],
    &["training", "serve"],
    &["training", "insert"],
    &["training", "pull"],
    &["training", "mode"],
    &["training", "store"],
    &["guide"],
    &["proof"],
    &["proof", "verify"],
    &["proof", "report"],
    &["proof", "prune"],
    &["schema"],
    &["run", "--no-such-thing"],
];

#[test]
fn help_says_the_same_in_both_languages() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/help");
    let mut golden = Golden::default();
    for command in COMMANDS {
        for lang in ["zh", "en"] {
            let mut asked = Command::new(env!("CARGO_BIN_EXE_ruku"));
            asked.env_remove("RUKU_HOME").args(["--lang", lang]).args(command);
            let misspelt = command.last().is_some_and(|word| word.starts_with("--"));
            let output = if misspelt { asked.output() } else { asked.arg("--help").output() }.unwrap();
            let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
            let name = if command.is_empty() { "ruku".to_owned() } else { command.join("-").replace("---", "-") };
            let file = folder.join(format!("{name}.{lang}.txt"));
            golden.compare(&file, &told);
        }
    }
    golden.close();
}
