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

    fn mismatch(&self, zh: &str, en: &str) -> Wrong {
        let (found_zh, found_en) = found(self.tree);
        let (code, help) = match &self.tree.kind {
            Kind::Empty => (
                "empty-value",
                Some(say!("请在冒号后写上内容，或删去这一行。", "write something after the colon, or remove the line")),
            ),
            Kind::Map(entries, _) if looks_like_template(entries) => (
                "unquoted-template",
                Some(say!(
                    "把 {{{{ }}}} 连同里面的内容放进引号：\"{{{{ 姓名 }}}}\"",
                    "put the braces in quotes: \"{{{{ 姓名 }}}}\""
                )),
            ),
            Kind::Text(text) => ("wrong-shape", colon_help(text)),
            _ => ("wrong-shape", None),
        };
        let message = Message::new(format!("这里应写{zh}，但{found_zh}。"), format!("this should be {en}, but {found_en}"));
        // A list or group may run over many lines: point at its key, or at its first line only.
        let span = match &self.tree.kind {
            Kind::List(_) | Kind::Map(..) | Kind::Empty => self.place(),
            Kind::Text(_) => &self.tree.span,
        };
        Wrong::said(code, message, help, span)
    }

    fn text(&self) -> Result<&'de str, Wrong> {
        self.tree.text().ok_or_else(|| self.mismatch("一段文字", "a text"))
    }

    fn number<T: std::str::FromStr>(&self) -> Result<T, Wrong> {
        let wrong = || self.mismatch("一个整数", "a whole number");
        self.tree.text().ok_or_else(wrong)?.parse().map_err(|_| wrong())
    }

    fn map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let Kind::Map(entries, cut) = &self.tree.kind else {
            return Err(self.mismatch("几行「键: 值」", "a group of “key: value”"));
        };
        visitor.visit_map(Entries { entries, next: 0 }).map_err(|mut wrong| {
            // About the map as a whole, after something was cut from it: that has been told.
            let of_this_map = wrong.span.is_none() && wrong.path.is_empty();
            let told = match &wrong.what {
                What::Missing(key) => cut.0.iter().any(|name| name == key),
                What::Said { .. } => !cut.0.is_empty(),
                _ => false,
            };
            if of_this_map && told {
                wrong.what = What::Known;
            }
            let first = entries.first().map_or(&self.tree.span, |(key, _)| &key.span);
            wrong.at(self.owner.unwrap_or(first))
        })
    }

    fn list<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let Kind::List(items) = &self.tree.kind else {
            return Err(self.mismatch("一个列表（每项以「- 」开头）", "a list (each item begins with “- ”)"));
        };
        visitor.visit_seq(Items { items, next: 0 }).map_err(|wrong| wrong.at(self.place()))
    }
}

fn found(tree: &Tree) -> (String, &'static str) {
    match &tree.kind {
        Kind::Empty => ("没有写内容".into(), "there is nothing"),
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
            Kind::Empty => Err(self.mismatch("内容", "something")),
            Kind::Text(text) => visitor.visit_borrowed_str(text).map_err(|wrong: Wrong| wrong.at(&self.tree.span)),
            Kind::List(_) => self.list(visitor),
            Kind::Map(entries, _) if looks_like_template(entries) => Err(self.mismatch("一段文字", "a text")),
            Kind::Map(..) => self.map(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.tree.text() {
            Some("true") => visitor.visit_bool(true),
            Some("false") => visitor.visit_bool(false),
            _ => Err(self.mismatch("true 或 false", "true or false")),
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
        self.map(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        self.map(visitor)
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
                _ => Err(self.mismatch("恰好一行「键: 值」", "exactly one “key: value”")),
            },
            Kind::Text(_) => visitor.visit_enum(Variant { key: self.tree, value: None }),
            _ => Err(self.mismatch("一段文字", "a text")),
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
            Some(value) => Err(Reader { tree: value, owner: Some(&self.key.span) }.mismatch("一个词", "one word")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Wrong> {
        match self.value {
            Some(tree) => seed.deserialize(Reader { tree, owner: Some(&self.key.span) }),
            None => Err(Reader { tree: self.key, owner: None }.mismatch("「键: 值」", "“key: value”")),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Wrong> {
        self.newtype_variant_seed(std::marker::PhantomData::<()>).and_then(|()| visitor.visit_unit())
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Wrong> {
        match self.value {
            Some(tree) => Reader { tree, owner: Some(&self.key.span) }.map(visitor),
            None => Err(Reader { tree: self.key, owner: None }.mismatch("「键: 值」", "“key: value”")),
        }
    }
}
