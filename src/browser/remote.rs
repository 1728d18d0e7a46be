//! BiDi values to JSON and back.
//!
//! Never loses the reference of a node or a frame: a node becomes `{"sharedId": …}`, with `"closed": {"sharedId": …}` where it has a closed
//! shadow root; a window becomes `{"context": …}`.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

/// A JSON value as a BiDi argument. An object with the key `sharedId` stands for that node.
pub(super) fn argument(value: &Value) -> Value {
    match value {
        Value::Null => json!({"type": "null"}),
        Value::Bool(value) => json!({"type": "boolean", "value": value}),
        Value::Number(value) => json!({"type": "number", "value": value}),
        Value::String(value) => json!({"type": "string", "value": value}),
        Value::Array(items) => json!({"type": "array", "value": items.iter().map(argument).collect::<Vec<_>>()}),
        Value::Object(map) if map.contains_key("sharedId") => json!({"sharedId": map["sharedId"]}),
        Value::Object(map) => {
            json!({"type": "object", "value": map.iter().map(|(key, value)| json!([key, argument(value)])).collect::<Vec<_>>()})
        }
    }
}

/// A function and its arguments as BiDi wants them. What is no node goes over as one text: the driver builds every list and object in the
/// page by a command of its own, which takes longer than most functions.
pub(super) fn called(function: &str, arguments: &[Value]) -> (String, Vec<Value>) {
    if arguments.is_empty() || arguments.iter().any(holds_node) {
        return (function.to_owned(), arguments.iter().map(argument).collect());
    }
    let text = Value::from(arguments).to_string();
    (format!("text => ({function})(...JSON.parse(text))"), vec![argument(&Value::String(text))])
}

fn holds_node(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(holds_node),
        Value::Object(map) => map.contains_key("sharedId") || map.values().any(holds_node),
        _ => false,
    }
}

/// A BiDi remote value as JSON. What JSON cannot say (functions, symbols, a cycle) becomes null.
pub(super) fn json_of(value: &Value) -> Value {
    read(value, &mut HashMap::new())
}

/// `seen` holds what the browser sends once and afterwards only by its internal id.
fn read(value: &Value, seen: &mut HashMap<String, Value>) -> Value {
    let inner = &value["value"];
    let id = value["internalId"].as_str();
    if let (true, Some(known)) = (inner.is_null(), id.and_then(|id| seen.get(id))) {
        return known.clone();
    }
    let read_all = |items: &Value, seen: &mut HashMap<String, Value>| {
        Value::Array(items.as_array().map(|items| items.iter().map(|item| read(item, seen)).collect()).unwrap_or_default())
    };
    let out = match value["type"].as_str().unwrap_or_default() {
        "string" | "boolean" | "bigint" | "date" => inner.clone(),
        "number" => number(inner),
        "array" | "set" | "nodelist" | "htmlcollection" => read_all(inner, seen),
        "object" | "map" => {
            let mut map = Map::new();
            for pair in inner.as_array().into_iter().flatten() {
                let key = pair[0].as_str().map_or_else(|| read(&pair[0], seen).to_string(), str::to_owned);
                map.insert(key, read(&pair[1], seen));
            }
            Value::Object(map)
        }
        "regexp" => inner["pattern"].clone(),
        // The browser gives the robot what it gives no script.
        "node" if inner["shadowRoot"]["value"]["mode"] == "closed" => {
            json!({"sharedId": value["sharedId"], "closed": {"sharedId": inner["shadowRoot"]["sharedId"]}})
        }
        "node" => json!({"sharedId": value["sharedId"]}),
        "window" => json!({"context": inner["context"]}),
        _ => Value::Null,
    };
    if let Some(id) = id {
        seen.insert(id.to_owned(), out.clone());
    }
    out
}

/// BiDi sends the numbers JSON does not know as words.
fn number(value: &Value) -> Value {
    match value.as_str() {
        Some("-0") => json!(0),
        Some(_) => Value::Null,
        None => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_survive_the_round_trip() {
        let value = json!({"名": ["a", 1, 2.5, true, null], "node": {"sharedId": "s1"}});
        let sent = argument(&value);
        // The browser answers a node with its type; everything else comes back as it was sent.
        let text = sent.to_string().replace(r#"{"sharedId":"s1"}"#, r#"{"type":"node","sharedId":"s1"}"#);
        assert_eq!(json_of(&serde_json::from_str(&text).unwrap()), value);
    }

    #[test]
    fn what_is_no_node_goes_over_as_one_text() {
        let (function, arguments) = called("f", &[json!({"名": ["a\"", 1]}), json!(null)]);
        let text = json!({"type": "string", "value": r#"[{"名":["a\"",1]},null]"#});
        assert_eq!((function.as_str(), arguments), ("text => (f)(...JSON.parse(text))", vec![text]));
        let node = json!([[{"sharedId": "n"}]]);
        assert_eq!(called("f", std::slice::from_ref(&node)), ("f".to_owned(), vec![argument(&node)]));
        assert_eq!(called("f", &[]), ("f".to_owned(), vec![]));
    }

    #[test]
    fn a_node_comes_with_its_closed_shadow_root() {
        let root = json!({"type": "node", "sharedId": "r", "value": {"mode": "closed"}});
        let node = json!({"type": "node", "sharedId": "n", "value": {"shadowRoot": root}});
        let read = json_of(&node);
        assert_eq!(read, json!({"sharedId": "n", "closed": {"sharedId": "r"}}));
        assert_eq!(argument(&read), json!({"sharedId": "n"}));
    }

    #[test]
    fn what_json_cannot_say_is_null() {
        assert_eq!(json_of(&json!({"type": "undefined"})), Value::Null);
        assert_eq!(json_of(&json!({"type": "number", "value": "NaN"})), Value::Null);
        assert_eq!(json_of(&json!({"type": "number", "value": "-0"})), json!(0));
        assert_eq!(json_of(&json!({"type": "window", "value": {"context": "c"}})), json!({"context": "c"}));
    }

    #[test]
    fn an_object_named_twice_is_there_twice() {
        let twice = json!({"type": "array", "value": [
            {"type": "object", "internalId": "1", "value": [["a", {"type": "number", "value": 1}]]},
            {"type": "object", "internalId": "1"}]});
        assert_eq!(json_of(&twice), json!([{"a": 1}, {"a": 1}]));
    }
}
