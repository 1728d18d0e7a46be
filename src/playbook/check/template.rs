//! `{{ }}` in texts and expressions: syntax, and names that nobody gives.

use std::collections::BTreeSet;
use std::ops::Range;

use super::Check;
use crate::actions::collect::COLLECTED;
use crate::actions::read::READ;
use crate::actions::{Act, Words};
use crate::base::Message;
use crate::base::diagnostic::closest;
use crate::base::template::{self, TemplateFault};
use crate::playbook::input::InputType;
use crate::playbook::model::{Playbook, Privacy};
use crate::playbook::node::{Node, Work, walk};
use crate::say;

/// Names that a run gives by itself, with their parts.
const FACTS: &[(&str, &[&str])] = &[("lock", &["holder", "serial"])];
/// Names that no input may take.
pub(super) const RESERVED: &[&str] = &["lock", "run", READ, COLLECTED];

/// The names that templates of a playbook may read.
pub(super) struct Names<'a> {
    playbook: &'a Playbook,
    /// What `read` steps give.
    read: BTreeSet<String>,
}

impl<'a> Names<'a> {
    pub(super) fn of(playbook: &'a Playbook) -> Names<'a> {
        let names = Names { playbook, read: BTreeSet::new() }.and(&playbook.steps);
        playbook.handlers.iter().fold(names, |names, handler| names.and(&handler.then))
    }

    /// The same with what the `read` steps among `nodes` give.
    pub(super) fn and(mut self, nodes: &[Node]) -> Names<'a> {
        walk(nodes, &mut |node| {
            if let Work::Step(step) = &node.work
                && let Act::Read(read) = &step.act
            {
                self.read.extend(read.0.0.iter().map(|(name, _)| name.value.clone()));
            }
        });
        self
    }

    /// Whether a run gives `name` or its `part` by itself.
    fn is_given(&self, name: &str, part: Option<&str>) -> bool {
        let Some(part) = part else { return false };
        (name == READ && self.read.contains(part)) || FACTS.iter().any(|(fact, parts)| *fact == name && parts.contains(&part))
    }

    pub(super) fn privacy(&self, name: &str) -> Option<Privacy> {
        self.playbook.inputs.get(name).map(|input| input.privacy)
    }

    /// The inputs that a text reads; nothing when it is no template.
    pub(super) fn in_template(&self, words: &str) -> BTreeSet<String> {
        template::names(words).unwrap_or_default()
    }

    fn is_input(&self, name: &str) -> bool {
        self.playbook.inputs.get(name).is_some() || self.playbook.unread.inputs.contains(name)
    }

    /// A value of the right kind for every name.
    fn trial(&self) -> serde_json::Value {
        let mut values: serde_json::Map<String, serde_json::Value> =
            self.playbook.inputs.0.iter().map(|(name, _)| (name.value.clone(), "x".into())).collect();
        values.extend(self.playbook.unread.inputs.iter().map(|name| (name.clone(), "x".into())));
        for (name, parts) in FACTS {
            let parts = parts.iter().map(|part| ((*part).to_owned(), "x".into())).collect();
            values.insert((*name).to_owned(), serde_json::Value::Object(parts));
        }
        values.insert(READ.to_owned(), self.read.iter().map(|name| (name.clone(), "x")).collect::<serde_json::Value>());
        serde_json::Value::Object(values)
    }

    fn all(&self) -> Vec<String> {
        let inputs = self.playbook.inputs.0.iter().map(|(name, _)| name.value.clone());
        let facts = FACTS.iter().flat_map(|(name, parts)| parts.iter().map(move |part| format!("{name}.{part}")));
        inputs.chain(facts).chain(self.read.iter().map(|name| format!("{READ}.{name}"))).collect()
    }
}

