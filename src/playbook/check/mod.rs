//! Checking a playbook against the site profile, before anything is done.
//!
//! The profile is trusted, the playbook is not: names, texts, allowed actions and irreversible words are the profile's. Never stops at
//! the first fault, and never tells twice what reading has told.

use std::collections::BTreeSet;
use std::ops::Range;

use super::model::{Fact, Part, Playbook, inside};
use super::node::{Node, Once, Step, Work, walk};
use super::sections;
use crate::actions::site::Site;
use crate::actions::{Act, Risk, Words};
use crate::base::diagnostic::closest;
use crate::base::{Diagnostic, Message, tree};
use crate::say;

mod flow;
mod inputs;
mod inspect;
mod privacy;
mod template;

use inspect::Inspection;
use template::Names;

/// Repeats above this are refused: a list that needs more is not a person's work.
const MOST_REPEATS: u32 = 100;

/// All faults of a playbook that reading alone cannot see, in the order of the text.
pub fn check(playbook: &Playbook, site: &Site) -> Vec<Diagnostic> {
    let names = Names::of(playbook);
    checked(playbook, site, &names).sorted()
}

/// The portals that a playbook and its shared steps name: a run needs their addresses, and no others.
pub fn sites(playbook: &Playbook, site: &Site) -> BTreeSet<String> {
    let names = Names::of(playbook);
    checked(playbook, site, &names).sites
}

fn checked<'a>(playbook: &Playbook, site: &'a Site, names: &'a Names<'a>) -> Check<'a> {
    let mut check = Check::new(site, names, playbook.unread.any);
    check.header(playbook);
    check.nodes(&playbook.steps);
    check.flow(&playbook.steps, false);
    for handler in &playbook.handlers {
        let at = handler.then.first().map_or(0..0, |node| node.span.clone());
        check.condition(&handler.when_seen, &at);
        check.limits(handler.times, &at);
        check.nodes(&handler.then);
        check.handler(&handler.then);
    }
    if !playbook.unread.any {
        check.unused(playbook);
    }
    check
}

/// All faults of a shared list of steps, read for `playbook`, that reading alone cannot see.
pub fn check_part(part: &Part, playbook: &Playbook, site: &Site) -> Vec<Diagnostic> {
    let names = Names::of(playbook).and(&part.steps);
    let mut check = Check::new(site, &names, true);
    check.nodes(&part.steps);
    check.flow(&part.steps, false);
    walk(&part.steps, &mut |node| {
        if let Work::Step(step) = &node.work
            && step.once.as_ref().is_some_and(|once| once.id.is_none())
        {
            check.warning(
                "once-without-id",
                say!(
                    "共用步骤里的「once」没有写 id：在每个流程里都算另一件事。",
                    "“once” in shared steps has no id: it counts as another act in each playbook"
                ),
                &node.span,
                say!("加上这件事的名称，如 id: registry.submit。", "name the act, such as id: registry.submit"),
            );
        }
        if let Work::Run(run) = &node.work {
            check.error(
                "part-in-part",
                say!("共用步骤里不能再用 run。", "shared steps cannot take in further ones by “run”"),
                &run.part.span,
                say!("把「{}」的步骤直接写在这里。", "write the steps of “{}” here", run.part.value),
            );
        }
    });
    check.sorted()
}

struct Check<'a> {
    site: &'a Site,
    names: &'a Names<'a>,
    used: BTreeSet<String>,
    /// Portals that were named.
    sites: BTreeSet<String>,
    /// Something could not be read, so what is empty may not have been empty.
    partial: bool,
    found: Vec<Diagnostic>,
}

