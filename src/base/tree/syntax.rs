//! The YAML parser's refusals in words for a clerk. Never shows the parser's own English alone.

use std::ops::Range;

use serde_yaml::granit_parser::{ErrorKind, ScanError};

use crate::base::diagnostic::Diagnostic;
use crate::base::text::Message;
use crate::say;

/// The diagnostic for a refusal of the parser.
pub(super) fn diagnostic(text: &str, error: &ScanError) -> Diagnostic {
    let refused = place(text, error.marker().byte_offset().unwrap_or(text.len()));
    let (place, (message, help)) = match culprit(text, error.kind(), refused.start) {
        Some(Culprit::Quote(at)) => (at..at + 1, open_quote()),
        Some(Culprit::Bracket(at)) => (at..at + 1, open_bracket(&text[at..at + 1])),
        None => {
            let line = line_at(text, refused.start);
            (refused, words(error, line))
        }
    };
    let diagnostic = Diagnostic::error("not-yaml", message, Some(place));
    match help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

/// What the parser stumbles over lines later.
enum Culprit {
    Quote(usize),
    Bracket(usize),
}

/// The quote or bracket that was opened on an earlier line and never closed there.
fn culprit(text: &str, kind: &ErrorKind, refused: usize) -> Option<Culprit> {
    use ErrorKind as E;
    let quotes = matches!(kind, E::InvalidQuotedScalarIndent | E::UnclosedQuotedScalar | E::DocumentIndicatorInQuotedScalar);
    let brackets = matches!(
        kind,
        E::ExpectedFlowMappingSeparator
            | E::ExpectedFlowSequenceSeparator
            | E::UnexpectedEofFlowMapping
            | E::UnexpectedEofFlowSequence
            | E::UnexpectedEofImplicitFlowMapping
            | E::InvalidFlowScalarIndent
            | E::InvalidIndentation
            | E::InvalidColonPlacement
            | E::BlockEntryInFlowCollection
    );
    let here = text[..text.floor_char_boundary(refused)].rfind('\n').map_or(0, |at| at + 1);
    // The refused line itself counts for quotes: the text may end there.
    let end = if quotes { text.ceil_char_boundary(refused + 1) } else { here };
    let lines: Vec<&str> = text[..end].split_inclusive('\n').collect();
    let mut start = end;
    for line in lines.iter().rev() {
        start -= line.len();
        if line.trim_start().starts_with('#') {
            continue;
        }
        if quotes {
            let odd = ['"', '\''].into_iter().find(|quote| line.matches(*quote).count() % 2 == 1);
            if let Some(at) = odd.and_then(|quote| line.rfind(quote)) {
                return Some(Culprit::Quote(start + at));
            }
        } else if brackets {
            let mut open = Vec::new();
            for (at, c) in line.char_indices() {
                match c {
                    '{' | '[' => open.push(at),
                    '}' | ']' => drop(open.pop()),
                    _ => {}
                }
            }
            // Only the line right above can be meant: a bracket left open further up would have been refused there.
            return open.first().map(|at| Culprit::Bracket(start + at));
        }
    }
    None
}

/// One character at the place; at the end of the text the last line that says something.
fn place(text: &str, offset: usize) -> Range<usize> {
    let mut start = offset.min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    if text[start..].trim().is_empty() {
        start = text.trim_end().char_indices().next_back().map_or(0, |(at, _)| at);
    }
    start..start + text[start..].chars().next().map_or(0, char::len_utf8)
}

fn line_at(text: &str, offset: usize) -> &str {
    let start = text[..offset].rfind('\n').map_or(0, |at| at + 1);
    text[start..].lines().next().unwrap_or_default()
}

fn words(error: &ScanError, line: &str) -> (Message, Option<Message>) {
    use ErrorKind as E;
    match error.kind() {
        E::TabNotAllowed | E::TabInBlockIndentation | E::TabInIndentation | E::TabAtBlockScalarStart | E::TabInPlainScalar => {
            tab()
        }
        E::MappingValueNotAllowed | E::InvalidColonPlacement | E::MappingKeyNotAllowed | E::InvalidMappingValueWhitespace => (
            say!("这里的冒号把文字断开了。", "this colon breaks the text apart"),
            Some(say!(
                "含有「: 」的文字要整段放进引号：\"…: …\"；并检查上一行是否缺引号或缩进多了。",
                "put a text with “: ” in quotes: \"…: …\"; or look for a missing quote or extra indentation in the line above"
            )),
        ),
        E::UnclosedQuotedScalar | E::DocumentIndicatorInQuotedScalar | E::InvalidQuotedScalarIndent | E::UnexpectedEof => {
            open_quote()
        }
        _ if line.contains(": {{") => (
            say!("{{{{ }}}} 没有放在引号里。", "the {{{{ }}}} is not in quotes"),
            Some(say!("把整段文字放进引号：\"{{{{ 姓名 }}}} 您好\"", "put the whole text in quotes: \"{{{{ 姓名 }}}} …\"")),
        ),
        E::InvalidTrailingDoubleQuotedScalar | E::InvalidTrailingSingleQuotedScalar => (
            say!("引号后面还有多余的文字。", "there is text after the closing quote"),
            Some(say!("把整段文字放进同一对引号。", "put the whole text inside one pair of quotes")),
        ),
        E::UnclosedFlowCollection { open } | E::MismatchedFlowCollectionEnd { open, .. } => open_bracket(&open.to_string()),
        E::ExpectedFlowMappingSeparator
        | E::ExpectedFlowSequenceSeparator
        | E::UnexpectedEofFlowMapping
        | E::UnexpectedEofFlowSequence
        | E::UnexpectedEofImplicitFlowMapping => (
            say!(
                "括号里的内容不完整，缺逗号或右括号。",
                "the brackets hold something incomplete: a comma or the closing bracket is missing"
            ),
            Some(say!(
                "各项用半角逗号「,」隔开，并补上右括号；含 {{{{ }}}} 的值要放进引号。",
                "separate items by ASCII commas, close the bracket, and quote values with {{{{ }}}}"
            )),
        ),
        E::UnexpectedCharacter { character } => (
            say!("文字不能以「{character}」开头。", "a text cannot begin with “{character}”"),
            Some(say!("把整段文字放进引号。", "put the whole text in quotes")),
        ),
        E::UnknownAnchor => (
            say!("「*」开头的文字在 YAML 中另有含义。", "a text that begins with “*” means something else in YAML"),
            Some(say!("把整段文字放进引号。", "put the whole text in quotes")),
        ),
        E::UnknownQuotedScalarEscape => (
            say!("双引号里的反斜杠「\\」后面不能跟这个字符。", "this character cannot follow a backslash inside double quotes"),
            Some(say!("改用单引号：'C:\\资料'", "use single quotes: 'C:\\docs'")),
        ),
        _ if line.contains('：') => (
            say!("这一行不是「键: 值」。", "this line is not “key: value”"),
            Some(say!("冒号要用半角「:」，后面加一个空格。", "use the ASCII colon “:” with a space after it")),
        ),
        E::SimpleKeyExpected | E::InvalidSimpleKey | E::ExpectedBlockMappingKey => (
            say!(
                "这一行不是「键: 值」，或缩进和上面不一致。",
                "this line is not “key: value”, or its indentation differs from the lines above"
            ),
            Some(say!("冒号后要有空格；同一层的行要对齐。", "put a space after the colon; align lines of the same level")),
        ),
        E::InvalidIndentation
        | E::ExpectedBlockSequenceEntry
        | E::BlockSequenceEntryNotAllowed
        | E::InvalidBlockScalarIndent
        | E::InvalidFlowScalarIndent => (
            say!("缩进和上面的行对不上。", "the indentation does not fit the lines above"),
            Some(say!("同一层的行要用同样多的空格对齐。", "align lines of the same level with the same number of spaces")),
        ),
        E::RecursionLimitExceeded => too_deep(),
        other => (
            say!("这里不符合 YAML 的写法（{other}）。", "this is not YAML ({other})"),
            Some(say!(
                "检查这一行和上一行的引号、冒号和缩进。",
                "check quotes, colons and indentation of this line and the one above"
            )),
        ),
    }
}

fn open_quote() -> (Message, Option<Message>) {
    (
        say!("引号没有成对。", "a quote is not closed"),
        Some(say!("在文字末尾补上同样的引号（半角）。", "close the text with the same (ASCII) quote")),
    )
}

fn open_bracket(open: &str) -> (Message, Option<Message>) {
    (
        say!("括号「{open}」没有正确合上。", "the bracket “{open}” is not closed properly"),
        Some(say!(
            "检查 {{ }} 和 [ ] 是否成对；含 {{{{ }}}} 的值要放进引号。",
            "check that {{ }} and [ ] come in pairs; quote values with {{{{ }}}}"
        )),
    )
}

/// For a full-width colon after a key.
pub(super) fn full_width_colon() -> (Message, Option<Message>) {
    (
        say!("冒号用了全角「：」。", "the colon is the full-width “：”"),
        Some(say!("改用半角「:」，后面加一个空格。", "use the ASCII colon “:” with a space after it")),
    )
}

/// For a tab that indents.
pub(super) fn tab() -> (Message, Option<Message>) {
    (
        say!("缩进用了 Tab 键。", "a tab is used for indentation"),
        Some(say!("改用空格，每层两个。", "use spaces instead, two for each level")),
    )
}

/// For nesting that no playbook needs.
pub(super) fn too_deep() -> (Message, Option<Message>) {
    (
        say!("嵌套太深。", "this is nested too deeply"),
        Some(say!(
            "检查括号和缩进；正常的流程不超过十层。",
            "check brackets and indentation; a playbook needs no more than ten levels"
        )),
    )
}
