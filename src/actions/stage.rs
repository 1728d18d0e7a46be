//! What an action works with while it runs: page, lock, operator, journal, values.
//!
//! While a gate is open nothing here acts on the page. Everything kept passes the redactor of the run folder.

use std::path::Path;
use std::time::Duration;

use crate::base::{Fault, FaultKind, Ladder, Message, Redactor, Until, template, until};
use crate::browser::Browser;
use crate::browser::page::{By, Found, Mark, Place as Spot, Target, Where};
use crate::lock::{Detector, Lock, LockWatch};
use crate::operator::{Answer, Gate, GateKind, Operator};
use crate::pki::Identity;
use crate::proof::{Event, LockChange, RunFolder};

use super::condition::Seen;
use super::place::{LongPlace, Words};
use super::sight::Sight;
use super::site::Site;

/// The lock that the run works with, once the person has inserted it.
#[derive(Debug, Clone)]
pub struct Held {
    /// The lock as it was when it was accepted; none when no detector sees it and only the person says that it is in.
    pub lock: Option<Lock>,
    /// Somebody else's lock, in for one act such as the seal of the legal representative: its holder is not the applicant.
    pub stands_in: bool,
}

impl Held {
    /// The applicant's own lock.
    pub fn of(lock: Option<Lock>) -> Held {
        Held { lock, stands_in: false }
    }

    /// Its certificate, where it can be read.
    pub fn certificate(&self) -> Option<&Identity> {
        self.lock.as_ref().and_then(|lock| lock.certificate.as_ref())
    }

    /// The event that says what happened to this lock.
    pub fn event(&self, change: LockChange) -> Event {
        let certificate = self.certificate();
        Event::Lock {
            change,
            reader: self.lock.as_ref().map(|lock| match &lock.detector {
                Detector::PcSc { reader } => reader.clone(),
                Detector::Agent { name } => name.clone(),
            }),
            holder: certificate.map(|certificate| certificate.holder.clone()),
            serial: certificate.map(|certificate| certificate.serial.clone()),
            not_after: certificate.map(|certificate| certificate.not_after),
        }
    }
}

/// A holder that the page showed: where, and who it has to be.
#[derive(Debug, Clone)]
pub struct Checked {
    /// Where the page shows the holder.
    pub target: Target,
    /// Who it must be.
    pub expected: String,
}

/// What this playbook did to the page before an irreversible step. Personal: never kept as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A field was filled in.
    Field {
        /// The field, as the page calls it.
        label: String,
        /// What stood there; empty when nothing did.
        old: String,
        /// What stands there now.
        new: String,
    },
    /// A box was ticked.
    Ticked {
        /// What it says.
        words: String,
    },
    /// Files were given to the portal.
    Uploaded {
        /// The field, as the playbook calls it.
        field: String,
        /// Their names.
        files: Vec<String>,
    },
    /// The portal had files already: none was given to it.
    Kept {
        /// The field, as the playbook calls it.
        field: String,
    },
}

/// Everything one action may use. Made anew for each step; what outlives the step is borrowed.
pub struct Stage<'a> {
    /// The browser.
    pub browser: &'a Browser,
    /// The watch over readers and agents.
    pub locks: &'a LockWatch,
    /// The person.
    pub operator: &'a dyn Operator,
    /// The trusted site profile.
    pub site: &'a Site,
    /// Where events and pictures go.
    pub folder: &'a mut RunFolder,
    /// The `drivers/` folder.
    pub drivers: &'a Path,
    /// Values of `{{ }}`: inputs, `lock`, facts of the run.
    pub values: &'a mut serde_json::Value,
    /// Values to hide; shared with browser and run folder.
    pub redactor: Redactor,
    /// The lock in use, if any.
    pub held: &'a mut Option<Held>,
    /// The holder that the page showed and that was the expected one; none before that was compared.
    pub holder: &'a mut Option<Checked>,
    /// The sign of success of a once-step; none for other steps.
    pub done_when: Option<&'a Seen>,
    /// Whether this is a once-step, carried out by the once gate.
    pub once: bool,
    /// Set when the portal itself said that the press did nothing.
    pub held_back: bool,
    /// Set when a question was left open beside the sign of success: the sign shows nothing then.
    pub sign_asked: bool,
    /// What this playbook filled in, ticked and uploaded since the last irreversible step: shown to the person before the next one.
    pub changes: &'a mut Vec<Change>,
    /// Set once a PIN was wrong: none is used again in this run until the person says so.
    pub wrong_pin: &'a mut bool,
    /// The folder that the person chose for uploads; none when none was chosen.
    pub files: Option<&'a Path>,
    /// Messages of the page count from here: taken just before the last press.
    pub since: &'a mut Option<Mark>,
    /// Number of gates opened so far.
    pub gates: &'a mut u32,
    /// Number of this step.
    pub step: u32,
    /// Deadline and cancel token of this step.
    pub until: Until,
    /// How long a gate waits for the person.
    pub patience: Duration,
    /// Set as soon as an input event of this step may have reached the page.
    pub pressed: bool,
}

