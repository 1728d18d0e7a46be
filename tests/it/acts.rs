//! Actions carried out by whole runs, against small pages with the kits that portals use.

mod forms;
mod presses;
mod uploads;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use ruku::base::{Fault, Lang, Message, Secret, Until};
use ruku::operator::{Answer, Gate, GateKind, Operator};
use ruku::playbook;
use ruku::proof::{Event, Mode};
use ruku::run::{self, Chosen, Options, Outcome};
use tokio_util::sync::CancellationToken;

/// Someone who agrees to what is asked and knows nothing of how it ended.
struct Agreeing;

impl Operator for Agreeing {
    fn name(&self) -> &'static str {
        "agreeing"
    }

    fn forget(&self) {}

    fn ask<'a>(&'a self, gate: &'a Gate, _: &'a Until) -> BoxFuture<'a, Result<Answer, Fault>> {
        let answer = if gate.kind == GateKind::Confirm { Answer::Go } else { Answer::Stop };
        Box::pin(std::future::ready(Ok(answer)))
    }

    fn tell(&self, _: &Message) {}
}

/// How a run ended, and its events.
struct Ended {
    outcome: Outcome,
    events: Vec<Event>,
    _runs: tempfile::TempDir,
}

impl Ended {
    /// The sentence of the fault, or nothing when all went well.
    fn why(&self) -> String {
        self.outcome.why.as_ref().map_or_else(String::new, |why| why.zh.clone())
    }

    fn messages(&self, wanted: &str) -> Vec<&str> {
        let kept = self.events.iter().filter_map(|event| match event {
            Event::Message { text, kind, .. } if kind == wanted => Some(text.as_str()),
            _ => None,
        });
        kept.collect()
    }
}

/// Runs `steps` (YAML below `steps:`) on the page `html` at the site `portal`.
async fn run(html: &str, steps: &str, inputs: &[(&str, &str)], files: Option<&Path>) -> Ended {
    let port = crate::page::serve(&[("a/", html)]).await;
    let profile = format!(
        "name: t\ntitle: 测试\ntraining: true\nplaces:\n  portal: {{ title: 门户, address: 'http://a.localhost:{port}/' }}\ntexts: {{}}\nonce_words: [提交, 签章]\nstop_words: [黑名单]\n"
    );
    let (site, found, _) = playbook::site::read("t.yaml", profile.as_bytes());
    assert!(found.is_empty(), "{found:?}");
    let mut site = site.unwrap();
    site.fill_port(port);
    let declared: String = inputs.iter().map(|(name, _)| format!("  {name}: {{ type: text }}\n")).collect();
    let declared = if declared.is_empty() { String::new() } else { format!("inputs:\n{declared}") };
    let text = format!("guide: '2.2'\nedition: V1.0 2020-12-01\ntitle: 测试\n{declared}steps:\n  - open: portal\n{steps}");
    let (read, mut found, _) = playbook::read("t.yaml", text.as_bytes());
    let read = read.unwrap_or_else(|| panic!("{found:?}"));
    found.extend(playbook::check(&read, &site));
    assert!(found.is_empty(), "{found:?}");
    let runs = tempfile::tempdir().unwrap();
    let events = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&events);
    let outcome = run::run(Options {
        playbooks: vec![Chosen { file: "t.yaml".into(), bytes: text.into_bytes(), playbook: read, parts: Vec::new() }],
        site,
        inputs: inputs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<BTreeMap<_, _>>(),
        files: files.map(Path::to_owned),
        applicant: "t".into(),
        operator: Box::new(Agreeing),
        drivers: PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("drivers"),
        agents: Vec::new(),
        runs: runs.path().to_owned(),
        lang: Lang::Zh,
        mode: Mode::Auto,
        headed: false,
        viewport: (1280, 800),
        pictures: true,
        masking: true,
        patience: Duration::from_secs(60),
        installation: Secret::new("k"),
        cancel: CancellationToken::new(),
        givers: Box::new(|_| Vec::new()),
        listener: Arc::new(move |event: &Event| kept.lock().unwrap().push(event.clone())),
    })
    .await
    .unwrap();
    let events = events.lock().unwrap().clone();
    Ended { outcome, events, _runs: runs }
}
