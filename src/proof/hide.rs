//! Every string that enters the journal passes the `Redactor`: never a personal value in clear, whatever floor it came from.
//!
//! The match names every field on purpose: a new field does not compile until somebody has decided whether it is free text. Left out are only
//! hashes, paths that the run folder made itself, and closed enums: a short value hidden inside a hash would break the record.

use crate::base::{Message, Redactor};

use super::event::{Event, PlaybookRef, RunStart, Shot};

/// The event with every free text hidden and cleaned.
pub(super) fn hide(mut event: Event, redactor: &Redactor) -> Event {
    each_text(&mut event, &mut |text| *text = clean(&redactor.hide(text)));
    event
}

/// Control characters become U+FFFD: they are no words, and programs disagree on how to spell them in JSON.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
}

fn each_text(event: &mut Event, each: &mut dyn FnMut(&mut String)) {
    fn both(message: &mut Message, each: &mut dyn FnMut(&mut String)) {
        each(&mut message.zh);
        each(&mut message.en);
    }
    match event {
        Event::RunStart(RunStart {
            run: _,
            ruku,
            playbooks,
            site,
            site_title,
            site_sha256: _,
            training: _,
            mode: _,
            lang: _,
            machine,
            subject,
            continues: _,
        }) => {
            each(ruku);
            for PlaybookRef { file, sha256: _, parts: _, guide, edition, title } in playbooks {
                each(file);
                each(guide);
                each(edition);
                both(title, each);
            }
            each(site);
            site_title.iter_mut().for_each(|title| both(title, each));
            machine.values_mut().for_each(&mut *each);
            each(subject);
        }
        Event::StepStart { step: _, playbook, action, title } => {
            each(playbook);
            each(action);
            both(title, each);
        }
        Event::StepEnd { step: _, result: _, why } => why.iter_mut().for_each(|why| both(why, each)),
        Event::Target { step: _, matched, alternative: _ } => each(matched),
        Event::Warning { step: _, message } | Event::Fault { step: _, kind: _, message } => both(message, each),
        Event::Shot(Shot { step: _, file: _, sha256: _, width: _, height: _, url, title, masks, before: _, marks: _ }) => {
            each(url);
            each(title);
            masks.iter_mut().for_each(|mask| each(&mut mask.reason));
        }
        Event::File { file: _, sha256: _ } => {}
        Event::Message { step: _, text, kind } => {
            each(text);
            each(kind);
        }
        Event::GateOpen { gate: _, kind, message } => {
            each(kind);
            both(message, each);
        }
        Event::GateClose { gate: _, answer } => each(answer),
        Event::Lock { change: _, reader, holder, serial, not_after: _ } => {
            [reader, holder, serial].into_iter().flatten().for_each(each);
        }
        // A key holds names of the playbook and a hash, nobody's value; the ledger finds an act in the journal by it.
        Event::OnceIntent { step: _, key: _, action, revision: _ } => both(action, each),
        Event::OnceOutcome { step: _, key: _, outcome: _, evidence } => both(evidence, each),
        Event::Milestone { name, message } => {
            each(name);
            both(message, each);
        }
        Event::Receipt { step: _, values } => {
            let hidden = std::mem::take(values).into_iter().map(|(mut label, mut value)| {
                each(&mut label);
                each(&mut value);
                (label, value)
            });
            *values = hidden.collect();
        }
        Event::RunEnd { result: _, why, steps: _, shots: _, exit_code: _ } => why.iter_mut().for_each(|why| both(why, each)),
        Event::Other(fields) => {
            fields.iter_mut().filter(|(name, _)| *name != "type").for_each(|(_, value)| each_string(value, each))
        }
    }
}

fn each_string(value: &mut serde_json::Value, each: &mut dyn FnMut(&mut String)) {
    match value {
        serde_json::Value::String(text) => each(text),
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| each_string(item, each)),
        serde_json::Value::Object(map) => map.values_mut().for_each(|item| each_string(item, each)),
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {}
    }
}

/// A page's address as it may be kept: without user name, without the values of its query (they hold tickets and names), and with personal
/// values hidden also where the address spells them with `%`.
pub(super) fn address(url: &str, redactor: &Redactor) -> String {
    let Ok(mut parsed) = url::Url::parse(url) else { return redactor.hide(url) };
    if parsed.cannot_be_a_base() {
        // `data:` and `blob:` addresses are content, not places.
        return if parsed.scheme() == "about" { redactor.hide(url) } else { format!("{}:…", parsed.scheme()) };
    }
    // Both fail only for addresses without a host, which have neither.
    let _ = parsed.set_username("");
    let _ = parsed.set_password(None);
    let names: Vec<String> = parsed.query_pairs().map(|(name, _)| name.into_owned()).collect();
    if parsed.query().is_some() {
        parsed.query_pairs_mut().clear().extend_keys_only::<_, String>(names);
    }
    if let Some((route, _)) = parsed.fragment().and_then(|fragment| fragment.split_once('?')) {
        let route = route.to_owned();
        parsed.set_fragment(Some(&route));
    }
    let shown = parsed.as_str();
    if redactor.is_clean(shown) {
        shown.to_owned()
    } else {
        format!("{}/{}", parsed.origin().ascii_serialization(), crate::base::redact::BLOCK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_keep_the_place_but_not_the_values() {
        let redactor = Redactor::default();
        redactor.add("云小鹿");
        let kept = |url| address(url, &redactor);
        assert_eq!(
            kept("http://a.localhost:8080/x/y?ticket=abc&k=1#/route?name=z"),
            "http://a.localhost:8080/x/y?ticket&k#/route"
        );
        assert_eq!(kept("http://u:p@a.localhost/"), "http://a.localhost/");
        assert_eq!(kept("http://a.localhost/%E4%BA%91%E5%B0%8F%E9%B9%BF/edit"), "http://a.localhost/▇▇▇");
        assert_eq!(
            kept("http://a.localhost/13900001234/%D4%C6"),
            "http://a.localhost/▇▇▇",
            "by its looks; in an encoding of yesterday"
        );
        assert_eq!(kept("data:text/html,云小鹿"), "data:…");
        assert_eq!(kept("not an address of 云小鹿"), "not an address of ▇▇▇");
        assert_eq!(kept("about:blank"), "about:blank");
    }

    #[test]
    fn control_characters_do_not_enter_the_journal() {
        assert_eq!(clean("a\u{7f}b\u{0}c\nd\te"), "a\u{fffd}b\u{fffd}c\nd\te");
    }

    #[test]
    fn a_small_value_does_not_tear_the_key_of_an_act() {
        let redactor = Redactor::default();
        redactor.add("50");
        let (key, action) = ("training/3.2#50/r1/ab50cd".to_owned(), Message::same("点击 50"));
        let hidden = hide(Event::OnceIntent { step: 1, key: key.clone(), action, revision: 1 }, &redactor);
        let Event::OnceIntent { key: kept, action, .. } = hidden else { panic!("{hidden:?}") };
        assert_eq!((kept, action.zh.as_str()), (key, "点击 ▇▇▇"), "the ledger looks for it in the journal");
    }
}
