//! Where things lie in a run folder, and what the bag says of itself. One place, so that writer and verifier never disagree.

use std::collections::BTreeSet;

use jiff::Zoned;
use jiff::tz::{Offset, TimeZone};

use super::event::{Event, Record, RunStart};
use crate::base::Lang;

/// The payload.
pub(super) const DATA: &str = "data";
/// The journal.
pub(super) const LOG: &str = "data/log.jsonl";
/// The pictures.
pub(super) const SHOTS: &str = "data/shots";
/// The playbooks that ran.
pub(super) const PLAYBOOKS: &str = "data/playbooks";
/// The report in the person's language.
pub(super) const REPORT: &str = "data/report.html";
/// How a stranger checks the bag.
pub(super) const HOW_TO_VERIFY: &str = "data/HOW-TO-VERIFY.txt";
/// Its text, the same in every bag.
pub(super) const HOW_TO_VERIFY_TEXT: &str = include_str!("how-to-verify.txt");
/// Held by the writer; gone when sealed.
pub(super) const WRITER_LOCK: &str = "writer.lock";

/// The template that made the report. A published one is never changed: a bag must render the same for ever. A new look is a new number.
pub(super) const REPORT_FORMAT: &str = "1";
/// Who vouches for the bag.
pub(super) const ATTESTATION: &str = "none (local clock only)";

/// The language of the second report.
pub(super) fn other(lang: Lang) -> Lang {
    match lang {
        Lang::Zh => Lang::En,
        Lang::En => Lang::Zh,
    }
}

/// The second report, when the first is in `lang`.
pub(super) fn other_report(lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => "data/report.en.html",
        Lang::En => "data/report.zh.html",
    }
}

/// All of China keeps one time, without summer time: the same report everywhere.
pub fn beijing() -> TimeZone {
    TimeZone::fixed(Offset::constant(8))
}

/// This moment there.
pub fn beijing_now() -> Zoned {
    jiff::Timestamp::now().to_zoned(beijing())
}

/// The pictures and files that a journal names.
pub(super) fn recorded_files(records: &[Record]) -> BTreeSet<String> {
    records
        .iter()
        .filter_map(|record| match &record.event {
            Event::Shot(shot) => Some(shot.file.clone()),
            Event::File { file, .. } => Some(file.clone()),
            _ => None,
        })
        .collect()
}

/// Every file that the payload of a run consists of.
pub(super) fn known_files(records: &[Record], lang: Lang) -> BTreeSet<String> {
    let mut known = recorded_files(records);
    known.extend([LOG, REPORT, other_report(lang), HOW_TO_VERIFY].map(str::to_owned));
    known
}

/// The run's first event.
pub(super) fn start(records: &[Record]) -> Option<&RunStart> {
    match records.first().map(|record| &record.event) {
        Some(Event::RunStart(start)) => Some(start),
        _ => None,
    }
}

/// `bag-info.txt`: made from the journal and the payload alone, so that a verifier can make it again.
pub(super) fn bag_info(records: &[Record], lang: Lang, files: usize, bytes: u64) -> String {
    let (run, ruku) = start(records).map_or(("", ""), |start| (&start.run, &start.ruku));
    let (date, head) = records
        .last()
        .map_or_else(Default::default, |last| (last.t_wall.to_zoned(beijing()).date().to_string(), last.sha256.clone()));
    let lines = records.len();
    format!(
        "External-Identifier: {run}\n\
         Bag-Purpose: run-proof\n\
         Bagging-Date: {date}\n\
         Bag-Software-Agent: ruku {ruku}\n\
         Payload-Oxum: {bytes}.{files}\n\
         Log-Lines: {lines}\n\
         Log-Head-SHA256: {head}\n\
         Report-Format: {REPORT_FORMAT}\n\
         Report-Language: {}\n\
         Attestation: {ATTESTATION}\n",
        lang.tag()
    )
}
