//! Canonical JSON (RFC 8785, integers only): one value has one spelling, so a hash over bytes is a hash over meaning.
//!
//! Never accepts two readings of one line: duplicate keys, floats, white space and other spellings do not survive [`is_canonical`].

use serde_json::Value;
use sha2::{Digest, Sha256};

/// SHA-256, lower-case hex.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Whether `text` is 64 lower-case hex digits.
pub(super) fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The one spelling of a value; none when it holds a float.
pub(super) fn write(value: &Value) -> Option<String> {
    let mut out = String::new();
    append(value, &mut out)?;
    Some(out)
}

/// Whether `line` (without its line feed) is the one spelling of what it says.
pub(super) fn is_canonical(line: &[u8]) -> bool {
    serde_json::from_slice::<Value>(line).ok().and_then(|value| write(&value)).is_some_and(|spelling| spelling.as_bytes() == line)
}

fn append(value: &Value, out: &mut String) -> Option<()> {
    match value {
        Value::Number(number) if number.is_f64() => return None,
        Value::Null | Value::Bool(_) | Value::Number(_) => out.push_str(&value.to_string()),
        // serde_json's escapes are those of RFC 8785: the short ones, and \u00xx in lower case for other control characters.
        Value::String(_) => out.push_str(&value.to_string()),
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                append(item, out)?;
            }
            out.push(']');
        }
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push('{');
            for (at, (name, item)) in entries.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                append(&Value::String(name.clone()), out)?;
                out.push(':');
                append(item, out)?;
            }
            out.push('}');
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_has_one_spelling() {
        assert!(is_canonical("{\"a\":1,\"b\":[\"\\u001f\\n中\",null,true]}".as_bytes()));
        for other in [
            r#"{"b":1,"a":2}"#,
            r#"{"a":1,"a":2}"#,
            r#"{"a": 1}"#,
            r#"{"a":1.0}"#,
            r#"{"a":1e3}"#,
            r#"{"a":"\u4e2d"}"#,
            r#"{"a":"\/"}"#,
            r#"{"a":-0}"#,
            "{\"a\":1}\r",
            "{\"a\":1",
            "",
        ] {
            assert!(!is_canonical(other.as_bytes()), "{other}");
        }
    }
}
