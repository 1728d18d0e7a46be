//! The report: one page a clerk can read, print and file. Made from the journal alone, so that anyone can make it again and compare bytes.
//!
//! Never a script, never an address outside of the folder, never a value that is not escaped, never more certainty than the journal has.

use minijinja::Environment;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;

use super::event::Record;
use super::layout;
use super::state::State;
use crate::base::{Fault, FaultKind, Lang};

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

fn page(records: &[Record], state: &State, lang: Lang, beside: Option<&str>) -> Result<String, Fault> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::Html);
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
    environment.set_syntax(syntax.map_err(unmade)?);
    environment.add_function("t", move |zh: String, en: String| if lang == Lang::Zh { zh } else { en });
    let view = view::of(records, state, lang);
    environment
        .template_from_str(TEMPLATE)
        .and_then(|template| {
            template.render(minijinja::context! {
                report => Serde(&view),
                tag => lang.tag(),
                style => minijinja::Value::from_safe_string(STYLE.to_owned()),
                beside,
            })
        })
        .map_err(unmade)
}

fn unmade(error: minijinja::Error) -> Fault {
    Fault::new(
        FaultKind::Io,
        crate::say!("报告生成失败（{error}）。请联系支持人员。", "could not make the report ({error}); ask support"),
    )
}
