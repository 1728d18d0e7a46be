//! Text to [`Tree`], with every syntax fault that can be told apart.
//!
//! A broken line is blanked together with what hangs below it, and parsing starts again: offsets stay true, the rest is still
//! read. When nothing helps, only the first fault is told.

use std::ops::Range;

use serde_yaml::granit_parser::{Event, Parser, ScalarStyle, Tag};

use super::{Cut, Kind, MAX_DEPTH, MAX_NODES, Tree, syntax};
use crate::base::diagnostic::Diagnostic;
use crate::say;

/// Broken items blanked at most; a file with more is told piecemeal.
const MAX_REPAIRS: usize = 20;

/// What parsing gave.
#[derive(Default)]
pub(super) struct Parsed {
    /// None when nothing can be read.
    pub(super) tree: Option<Tree>,
    /// Syntax faults.
    pub(super) faults: Vec<Diagnostic>,
    /// What had to be blanked: whatever is missing there is no further fault.
    pub(super) lost: Vec<Range<usize>>,
}

/// The tree of a text and its syntax faults.
pub(super) fn tree(text: &str) -> Parsed {
    let parsed = with_tabs(text);
    if parsed.lost.is_empty() && parsed.tree.is_some() {
        return parsed;
    }
    // A full-width colon is as long as a colon and two spaces, so places stay true.
    let (halved, mut faults) = half_width(text);
    if faults.is_empty() {
        return parsed;
    }
    let other = with_tabs(&halved);
    if faults.len() + other.faults.len() > parsed.faults.len() && parsed.tree.is_some() {
        return parsed;
    }
    faults.extend(other.faults);
    Parsed { faults, ..other }
}

/// Full-width colons after a first word made ASCII, with a fault for each.
fn half_width(text: &str) -> (String, Vec<Diagnostic>) {
    let (mut out, mut faults) = (text.to_owned(), Vec::new());
    for (start, indent) in indents(text) {
        let line = text[start + indent..].lines().next().unwrap_or_default();
        let Some(colon) = line.find('：') else { continue };
        let word = line[..colon].trim_start_matches("- ");
        if word.is_empty() || word.contains([' ', '"', '\'', ':', '#', '{', '[']) {
            continue;
        }
        let at = start + indent + colon;
        let range = at..at + '：'.len_utf8();
        let (message, help) = syntax::full_width_colon();
        let mut fault = Diagnostic::error("full-width-colon", message, Some(range.clone()));
        fault.help = help;
        faults.push(fault);
        out.replace_range(range, ":  ");
    }
    (out, faults)
}

fn with_tabs(text: &str) -> Parsed {
    let tabs = tabs(text);
    // A tab and a space have the same length, so places stay true.
    let mut parsed = repair(untabbed(text));
    if !tabs.is_empty() && (parsed.tree.is_none() || !parsed.lost.is_empty()) {
        // Tabs among spaces: no number of spaces would be right, so these lines are left out.
        let mut blanked = text.to_owned();
        let lost: Vec<_> = tabs.iter().filter_map(|tab| blank_line(&mut blanked, tab.span.as_ref()?.0.start)).collect();
        parsed = repair(blanked);
        parsed.lost.extend(lost);
    }
    parsed.faults.extend(tabs);
    parsed
}

fn repair(mut text: String) -> Parsed {
    let (mut repairs, mut lost) = (Vec::new(), Vec::new());
    for _ in 0..=MAX_REPAIRS {
        match Builder::default().build(&text) {
            Ok((tree, _)) if tree.is_none() && !repairs.is_empty() => break,
            Ok((tree, faults)) => {
                repairs.extend(faults);
                return Parsed { tree, faults: repairs, lost };
            }
            Err(fault) => {
                let at = fault.span.as_ref().map_or(0, |span| span.0.start);
                repairs.push(*fault);
                match blank_item(&mut text, at) {
                    Some(range) => lost.push(range),
                    None => break,
                }
            }
        }
    }
    repairs.truncate(1);
    Parsed { tree: None, faults: repairs, lost }
}

