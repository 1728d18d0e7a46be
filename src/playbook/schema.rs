//! JSON Schema for editors and the manual's page of actions, from the same structs that serde reads. Never written by hand.

use std::borrow::Cow;
use std::fmt::Write;

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema};
use serde_json::{Map, Value};

use super::model::{Input, InputType, Part, Playbook};
use super::node::{Limits, Named, Node, Once, Refusal, Test, Wait, Within};
use super::node_reading::{BESIDE, CONTROL};
use super::site::ProfileText;
use crate::actions::{Act, Condition, Words};
use crate::base::Lang;

impl JsonSchema for Node {
    fn schema_name() -> Cow<'static, str> {
        "Step".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut properties = Map::new();
        let mut kinds: Vec<Value> = Vec::new();
        for (word, (zh, en), schema) in Act::catalogue(generator) {
            properties.insert(word.into(), described(schema, zh, en));
            kinds.push(kind(word, |allowed| allowed.contains(&None)));
        }
        for word in CONTROL {
            let ((zh, en), schema) = control(word, generator);
            properties.insert((*word).into(), described(schema, zh, en));
            kinds.push(kind(word, |allowed| allowed.contains(&Some(*word))));
        }
        for (word, _) in BESIDE {
            let ((zh, en), schema) = beside(word, generator);
            properties.insert((*word).into(), described(schema, zh, en));
        }
        json_schema!({ "type": "object", "properties": properties, "additionalProperties": false, "oneOf": kinds })
    }
}

/// One kind of node: its leading key, and none of the keys that do not go with it.
fn kind(word: &str, goes: impl Fn(&[Option<&str>]) -> bool) -> Value {
    let forbidden: Vec<Value> =
        BESIDE.iter().filter(|(_, allowed)| !goes(allowed)).map(|(key, _)| serde_json::json!({ "required": [key] })).collect();
    serde_json::json!({ "required": [word], "not": { "anyOf": forbidden } })
}

fn described(schema: Schema, zh: &str, en: &str) -> Value {
    serde_json::json!({ "description": format!("{zh} · {en}"), "allOf": [schema] })
}

type Doc = (&'static str, &'static str);

fn control(word: &str, generator: &mut SchemaGenerator) -> (Doc, Schema) {
    match word {
        "when" => (
            ("按看到的内容或判断式二选一", "One of two lists, by what is seen or by an expression"),
            generator.subschema_for::<Test>(),
        ),
        "repeat" => (("重复一组步骤", "Repeat a list of steps"), generator.subschema_for::<Limits>()),
        "finish_when" => {
            (("看到即办结，后面的步骤不再做", "Finish here, well, when this is seen"), generator.subschema_for::<Condition>())
        }
        "refuse_when" => (
            ("看到即停止办理，并说明原因和办法", "Stop the run when this is seen, and say why and what to do"),
            generator.subschema_for::<Condition>(),
        ),
        "park" => (
            (
                "等待平台审核；等不到就挂起，之后再次执行可接着办理",
                "Wait for the portal; when it takes longer, the run is parked and goes on by running again",
            ),
            generator.subschema_for::<Wait>(),
        ),
        _ => {
            (("引入 parts 文件夹里的共用步骤", "Take in shared steps from the folder parts"), generator.subschema_for::<Words>())
        }
    }
}

fn beside(word: &str, generator: &mut SchemaGenerator) -> (Doc, Schema) {
    match word {
        "name" => (("步骤名称（给人看）", "A name for people"), generator.subschema_for::<Named>()),
        "note" => (("给操作人的说明", "A note for the operator"), generator.subschema_for::<Named>()),
        "within" => (("限时，如 30s", "How long it may take, such as 30s"), generator.subschema_for::<Within>()),
        "once" => (("只能做一次，防重复提交", "Must never happen twice"), generator.subschema_for::<Once>()),
        "keep_picture" => {
            (("是否留截图，默认 true", "Whether a picture is kept; true unless written"), generator.subschema_for::<bool>())
        }
        "then" => (("成立时的步骤", "The steps if it holds"), generator.subschema_for::<Vec<Node>>()),
        "else" => (("不成立时的步骤", "The steps if it does not"), generator.subschema_for::<Vec<Node>>()),
        "steps" => (
            ("要重复的步骤，或两次查看之间的步骤", "The steps to repeat, or between two looks"),
            generator.subschema_for::<Vec<Node>>(),
        ),
        "kind" => (("停止的性质", "What kind of refusal it is"), generator.subschema_for::<Refusal>()),
        _ => (("原因（给人看）", "Why, for people"), generator.subschema_for::<Named>()),
    }
}

