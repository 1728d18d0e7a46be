//! Reading a node: which keys may stand beside which. Never a `flatten` or `untagged`: both lose places.

use serde::de::{DeserializeSeed, Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::node::{
    FinishWhen, Limits, Named, Node, Once, Park, Refusal, RefuseWhen, Repeat, RunPart, Step, Test, Wait, When, Within, Work,
};
use crate::actions::{Act, Condition, WORDS, Words};
use crate::base::Spanned;
use crate::base::tree;
use crate::say;

/// Leading keys of control flow.
pub(super) const CONTROL: &[&str] = &["when", "repeat", "finish_when", "refuse_when", "park", "run"];
/// Keys that stand beside a leading key, and beside which: `None` means a verb.
pub(super) const BESIDE: &[(&str, &[Option<&str>])] = &[
    ("name", ANY),
    ("note", ANY),
    ("within", &[None, Some("finish_when"), Some("refuse_when"), Some("park")]),
    ("once", &[None]),
    ("keep_picture", &[None]),
    ("then", &[Some("when")]),
    ("else", &[Some("when")]),
    ("steps", &[Some("repeat"), Some("park")]),
    ("kind", &[Some("refuse_when")]),
    ("reason", &[Some("finish_when"), Some("refuse_when"), Some("park")]),
];
const ANY: &[Option<&str>] =
    &[None, Some("when"), Some("repeat"), Some("finish_when"), Some("refuse_when"), Some("park"), Some("run")];

const COUNT: usize = WORDS.len() + CONTROL.len() + BESIDE.len();
const ALL: [&str; COUNT] = {
    let mut all = [""; COUNT];
    let mut at = 0;
    while at < COUNT {
        all[at] = if at < WORDS.len() {
            WORDS[at]
        } else if at < WORDS.len() + CONTROL.len() {
            CONTROL[at - WORDS.len()]
        } else {
            BESIDE[at - WORDS.len() - CONTROL.len()].0
        };
        at += 1;
    }
    all
};
/// Every key a node may have: verbs first.
pub(super) static KEYS: &[&str] = &ALL;

/// A key of a node, one of [`KEYS`].
struct Key(&'static str);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl Visitor<'_> for KeyVisitor {
            type Value = Key;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an action")
            }
            fn visit_str<E: Error>(self, word: &str) -> Result<Key, E> {
                KEYS.iter().find(|key| **key == word).map(|key| Key(key)).ok_or_else(|| E::unknown_field(word, KEYS))
            }
        }
        deserializer.deserialize_identifier(KeyVisitor)
    }
}

struct ActSeed(&'static str);

impl<'de> DeserializeSeed<'de> for ActSeed {
    type Value = Act;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Act, D::Error> {
        Act::read(self.0, deserializer).unwrap_or_else(|| Err(D::Error::unknown_field(self.0, WORDS)))
    }
}

/// The leading key's value.
enum Lead {
    Act(Act),
    When(Test),
    Repeat(Limits),
    FinishWhen(Condition),
    RefuseWhen(Condition),
    Park(Wait),
    Run(Words),
}

#[derive(Default)]
struct Beside {
    name: Option<Named>,
    note: Option<Named>,
    within: Option<Within>,
    once: Option<Once>,
    keep_picture: Option<bool>,
    then: Vec<Node>,
    otherwise: Vec<Node>,
    steps: Vec<Node>,
    kind: Refusal,
    reason: Option<Named>,
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a step")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut lead: Option<(Spanned<Key>, Lead)> = None;
        let mut beside = Beside::default();
        let mut keys: Vec<Spanned<Key>> = Vec::new();
        while let Some(key) = map.next_key::<Spanned<Key>>()? {
            let word = key.value.0;
            if WORDS.contains(&word) || CONTROL.contains(&word) {
                if let Some((first, _)) = &lead {
                    return Err(second(keys.len(), first.value.0, &key));
                }
                let value = match word {
                    "when" => Lead::When(map.next_value()?),
                    "repeat" => Lead::Repeat(map.next_value()?),
                    "finish_when" => Lead::FinishWhen(map.next_value()?),
                    "refuse_when" => Lead::RefuseWhen(map.next_value()?),
                    "park" => Lead::Park(map.next_value()?),
                    "run" => Lead::Run(map.next_value()?),
                    word => Lead::Act(map.next_value_seed(ActSeed(word))?),
                };
                lead = Some((Spanned { value: Key(word), span: key.span.clone() }, value));
            } else {
                match word {
                    "name" => beside.name = Some(map.next_value()?),
                    "note" => beside.note = Some(map.next_value()?),
                    "within" => beside.within = Some(map.next_value()?),
                    "once" => beside.once = Some(map.next_value()?),
                    "keep_picture" => beside.keep_picture = Some(map.next_value()?),
                    "then" => beside.then = map.next_value()?,
                    "else" => beside.otherwise = map.next_value()?,
                    "steps" => beside.steps = map.next_value()?,
                    "kind" => beside.kind = map.next_value()?,
                    _ => beside.reason = Some(map.next_value()?),
                }
            }
            keys.push(key);
        }
        let Some((key, lead)) = lead else {
            return Err(tree::wrong(
                &say!("这一步没有动作。", "this step has no action"),
                Some(&say!(
                    "写明做什么，如 click: 登录；可用的动作：{}。",
                    "say what to do, such as “click: 登录”; actions: {}",
                    WORDS.join(" ")
                )),
            ));
        };
        fits(key.value.0, &keys)?;
        Ok(node(key, lead, beside))
    }
}