/// One fault for each line whose indentation holds a tab.
fn tabs(text: &str) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for (start, indent) in indents(text) {
        if let Some(at) = text[start..start + indent].find('\t') {
            let (message, help) = syntax::tab();
            let mut diagnostic = Diagnostic::error("tab", message, Some(start + at..start + at + 1));
            diagnostic.help = help;
            diagnostics.push(diagnostic);
        }
    }
    diagnostics
}

/// Start and length of the indentation of every line that holds more than that.
fn indents(text: &str) -> impl Iterator<Item = (usize, usize)> + '_ {
    let mut start = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let at = start;
        start += line.len();
        let body = line.trim_start_matches([' ', '\t']);
        (!body.trim().is_empty()).then_some((at, line.len() - body.len()))
    })
}

fn untabbed(text: &str) -> String {
    let mut out = text.to_owned();
    for (start, indent) in indents(text) {
        out.replace_range(start..start + indent, &" ".repeat(indent));
    }
    out
}

/// Blanks the line at `offset` and the deeper lines below it; none when there is nothing left to blank.
fn blank_item(text: &mut String, offset: usize) -> Option<Range<usize>> {
    let lines: Vec<(usize, usize)> = indents(text).collect();
    let index = lines.iter().rposition(|(start, _)| *start <= offset)?;
    let (start, indent) = lines[index];
    let end = lines[index + 1..].iter().find(|(_, deeper)| *deeper <= indent).map_or(text.len(), |(next, _)| *next);
    Some(blank(text, start..end))
}

/// Blanks the line at `offset`.
fn blank_line(text: &mut String, offset: usize) -> Option<Range<usize>> {
    let start = text.get(..offset)?.rfind('\n').map_or(0, |at| at + 1);
    let end = text[offset..].find('\n').map_or(text.len(), |at| offset + at);
    Some(blank(text, start..end))
}

fn blank(text: &mut String, range: Range<usize>) -> Range<usize> {
    let blank: String =
        text[range.clone()].chars().map(|c| if c == '\n' { "\n".into() } else { " ".repeat(c.len_utf8()) }).collect();
    text.replace_range(range.clone(), &blank);
    range
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    root: Option<Tree>,
    nodes: usize,
    faults: Vec<Diagnostic>,
}

struct Open {
    start: usize,
    kind: OpenKind,
}

enum OpenKind {
    List(Vec<Tree>),
    Map(Vec<(Tree, Tree)>, Option<Tree>),
}

impl Builder {
    fn build(mut self, text: &str) -> Result<(Option<Tree>, Vec<Diagnostic>), Box<Diagnostic>> {
        let mut documents = 0;
        for event in Parser::new_from_str(text) {
            let (event, span) = event.map_err(|error| Box::new(syntax::diagnostic(text, &error)))?;
            let span = span.byte_range().unwrap_or(0..0);
            match event {
                Event::DocumentStart(..) => {
                    documents += 1;
                    if documents > 1 {
                        self.fault(
                            "two-documents",
                            say!("文件里有「---」隔开的第二份内容。", "the file holds a second document after “---”"),
                            Some(say!("一个文件只写一个流程，请拆成两个文件。", "one file holds one playbook: make two files")),
                            span,
                        );
                        break;
                    }
                }
                Event::Scalar(value, style, _, tag) => {
                    self.tag(tag.as_deref(), &span);
                    let node = scalar(text, &value, style, span);
                    self.put(node)?;
                }
                Event::Alias(_) => {
                    self.fault(
                        "alias",
                        say!("这里不支持 YAML 的「*引用」。", "YAML aliases (“*name”) are not supported here"),
                        Some(say!(
                            "把内容直接写出来；共用的步骤用 run: 引入。",
                            "write the content out; shared steps are taken in by “run:”"
                        )),
                        span.clone(),
                    );
                    let written = text.get(span.clone()).unwrap_or_default().to_owned();
                    self.put(Tree { span, kind: Kind::Text(written) })?;
                }
                Event::SequenceStart(_, _, tag) => {
                    self.tag(tag.as_deref(), &span);
                    self.open(span, OpenKind::List(Vec::new()))?;
                }
                Event::MappingStart(_, _, tag) => {
                    self.tag(tag.as_deref(), &span);
                    self.open(span, OpenKind::Map(Vec::new(), None))?;
                }
                Event::SequenceEnd | Event::MappingEnd => self.close(text, span.end)?,
                _ => {}
            }
        }
        if self.root.as_ref().is_none_or(|tree| tree.kind == Kind::Empty) {
            self.root = None;
            if self.faults.is_empty() {
                self.faults.push(
                    Diagnostic::error("empty-file", say!("文件是空的。", "the file is empty"), None).help(say!(
                        "请确认选对了文件，并且已经保存。",
                        "check that this is the right file and that it was saved"
                    )),
                );
            }
        }
        Ok((self.root, self.faults))
    }

