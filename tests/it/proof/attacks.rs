//! What somebody may do to a sealed folder, and which check names it. The numbers are those of the attack table that the proof was designed
//! against; left out are the attacks that only a signature, a time stamp or a challenge can show.

use std::path::Path;

use ruku::base::{Lang, Redactor};
use ruku::proof::{Event, Record, verify};
use sha2::Digest;

use super::{golden, sample};

const LOG: &str = "data/log.jsonl";

fn hash(bytes: &[u8]) -> String {
    hex::encode(sha2::Sha256::digest(bytes))
}

fn edit(run: &Path, file: &str, change: impl FnOnce(&str) -> String) {
    let path = run.join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    let changed = change(&text);
    assert_ne!(text, changed, "the attack must change something");
    std::fs::write(path, changed).unwrap();
}

fn flip(run: &Path, file: &str) {
    let path = run.join(file);
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

fn swap(run: &Path) {
    let (one, two) = (run.join("data/shots/0001.png"), run.join("data/shots/0002.png"));
    std::fs::rename(&one, run.join("x")).unwrap();
    std::fs::rename(&two, one).unwrap();
    std::fs::rename(run.join("x"), two).unwrap();
}

/// Makes manifests and bag-info anew, as somebody who knows the format would.
fn resum(run: &Path) {
    let mut manifest = String::new();
    let mut bytes = 0;
    let mut files = Vec::new();
    for folder in ["data", "data/playbooks", "data/shots"] {
        for entry in std::fs::read_dir(run.join(folder)).unwrap() {
            let entry = entry.unwrap();
            if entry.path().is_file() {
                files.push(format!("{folder}/{}", entry.file_name().to_str().unwrap()));
            }
        }
    }
    files.sort();
    for file in &files {
        let data = std::fs::read(run.join(file)).unwrap();
        bytes += data.len();
        manifest.push_str(&format!("{}  {file}\n", hash(&data)));
    }
    std::fs::write(run.join("manifest-sha256.txt"), manifest).unwrap();
    let log = std::fs::read_to_string(run.join(LOG)).unwrap();
    let head = hash(log.split_inclusive('\n').next_back().unwrap_or_default().as_bytes());
    let info = std::fs::read_to_string(run.join("bag-info.txt")).unwrap();
    let info: String = info
        .lines()
        .map(|line| match line.split_once(": ").unwrap().0 {
            "Payload-Oxum" => format!("Payload-Oxum: {bytes}.{}\n", files.len()),
            "Bagging-Date" => format!("Bagging-Date: {}\n", day(&log)),
            "Log-Lines" => format!("Log-Lines: {}\n", log.lines().count()),
            "Log-Head-SHA256" => format!("Log-Head-SHA256: {head}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    std::fs::write(run.join("bag-info.txt"), info).unwrap();
    retag(run);
}

/// The day of the last line, as Beijing counts it.
fn day(log: &str) -> jiff::civil::Date {
    let last: serde_json::Value = serde_json::from_str(log.lines().next_back().unwrap()).unwrap();
    let at: jiff::Timestamp = last["t_wall"].as_str().unwrap().parse().unwrap();
    at.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(8))).date()
}

fn retag(run: &Path) {
    let line = |file: &&str| format!("{}  {file}\n", hash(&std::fs::read(run.join(file)).unwrap()));
    let tags: String = ["bag-info.txt", "bagit.txt", "manifest-sha256.txt"].iter().map(line).collect();
    std::fs::write(run.join("tagmanifest-sha256.txt"), tags).unwrap();
}

/// Writes the journal's lines anew with a right chain.
fn rechain(run: &Path, change: impl FnOnce(&mut Vec<serde_json::Value>)) {
    let text = std::fs::read_to_string(run.join(LOG)).unwrap();
    let mut lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    change(&mut lines);
    let (mut prev, mut out) = ("0".repeat(64), String::new());
    for (seq, line) in lines.iter_mut().enumerate() {
        line["seq"] = seq.into();
        line["prev"] = prev.into();
        let spelled = format!("{line}\n");
        prev = hash(spelled.as_bytes());
        out.push_str(&spelled);
    }
    std::fs::write(run.join(LOG), out).unwrap();
}

/// Makes the reports anew as well: nothing but the attacked thing itself is wrong.
fn remake(run: &Path) {
    let records: Vec<Record> = ruku::proof::read(run).unwrap();
    let state = ruku::proof::state::fold(&records);
    for (lang, file, beside) in
        [(Lang::Zh, "data/report.html", "report.en.html"), (Lang::En, "data/report.en.html", "report.html")]
    {
        let html = ruku::proof::report::html(&records, &state, lang).unwrap();
        let (other, words) = if lang == Lang::Zh { ("en", "English") } else { ("zh-CN", "中文") };
        let link = format!("</span></span>\n<a href=\"{beside}\" hreflang=\"{other}\">{words}</a>\n");
        std::fs::write(run.join(file), html.replacen("</span></span>\n", &link, 1)).unwrap();
    }
    resum(run);
}

type Attack = (&'static str, fn(&Path), &'static [&'static str]);

/// Name, deed, and the checks that must fail. All others must pass: each check is there for something.
const ATTACKS: &[Attack] = &[
    ("0 untouched", |_| (), &[]),
    ("0 resummed and remade without a change (the tools of this test are right)", |run| remake(run), &[]),
    ("1 flip a byte of a picture", |run| flip(run, "data/shots/0002.png"), &["manifest", "pictures"]),
    (
        "2 flip a byte of the report",
        |run| edit(run, "data/report.html", |text| text.replacen("办理完成", "办理完戒", 1)),
        &["manifest", "report"],
    ),
    (
        "3 change a word in the journal",
        |run| edit(run, LOG, |text| text.replacen("点击“确认申请”", "点击“取消申请”", 1)),
        &["manifest", "chain", "report"],
    ),
    (
        "4 delete a picture",
        |run| std::fs::remove_file(run.join("data/shots/0003.png")).unwrap(),
        &["complete", "pictures", "bag-info"],
    ),
    ("5 add a file to the payload", |run| std::fs::write(run.join("data/receipt.pdf"), "x").unwrap(), &["complete", "bag-info"]),
    (
        "5 add a picture to the payload",
        |run| std::fs::write(run.join("data/shots/9999.png"), "x").unwrap(),
        &["complete", "pictures", "bag-info"],
    ),
    (
        "5 add a file and resum",
        |run| {
            std::fs::write(run.join("data/receipt.pdf"), "x").unwrap();
            resum(run)
        },
        &["complete"],
    ),
    ("6 swap two pictures", swap, &["manifest", "pictures"]),
    (
        "7 swap two pictures and resum",
        |run| {
            swap(run);
            resum(run)
        },
        &["pictures"],
    ),
    (
        "8 cut the tail of the journal",
        |run| edit(run, LOG, |text| text[..text.trim_end().rfind('\n').unwrap() + 1].to_owned()),
        &["manifest", "ending", "bag-info", "report"],
    ),
    (
        "8 cut the tail of the journal, remake and resum",
        |run| {
            edit(run, LOG, |text| text[..text.trim_end().rfind('\n').unwrap() + 1].to_owned());
            remake(run)
        },
        &["ending"],
    ),
    (
        "8 tear the last line",
        |run| edit(run, LOG, |text| text[..text.trim_end().rfind('\n').unwrap() + 21].to_owned()),
        &["manifest", "canonical", "ending", "bag-info", "report"],
    ),
    (
        "9 drop a step, resum",
        |run| {
            edit(run, LOG, |text| {
                text.lines().enumerate().filter(|(at, _)| *at != 5).map(|(_, line)| format!("{line}\n")).collect()
            });
            remake(run)
        },
        &["chain"],
    ),
    (
        "10 reorder two lines, resum",
        |run| {
            edit(run, LOG, |text| {
                let mut lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
                lines.swap(6, 7);
                // A clever one: the times still run forwards.
                let (before, after) = lines.split_at_mut(7);
                for time in ["t_mono_ms", "t_wall"] {
                    std::mem::swap(&mut before[6][time], &mut after[0][time]);
                }
                lines.iter().map(|line| format!("{line}\n")).collect()
            });
            remake(run);
        },
        &["chain"],
    ),
    (
        "18 CRLF in the manifest",
        |run| {
            edit(run, "manifest-sha256.txt", |text| text.replace('\n', "\r\n"));
            retag(run)
        },
        &["manifest", "complete"],
    ),
    (
        "18 CRLF in the journal, resummed",
        |run| {
            edit(run, LOG, |text| text.replace('\n', "\r\n"));
            resum(run)
        },
        &["canonical", "chain", "report"],
    ),
    (
        "19 claim an attestation",
        |run| {
            edit(run, "bag-info.txt", |text| text.replace("none (local clock only)", "signed by the bureau"));
            retag(run)
        },
        &["bag-info"],
    ),
    (
        "19 claim it in a label of its own",
        |run| {
            edit(run, "bag-info.txt", |text| format!("{text}Signed-By: all\n"));
            retag(run)
        },
        &["bag-info"],
    ),
    #[cfg(unix)]
    (
        "20 replace a picture by a link",
        |run| {
            let picture = run.join("data/shots/0001.png");
            std::fs::rename(&picture, run.parent().unwrap().join("elsewhere.png")).unwrap();
            std::os::unix::fs::symlink("../../../elsewhere.png", picture).unwrap();
        },
        &["layout", "complete", "pictures", "bag-info"],
    ),
    #[cfg(unix)]
    (
        "20 replace the pictures' folder by a link",
        |run| {
            let elsewhere = run.parent().unwrap().join("elsewhere");
            std::fs::rename(run.join("data/shots"), &elsewhere).unwrap();
            std::os::unix::fs::symlink(elsewhere, run.join("data/shots")).unwrap();
        },
        &["layout", "complete", "pictures", "bag-info"],
    ),
    ("21 put a REPORT.html beside", |run| std::fs::write(run.join("REPORT.html"), "all is well").unwrap(), &["layout"]),
    ("21 put an empty folder beside", |run| std::fs::create_dir(run.join("seal")).unwrap(), &["layout"]),
    (
        "24 empty every file",
        |run| {
            for folder in ["", "data", "data/playbooks", "data/shots"] {
                for entry in std::fs::read_dir(run.join(folder)).unwrap() {
                    let path = entry.unwrap().path();
                    if path.is_file() {
                        std::fs::write(path, "").unwrap();
                    }
                }
            }
        },
        &[
            "tag-manifest",
            "manifest",
            "complete",
            "journal",
            "canonical",
            "chain",
            "ending",
            "clock",
            "pictures",
            "playbooks",
            "bag-info",
            "report",
        ],
    ),
    (
        "24 remove everything",
        |run| {
            std::fs::remove_dir_all(run).unwrap();
            std::fs::create_dir(run).unwrap();
        },
        &["sealed", "layout", "journal", "canonical", "chain", "ending", "clock", "pictures", "playbooks"],
    ),
    (
        "25 unseal: take the bag's own files away",
        |run| {
            ["bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt"]
                .iter()
                .for_each(|file| std::fs::remove_file(run.join(file)).unwrap())
        },
        &["sealed"],
    ),
    (
        "26 a key twice in the journal, everything else remade",
        |run| {
            edit(run, LOG, |text| {
                let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
                let last = lines.last_mut().unwrap();
                *last = last.replacen("{\"exit_code\":0,", "{\"exit_code\":1,\"exit_code\":0,", 1);
                lines.join("\n") + "\n"
            });
            resum(run);
            // A reader that takes the first of two keys and one that takes the last see two different runs; both reports cannot be right.
        },
        &["journal", "canonical", "chain", "ending", "clock", "pictures", "playbooks", "bag-info", "report"],
    ),
    (
        "27 ../ in the manifest",
        |run| {
            edit(run, "manifest-sha256.txt", |text| text.replacen("data/log.jsonl", "data/../data/log.jsonl", 1));
            retag(run)
        },
        &["manifest", "complete"],
    ),
    (
        "27 ../ in the journal",
        |run| {
            rechain(run, |lines| {
                lines
                    .iter_mut()
                    .filter(|line| line["type"] == "shot")
                    .for_each(|line| line["file"] = "data/shots/../../../x.png".into())
            });
            remake(run)
        },
        &["complete", "pictures"],
    ),
    (
        "28 names that differ only in case",
        |run| {
            std::fs::write(run.join("data/LOG.jsonl"), "another journal").unwrap();
            resum(run);
        },
        &["manifest", "complete"],
    ),
    (
        "29 the clock set back by 20 minutes in mid-run, everything remade",
        |run| {
            rechain(run, |lines| {
                for line in lines.iter_mut().skip(8) {
                    let wall: jiff::Timestamp = line["t_wall"].as_str().unwrap().parse().unwrap();
                    line["t_wall"] = format!("{:.3}", wall - jiff::SignedDuration::from_mins(20)).into();
                }
            });
            remake(run);
        },
        &["clock"],
    ),
    (
        "31 take out a picture and its line, rechain, remake: the count is left",
        |run| {
            rechain(run, |lines| lines.retain(|line| line["file"] != "data/shots/0004.png"));
            std::fs::remove_file(run.join("data/shots/0004.png")).unwrap();
            remake(run);
        },
        &["ending"],
    ),
    (
        "32 another playbook than the one that ran",
        |run| {
            std::fs::write(run.join("data/playbooks/2.2-ca-bind.yaml"), "steps: [a]").unwrap();
            resum(run)
        },
        &["pictures"],
    ),
    (
        "33 a report that says something else, resummed",
        |run| {
            edit(run, "data/report.en.html", |text| text.replacen("Completed", "Perfect", 1));
            resum(run)
        },
        &["report"],
    ),
    (
        "34 other instructions, resummed",
        |run| {
            edit(run, "data/HOW-TO-VERIFY.txt", |_| "Just trust us.\n".into());
            resum(run)
        },
        &["report"],
    ),
    (
        "35 another version of BagIt",
        |run| {
            edit(run, "bagit.txt", |text| text.replace("1.0", "0.97"));
            retag(run)
        },
        &["tag-manifest"],
    ),
];

#[test]
fn every_attack_is_caught_and_named() {
    let mut wrong = Vec::new();
    let mut words = [String::new(), String::new()];
    for (name, attack, expected) in ATTACKS {
        let dir = tempfile::tempdir().unwrap();
        let sealed = sample::bound(dir.path(), "run", &Redactor::default()).seal(Lang::Zh).unwrap();
        attack(&sealed.path);
        let verification = verify::verify(&sealed.path);
        let failed: Vec<&str> = verification.checks.iter().filter(|check| !check.ok).map(|check| check.name).collect();
        if failed != *expected {
            wrong.push(format!("{name}: {failed:?}, expected {expected:?}"));
        }
        assert_eq!(verification.ok(), expected.is_empty(), "{name}");
        for (out, lang) in words.iter_mut().zip([Lang::Zh, Lang::En]) {
            out.push_str(&format!("== {name}\n{}\n", verification.text(lang)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    golden("attacks.zh.txt", &words[0]);
    golden("attacks.en.txt", &words[1]);
}

#[test]
fn the_sample_has_every_kind_of_event() {
    let dir = tempfile::tempdir().unwrap();
    let folder = sample::bound(dir.path(), "run", &Redactor::default());
    let records = ruku::proof::read(folder.path()).unwrap();
    let kinds: std::collections::BTreeSet<String> =
        records.iter().map(|record| serde_json::to_value(&record.event).unwrap()["type"].as_str().unwrap().to_owned()).collect();
    assert_eq!(kinds.len(), 15, "all but fault, which another test has: {kinds:?}");
    for record in &records {
        let text = serde_json::to_string(&record.event).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), record.event, "events round-trip");
    }
}
