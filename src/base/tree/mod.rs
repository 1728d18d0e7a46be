//! YAML as a tree that remembers where everything stood, and reading data from it with all faults at once.
//!
//! Every scalar stays text until something asks for a number. Never follows aliases, never guesses a type, never stops at the
//! first fault: what cannot be read is cut out and reading goes on with the rest.

use std::ops::Range;

use super::diagnostic::{Diagnostic, Source};

mod decode;
mod deserializer;
mod parse;
mod syntax;
mod wrong;

pub(crate) use deserializer::SPANNED;
use wrong::What;
pub use wrong::{Wrong, wrong, wrong_at};

/// Nesting deeper than this is refused.
pub const MAX_DEPTH: usize = 32;
/// More nodes than this are refused.
pub const MAX_NODES: usize = 50_000;
/// Files larger than this (bytes) are refused.
pub const MAX_BYTES: usize = 1 << 20;
/// Reading stops after this many faults.
const MAX_FAULTS: usize = 100;

/// A node of the YAML text.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    /// Byte range in the text.
    pub span: Range<usize>,
    /// What it holds.
    pub kind: Kind,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Nothing: an empty value, `~` or `null`.
    Empty,
    /// Any scalar.
    Text(String),
    /// A list.
    List(Vec<Tree>),
    /// Keys and values in the order written.
    Map(Vec<(Tree, Tree)>, Cut),
    /// Reads as nothing of any shape: stands in for a missing key, which has been told.
    StandIn,
}

/// Keys of a map that were cut out because they could not be read: their absence is no further fault.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cut(Vec<String>);