impl<'a> Check<'a> {
    fn new(site: &'a Site, names: &'a Names<'a>, partial: bool) -> Check<'a> {
        Check { site, names, used: BTreeSet::new(), sites: BTreeSet::new(), partial, found: Vec::new() }
    }

    fn sorted(mut self) -> Vec<Diagnostic> {
        tree::sort(&mut self.found);
        // Two rules may see the same thing at the same place.
        self.found.dedup_by(|a, b| a.code == b.code && a.span == b.span && a.message == b.message);
        self.found
    }

    fn error(&mut self, code: &'static str, message: Message, span: &Range<usize>, help: Message) {
        self.found.push(Diagnostic::error(code, message, Some(span.clone())).help(help));
    }

    fn warning(&mut self, code: &'static str, message: Message, span: &Range<usize>, help: Message) {
        self.found.push(Diagnostic::error(code, message, Some(span.clone())).help(help).warning());
    }

    fn header(&mut self, playbook: &Playbook) {
        // What is missing has been told by reading, and stands here as an empty text without a place.
        let (guide, edition) = (&playbook.guide, &playbook.edition);
        if sections::title(guide).is_none() && !guide.span.is_empty() {
            let list = |gap: &str| {
                sections::SECTIONS.iter().map(|(number, title)| format!("{number} {title}")).collect::<Vec<_>>().join(gap)
            };
            self.error(
                "unknown-section",
                say!("手册没有「{}」这一节。", "the guide has no section “{}”", guide.value),
                &guide.span,
                Message::new(format!("手册的章节：{}。", list("；")), format!("sections of the guide: {}", list("; "))),
            );
        }
        if edition.value != sections::EDITION && !edition.span.is_empty() {
            self.warning(
                "other-edition",
                say!(
                    "手册版本写的是「{}」，而 Ruku 认识的是「{}」。",
                    "the edition is “{}”, but Ruku knows “{}”",
                    edition.value,
                    sections::EDITION
                ),
                &edition.span,
                say!("先核对新版手册与步骤是否一致。", "compare the steps with that edition first"),
            );
        }
        for fact in playbook.requires.iter().chain(&playbook.gives) {
            self.site_name(fact.site());
            if let Fact::LoggedIn(site) = &fact.value {
                self.site_text_name(&Words { value: inside(site), span: site.span.clone() });
            }
        }
        self.inputs(&playbook.inputs);
        if playbook.steps.is_empty() && playbook.sequence.is_empty() && !self.partial {
            self.error(
                "no-steps",
                say!("没有任何步骤。", "there are no steps"),
                &playbook.title.zh.span,
                say!(
                    "在 steps: 下面至少写一步，如 - open: hohhot",
                    "write at least one step below steps:, such as “- open: hohhot”"
                ),
            );
        }
    }

    fn nodes(&mut self, nodes: &[Node]) {
        for node in nodes {
            self.node(node);
            match &node.work {
                // Of another file, with faults of its own; here they only count as a use of their inputs.
                Work::Run(run) => {
                    let mut inside = Check::new(self.site, self.names, true);
                    inside.nodes(&run.steps);
                    self.used.append(&mut inside.used);
                    self.sites.append(&mut inside.sites);
                }
                _ => node.inner().into_iter().for_each(|list| self.nodes(list)),
            }
        }
    }

    fn node(&mut self, node: &Node) {
        let at = &node.span;
        match &node.work {
            Work::Step(step) => self.step(step, at),
            Work::When(when) => {
                match (&when.test.seen, &when.test.expr) {
                    (None, None) => self.empty_condition("when", at),
                    (seen, expr) => {
                        seen.iter().for_each(|seen| self.condition(seen, at));
                        expr.iter().for_each(|expr| self.expression(expr));
                    }
                }
                if when.then.is_empty() && when.otherwise.is_empty() && !self.partial {
                    self.error(
                        "no-steps",
                        say!("「when」后面没有步骤。", "“when” has no steps"),
                        at,
                        say!("把成立时的步骤写在 then: 下面。", "write the steps for when it holds below then:"),
                    );
                }
            }
            Work::Repeat(repeat) => {
                self.limits(repeat.limits.times, at);
                repeat.limits.until.iter().for_each(|until| self.condition(until, at));
                if repeat.steps.is_empty() && !self.partial {
                    self.error(
                        "no-steps",
                        say!("「repeat」没有要重复的步骤。", "“repeat” has no steps"),
                        at,
                        say!(
                            "把要重复的步骤写在 steps: 下面，与 repeat 对齐。",
                            "write the steps below steps:, aligned with repeat"
                        ),
                    );
                }
            }
            Work::FinishWhen(finish) => self.condition(&finish.seen, at),
            Work::RefuseWhen(refuse) => self.condition(&refuse.seen, at),
            Work::Park(park) => self.condition(&park.wait.until, at),
            Work::Run(run) => {
                if !super::parts::is_name(&run.part) {
                    self.error(
                        "part-name",
                        say!("「{}」不是共用步骤的名称。", "“{}” is not the name of shared steps", run.part.value),
                        &run.part.span,
                        say!(
                            "只写 parts 文件夹里的文件名，不带路径和 .yaml。",
                            "write the name of a file in the folder parts, without path and “.yaml”"
                        ),
                    );
                } else if !run.taken_in {
                    self.error(
                        "part-not-found",
                        say!("没有共用步骤「{}」。", "there are no shared steps “{}”", run.part.value),
                        &run.part.span,
                        say!(
                            "把文件放在 parts 文件夹里，名为 {}.yaml。",
                            "put the file {}.yaml into the folder parts",
                            run.part.value
                        ),
                    );
                }
            }
        }
    }

    fn limits(&mut self, times: u32, at: &Range<usize>) {
        if !(1..=MOST_REPEATS).contains(&times) {
            self.error(
                "times",
                say!(
                    "次数应在 1 到 {MOST_REPEATS} 之间，写的是 {times}。",
                    "“times” must be between 1 and {MOST_REPEATS}, and is {times}"
                ),
                at,
                say!("改成合适的次数。", "choose a fitting number"),
            );
        }
    }

    fn step(&mut self, step: &Step, at: &Range<usize>) {
        let word = step.act.word();
        if let Some(allowed) = &self.site.allowed_actions
            && !allowed.iter().any(|own| own == word)
        {
            let site = self.site.title.clone();
            let list = allowed.join(" ");
            self.error(
                "action-not-allowed",
                Message::new(
                    format!("「{}」的平台配置不允许动作「{word}」。", site.zh),
                    format!("the site profile of “{}” does not allow the action “{word}”", site.en),
                ),
                at,
                say!("允许的动作：{list}。", "allowed: {list}"),
            );
        }
        let before = self.found.len();
        let inspection = self.inspect_act(&step.act, at);
        let sound = self.found.len() == before;
        match &step.act {
            Act::Fill(fill) => self.fill(&fill.0.0),
            act => {
                self.no_secret(&inspection.words);
                self.asks_no_password(act);
            }
        }
        self.empty_fields(&step.act, at);
        if sound {
            self.holder(&step.act);
        }
        match &step.once {
            Some(once) => {
                self.once(once, &inspection, at);
                self.once_press(&step.act, at);
            }
            None if matches!(step.act, Act::Seal(_)) => self.error(
                "seal-without-once",
                say!("签章后不能撤回，须防止重复。", "a seal cannot be undone and must not be set twice"),
                at,
                say!(
                    "加一行 once: {{ done_when: … }}，写明签好后看到什么。",
                    "add a line once: {{ done_when: … }} that says what is seen when it is set"
                ),
            ),
            None if sound && step.act.risk() == Risk::Press => self.looks_irreversible(&inspection, at),
            None => {}
        }
    }

    fn once(&mut self, once: &Once, inspection: &Inspection, at: &Range<usize>) {
        if let Some(id) = &once.id {
            self.once_id(id);
        }
        if once.done_when.is_empty() {
            return self.error(
                "once-without-done-when",
                say!(
                    "「once」没有写 done_when：办成与否无从判断。",
                    "“once” has no done_when: nothing tells whether it happened"
                ),
                at,
                say!(
                    "写明办成后看到什么：once: {{ done_when: {{ site_text: bind.success }} }}",
                    "say what is seen when it has happened: once: {{ done_when: {{ site_text: bind.success }} }}"
                ),
            );
        }
        self.condition(&once.done_when, at);
        once.refused_when.iter().for_each(|refused| self.condition(refused, at));
        // Seen before the press, it would prove nothing.
        if let Some(text) = &once.done_when.text
            && inspection.words.iter().any(|words| {
                words.contains(text.as_str()) || self.site.other_words(words).iter().any(|other| other.contains(text.as_str()))
            })
        {
            self.error(
                "done-when-is-the-button",
                say!(
                    "done_when 的文字就是要按的按钮上的字，按之前就看得到。",
                    "the text of done_when is on the button itself and is seen before it is pressed"
                ),
                &text.span,
                say!("改写办成之后才出现的提示，如「绑定成功」。", "name what shows up only afterwards, such as 绑定成功"),
            );
        }
    }

    /// Only of a press is it known whether it may have left: what else fails in a once-step would count as not done.
    fn once_press(&mut self, act: &Act, at: &Range<usize>) {
        if !matches!(act, Act::Click(_) | Act::Dialog(_) | Act::Seal(_)) {
            self.error(
                "once-without-press",
                say!(
                    "once 只能写在 click、dialog 或 seal 上，而这一步是 {}。",
                    "once belongs to click, dialog or seal, but this step is {}",
                    act.word()
                ),
                at,
                say!("把不可撤回的那一下点击单独写成一步。", "make the press that cannot be undone a step of its own"),
            );
        }
    }

    /// The id stands in the key between other parts, as it is: never a template, never a path.
    fn once_id(&mut self, id: &Words) {
        if id.is_empty() || !id.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_')) {
            self.error(
                "once-id",
                say!("「{}」不能作这件事的名称（id）。", "“{}” cannot be the id of an act", id.value),
                &id.span,
                say!(
                    "只用汉字、字母、数字和 . - _，如 registry.submit。",
                    "use Chinese characters, letters, digits and . - _, such as registry.submit"
                ),
            );
        }
    }

