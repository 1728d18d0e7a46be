//! `Diagnostic`: the *text* (playbook, site profile, table) is wrong. Plain data with a place; all of them before the run.

use std::ops::Range;

use serde::Serialize;

use super::text::{Lang, Message};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth a look; the run may start.
    Warning,
    /// The run must not start.
    Error,
}

/// A text that was read: its name as the person knows it, and what it holds.
#[derive(Debug, Clone)]
pub struct Source {
    /// Path or name, as given by the person.
    pub name: String,
    /// The whole text, UTF-8. Empty when it could not be decoded.
    pub text: String,
}

/// A byte range in a [`Source`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span(pub Range<usize>);

/// One fault of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable kebab-case name of the rule, such as `unknown-action`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: Message,
    /// Where; none when the whole file is meant.
    pub span: Option<Span>,
    /// The remedy ("did you mean …").
    pub help: Option<Message>,
}

impl Diagnostic {
    /// An error at `span`.
    pub fn error(code: &'static str, message: Message, span: Option<Range<usize>>) -> Diagnostic {
        Diagnostic { code, severity: Severity::Error, message, span: span.map(Span), help: None }
    }

    /// The same, as a warning.
    pub fn warning(mut self) -> Diagnostic {
        self.severity = Severity::Warning;
        self
    }

    /// The same, at `span`.
    pub fn at(mut self, span: Range<usize>) -> Diagnostic {
        self.span = Some(Span(span));
        self
    }

    /// The same, with a remedy.
    pub fn help(mut self, help: Message) -> Diagnostic {
        self.help = Some(help);
        self
    }
}

/// 1-based line and column (in characters) of a byte offset; an offset past the end means the end.
pub fn line_column(text: &str, offset: usize) -> (usize, usize) {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// The closest of `known` to `word` for "did you mean", if any is close enough.
pub fn closest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 2).max(1);
    known
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(steps, _)| *steps <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Optimal string alignment distance over characters: a swap of neighbours is one slip, as fingers make it.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let mut best = (rows[i - 1][j] + 1).min(row[j - 1] + 1).min(rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]));
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

/// Renders for people: severity, code, place, source line, caret and remedy, in `lang`.
pub fn render(source: &Source, diagnostics: &[Diagnostic], lang: Lang) -> String {
    use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
    let renderer = Renderer::plain();
    let mut out = String::new();
    for diagnostic in diagnostics {
        let (level, name) = match (diagnostic.severity, lang) {
            (Severity::Error, Lang::Zh) => (Level::ERROR, "错误"),
            (Severity::Error, Lang::En) => (Level::ERROR, "error"),
            (Severity::Warning, Lang::Zh) => (Level::WARNING, "警告"),
            (Severity::Warning, Lang::En) => (Level::WARNING, "warning"),
        };
        let title = level.clone().with_name(name).primary_title(diagnostic.message.get(lang)).id(diagnostic.code);
        let mut group = Group::with_title(title);
        match &diagnostic.span {
            Some(Span(range)) => {
                // A reader's byte offset may fall inside a character; the renderer takes whole ones only.
                let start = source.text.floor_char_boundary(range.start);
                let range = start..source.text.ceil_char_boundary(range.end).max(start);
                group = group.element(
                    Snippet::source(source.text.as_str())
                        .path(source.name.as_str())
                        .annotation(AnnotationKind::Primary.span(range)),
                );
            }
            None => group = group.element(annotate_snippets::Origin::path(source.name.as_str())),
        }
        if let Some(help) = &diagnostic.help {
            let name = if lang == Lang::Zh { "建议" } else { "help" };
            group = group.element(Level::HELP.with_name(name).message(help.get(lang)));
        }
        out.push_str(&renderer.render(&[group]));
        out.push_str("\n\n");
    }
    out
}

/// One JSON object per diagnostic, for programs: 1-based line and column, byte offsets, both languages.
pub fn render_json(source: &Source, diagnostics: &[Diagnostic]) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        let place = diagnostic.span.as_ref().map(|Span(range)| {
            let (line, column) = line_column(&source.text, range.start);
            serde_json::json!({"line": line, "column": column, "start": range.start, "end": range.end})
        });
        let line = serde_json::json!({
            "file": source.name, "severity": diagnostic.severity, "code": diagnostic.code,
            "message": diagnostic.message, "help": diagnostic.help, "place": place,
        });
        out.push_str(&line.to_string());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters() {
        assert_eq!(line_column("甲乙\n丙 x", "甲乙\n丙 ".len()), (2, 3));
        assert_eq!(line_column("甲", 99), (1, 2));
    }

    #[test]
    fn slips_of_the_finger_are_close() {
        assert_eq!(closest("clikc", ["click", "fill"]), Some("click"));
        assert_eq!(closest("upload", ["click", "fill"]), None);
    }
}
