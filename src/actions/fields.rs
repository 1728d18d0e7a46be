//! Several fields at once: labels of the page and what belongs to each, in the order written.
//!
//! Never sorts them: a portal may fill in one field by another.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::place::LongPlace;
use super::{Entered, Inspect, Words};
use crate::browser::page::Purpose;

/// `{ 标签: 值, … }`, worked through in the order of the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Fields<T = Words>(pub Vec<(Words, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Fields<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> serde::de::Visitor<'de> for Visitor<T> {
            type Value = Fields<T>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a map of labels and values")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Fields<T>, A::Error> {
                let mut fields = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    fields.push(entry);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Visitor(std::marker::PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for Fields<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Fields_of_{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        BTreeMap::<String, T>::json_schema(generator)
    }
}

impl<T> Fields<T> {
    /// The labels, for titles.
    pub fn labels(&self, gap: &str) -> String {
        self.0.iter().map(|(label, _)| label.as_str()).collect::<Vec<_>>().join(gap)
    }
}

impl Fields {
    /// Where they are, for whoever shows what was entered; `purpose` is what kind of fields they are.
    pub(super) fn entered(&self, purpose: Purpose) -> Vec<Entered> {
        self.0.iter().map(|(label, _)| Entered::Field(Box::new(labelled(label)), purpose)).collect()
    }

    /// Every text in it, for the check of templates.
    pub fn inspect(&self, inspect: &mut dyn Inspect) {
        for (label, value) in &self.0 {
            inspect.words(label);
            inspect.words(value);
        }
    }
}

/// The field that this label names.
pub(super) fn labelled(label: &Words) -> LongPlace {
    LongPlace { label: Some(label.clone()), ..LongPlace::default() }
}
