//! What the template shows: the state in one language, every time and length already in words. Never a path as a link unless it is a plain
//! one below `data/`: a journal may come from a stranger.

use serde::Serialize;

use super::words::{self, Badge};
use crate::base::{Lang, Message};
use crate::proof::event::{Record, Shot};
use crate::proof::state::{At, State, Trouble};
use crate::proof::{bag, layout::beijing};

#[derive(Serialize)]
pub(super) struct View {
    band: BadgeView,
    title: String,
    why: Option<String>,
    training: bool,
    subject: String,
    site: String,
    mode: String,
    run: String,
    ruku: String,
    began: String,
    ended: Option<String>,
    took: String,
    step_count: usize,
    shot_count: usize,
    exit_code: Option<u8>,
    playbooks: Vec<PlaybookView>,
    faults: Vec<TroubleView>,
    warnings: Vec<TroubleView>,
    milestones: Vec<(String, String)>,
    receipts: Vec<(String, String, String)>,
    once: Vec<OnceView>,
    steps: Vec<StepView>,
    loose: Vec<ShotView>,
    gates: Vec<GateView>,
    locks: Vec<LockView>,
    facts: Vec<(String, String)>,
    lines: usize,
    head: String,
    several_playbooks: bool,
}

#[derive(Serialize)]
struct BadgeView {
    class: &'static str,
    sign: &'static str,
    words: String,
}

#[derive(Serialize)]
struct PlaybookView {
    guide: String,
    edition: String,
    title: String,
    file: String,
    sha256: String,
}

#[derive(Serialize)]
struct TroubleView {
    step: Option<u32>,
    words: String,
    at: String,
}

#[derive(Serialize)]
struct OnceView {
    step: u32,
    action: Option<String>,
    revision: u32,
    key: String,
    outcome: BadgeView,
    evidence: Option<String>,
    intended: Option<String>,
    known: Option<String>,
}

#[derive(Serialize)]
struct StepView {
    number: u32,
    playbook: String,
    action: String,
    title: String,
    badge: BadgeView,
    why: Option<String>,
    began: String,
    took: Option<String>,
    messages: Vec<String>,
    uploads: Vec<String>,
    alternatives: Vec<(u32, String)>,
    warnings: Vec<String>,
    shots: Vec<ShotView>,
}

#[derive(Serialize)]
struct ShotView {
    number: usize,
    link: Option<String>,
    title: String,
    url: String,
    masks: usize,
    at: String,
    width: u32,
    height: u32,
}

#[derive(Serialize)]
struct GateView {
    number: u32,
    kind: String,
    message: String,
    opened: String,
    waited: Option<String>,
    answer: Option<String>,
}

#[derive(Serialize)]
struct LockView {
    at: String,
    change: String,
    reader: Option<String>,
    holder: Option<String>,
    serial: Option<String>,
    not_after: Option<String>,
}

/// Speaks one language.
#[derive(Clone, Copy)]
struct Speaker {
    lang: Lang,
    /// The run lasted past midnight: a time of day alone would mislead.
    days: bool,
}

impl Speaker {
    fn say(self, message: &Message) -> String {
        message.get(self.lang).to_owned()
    }

    fn say_if(self, message: Option<&Message>) -> Option<String> {
        message.map(|message| self.say(message))
    }

    fn badge(self, (class, sign, words): Badge) -> BadgeView {
        BadgeView { class, sign, words: self.say(&words) }
    }

    fn moment(self, at: At) -> String {
        let zoned = at.wall.to_zoned(beijing());
        zoned.strftime(if self.days { "%m-%d %H:%M:%S" } else { "%H:%M:%S" }).to_string()
    }

    fn between(self, from: At, to: At) -> String {
        words::duration(to.mono_ms.saturating_sub(from.mono_ms), self.lang)
    }

    fn shot(self, state: &State, place: usize) -> Option<ShotView> {
        let (at, shot) = state.shots.get(place)?;
        let Shot { step: _, file, sha256: _, width, height, url, title, masks, before: _, marks: _ } = shot;
        Some(ShotView {
            number: place + 1,
            link: link(file),
            title: title.clone(),
            url: url.clone(),
            masks: masks.len(),
            at: self.moment(*at),
            width: *width,
            height: *height,
        })
    }

    fn trouble(self, trouble: &Trouble) -> TroubleView {
        TroubleView { step: trouble.step, words: self.say(&trouble.message), at: self.moment(trouble.at) }
    }
}

/// A kept file as seen from the report, which lies in `data/`.
fn link(file: &str) -> Option<String> {
    file.strip_prefix("data/").filter(|_| bag::is_safe(file)).map(str::to_owned)
}

