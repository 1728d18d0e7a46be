//! `ruku proof prune`: shows before it removes, removes no more than it showed, and never what is not finished or not a run's.

use std::path::Path;
use std::process::Command;

use ruku::base::{Lang, Redactor};
use ruku::proof::RunResult;

use super::sample;

/// Exit code and standard output.
fn prune(runs: &Path, lang: &str, words: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ruku"));
    command.args(["--lang", lang, "proof", "prune", "--runs"]).arg(runs).args(words);
    let output = command.output().unwrap();
    (output.status.code().unwrap(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

fn folders(runs: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(runs).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn old_runs_go_with_what_was_kept_for_them_and_nothing_else_does() {
    let (temporary, redactor) = (tempfile::tempdir().unwrap(), Redactor::default());
    let (runs, elsewhere) = (temporary.path().join("runs"), temporary.path().join("elsewhere"));
    let ended = |name: &str, result| {
        let mut folder = sample::opened(&runs, name, &redactor);
        folder.end(result, None, 0).unwrap();
        folder.seal(Lang::Zh).unwrap();
        std::fs::write(runs.join(format!("{name}.resume")), name).unwrap();
    };
    ended("done", RunResult::Done);
    ended("failed", RunResult::Failed);
    ended("parked", RunResult::Parked);
    ended("noted", RunResult::Done);
    std::fs::write(runs.join("noted/notes.txt"), "mine").unwrap();
    drop(sample::opened(&runs, "killed", &redactor));
    std::fs::write(runs.join("killed.resume"), "killed").unwrap();
    std::fs::create_dir_all(runs.join("photos")).unwrap();
    std::fs::create_dir_all(runs.join(".half.removing/data")).unwrap();
    std::fs::create_dir_all(runs.join(".mine.removing/photos")).unwrap();
    std::fs::create_dir_all(&elsewhere).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(&elsewhere, runs.join("link")).unwrap();
    let before = folders(&runs);

    for lang in ["zh", "en"] {
        let (code, said) = prune(&runs, lang, &["--older-than", "0"]);
        assert_eq!((code, folders(&runs)), (0, before.clone()), "{said}");
        let wanted = match lang {
            "zh" => ["可删除 done", "可删除 failed", "什么也没有删除。以上 2 份", "保留 3 份；另有 2 个文件夹不是办理档案"],
            _ => ["would go done", "would go failed", "Nothing was removed. These 2", "3 kept; 2 other folders"],
        };
        let kept = match lang {
            "zh" => ["保留 parked", "还在等平台", "保留 killed", "ruku resume", "保留 noted", "请先移走"],
            _ => ["kept parked", "waits for the portal", "kept killed", "ruku resume", "kept noted", "move them away"],
        };
        for words in wanted.iter().chain(&kept) {
            assert!(said.contains(words), "{words}: {said}");
        }
    }
    let (code, said) = prune(&runs, "zh", &["--older-than", "1", "--keep-last", "0", "--yes"]);
    assert!(code == 0 && said.contains("没有可删除的办理档案") && runs.join("done").exists(), "{said}");
    let (code, said) = prune(&runs, "zh", &["--keep-last", "0", "--yes"]);
    assert!(code == 0 && said.contains("已删除 2 份办理档案"), "{said}");
    let gone = [".half.removing", "done", "done.resume", "failed", "failed.resume"];
    let left: Vec<String> = before.into_iter().filter(|name| !gone.contains(&name.as_str())).collect();
    assert_eq!(folders(&runs), left);
    assert!(runs.join("noted/notes.txt").exists() && elsewhere.exists());
}

#[test]
fn without_a_rule_or_a_folder_nothing_is_looked_at() {
    let temporary = tempfile::tempdir().unwrap();
    let (code, said) = prune(temporary.path(), "zh", &["--yes"]);
    assert!(code == 2 && said.contains("--older-than"), "{said}");
    let (code, said) = prune(&temporary.path().join("nowhere"), "en", &["--keep-last", "3"]);
    assert!(code == 2 && said.contains("there is no folder"), "{said}");
}
