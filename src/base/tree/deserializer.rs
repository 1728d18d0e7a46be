//! Serde over a [`Tree`]: what is expected and what is found are compared here, so that faults are told in words.

use std::ops::Range;

use serde::de::{self, DeserializeSeed, IntoDeserializer, Visitor};

use super::wrong::{What, Wrong};
use super::{Kind, Tree};
use crate::base::text::Message;
use crate::say;

/// Name of the newtype by which `Spanned` asks for the place of a value.
pub(crate) const SPANNED: &str = "$ruku::Spanned";

/// Reads one node.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'de> {
    tree: &'de Tree,
    /// The key that the node belongs to: a place to point at when something is missing inside.
    owner: Option<&'de Range<usize>>,
}

impl<'de> Reader<'de> {
    pub(super) fn root(tree: &'de Tree) -> Reader<'de> {
        Reader { tree, owner: None }
    }

    fn place(&self) -> &'de Range<usize> {
        self.owner.unwrap_or(&self.tree.span)
    }

    fn mismatch(&self, wanted: &Wanted) -> Wrong {
        let Wanted { zh, en, help } = wanted;
        let (found_zh, found_en) = found(self.tree);
        let (code, help) = match &self.tree.kind {
            Kind::StandIn => return Wrong { span: None, path: Vec::new(), what: What::Known },
            Kind::Empty => {
                let help = say!("请在冒号后写上内容，或删去这一行。", "write something after the colon, or remove the line");
                ("empty-value", help)
            }
            Kind::Map(entries, _) if looks_like_template(entries) => return self.unquoted(),
            Kind::Text(text) => ("wrong-shape", colon_help(text).unwrap_or_else(|| help.clone())),
            _ => ("wrong-shape", help.clone()),
        };
        let message = Message::new(format!("这里应写{zh}，但{found_zh}。"), format!("this should be {en}, but {found_en}"));
        // A list or group may run over many lines: its key says best which one is meant.
        let span = if matches!(self.tree.kind, Kind::Text(_)) { &self.tree.span } else { self.place() };
        Wrong::said(code, message, Some(help), span)
    }

    fn unquoted(&self) -> Wrong {
        let message =
            say!("{{{{ }}}} 没有放在引号里，读不成文字。", "the {{{{ }}}} is not in quotes and cannot be read as a text");
        let help =
            say!("连同里面的内容放进引号：\"{{{{ 姓名 }}}}\"", "put it in quotes with all that is inside: \"{{{{ 姓名 }}}}\"");
        Wrong::said("unquoted-template", message, Some(help), &self.tree.span)
    }

    fn text(&self) -> Result<&'de str, Wrong> {
        match &self.tree.kind {
            Kind::Text(text) => Ok(text),
            Kind::StandIn => Ok(""),
            _ => Err(self.mismatch(&Wanted::text())),
        }
    }

    fn number<T: std::str::FromStr>(&self) -> Result<T, Wrong> {
        let wrong = || self.mismatch(&Wanted::number());
        self.tree.text().ok_or_else(wrong)?.parse().map_err(|_| wrong())
    }

    fn map<V: Visitor<'de>>(self, fields: &[&str], visitor: V) -> Result<V::Value, Wrong> {
        let (entries, cut) = match &self.tree.kind {
            Kind::Map(entries, cut) => (entries.as_slice(), Some(cut)),
            Kind::StandIn => (&[][..], None),
            _ => return Err(self.mismatch(&Wanted::group(fields))),
        };
        visitor.visit_map(Entries { entries, next: 0 }).map_err(|mut wrong| {
            // About the map as a whole, after something was cut from it: that has been told.
            let of_this_map = wrong.span.is_none() && wrong.path.is_empty();
            if let Some(cut) = cut.filter(|_| of_this_map) {
                match &mut wrong.what {
                    What::Missing { key, told } => *told = cut.0.iter().any(|name| name == key),
                    What::Said { .. } if !cut.0.is_empty() => wrong.what = What::Known,
                    _ => {}
                }
            }
            let first = entries.first().map_or(&self.tree.span, |(key, _)| &key.span);
            wrong.at(self.owner.unwrap_or(first))
        })
    }

    fn list<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let items = match &self.tree.kind {
            Kind::List(items) => items.as_slice(),
            Kind::StandIn => &[],
            _ => return Err(self.mismatch(&Wanted::list())),
        };
        visitor.visit_seq(Items { items, next: 0 }).map_err(|wrong| wrong.at(self.place()))
    }
}