    fn fault(
        &mut self,
        code: &'static str,
        message: crate::base::Message,
        help: Option<crate::base::Message>,
        span: Range<usize>,
    ) {
        let mut diagnostic = Diagnostic::error(code, message, Some(span));
        diagnostic.help = help;
        self.faults.push(diagnostic);
    }

    fn tag(&mut self, tag: Option<&Tag>, span: &Range<usize>) {
        if let Some(tag) = tag {
            let tag = tag.original();
            self.fault(
                "tag",
                say!("这里不支持 YAML 标签「{tag}」。", "YAML tags (“{tag}”) are not supported here"),
                Some(say!("文字以「!」开头时，把整段放进引号。", "if a text begins with “!”, put it in quotes")),
                span.clone(),
            );
        }
    }

    fn open(&mut self, span: Range<usize>, kind: OpenKind) -> Result<(), Box<Diagnostic>> {
        if self.open.len() >= MAX_DEPTH {
            let (message, help) = syntax::too_deep();
            let mut diagnostic = Diagnostic::error("too-deep", message, Some(span));
            diagnostic.help = help;
            return Err(Box::new(diagnostic));
        }
        self.open.push(Open { start: span.start, kind });
        Ok(())
    }

    fn close(&mut self, text: &str, end: usize) -> Result<(), Box<Diagnostic>> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let (kind, last) = match open.kind {
            OpenKind::List(items) => {
                let last = items.last().map(|item| item.span.end);
                (Kind::List(items), last)
            }
            OpenKind::Map(entries, _) => {
                let last = entries.last().map(|(key, value)| key.span.end.max(value.span.end));
                (Kind::Map(entries, Cut::default()), last)
            }
        };
        // A block collection "ends" where the next thing begins; its last child is what a person sees as its end.
        let end = if text[open.start..].starts_with(['[', '{']) { end } else { last.unwrap_or(end) };
        self.put(Tree { span: open.start..end.max(open.start), kind })
    }

    fn put(&mut self, node: Tree) -> Result<(), Box<Diagnostic>> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            let message = say!("文件内容太多（超过 {MAX_NODES} 项）。", "the file holds too much (more than {MAX_NODES} items)");
            return Err(Box::new(Diagnostic::error("too-large", message, Some(node.span))));
        }
        let mut twice = None;
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open { kind: OpenKind::List(items), .. }) => items.push(node),
            Some(Open { kind: OpenKind::Map(entries, key), .. }) => match key.take() {
                None => *key = Some(node),
                Some(name) => {
                    if let Some(word) = name.text()
                        && entries.iter().any(|(earlier, _)| earlier.text() == Some(word))
                    {
                        twice = Some((word.to_owned(), name.span.clone()));
                    } else {
                        entries.push((name, node));
                    }
                }
            },
        }
        if let Some((word, span)) = twice {
            self.fault(
                "duplicate-key",
                say!("「{word}」写了两次。", "“{word}” is written twice"),
                Some(say!("只留一处，或把另一处改名。", "keep one of them, or rename the other")),
                span,
            );
        }
        Ok(())
    }
}

fn scalar(text: &str, value: &str, style: ScalarStyle, span: Range<usize>) -> Tree {
    let plain = style == ScalarStyle::Plain;
    let kind = if plain && matches!(value, "" | "~" | "null") { Kind::Empty } else { Kind::Text(value.to_owned()) };
    let seen = text.get(span.clone()).map_or(0, |seen| seen.trim_end().len());
    Tree { span: span.start..span.start + seen, kind }
}
