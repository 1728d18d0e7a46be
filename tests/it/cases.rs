//! Wrong texts in, exact diagnostics out, in both languages: `tests/cases/playbook/<name>/`.
//!
//! A case holds `input.yaml` (a playbook) or `site.yaml` (a site profile), and `zh.txt` and `en.txt`. With RUKU_BLESS=1 the answers are
//! written anew: read them aloud before keeping them. Place, what is wrong, remedy: each must be there.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;

use ruku::base::{Diagnostic, Source, diagnostic, tree};
use ruku::playbook;

use crate::golden::{Golden, LANGUAGES, assert_helps, cases};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All diagnostics of a case, as `ruku check` shows them.
fn found(case: &Path) -> (Source, Vec<Diagnostic>) {
    let profile = case.join("site.yaml");
    if profile.is_file() {
        let (site, mut found, source) = playbook::site::read("site.yaml", &std::fs::read(profile).unwrap());
        if let Some(site) = site.filter(|site| !site.training) {
            found.extend(playbook::site::missing_addresses(&site, &source, &|_| true));
        }
        tree::sort(&mut found);
        return (source, found);
    }
    let training = std::fs::read(root().join("playbooks/sites/training.yaml")).unwrap();
    let mut site = playbook::site::read("training.yaml", &training).0.unwrap();
    // A case about real portals says so by its name.
    site.training = !case.file_name().unwrap().to_string_lossy().starts_with("real-");
    let (read, mut found, source) = playbook::read("input.yaml", &std::fs::read(case.join("input.yaml")).unwrap());
    if let Some(mut read) = read {
        let taken = playbook::take_in(&mut read, case, &site);
        assert!(taken.is_empty(), "{case:?}: shared steps have tests of their own");
        found.extend(playbook::check(&read, &site));
    }
    tree::sort(&mut found);
    (source, found)
}

#[test]
fn wrong_playbooks_are_told_in_both_languages() {
    let cases = cases("playbook");
    assert!(cases.len() >= 15, "only {} cases", cases.len());
    let mut golden = Golden::default();
    for case in &cases {
        let (source, found) = found(case);
        assert!(!found.is_empty(), "{case:?} has no fault");
        for (lang, file) in LANGUAGES {
            golden.compare(&case.join(file), &diagnostic::render(&source, &found, lang));
        }
    }
    golden.close();
}

#[test]
fn every_fault_says_what_to_do() {
    for case in cases("playbook") {
        for fault in found(&case).1 {
            assert_helps(&case, &fault);
        }
    }
}

#[test]
fn the_cases_cover_every_rule() {
    let mut told: Vec<&str> = cases("playbook").iter().flat_map(|case| found(case).1).map(|fault| fault.code).collect();
    told.sort_unstable();
    told.dedup();
    let mut rules = Vec::new();
    for file in ["src/playbook", "src/base/tree"] {
        codes(&root().join(file), &mut rules);
    }
    rules.sort();
    rules.dedup();
    assert!(rules.len() > 30, "only {} rules were found: the search is broken", rules.len());
    // These need a large file, a second file or another profile: the unit tests have them. (`ca-mutual` is no rule but a site.)
    let elsewhere = [
        "too-large",
        "too-deep",
        "part-in-part",
        "once-without-id",
        "training-profile",
        "action-not-allowed",
        "unused-choices",
        "ca-mutual",
    ];
    let missing: Vec<_> =
        rules.iter().filter(|rule| !told.contains(&rule.as_str()) && !elsewhere.contains(&rule.as_str())).collect();
    assert!(missing.is_empty(), "rules without a case: {missing:?}");
}

/// Every code of a diagnostic in the sources under `dir`: the first text after a constructor's bracket.
fn codes(dir: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            codes(&path, found);
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for maker in ["error(", "warning(", "fault(", "whole(", "said(", "code: ", "(\""] {
            for (at, _) in text.match_indices(maker) {
                let rest = text[at + maker.len()..].trim_start();
                let rest = if maker == "(\"" { rest } else { rest.strip_prefix('"').unwrap_or_default() };
                let Some((code, after)) = rest.split_once('"') else { continue };
                let kebab = code.contains('-') && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
                if kebab && after.trim_start().starts_with(',') && !code.starts_with("cn-") {
                    found.push(code.to_owned());
                }
            }
        }
    }
}