    fn looks_irreversible(&mut self, inspection: &Inspection, at: &Range<usize>) {
        let found = inspection.words.iter().find_map(|words| Some((words.span.clone(), self.site.once_word(words)?.to_owned())));
        if let Some((span, word)) = found {
            let span = if span.is_empty() { at.clone() } else { span };
            self.error(
                "looks-irreversible",
                say!(
                    "含「{word}」的按钮按下后不能撤回，须防止重复。",
                    "a button with “{word}” cannot be undone and must not be pressed twice"
                ),
                &span,
                say!(
                    "加一行 once: {{ done_when: … }}，写明办成后看到什么。",
                    "add a line once: {{ done_when: … }} that says what is seen when it has happened"
                ),
            );
        }
    }

    fn site_name(&mut self, name: &Words) {
        self.sites.insert(name.value.clone());
        if self.site.places.contains_key(name.as_str()) {
            return;
        }
        let known: Vec<&str> = self.site.places.keys().map(String::as_str).collect();
        let help = suggestion(name, &known);
        let site = &self.site.name;
        self.error(
            "unknown-site",
            say!("平台配置「{site}」里没有平台「{}」。", "the site profile “{site}” has no site “{}”", name.value),
            &name.span,
            help,
        );
    }

    fn site_text_name(&mut self, name: &Words) {
        if self.site.texts.get(name.as_str()).is_some_and(|texts| !texts.is_empty()) {
            return;
        }
        let known: Vec<&str> = self.site.texts.keys().map(String::as_str).collect();
        let help = suggestion(name, &known);
        let site = &self.site.name;
        self.error(
            "unknown-text",
            say!("平台配置「{site}」里没有文字「{}」。", "the site profile “{site}” has no text “{}”", name.value),
            &name.span,
            help,
        );
    }
}

fn suggestion(word: &str, known: &[&str]) -> Message {
    match closest(word, known.iter().copied()) {
        Some(near) => say!("是不是想写「{near}」？", "did you mean “{near}”?"),
        None if known.is_empty() => say!("配置里一项也没有，请先补上。", "the profile has none: add it"),
        None => Message::new(format!("可用：{}。", known.join("、")), format!("known: {}", known.join(", "))),
    }
}

#[cfg(test)]
mod tests;