fn whole(at: At) -> String {
    at.wall.to_zoned(beijing()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

pub(super) fn of(records: &[Record], state: &State, lang: Lang) -> View {
    let day = |at: Option<At>| at.map(|at| at.wall.to_zoned(beijing()).date());
    let speaker = Speaker { lang, days: day(state.began) != day(state.last) };
    let start = state.start.as_ref();
    let playbooks: Vec<PlaybookView> = start
        .iter()
        .flat_map(|start| &start.playbooks)
        .map(|playbook| PlaybookView {
            guide: playbook.guide.clone(),
            edition: playbook.edition.clone(),
            title: speaker.say(&playbook.title),
            file: playbook.file.clone(),
            sha256: playbook.sha256.clone(),
        })
        .collect();
    let titles: Vec<&str> = playbooks.iter().map(|playbook| playbook.title.as_str()).collect();
    View {
        band: speaker.badge(words::run(state.result(), state.is_unsure())),
        title: titles.join(if lang == Lang::Zh { "、" } else { "; " }),
        why: speaker.say_if(state.end.as_ref().and_then(|end| end.why.as_ref())),
        training: start.is_some_and(|start| start.training),
        subject: start.map(|start| start.subject.clone()).unwrap_or_default(),
        site: start.map(|start| speaker.say(&words::site(start))).unwrap_or_default(),
        mode: start.map(|start| speaker.say(&words::mode(start.mode))).unwrap_or_default(),
        run: start.map(|start| start.run.clone()).unwrap_or_default(),
        ruku: start.map(|start| start.ruku.clone()).unwrap_or_default(),
        began: state.began.map(whole).unwrap_or_default(),
        ended: state.end.as_ref().and(state.last).map(whole),
        took: state.began.zip(state.last).map(|(from, to)| speaker.between(from, to)).unwrap_or_default(),
        step_count: state.steps.len(),
        shot_count: state.shots.len(),
        exit_code: state.end.as_ref().map(|end| end.exit_code),
        several_playbooks: playbooks.len() > 1,
        playbooks,
        faults: state.troubles.iter().filter(|trouble| trouble.kind.is_some()).map(|it| speaker.trouble(it)).collect(),
        warnings: state.troubles.iter().filter(|trouble| trouble.kind.is_none()).map(|it| speaker.trouble(it)).collect(),
        receipts: state.receipts.iter().map(|(label, value, at)| (speaker.moment(*at), label.clone(), value.clone())).collect(),
        milestones: state.milestones.iter().map(|(_, words, at)| (speaker.moment(*at), speaker.say(words))).collect(),
        once: once(state, speaker),
        steps: steps(state, speaker),
        loose: state.loose_shots.iter().filter_map(|place| speaker.shot(state, *place)).collect(),
        gates: gates(state, speaker),
        locks: locks(state, speaker),
        facts: start
            .iter()
            .flat_map(|start| &start.machine)
            .map(|(name, value)| (speaker.say(&words::fact(name)), speaker.say(&words::fact_value(name, value))))
            .collect(),
        lines: records.len(),
        head: records.last().map(|record| record.sha256.clone()).unwrap_or_default(),
    }
}

fn once(state: &State, speaker: Speaker) -> Vec<OnceView> {
    let mut acts: Vec<_> = state.once.iter().collect();
    acts.sort_by_key(|(_, once)| (once.step, once.revision));
    acts.into_iter()
        .map(|(key, once)| OnceView {
            step: once.step,
            action: speaker.say_if(once.action.as_ref()),
            revision: once.revision,
            key: key.clone(),
            outcome: speaker.badge(words::once(once.outcome)),
            evidence: speaker.say_if(once.evidence.as_ref()),
            intended: once.intended.map(|at| speaker.moment(at)),
            known: once.known.map(|at| speaker.moment(at)),
        })
        .collect()
}

fn steps(state: &State, speaker: Speaker) -> Vec<StepView> {
    state
        .steps
        .iter()
        .map(|step| StepView {
            number: step.number,
            playbook: step.playbook.clone(),
            action: speaker.say(&words::action(&step.action)),
            title: speaker.say(&step.title),
            badge: speaker.badge(words::step(step.result)),
            why: speaker.say_if(step.why.as_ref()),
            began: speaker.moment(step.began),
            took: step.ended.map(|ended| speaker.between(step.began, ended)),
            messages: step.messages.clone(),
            uploads: step.uploads.clone(),
            alternatives: step.alternatives.iter().map(|(place, matched)| (place + 1, matched.clone())).collect(),
            warnings: state
                .troubles
                .iter()
                .filter(|trouble| trouble.kind.is_none() && trouble.step == Some(step.number))
                .map(|trouble| speaker.say(&trouble.message))
                .collect(),
            shots: step.shots.iter().filter_map(|place| speaker.shot(state, *place)).collect(),
        })
        .collect()
}

fn gates(state: &State, speaker: Speaker) -> Vec<GateView> {
    state
        .gates
        .iter()
        .map(|gate| GateView {
            number: gate.number,
            kind: speaker.say(&words::gate(&gate.kind)),
            message: speaker.say(&gate.message),
            opened: speaker.moment(gate.opened),
            waited: gate.closed.as_ref().map(|(at, _)| speaker.between(gate.opened, *at)),
            answer: gate.closed.as_ref().map(|(_, answer)| speaker.say(&words::answer(answer))),
        })
        .collect()
}

fn locks(state: &State, speaker: Speaker) -> Vec<LockView> {
    state
        .locks
        .iter()
        .map(|lock| LockView {
            at: speaker.moment(lock.at),
            change: speaker.say(&words::lock(lock.change)),
            reader: lock.reader.clone(),
            holder: lock.holder.clone(),
            serial: lock.serial.clone(),
            not_after: lock.not_after.map(|end| end.to_zoned(beijing()).date().to_string()),
        })
        .collect()
}
