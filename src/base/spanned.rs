//! `Spanned<T>`: a value from a YAML text together with where it stood.
//!
//! It wraps the reader's own type because the orphan rule forbids deriving `JsonSchema` for that one.

use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

/// A value and its byte range in the text it was read from. Values made by code have an empty range.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Byte range in the source text.
    #[serde(skip)]
    pub span: Range<usize>,
}

impl<T> Spanned<T> {
    /// A value that code made.
    pub fn made(value: T) -> Spanned<T> {
        Spanned { value, span: 0..0 }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Spanned<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = serde_yaml::Spanned::<T>::deserialize(deserializer)?;
        let span = read.referenced.span();
        let (start, len) = (span.byte_offset().unwrap_or(0) as usize, span.byte_len().unwrap_or(0) as usize);
        Ok(Spanned { value: read.value, span: start..start + len })
    }
}

impl<T: JsonSchema> JsonSchema for Spanned<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }
    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }
}

impl<T> std::ops::Deref for Spanned<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}