/// What should stand here, and how to write it.
struct Wanted {
    zh: &'static str,
    en: &'static str,
    help: Message,
}

impl Wanted {
    fn anything() -> Wanted {
        Wanted { zh: "内容", en: "something", help: say!("请写上内容。", "write something") }
    }

    fn text() -> Wanted {
        Wanted {
            zh: "一段文字",
            en: "a text",
            help: say!("冒号后面只写一段文字，不用 {{ }} 和 [ ]。", "write one text after the colon, without {{ }} and [ ]"),
        }
    }

    fn number() -> Wanted {
        Wanted { zh: "一个整数", en: "a whole number", help: say!("用阿拉伯数字，如 3。", "use digits, such as 3") }
    }

    fn truth() -> Wanted {
        Wanted {
            zh: " true 或 false",
            en: "true or false",
            help: say!("是写 true，否写 false。", "write true for yes, false for no"),
        }
    }

    fn list() -> Wanted {
        Wanted {
            zh: "一个列表",
            en: "a list",
            help: say!(
                "每项另起一行，以「- 」开头；或写成 [甲, 乙]。",
                "one line for each item, beginning with “- ”; or write [a, b]"
            ),
        }
    }

    fn group(fields: &[&str]) -> Wanted {
        let help = match fields {
            [] => say!(
                "写成「键: 值」，如 click: 登录；或 {{ 键: 值 }}。",
                "write “key: value”, such as click: 登录; or {{ key: value }}"
            ),
            [only] => say!("写成 {{ {only}: … }}。", "write {{ {only}: … }}"),
            [first, ..] => Message::new(
                format!("写成 {{ {first}: … }}；可用的键：{}。", fields.join("、")),
                format!("write {{ {first}: … }}; keys: {}", fields.join(", ")),
            ),
        };
        Wanted { zh: "几行「键: 值」", en: "a group of “key: value”", help }
    }

    fn pair() -> Wanted {
        Wanted {
            zh: "恰好一个「键: 值」",
            en: "exactly one “key: value”",
            help: say!("如 entered: ca-mutual。", "such as entered: ca-mutual"),
        }
    }
}

fn found(tree: &Tree) -> (String, &'static str) {
    match &tree.kind {
        Kind::Empty | Kind::StandIn => ("没有写内容".into(), "there is nothing"),
        Kind::Text(_) => ("写的是一段别的文字".into(), "it is some other text"),
        Kind::List(_) => ("写成了列表".into(), "it is a list"),
        Kind::Map(..) => ("写成了几行「键: 值」".into(), "it is a group of “key: value”"),
    }
}

/// `{{ 姓名 }}` without quotes is, to YAML, a map whose key is a map.
fn looks_like_template(entries: &[(Tree, Tree)]) -> bool {
    entries.first().is_some_and(|(key, _)| matches!(key.kind, Kind::Map(..)))
}

/// `click：登录` and `click:登录` are, to YAML, plain texts.
fn colon_help(text: &str) -> Option<Message> {
    let head = |colon: char| text.split_once(colon).map(|(head, _)| head).filter(|head| !head.contains(' ') && head.len() < 40);
    if head('：').is_some() {
        return Some(say!("冒号要用半角「:」，后面加一个空格。", "use the ASCII colon “:” with a space after it"));
    }
    head(':').map(|_| say!("冒号后面要加一个空格。", "put a space after the colon"))
}

