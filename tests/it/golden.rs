//! Golden cases: texts that a person reads, compared to the letter with files of the project. With RUKU_BLESS=1 they are written anew: read them
//! aloud before keeping them.

use std::path::{Path, PathBuf};

use ruku::base::{Diagnostic, Lang};

/// The files that hold the words of a case in each language.
pub(crate) const LANGUAGES: [(Lang, &str); 2] = [(Lang::Zh, "zh.txt"), (Lang::En, "en.txt")];

/// The cases of a kind, below `tests/cases`.
pub(crate) fn cases(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(kind);
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut cases: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    cases.sort();
    cases
}

/// Compares texts with those of their cases, and tells all differences together.
#[derive(Default)]
pub(crate) struct Golden(Vec<String>);

impl Golden {
    pub(crate) fn compare(&mut self, file: &Path, told: &str) {
        if std::env::var_os("RUKU_BLESS").is_some() {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, told).unwrap();
        }
        let expected = std::fs::read_to_string(file).ok();
        if expected.as_deref() != Some(told) {
            let expected = expected.as_deref().unwrap_or("(no such file)");
            self.0.push(format!("{}\n--- expected\n{expected}\n--- told\n{told}", file.display()));
        }
    }

    pub(crate) fn close(self) {
        assert!(self.0.is_empty(), "{}", self.0.join("\n"));
    }
}

/// Says what is wrong and what to do about it, in both languages.
pub(crate) fn assert_helps(case: &Path, fault: &Diagnostic) {
    let Some(help) = &fault.help else { panic!("{case:?}: {} has no remedy", fault.code) };
    for text in [&fault.message.zh, &fault.message.en, &help.zh, &help.en] {
        assert!(!text.trim().is_empty(), "{case:?}: {}", fault.code);
    }
    let chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    assert!(chinese(&fault.message.zh) && chinese(&help.zh), "{case:?}: {}", fault.code);
}