impl Check<'_> {
    /// Checks a text that may hold `{{ }}`.
    pub(super) fn template(&mut self, words: &Words) {
        if let Some(name) = single_braces(words).filter(|name| self.names.is_input(name)) {
            self.warning(
                "single-braces",
                say!(
                    "「{{{name}}}」会原样填写，不会换成资料的值。",
                    "“{{{name}}}” stands as it is and is not replaced by the input"
                ),
                &inside(words, find(words, &format!("{{{name}}}"))),
                say!("用两层括号，并放进引号：\"{{{{ {name} }}}}\"", "use two braces, in quotes: \"{{{{ {name} }}}}\""),
            );
        }
        self.names_of(words, template::paths(words), false);
    }

    /// Checks the expression of a `when`.
    pub(super) fn expression(&mut self, words: &Words) {
        if words.contains("{{") {
            self.use_mentioned(words);
            self.error(
                "braces-in-expression",
                say!("expr 本身就是判断式，不用写 {{{{ }}}}。", "expr is an expression already: no {{{{ }}}} in it"),
                &words.span,
                say!("直接写名称，如 expr: 手机号 != \"\"", "write the name itself, such as expr: 手机号 != \"\""),
            );
            return;
        }
        self.names_of(words, template::expression_paths(words), true);
    }

    /// The holder is whom the person asked for: taken from the page or the lock, it would be compared with itself.
    pub(super) fn holder(&mut self, act: &Act) {
        let words = match act {
            Act::CheckHolder(check) => &check.expected,
            Act::InsertLock(lock) => &lock.holder,
            // Whose lock is let in for the seal, too.
            Act::Seal(seal) => &seal.legal_holder,
            _ => return,
        };
        let name = words.trim().strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")).map(str::trim);
        if !name.is_some_and(|name| self.names.is_input(name)) {
            self.error(
                "holder-not-an-input",
                say!(
                    "持有人必须是本人填写的一项资料；取自网页、锁或直接写在流程里，就等于没有核对。",
                    "the holder must be one input that the person enters; taken from the page, the lock or the playbook, nothing would be compared"
                ),
                &words.span,
                say!("写成 \"{{{{ 姓名 }}}}\"，并在 inputs 里写明 姓名。", "write \"{{{{ 姓名 }}}}\" and declare 姓名 in inputs"),
            );
        }
    }

    /// Every input that a faulty text names counts as used: telling that it is not would be one fault too many.
    fn use_mentioned(&mut self, words: &str) {
        let mentioned =
            self.names.playbook.inputs.into_iter().map(|(name, _)| &name.value).filter(|name| words.contains(name.as_str()));
        self.used.extend(mentioned.cloned());
    }

    fn names_of(&mut self, words: &Words, paths: Result<BTreeSet<String>, TemplateFault>, expression: bool) {
        let from = if expression { 0 } else { words.find("{{").unwrap_or(0) };
        let paths = match paths {
            Ok(paths) => paths,
            Err(fault) => {
                self.use_mentioned(words);
                return self.syntax(words, &fault, expression);
            }
        };
        let before = self.found.len();
        for path in paths {
            let (name, part) = path.split_once('.').map_or((path.as_str(), None), |(name, part)| (name, Some(part)));
            if self.names.is_input(name) {
                self.used.insert(name.to_owned());
                continue;
            }
            if !self.names.is_given(name, part) {
                self.undefined(words, &path, from);
            }
        }
        // Filters and operators are only looked up when they are used; every value is a text, so a trial tells what a run would.
        if self.found.len() == before {
            let values = self.names.trial();
            let trial =
                if expression { template::holds(words, &values).map(drop) } else { template::render(words, &values).map(drop) };
            if let Err(fault) = trial {
                self.syntax(words, &fault, expression);
            }
        }
    }

    fn undefined(&mut self, words: &Words, path: &str, from: usize) {
        let all = self.names.all();
        let help = match closest(path, all.iter().map(String::as_str)) {
            Some(near) => {
                self.used.insert(near.to_owned());
                say!("是不是想写「{near}」？", "did you mean “{near}”?")
            }
            None => say!("请在 inputs 里写明「{path}」，或改用：{}。", "declare “{path}” in inputs, or use: {}", all.join("、")),
        };
        let help = Message { en: help.en.replace('、', ", "), ..help };
        let at = words[from..].find(path).map(|at| from + at..from + at + path.len());
        self.error("undefined-name", say!("没有资料「{path}」。", "there is no input “{path}”"), &inside(words, at), help);
    }

    fn syntax(&mut self, words: &Words, fault: &TemplateFault, expression: bool) {
        let detail = &fault.detail;
        let at = fault.range.clone().filter(|range| range.end <= words.len() && range.start < range.end);
        let at = inside(words, at);
        if expression {
            let help =
                say!("写成：姓名 == \"张三\"，或 lock.holder != 姓名。", "write: 姓名 == \"张三\", or lock.holder != 姓名");
            return self.error("expression", say!("判断式写得不对。", "the expression is wrong ({detail})"), &at, help);
        }
        let open = words.matches("{{").count() > words.matches("}}").count();
        let help = if open {
            say!("补上右边的 }}}}。", "close it with }}}}")
        } else {
            say!(
                "写成 {{{{ 姓名 }}}}：两层括号，里面只写资料名。",
                "write {{{{ 姓名 }}}}: two braces with nothing but a name inside"
            )
        };
        self.error("template", say!("{{{{ }}}} 里写得不对。", "what stands in {{{{ }}}} is wrong ({detail})"), &at, help);
    }
}

/// The place of a byte range inside a scalar: exact for scalars of one line that are written as they read, else the whole scalar.
fn inside(words: &Words, range: Option<Range<usize>>) -> Range<usize> {
    let quotes = match words.span.len().checked_sub(words.len()) {
        Some(0) => 0,
        Some(2) => 1,
        _ => return words.span.clone(),
    };
    range.map_or_else(
        || words.span.clone(),
        |range| {
            // The engine counts bytes, and may stop inside a character.
            let (start, end) = (words.floor_char_boundary(range.start), words.ceil_char_boundary(range.end));
            words.span.start + quotes + start..words.span.start + quotes + end
        },
    )
}

fn find(words: &str, part: &str) -> Option<Range<usize>> {
    words.find(part).map(|at| at..at + part.len())
}

/// The word in `{word}` when no double braces stand in the text.
fn single_braces(words: &str) -> Option<&str> {
    if words.contains("{{") {
        return None;
    }
    let (_, rest) = words.split_once('{')?;
    Some(rest.split_once('}')?.0.trim()).filter(|name| !name.is_empty())
}

/// Whether a value written out in a playbook is a valid identity or mobile number.
pub(super) fn looks_personal(value: &str) -> bool {
    !value.contains("{{") && [InputType::CnId, InputType::CnMobile].iter().any(|kind| kind.refuses("", value.trim()).is_none())
}