impl<'de> de::Deserializer<'de> for Reader<'de> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match &self.tree.kind {
            Kind::Empty => Err(self.mismatch(&Wanted::anything())),
            Kind::StandIn => visitor.visit_borrowed_str(""),
            Kind::Text(text) => visitor.visit_borrowed_str(text).map_err(|wrong: Wrong| wrong.at(&self.tree.span)),
            Kind::List(_) => self.list(visitor),
            Kind::Map(entries, _) if looks_like_template(entries) => Err(self.unquoted()),
            Kind::Map(..) => self.map(&[], visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.tree.text() {
            Some("true") => visitor.visit_bool(true),
            Some("false") => visitor.visit_bool(false),
            _ => Err(self.mismatch(&Wanted::truth())),
        }
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_u64(self.number()?).map_err(|wrong: Wrong| wrong.at(&self.tree.span))
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_u32(self.number()?)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_u16(self.number()?)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_i64(self.number()?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_borrowed_str(self.text()?).map_err(|wrong: Wrong| wrong.at(&self.tree.span))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_str(visitor)
    }

    /// A key that is there must say something: an empty value is a fault, not an absence.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Wrong> {
        if name == SPANNED { visitor.visit_seq(WithPlace { reader: self, part: 0 }) } else { visitor.visit_newtype_struct(self) }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.list(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.map(&[], visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        self.map(fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        match &self.tree.kind {
            Kind::Map(entries, _) => match entries.as_slice() {
                [(key, value)] => visitor.visit_enum(Variant { key, value: Some(value) }),
                _ => Err(self.mismatch(&Wanted::pair())),
            },
            Kind::Text(_) => visitor.visit_enum(Variant { key: self.tree, value: None }),
            _ => Err(self.mismatch(&Wanted::text())),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct
    }
}

struct Items<'de> {
    items: &'de [Tree],
    next: usize,
}

impl<'de> de::SeqAccess<'de> for Items<'de> {
    type Error = Wrong;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Wrong> {
        let Some(tree) = self.items.get(self.next) else { return Ok(None) };
        let index = self.next;
        self.next += 1;
        seed.deserialize(Reader { tree, owner: None }).map(Some).map_err(|wrong| wrong.under(index))
    }
}

struct Entries<'de> {
    entries: &'de [(Tree, Tree)],
    next: usize,
}

impl<'de> de::MapAccess<'de> for Entries<'de> {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Wrong> {
        let Some((key, _)) = self.entries.get(self.next) else { return Ok(None) };
        seed.deserialize(Reader { tree: key, owner: None }).map(Some).map_err(|wrong| wrong.under(self.next))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Wrong> {
        let (key, value) = &self.entries[self.next];
        let index = self.next;
        self.next += 1;
        seed.deserialize(Reader { tree: value, owner: Some(&key.span) }).map_err(|wrong| wrong.under(index))
    }
}

/// The value and its place, as `Spanned` reads them: start, end, value.
struct WithPlace<'de> {
    reader: Reader<'de>,
    part: u8,
}

impl<'de> de::SeqAccess<'de> for WithPlace<'de> {
    type Error = Wrong;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Wrong> {
        self.part += 1;
        let span = &self.reader.tree.span;
        match self.part {
            1 => seed.deserialize(span.start.into_deserializer()).map(Some),
            2 => seed.deserialize(span.end.into_deserializer()).map(Some),
            3 => seed.deserialize(self.reader).map(Some),
            _ => Ok(None),
        }
    }
}

struct Variant<'de> {
    key: &'de Tree,
    value: Option<&'de Tree>,
}

impl<'de> de::EnumAccess<'de> for Variant<'de> {
    type Error = Wrong;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Wrong> {
        Ok((seed.deserialize(Reader { tree: self.key, owner: None })?, self))
    }
}

impl<'de> de::VariantAccess<'de> for Variant<'de> {
    type Error = Wrong;

    fn unit_variant(self) -> Result<(), Wrong> {
        match self.value {
            None => Ok(()),
            Some(value) => Err(Reader { tree: value, owner: Some(&self.key.span) }.mismatch(&Wanted::text())),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Wrong> {
        match self.value {
            Some(tree) => seed.deserialize(Reader { tree, owner: Some(&self.key.span) }),
            None => Err(Reader { tree: self.key, owner: None }.mismatch(&Wanted::pair())),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Wrong> {
        self.newtype_variant_seed(std::marker::PhantomData::<()>).and_then(|()| visitor.visit_unit())
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Wrong> {
        match self.value {
            Some(tree) => Reader { tree, owner: Some(&self.key.span) }.map(fields, visitor),
            None => Err(Reader { tree: self.key, owner: None }.mismatch(&Wanted::pair())),
        }
    }
}
