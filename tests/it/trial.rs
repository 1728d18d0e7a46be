//! One whole run on one small page: a playbook of a few steps, a site profile of its own, and whoever is asked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use ruku::base::{Fault, Lang, Message, Redactor, Secret, Until};
use ruku::operator::{Answer, Gate, GateKind, Operator};
use ruku::playbook;
use ruku::proof::{Event, Mode};
use ruku::run::{self, Chosen, Options, Outcome};
use tokio_util::sync::CancellationToken;

/// Whoever is asked: what is answered to each kind of question, none for silence; and the PIN, where a script types it.
pub(crate) struct Person {
    pub(crate) answers: fn(GateKind) -> Option<Answer>,
    pub(crate) pin: Option<Secret>,
}

impl Person {
    /// Somebody who answers so.
    pub(crate) fn who(answers: fn(GateKind) -> Option<Answer>) -> Person {
        Person { answers, pin: None }
    }
}

impl Operator for Person {
    fn name(&self) -> &'static str {
        "nobody"
    }

    fn forget(&self) {}

    fn ask<'a>(&'a self, gate: &'a Gate, until: &'a Until) -> BoxFuture<'a, Result<Answer, Fault>> {
        Box::pin(async move {
            match (self.answers)(gate.kind) {
                Some(answer) => Ok(answer),
                None => until.run(&Message::same("an answer"), std::future::pending()).await,
            }
        })
    }

    fn pin(&self) -> Option<Secret> {
        self.pin.clone()
    }

    fn tell(&self, _: &Message) {}
}

/// What is run, and for whom.
pub(crate) struct Trial<'a> {
    /// The page of the site `portal`.
    pub(crate) html: &'a str,
    /// A page at a place that the site profile does not know, at `b.localhost`.
    pub(crate) stranger: &'a str,
    /// Lines of the playbook before its steps, such as `requires: …`.
    pub(crate) head: &'a str,
    /// The first step opens the portal; these follow.
    pub(crate) steps: &'a str,
    /// Lists of texts of the site profile.
    pub(crate) texts: &'a str,
    /// Further lines of the site profile.
    pub(crate) profile: &'a str,
    pub(crate) inputs: &'a [(&'a str, &'a str)],
    pub(crate) files: Option<&'a Path>,
    pub(crate) person: Person,
    /// How long a gate waits.
    pub(crate) patience: Duration,
    /// Codes of faults that the check finds and this run does not heed.
    pub(crate) unheeded: &'a [&'a str],
    /// With captions, and then with pictures.
    pub(crate) mode: Mode,
    /// What is hidden in texts, and whether pictures are masked: off in a positive control.
    pub(crate) redactor: Redactor,
    pub(crate) masking: bool,
    /// Whether pictures are kept without captions, too.
    pub(crate) pictures: bool,
    /// Stops the run.
    pub(crate) cancel: CancellationToken,
}

/// How a run ended, and its events.
pub(crate) struct Ended {
    pub(crate) outcome: Outcome,
    pub(crate) events: Vec<Event>,
    /// The port of the page.
    pub(crate) port: u16,
    _runs: tempfile::TempDir,
}

impl<'a> Trial<'a> {
    /// A run that asks nobody and has no files.
    pub(crate) fn new(html: &'a str, steps: &'a str) -> Trial<'a> {
        Trial {
            html,
            stranger: "",
            head: "",
            steps,
            texts: "{}",
            profile: "",
            inputs: &[],
            files: None,
            person: Person::who(|_| Some(Answer::Stop)),
            patience: Duration::from_secs(60),
            unheeded: &[],
            mode: Mode::Auto,
            redactor: Redactor::default(),
            masking: true,
            pictures: false,
            cancel: CancellationToken::new(),
        }
    }

    /// Runs it.
    pub(crate) async fn run(self) -> Ended {
        let port = crate::page::serve(&[("a/", self.html), ("b/", self.stranger)]).await;
        let profile = format!(
            "name: t\ntitle: 测试\ntraining: true\nplaces:\n  portal: {{ title: 门户, address: 'http://a.localhost:{port}/' }}\ntexts: {}\nonce_words: [提交, 签章]\nstop_words: [黑名单]\n{}",
            self.texts, self.profile
        );
        let (site, found, _) = playbook::site::read("t.yaml", profile.as_bytes());
        assert!(found.is_empty(), "{found:?}");
        let mut site = site.unwrap();
        site.fill_port(port);
        let declared: String = self.inputs.iter().map(|(name, _)| format!("  {name}: {{ type: text }}\n")).collect();
        let declared = if declared.is_empty() { String::new() } else { format!("inputs:\n{declared}") };
        let head = self.head;
        // A precondition is about where the browser stands before the first step.
        let open = if head.contains("requires") { "" } else { "  - open: portal\n" };
        let steps = format!("{open}{}", self.steps);
        let text = format!("guide: '2.2'\nedition: V1.0 2020-12-01\ntitle: 测试\n{head}{declared}steps:\n{steps}");
        let (read, mut found, _) = playbook::read("t.yaml", text.as_bytes());
        let read = read.unwrap_or_else(|| panic!("{found:?}"));
        found.extend(playbook::check(&read, &site));
        found.retain(|fault| !self.unheeded.contains(&fault.code));
        assert!(found.is_empty(), "{found:?}");
        let runs = tempfile::tempdir().unwrap();
        let events = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&events);
        let outcome = run::run(Options {
            playbooks: vec![Chosen { file: "t.yaml".into(), bytes: text.into_bytes(), playbook: read, parts: Vec::new() }],
            site,
            site_sha256: String::new(),
            inputs: self.inputs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<BTreeMap<_, _>>(),
            files: self.files.map(Path::to_owned),
            applicant: "t".into(),
            agreed: None,
            operator: Box::new(self.person),
            drivers: PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("drivers"),
            agents: Vec::new(),
            runs: runs.path().to_owned(),
            lang: Lang::Zh,
            mode: self.mode,
            headed: false,
            viewport: (1024, 640),
            // Half of the time of a trial; whole runs of the program have them.
            pictures: self.pictures || self.mode == Mode::Present,
            redactor: self.redactor,
            masking: self.masking,
            patience: self.patience,
            installation: Secret::new("k"),
            ledger: runs.path().join("installation"),
            command: None,
            earlier: None,
            cancel: self.cancel,
            givers: Box::new(|_| vec!["2.1.1".to_owned()]),
            listener: Arc::new(move |event: &Event| kept.lock().unwrap().push(event.clone())),
        })
        .await
        .unwrap();
        let events = events.lock().unwrap().clone();
        Ended { outcome, events, port, _runs: runs }
    }
}

impl Ended {
    /// The sentence of the fault, or nothing when all went well.
    pub(crate) fn why(&self) -> String {
        self.outcome.why.as_ref().map_or_else(String::new, |why| why.zh.clone())
    }

    /// What the page said in one way, such as in a toast.
    pub(crate) fn messages(&self, wanted: &str) -> Vec<&str> {
        let mut told = Vec::new();
        for event in &self.events {
            if let Event::Message { text, kind, .. } = event
                && kind == wanted
            {
                told.push(text.as_str());
            }
        }
        told
    }

    /// The fault that ended it, as the person at the screen is told.
    pub(crate) fn fault(&self) -> Fault {
        let kind = self.events.iter().rev().find_map(|event| match event {
            Event::Fault { kind, .. } => Some(*kind),
            _ => None,
        });
        let fault = Fault::new(kind.expect("a fault"), self.outcome.spoken.clone().expect("a sentence"));
        assert_eq!(fault.exit_code(), self.outcome.exit_code, "{fault}");
        fault
    }
}
