//! The report: one page a clerk can read, print and file. Made from the journal alone, so that anyone can make it again and compare bytes.
//!
//! Never a script, never an address outside of the folder, never a value that is not escaped, never more certainty than the journal has.

use serde::Serialize;

use super::event::Record;
use super::layout;
use super::state::State;
use crate::base::{Fault, FaultKind, Lang, template};

mod view;
mod words;

/// The page; see [`super::layout::REPORT_FORMAT`] before changing it.
const TEMPLATE: &str = include_str!("report.html");
const STYLE: &str = include_str!("report.css");

/// The report of a run in `lang`, as one HTML page. Pictures are links to files beside it (`shots/…`), so it belongs into the run's `data`
/// folder.
pub fn html(records: &[Record], state: &State, lang: Lang) -> Result<String, Fault> {
    page(records, state, lang, None)
}

/// The two reports of a bag, which link to each other: path from the run folder, and text. The first is in `lang`.
pub(super) fn pair(records: &[Record], lang: Lang) -> Result<[(&'static str, String); 2], Fault> {
    let state = super::state::fold(records);
    let (first, second) = (layout::REPORT, layout::other_report(lang));
    let name = |file: &'static str| file.rsplit('/').next();
    Ok([(first, page(records, &state, lang, name(second))?), (second, page(records, &state, layout::other(lang), name(first))?)])
}

/// What the template takes.
#[derive(Serialize)]
struct Page<'a> {
    report: view::View,
    style: &'static str,
    beside: Option<&'a str>,
}

fn page(records: &[Record], state: &State, lang: Lang, beside: Option<&str>) -> Result<String, Fault> {
    let page = Page { report: view::of(records, state, lang), style: STYLE, beside };
    template::page(TEMPLATE, lang, &page).map_err(|fault| {
        let detail = fault.detail;
        Fault::new(
            FaultKind::Io,
            crate::say!("报告生成失败（{detail}）。请联系支持人员。", "could not make the report ({detail}); ask support"),
        )
    })
}