impl Stage<'_> {
    /// Records an event.
    pub fn record(&mut self, event: Event) -> Result<(), Fault> {
        self.folder.record(event).map(|_| ())
    }

    /// Records an event that must survive a power cut before anything else happens.
    pub fn record_synced(&mut self, event: Event) -> Result<(), Fault> {
        self.folder.record_synced(event).map(|_| ())
    }

    /// Records a warning of this step.
    pub fn warn(&mut self, message: Message) -> Result<(), Fault> {
        let step = Some(self.step);
        self.record(Event::Warning { step, message })
    }

    /// A text of the playbook with its values filled in.
    pub fn render(&self, words: &Words) -> Result<String, Fault> {
        template::render(words, self.values).map_err(|fault| {
            let (text, detail) = (&words.value, &fault.detail);
            Fault::new(
                FaultKind::Precondition,
                crate::say!("「{text}」中的值不可用：{detail}", "a value in “{text}” is not there: {detail}"),
            )
        })
    }

    /// A place of the playbook as a target of the browser. `label` makes the short form mean a field's label.
    pub fn target(&self, place: &LongPlace, label: bool) -> Result<Target, Fault> {
        let mut any = Vec::new();
        self.collect(place, label, &mut any)?;
        // The playbook's own words first, all of them: what only this portal says stands behind them.
        let others: Vec<Spot> = any.iter().flat_map(|spot| self.other_words(spot)).collect();
        any.extend(others);
        Ok(Target { any })
    }

    /// The same place by the other words that the site profile has for it.
    fn other_words<'s>(&'s self, spot: &'s Spot) -> impl Iterator<Item = Spot> {
        let (words, by): (&str, fn(String) -> By) = match &spot.by {
            By::Text(words) => (words, By::Text),
            By::Label(words) => (words, By::Label),
            _ => ("", By::Text),
        };
        self.site.other_words(words).iter().map(move |other| Spot { by: by(other.clone()), ..spot.clone() })
    }

    fn collect(&self, place: &LongPlace, label: bool, any: &mut Vec<Spot>) -> Result<(), Fault> {
        let words = |words: &Option<Words>| words.as_ref().map(|words| self.render(words)).transpose();
        let by = match (&place.text, &place.label, &place.css, &place.xpath, &place.role) {
            (Some(text), ..) if label => Some(By::Label(self.render(text)?)),
            (Some(text), ..) => Some(By::Text(self.render(text)?)),
            (_, Some(label), ..) => Some(By::Label(self.render(label)?)),
            (_, _, Some(css), ..) => Some(By::Css(self.render(css)?)),
            (_, _, _, Some(xpath), _) => Some(By::Xpath(self.render(xpath)?)),
            (_, _, _, _, Some(role)) => Some(By::Role(self.render(role)?)),
            _ => None,
        };
        if let Some(by) = by {
            if matches!(&by, By::Text(words) | By::Label(words) | By::Css(words) | By::Xpath(words) | By::Role(words) if words.trim().is_empty())
            {
                let words = place.words();
                return Err(Fault::new(
                    FaultKind::Precondition,
                    crate::say!(
                        "「{words}」的值是空的，无法在网页上找到对应元素。",
                        "“{words}” is empty, so there is nothing to look for on the page"
                    ),
                ));
            }
            any.push(Spot {
                by,
                whole: place.whole,
                role: words(&place.role)?,
                row: words(&place.row)?,
                before: words(&place.before)?,
                after: words(&place.after)?,
            });
        }
        place.any.iter().try_for_each(|alternative| self.collect(alternative, label, any))
    }

    /// Says in the journal which alternative of a target matched, and warns when it was not the first.
    pub fn matched(&mut self, found: &Found) -> Result<(), Fault> {
        let alternative = u32::try_from(found.alternative).unwrap_or(u32::MAX);
        self.record(Event::Target { step: self.step, matched: found.words.clone(), alternative })?;
        if alternative > 0 {
            let (number, words) = (alternative + 1, found.plain());
            self.warn(crate::say!(
                "首选写法没有找到，用了第 {number} 种：{words}。平台页面可能已改版。",
                "the first way to find it failed, alternative {number} matched: {words}; the portal may have changed"
            ))?;
        }
        Ok(())
    }

    /// Notes what a field showed and shows now, for the person's next confirmation; nothing when that is the same.
    pub fn changed(&mut self, label: &str, old: &str, new: &str) {
        if old != new {
            self.changes.push(Change::Field { label: label.to_owned(), old: old.to_owned(), new: new.to_owned() });
        }
    }

    /// Hides what the page shows of a value that is hidden: portals write numbers and dates in ways of their own.
    pub fn hide_as_shown(&self, entered: &str, shown: &str) {
        if !self.redactor.is_clean(entered) {
            self.redactor.add(shown);
        }
    }

    /// A condition with its values filled in.
    pub fn sight(&self, seen: &Seen) -> Result<Sight, Fault> {
        let mut lists = Vec::new();
        if let Some(text) = &seen.text {
            lists.push(vec![self.render(text)?]);
        }
        if let Some(name) = &seen.site_text {
            lists.push(self.site.texts(name)?.to_vec());
        }
        let mut targets = Vec::new();
        if let Some(row) = &seen.row {
            let row = self.render(row)?;
            let spot = |text| Spot { whole: true, row: Some(row.clone()), ..Spot::of(By::Text(text)) };
            targets.extend(lists.drain(..).map(|list| Target { any: list.into_iter().map(spot).collect() }));
        }
        if let Some(place) = &seen.target {
            targets.push(self.target(place, false)?);
        }
        Ok(Sight { at: seen.at.as_ref().map(|name| name.value.clone()), lists, targets })
    }

    /// One look: what was seen of `seen`, in words, or none. Messages count from `since`.
    pub async fn look(&self, seen: &Seen, since: Option<Mark>) -> Result<Option<Message>, Fault> {
        self.sight(seen)?.look(self.browser, self.site, since, &self.until).await
    }

    /// The same for a page that may just be moving on: then nothing is seen.
    pub async fn glimpse(&self, seen: &Seen, since: Option<Mark>) -> Result<Option<Message>, Fault> {
        match self.look(seen, since).await {
            Err(fault) if self.passing(&fault) => Ok(None),
            looked => looked,
        }
    }

    /// Whether a fault only says that the page is being replaced.
    pub(super) fn passing(&self, fault: &Fault) -> bool {
        matches!(fault.kind, FaultKind::Gone | FaultKind::NotReady) && self.browser.took_away().is_none()
    }

    /// Refuses to act where the site profile knows no portal: a link of a page may lead anywhere.
    pub async fn allowed_here(&self) -> Result<(), Fault> {
        let url = self.browser.current(&self.until).await?.url;
        if self.site.knows(&url) {
            return Ok(());
        }
        let place = super::site::origin(&url).unwrap_or_else(|| "about:blank".to_owned());
        Err(Fault::new(
            FaultKind::Refused,
            crate::say!(
                "当前网页 {place} 不属于平台配置中的任何平台，没有点击也没有填写。请回到平台重新办理；确属平台的，请联系支持人员补进平台配置。",
                "the page {place} belongs to no portal of the site profile; nothing was pressed or filled in; go back to the portal and start again, or have support add it to the profile"
            ),
        ))
    }

    /// Stops at once where the portal warns of risk control: nothing is pressed there any more.
    pub async fn stop_words(&self) -> Result<(), Fault> {
        let words = &self.site.stop_words;
        if words.is_empty() {
            return Ok(());
        }
        let seen = match self.browser.dialog() {
            Some(dialog) => words.iter().any(|word| dialog.text.contains(word.as_str())).then_some(dialog.text),
            None => match self.browser.seen_text(words, *self.since, &self.until).await {
                // What the page still shows says it without the buttons of its box.
                Ok(Some(seen)) if seen.place == Where::Message => match self.browser.seen_text(words, None, &self.until).await {
                    Ok(Some(shown)) => Some(shown.text),
                    _ => Some(seen.text),
                },
                Ok(seen) => seen.map(|seen| seen.text),
                Err(fault) if self.passing(&fault) || fault.kind == FaultKind::Dialog => None,
                Err(fault) => return Err(fault),
            },
        };
        seen.map_or(Ok(()), |text| Err(risk(&text)))
    }

    /// Looks again and again until `seen` holds; the time-out says what was waited for.
    pub async fn wait_seen(&self, seen: &Seen, since: Option<Mark>) -> Result<Message, Fault> {
        let waiting_for = self.site.in_words(&seen.title());
        let in_words = |fault: Fault| if fault.kind == FaultKind::TimedOut { until::timed_out(&waiting_for) } else { fault };
        let mut ladder = Ladder::default();
        loop {
            self.stop_words().await.map_err(in_words)?;
            if let Some(evidence) = self.glimpse(seen, since).await.map_err(in_words)? {
                return Ok(evidence);
            }
            self.until.climb(&mut ladder, &waiting_for).await?;
        }
    }

    /// As [`Stage::ask`], where a stop ends the run.
    pub async fn gate<T>(
        &mut self,
        kind: GateKind,
        message: Message,
        options: Vec<Message>,
        world: impl Future<Output = T>,
    ) -> Result<Asked<T>, Fault> {
        match self.ask(kind, message, options, world).await? {
            Asked::Person(Answer::Stop) => Err(until::stopped()),
            asked => Ok(asked),
        }
    }

    /// As [`Stage::ask_keeping`], where the record keeps the message as it is shown.
    pub async fn ask<T>(
        &mut self,
        kind: GateKind,
        message: Message,
        options: Vec<Message>,
        world: impl Future<Output = T>,
    ) -> Result<Asked<T>, Fault> {
        self.ask_keeping(kind, message.clone(), message, options, world).await
    }

    /// Opens a gate and waits for the person or for `world`, whichever answers first. `kept` stands in the record for `message`. The gate's patience is its own, not
    /// the step's; silence ends the run.
    pub async fn ask_keeping<T>(
        &mut self,
        kind: GateKind,
        message: Message,
        kept: Message,
        options: Vec<Message>,
        world: impl Future<Output = T>,
    ) -> Result<Asked<T>, Fault> {
        self.operator.forget();
        *self.gates += 1;
        let gate = Gate { number: *self.gates, kind, message, options };
        self.record(Event::GateOpen { gate: gate.number, kind: kind_word(kind), message: kept })?;
        let until = self.until.renewed(self.patience);
        let asked = tokio::select! {
            biased;
            answered = world => Ok(Asked::World(answered)),
            answer = self.operator.ask(&gate, &until) => answer.map(Asked::Person),
        };
        let answer = match &asked {
            Ok(Asked::World(_)) => "seen".to_owned(),
            Ok(Asked::Person(Answer::Go)) => "go".to_owned(),
            Ok(Asked::Person(Answer::Pick(index))) => format!("pick {}", index + 1),
            Ok(Asked::Person(Answer::Text(_))) => "text".to_owned(),
            Ok(Asked::Person(Answer::Stop)) => "stop".to_owned(),
            Err(fault) if fault.kind == FaultKind::TimedOut => "timed-out".to_owned(),
            Err(_) => "fault".to_owned(),
        };
        self.record(Event::GateClose { gate: gate.number, answer })?;
        // The person's time is not the step's.
        self.until = self.until.renewed(self.until.allowed());
        match asked {
            // Silence is never consent: it ends the run as a person would.
            Err(fault) if fault.kind == FaultKind::TimedOut => Err(Fault::new(
                FaultKind::Stopped,
                crate::say!(
                    "等待您操作超时，办理已停止。请准备好后重新办理。",
                    "nobody answered in time, the run was stopped; start again when you are ready"
                ),
            )),
            asked => asked,
        }
    }
}

/// The portal warns of risk control.
pub(super) fn risk(text: &str) -> Fault {
    Fault::new(
        FaultKind::Refused,
        crate::say!(
            "平台页面出现「{text}」，已立即停止，不再点击。请本人查看平台提示后再决定。",
            "the portal shows “{text}”; stopped at once, nothing more is pressed; read it yourself before you decide"
        ),
    )
}

/// Who answered a gate first.
#[derive(Debug)]
pub enum Asked<T> {
    /// The world: what was waited for happened.
    World(T),
    /// The person.
    Person(Answer),
}

fn kind_word(kind: GateKind) -> String {
    serde_json::to_value(kind).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