/// Suggests one of the known keys for an unknown one; `None` leaves it to spelling.
pub type Guess = fn(&str, &[&'static str]) -> Option<&'static str>;

/// What reading a text gave.
#[derive(Debug)]
pub struct Reading<T> {
    /// The value, without what could not be read. None when too little could be read to make one.
    pub value: Option<T>,
    /// The whole tree as it was written, when the text is YAML.
    pub tree: Option<Tree>,
    /// Every fault, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// The text, for rendering the faults.
    pub source: Source,
}

/// Reads `T` from YAML bytes; `name` is the file's name as the person knows it.
pub fn read<T: serde::de::DeserializeOwned>(name: &str, bytes: &[u8], guess: Guess) -> Reading<T> {
    let text = match decode::text(bytes) {
        Ok(text) => text,
        Err(fault) => {
            let source = Source { name: name.to_owned(), text: String::new() };
            return Reading { value: None, tree: None, diagnostics: vec![*fault], source };
        }
    };
    let parse::Parsed { mut tree, faults: mut diagnostics, lost } = parse::tree(&text);
    // What is blanked is blanked byte for byte, so a place may fall inside a character of the text as it was written.
    tree.iter_mut().for_each(|tree| whole_characters(tree, &text));
    for fault in &mut diagnostics {
        fault.span.iter_mut().for_each(|span| span.0 = whole(&text, &span.0));
    }
    let mut value = None;
    if let Some(tree) = &tree {
        let (read, faults) = value_of(tree.clone(), guess);
        value = read;
        diagnostics
            .extend(faults.into_iter().filter(|fault| !follows(&text, &lost, fault)).map(|fault| first_line(&text, fault)));
    }
    sort(&mut diagnostics);
    Reading { value, tree, diagnostics, source: Source { name: name.to_owned(), text } }
}

/// Whether a fault is only the shadow of lines that were left out for a fault told already.
fn follows(text: &str, lost: &[Range<usize>], fault: &Diagnostic) -> bool {
    let Some(span) = &fault.span else { return false };
    match fault.code {
        "missing-key" => fault
            .message
            .zh
            .split(['「', '」'])
            .nth(1)
            .is_some_and(|key| lost.iter().any(|range| text[range.clone()].contains(&format!("{key}:")))),
        "empty-value" => lost.iter().any(|range| {
            text.get(span.0.end..range.start).is_some_and(|between| between.trim_matches([':', ' ', '\n', '\r', '\t']).is_empty())
        }),
        _ => false,
    }
}

/// A list or group may run over many lines: its first one is enough to point at.
fn first_line(text: &str, mut fault: Diagnostic) -> Diagnostic {
    if let Some(span) = &mut fault.span
        && let Some(end) = text.get(span.0.clone()).and_then(|place| place.find('\n'))
    {
        span.0.end = span.0.start + text[span.0.start..span.0.start + end].trim_end().len();
    }
    fault
}

/// Puts diagnostics in the order of the text; those without a place come first.
pub fn sort(diagnostics: &mut [Diagnostic]) {
    diagnostics.sort_by_key(|diagnostic| diagnostic.span.as_ref().map(|span| (span.0.start, span.0.end)));
}

/// The range, widened to whole characters of `text`.
fn whole(text: &str, range: &Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(range.start);
    start..text.ceil_char_boundary(range.end).max(start)
}

fn whole_characters(tree: &mut Tree, text: &str) {
    tree.span = whole(text, &tree.span);
    match &mut tree.kind {
        Kind::List(items) => items.iter_mut().for_each(|item| whole_characters(item, text)),
        Kind::Map(entries, _) => entries.iter_mut().for_each(|(key, value)| {
            whole_characters(key, text);
            whole_characters(value, text);
        }),
        Kind::Empty | Kind::Text(_) | Kind::StandIn => {}
    }
}

/// Reads, mends or cuts out what is wrong, and reads again, until the rest can be read.
fn value_of<T: serde::de::DeserializeOwned>(mut tree: Tree, guess: Guess) -> (Option<T>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    // Each round mends a word, stands in for a key or cuts out a node, so this ends; the limit is for files wrong throughout.
    while diagnostics.len() < MAX_FAULTS {
        let wrong = match T::deserialize(deserializer::Reader::root(&tree)) {
            Ok(value) => return (Some(value), diagnostics),
            Err(wrong) => wrong,
        };
        let mended = match (&wrong.what, wrong.suggestion(guess)) {
            // Read on as if the word had been meant: what stands under it has faults of its own.
            (What::Key { .. }, Some(meant)) => tree.rename_key(&wrong.path, meant),
            (What::Choice { word, .. }, Some(meant)) => tree.replace_word(&wrong.path, word, meant),
            (What::Missing { key, .. }, _) if wrong.path.is_empty() => tree.stand_in(key),
            _ => false,
        };
        let path = wrong.path.clone();
        diagnostics.extend(wrong.diagnostic(guess));
        if !mended && !tree.cut(&path) {
            return (None, diagnostics);
        }
    }
    (None, diagnostics)
}

impl Tree {
    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a key of a map.
    pub fn get(&self, key: &str) -> Option<&Tree> {
        self.entries().iter().find(|(name, _)| name.text() == Some(key)).map(|(_, value)| value)
    }

    /// Keys and values of a map; nothing for other nodes.
    pub fn entries(&self) -> &[(Tree, Tree)] {
        match &self.kind {
            Kind::Map(entries, _) => entries,
            _ => &[],
        }
    }

    /// The node at `path` (indices from the root, innermost first).
    fn at(&mut self, path: &[usize]) -> Option<&mut Tree> {
        let mut node = self;
        for index in path.iter().rev() {
            node = match &mut node.kind {
                Kind::List(items) => items.get_mut(*index)?,
                Kind::Map(entries, _) => &mut entries.get_mut(*index)?.1,
                _ => return None,
            };
        }
        Some(node)
    }

    /// Gives the key of the entry at `path` another name; false when that key is there already.
    fn rename_key(&mut self, path: &[usize], name: &str) -> bool {
        let Some((index, outer)) = path.split_first() else { return false };
        let Some(Tree { kind: Kind::Map(entries, _), .. }) = self.at(outer) else { return false };
        let taken = entries.iter().any(|(key, _)| key.text() == Some(name));
        match entries.get_mut(*index) {
            Some((key, _)) if !taken => {
                key.kind = Kind::Text(name.to_owned());
                true
            }
            _ => false,
        }
    }

    /// Replaces `word`, the text at `path` or the only key there, by `other`.
    fn replace_word(&mut self, path: &[usize], word: &str, other: &str) -> bool {
        let Some(node) = self.at(path) else { return false };
        let place = match &mut node.kind {
            Kind::Map(entries, _) => match entries.as_mut_slice() {
                [(key, _)] => key,
                _ => return false,
            },
            _ => node,
        };
        if place.text() != Some(word) {
            return false;
        }
        place.kind = Kind::Text(other.to_owned());
        true
    }

    /// Puts a stand-in for a missing key of this map; false when it is no map, or the key is there.
    fn stand_in(&mut self, key: &str) -> bool {
        let place = self.span.start..self.span.start;
        let Kind::Map(entries, _) = &mut self.kind else { return false };
        if entries.iter().any(|(own, _)| own.text() == Some(key)) {
            return false;
        }
        let name = Tree { span: place.clone(), kind: Kind::Text(key.to_owned()) };
        entries.push((name, Tree { span: place, kind: Kind::StandIn }));
        true
    }

    /// Removes the node at `path`; false when there is none.
    fn cut(&mut self, path: &[usize]) -> bool {
        let Some((last, outer)) = path.split_first() else { return false };
        match self.at(outer).map(|node| &mut node.kind) {
            Some(Kind::List(items)) if *last < items.len() => {
                items.remove(*last);
                true
            }
            Some(Kind::Map(entries, cut)) if *last < entries.len() => {
                let (key, _) = entries.remove(*last);
                cut.0.extend(key.text().map(str::to_owned));
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;