fn schema_of<T: JsonSchema>(title: &str) -> String {
    let mut schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<T>();
    schema.insert("title".into(), title.into());
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

/// The JSON Schema of a playbook, pretty-printed, as `playbooks/playbook.schema.json` holds it.
pub fn playbook() -> String {
    schema_of::<Playbook>("Ruku 办理流程 · playbook")
}

/// The JSON Schema of a shared list of steps, as `playbooks/part.schema.json` holds it.
pub fn part() -> String {
    schema_of::<Part>("Ruku 共用步骤 · shared steps")
}

/// The JSON Schema of a site profile, as `playbooks/site.schema.json` holds it.
pub fn site() -> String {
    schema_of::<ProfileText>("Ruku 平台配置 · site profile")
}

/// The manual's page of actions and control flow, as Markdown, in `lang`.
pub fn manual(lang: Lang) -> String {
    let mut generator = SchemaSettings::draft07().into_generator();
    let pick = |(zh, en): (&str, &str)| match lang {
        Lang::Zh => zh.to_owned(),
        Lang::En => en.to_owned(),
    };
    let mut page = match lang {
        Lang::Zh => String::from("# 办理流程的动作\n\n每一步写一个动作。\n"),
        Lang::En => String::from("# Actions of a playbook\n\nEach step has one action.\n"),
    };
    let acts = Act::catalogue(&mut generator);
    let definitions = serde_json::to_value(generator.definitions()).unwrap_or_default();
    for (word, doc, schema) in acts {
        let _ = write!(page, "\n## {word}\n\n{}。\n", pick(doc).trim_end_matches(['。', '.']));
        for (key, doc) in keys(schema.as_value(), &definitions, 0) {
            let _ = writeln!(page, "- `{key}`: {}", half(&doc, lang));
        }
    }
    page.push_str(match lang {
        Lang::Zh => "\n# 控制步骤\n\n",
        Lang::En => "\n# Control flow\n\n",
    });
    CONTROL.iter().for_each(|word| {
        let _ = writeln!(page, "- `{word}`: {}", pick(control(word, &mut generator).0));
    });
    page.push_str(match lang {
        Lang::Zh => "\n# 每一步都可以加\n\n",
        Lang::En => "\n# Beside any of them\n\n",
    });
    BESIDE.iter().for_each(|(word, _)| {
        let _ = writeln!(page, "- `{word}`: {}", pick(beside(word, &mut generator).0));
    });
    inputs(&mut page, lang, &mut generator);
    if lang == Lang::En { page.replace('。', ".") } else { page }
}

/// How an input is declared: its keys, and what it can be.
fn inputs(page: &mut String, lang: Lang, generator: &mut SchemaGenerator) {
    page.push_str(match lang {
        Lang::Zh => "\n# 资料（inputs 下面每行一项：名称: { type: … }）\n\n",
        Lang::En => "\n# Inputs (a line each below inputs: name: { type: … })\n\n",
    });
    let pick = |doc: &str| half(doc, lang).replace('\n', " ");
    let input = generator.subschema_for::<Input>();
    let kinds = generator.subschema_for::<InputType>();
    let definitions = serde_json::to_value(generator.definitions()).unwrap_or_default();
    for (key, doc) in keys(input.as_value(), &definitions, 0) {
        let _ = writeln!(page, "- `{key}`: {}", pick(&doc));
    }
    let name = kinds.as_value()["$ref"].as_str().and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    for kind in definitions[name]["oneOf"].as_array().into_iter().flatten() {
        let (word, doc) = (kind["const"].as_str().unwrap_or_default(), kind["description"].as_str().unwrap_or_default());
        let _ = writeln!(page, "  - `type: {word}`: {}", pick(doc));
    }
}

/// What a description says in `lang`: Chinese stands before the dot, English behind it.
fn half(doc: &str, lang: Lang) -> &str {
    let (zh, en) = doc.split_once(" · ").unwrap_or((doc, doc));
    if lang == Lang::Zh { zh } else { en }
}

/// Keys of a schema's long form and what they mean.
fn keys(schema: &Value, definitions: &Value, depth: u8) -> Vec<(String, String)> {
    if depth > 4 {
        return Vec::new();
    }
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return keys(&definitions[name], definitions, depth + 1);
    }
    if let Some(forms) = schema["anyOf"].as_array() {
        return forms.iter().flat_map(|form| keys(form, definitions, depth + 1)).collect();
    }
    let properties = schema["properties"].as_object();
    properties
        .into_iter()
        .flatten()
        .map(|(key, property)| (key.clone(), property["description"].as_str().unwrap_or_default().to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_explains_every_action_and_key_in_both_languages() {
        for lang in [Lang::Zh, Lang::En] {
            let page = manual(lang);
            for word in crate::actions::WORDS.iter().chain(CONTROL) {
                assert!(page.contains(word), "{word} is missing");
            }
            for kind in ["text", "cn-mobile", "cn-id", "credit-code", "email", "date", "choice", "region", "file"] {
                assert!(page.contains(&format!("`type: {kind}`: ")), "{kind} is missing:\n{page}");
            }
            assert!(page.contains("- `choices`: "), "{page}");
            assert!(page.lines().all(|line| !line.trim_end().ends_with("`:")), "a key without words:\n{page}");
        }
        assert!(manual(Lang::Zh).contains("`answer`") && manual(Lang::Zh).contains("`site_text`"));
    }
}