fn node(key: Spanned<Key>, lead: Lead, beside: Beside) -> Node {
    let reason = beside.reason.map(|reason| reason.0);
    let work = match lead {
        Lead::Act(act) => Work::Step(Box::new(Step {
            act,
            within: beside.within,
            once: beside.once,
            keep_picture: beside.keep_picture.unwrap_or(true),
        })),
        Lead::When(test) => Work::When(When { test, then: beside.then, otherwise: beside.otherwise }),
        Lead::Repeat(limits) => Work::Repeat(Repeat { limits, steps: beside.steps }),
        Lead::FinishWhen(seen) => Work::FinishWhen(FinishWhen { seen, reason, within: beside.within }),
        Lead::RefuseWhen(seen) => Work::RefuseWhen(RefuseWhen { seen, kind: beside.kind, reason, within: beside.within }),
        Lead::Park(wait) => Work::Park(Park { wait, within: beside.within, reason, steps: beside.steps }),
        Lead::Run(part) => Work::Run(RunPart { part, steps: Vec::new(), taken_in: false }),
    };
    let (name, note) = (beside.name.map(|name| name.0), beside.note.map(|note| note.0));
    Node { number: 0, span: key.span, name, note, work }
}

fn second<E: Error>(index: usize, first: &str, key: &Spanned<Key>) -> E {
    let word = key.value.0;
    tree::wrong_at(
        index,
        &key.span,
        &say!(
            "一步只能有一个动作，这里已有「{first}」，又写了「{word}」。",
            "one step has one action: “{first}” is there, and now “{word}”"
        ),
        Some(&say!("另起一步：- {word}: …", "make it a step of its own: - {word}: …")),
    )
}

/// Whether every key may stand beside the leading one.
fn fits<E: Error>(lead: &str, keys: &[Spanned<Key>]) -> Result<(), E> {
    let leading = CONTROL.contains(&lead).then_some(lead);
    for (index, key) in keys.iter().enumerate() {
        let word = key.value.0;
        let Some((_, allowed)) = BESIDE.iter().find(|(name, _)| *name == word) else { continue };
        if !allowed.contains(&leading) {
            let with: Vec<&str> = allowed.iter().map(|lead| lead.unwrap_or("click")).collect();
            return Err(tree::wrong_at(
                index,
                &key.span,
                &say!("「{word}」不能和「{lead}」写在一起。", "“{word}” cannot stand beside “{lead}”"),
                Some(&say!(
                    "「{word}」只用于 {} 这类步骤；请删去或改正缩进。",
                    "“{word}” goes with steps such as {}: remove it or correct its indentation",
                    with.join(" ")
                )),
            ));
        }
    }
    Ok(())
}
