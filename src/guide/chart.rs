//! The flow chart 诚信库入库流程图, drawn from the playbooks: the guide's own picture is lost, and what the playbooks do is what counts.
//!
//! Never says more than the playbooks do: order from `sequence`, arrows from `requires` and `gives`, signs from the steps.

use std::fmt::Write as _;

use super::layout::{self, FONTS, LEADING, escaped, lines};
use crate::actions::Act;
use crate::actions::site::Site;
use crate::base::{Lang, Message};
use crate::playbook::{Fact, Plan, Playbook, Work, node, sections};
use crate::say;

/// The drawing is so wide, in CSS pixels; its height follows from what is in it.
const WIDTH: f64 = 960.0;
const MARGIN: f64 = 32.0;
/// The column of the way itself, and the column of other ways.
const SPINE: (f64, f64) = (MARGIN, 500.0);
const ASIDE: (f64, f64) = (592.0, 336.0);
const PADDING: f64 = 16.0;
/// Room for an arrow with its words.
const GAP: f64 = 52.0;
/// Between boxes that stand beside the way.
const CLOSE: f64 = 14.0;
const NUMBER: f64 = 19.0;
const SMALL: f64 = 13.0;
const SIGN_HEIGHT: f64 = 22.0;

/// Signs of what a procedure asks of the person, by the word of the step that asks it, in the order they are shown.
const SIGNS: [(&str, &str, &str); 5] = [
    ("insert_lock", "插 CA 锁", "CA lock"),
    ("enter_pin", "本人输入密码", "PIN by the person"),
    ("upload", "上传附件", "uploads"),
    ("seal", "签章", "seal"),
    ("park", "等待平台审核", "waits for the portal"),
];

/// The chart as data: boxes in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    /// The name of the whole way.
    pub title: Message,
    /// What it was drawn from.
    pub edition: String,
    /// The way, from its first box to its last.
    pub way: Vec<Stop>,
    /// What is reached at the end.
    pub end: Option<Message>,
    /// Procedures that stand beside the way.
    pub apart: Vec<Procedure>,
}

/// One box of the way, with other ways to the same place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// The box.
    pub own: Procedure,
    /// What must hold before it, as an arrow says.
    pub needs: Option<Message>,
    /// Procedures of the same chapter that lead to the same.
    pub others: Vec<Procedure>,
}

/// One procedure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Procedure {
    /// Section of the guide; empty for a procedure of no section of its own.
    pub section: String,
    /// Its name.
    pub title: Message,
    /// The portal where it takes place.
    pub portal: Option<Message>,
    /// What it asks of the person.
    pub signs: Vec<Message>,
}

impl Chart {
    /// The chart of `whole`, whose sequence is `way`, among `all` playbooks that there are; `site` says what portals are called. All
    /// with their shared steps taken in.
    pub fn of(whole: &Playbook, way: &[&Playbook], all: &[&Playbook], site: &Site) -> Chart {
        let on_the_way = |one: &Playbook| way.iter().any(|other| std::ptr::eq::<Playbook>(*other, one));
        let mut rest: Vec<&Playbook> =
            all.iter().copied().filter(|one| !on_the_way(one) && one.sequence.is_empty() && !std::ptr::eq(*one, whole)).collect();
        let mut stops = Vec::new();
        // What nothing leads to and what leads nowhere comes before everything.
        rest.retain(|one| {
            let first = one.requires.is_empty() && one.gives.is_empty();
            if first {
                stops.push(Stop { own: Procedure::of(one, site), needs: None, others: Vec::new() });
            }
            !first
        });
        for one in way {
            let mut others = Vec::new();
            rest.retain(|other| {
                let same = gives(one).next().is_some() && gives(other).eq(gives(one)) && chapter(other) == chapter(one);
                if same {
                    others.push(Procedure::of(other, site));
                }
                !same
            });
            let needs = one.requires.first().map(|fact| fact.value.message(&site.title(&fact.value.site().value)));
            stops.push(Stop { own: Procedure::of(one, site), needs, others });
        }
        Chart {
            title: whole.title.message(),
            edition: whole.edition.value.clone(),
            end: way.iter().rev().find_map(|one| milestone(one)),
            way: stops,
            apart: rest.into_iter().map(|one| Procedure::of(one, site)).collect(),
        }
    }

    /// The drawing: SVG 1.1 without scripts or anything from outside.
    pub fn svg(&self, lang: Lang) -> String {
        let title = self.title.get(lang);
        let (mut body, mut y) = (String::new(), MARGIN + 24.0);
        layout::text(&mut body, (MARGIN, y), 26.0, "name", &[title.to_owned()]);
        y += 26.0;
        // Where the box before ends.
        let mut bottom = None;
        for stop in &self.way {
            if let Some(bottom) = bottom {
                y += GAP;
                arrow(&mut body, (bottom, y), stop.needs.as_ref().map(|needs| needs.get(lang)));
            }
            let height = stop.own.draw(&mut body, (SPINE.0, y), SPINE.1, "way", lang);
            bottom = Some(y + height);
            let mut aside = y;
            for (index, other) in stop.others.iter().enumerate() {
                aside += if index > 0 { CLOSE } else { 0.0 };
                or(&mut body, aside + NUMBER, lang);
                aside += other.draw(&mut body, (ASIDE.0, aside), ASIDE.1, "other", lang);
            }
            y = aside.max(y + height);
        }
        if let Some((end, bottom)) = self.end.as_ref().zip(bottom) {
            y += GAP;
            arrow(&mut body, (bottom, y), None);
            let (x, width) = SPINE;
            let _ =
                writeln!(body, "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"44\" rx=\"22\" class=\"end\"/>");
            layout::text(&mut body, (x + PADDING + 8.0, y + 28.0), NUMBER, "end-words", &[end.get(lang).to_owned()]);
            y += 44.0;
        }
        if !self.apart.is_empty() {
            y += GAP;
            let words = say!("另行办理（不在全流程中）", "On their own, not part of the whole way");
            layout::text(&mut body, (MARGIN, y), 16.0, "name", &[words.get(lang).to_owned()]);
            y += CLOSE;
            let columns = 2.0;
            let room = (WIDTH - 2.0 * MARGIN - (columns - 1.0) * CLOSE) / columns;
            for row in self.apart.chunks(2) {
                let mut tallest: f64 = 0.0;
                for (index, one) in row.iter().enumerate() {
                    let x = MARGIN + index as f64 * (room + CLOSE);
                    tallest = tallest.max(one.draw(&mut body, (x, y), room, "other", lang));
                }
                y += tallest + CLOSE;
            }
        }
        let edition = &self.edition;
        let source = say!(
            "由办理流程按《诚信库入库流程 操作手册》{edition} 的文字绘制；手册的原图不在其文字中。",
            "Drawn from the playbooks after the words of the guide 《诚信库入库流程 操作手册》 {edition}, whose own picture is not in its text."
        );
        let source = lines(source.get(lang), (WIDTH - 2.0 * MARGIN) / SMALL);
        layout::text(&mut body, (MARGIN, y + 24.0), SMALL, "note", &source);
        y += 24.0 + source.len() as f64 * SMALL * LEADING + MARGIN / 2.0;
        let told: Vec<String> = self.way.iter().map(|stop| stop.own.words(lang)).collect();
        let (code, told) = (if lang == Lang::Zh { "zh-CN" } else { "en" }, escaped(&told.join(" → ")));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{y:.0}\" viewBox=\"0 0 {WIDTH} {y:.0}\" role=\"img\" xml:lang=\"{code}\" font-family=\"{FONTS}\">\n<title>{}</title>\n<desc>{told}</desc>\n<style>{STYLE}</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{body}</svg>\n",
            escaped(title)
        )
    }
}

/// Colours with a contrast of at least 4.5 to 1 for all words.
const STYLE: &str = "text{fill:#1f2733}.name,.number{font-weight:700}.note,.portal{fill:#4d5968}.way{fill:#eaf2fd;stroke:#1b5fb8;stroke-width:2}.other{fill:#fff;stroke:#5b6777;stroke-width:1.5;stroke-dasharray:6 4}.or{stroke:#5b6777;stroke-width:1.5;stroke-dasharray:6 4;fill:none}.arrow{stroke:#1b5fb8;stroke-width:2;fill:none}.head{fill:#1b5fb8}.sign{fill:#fff;stroke:#1b5fb8}.heavy{fill:#b3261e;stroke:#b3261e}.sign-words,.heavy-words{text-anchor:middle}.heavy-words{fill:#fff;font-weight:700}.end{fill:#1d6b34}.end-words{fill:#fff;font-weight:700}";

impl Procedure {
    fn of(playbook: &Playbook, site: &Site) -> Procedure {
        let plan = Plan::of(playbook);
        let mut signs: Vec<Message> = SIGNS
            .into_iter()
            .filter(|(word, ..)| plan.steps.iter().any(|step| step.action == *word))
            .map(|(_, zh, en)| Message::new(zh, en))
            .collect();
        if plan.steps.iter().any(|step| step.once) {
            signs.push(irreversible());
        }
        // Where it leads, or where it begins.
        let at = playbook.gives.first().or(playbook.requires.first()).map(|fact| fact.value.site());
        let section = sections::title(&playbook.guide.value).map(|_| playbook.guide.value.clone());
        let portal = at.map(|name| site.title(&name.value));
        Procedure { section: section.unwrap_or_default(), title: playbook.title.message(), portal, signs }
    }

    /// Section and name, as one line.
    fn words(&self, lang: Lang) -> String {
        format!("{} {}", self.section, self.title.get(lang)).trim().to_owned()
    }

    /// Draws it with its upper left corner at the point, and returns its height.
    fn draw(&self, svg: &mut String, (x, y): (f64, f64), width: f64, class: &str, lang: Lang) -> f64 {
        let room = width - 2.0 * PADDING;
        let words = lines(&self.words(lang), room / NUMBER);
        let portal = self.portal.as_ref().map(|portal| lines(portal.get(lang), room / SMALL)).unwrap_or_default();
        let (mut signs, mut at, mut top) = (String::new(), x + PADDING, PADDING);
        top += words.len() as f64 * NUMBER * LEADING + portal.len() as f64 * SMALL * LEADING;
        if !self.signs.is_empty() {
            top += 4.0;
        }
        for sign in &self.signs {
            let long = layout::width(sign.get(lang)) * SMALL + 16.0;
            if at > x + PADDING && at + long > x + width - PADDING {
                (at, top) = (x + PADDING, top + SIGN_HEIGHT + 6.0);
            }
            let heavy = *sign == irreversible();
            let (shape, letters) = if heavy { ("heavy", "heavy-words") } else { ("sign", "sign-words") };
            let _ = writeln!(
                signs,
                "<rect x=\"{at:.1}\" y=\"{:.1}\" width=\"{long:.1}\" height=\"{SIGN_HEIGHT}\" rx=\"11\" class=\"{shape}\"/>",
                y + top
            );
            layout::text(&mut signs, (at + long / 2.0, y + top + 15.5), SMALL, letters, &[sign.get(lang).to_owned()]);
            at += long + 8.0;
        }
        let height = top + if self.signs.is_empty() { 0.0 } else { SIGN_HEIGHT } + PADDING - 4.0;
        layout::rect(svg, (x, y), (width, height), 8, class);
        layout::text(svg, (x + PADDING, y + PADDING + NUMBER * 0.85), NUMBER, "number", &words);
        let below = y + PADDING + words.len() as f64 * NUMBER * LEADING + SMALL * 0.9;
        layout::text(svg, (x + PADDING, below), SMALL, "portal", &portal);
        svg.push_str(&signs);
        height
    }
}

fn irreversible() -> Message {
    say!("不可撤回，办前请本人确认", "irreversible, confirmed by the person")
}

/// What a playbook gives: which kind of fact, at which site.
fn gives(playbook: &Playbook) -> impl Iterator<Item = (std::mem::Discriminant<Fact>, &str)> {
    playbook.gives.iter().map(|fact| (std::mem::discriminant(&fact.value), fact.value.site().value.as_str()))
}

/// The chapter of the guide that a section stands in: `2.1` of `2.1.2`.
fn chapter(playbook: &Playbook) -> Option<&str> {
    playbook.guide.value.rsplit_once('.').map(|(chapter, _)| chapter)
}

/// What the last milestone of a playbook says.
fn milestone(playbook: &Playbook) -> Option<Message> {
    let mut last = None;
    node::walk(&playbook.steps, &mut |node| {
        if let Work::Step(step) = &node.work
            && let Act::Milestone(milestone) = &step.act
        {
            last = Some(milestone.say.message());
        }
    });
    last
}

/// The dashed line to another way.
fn or(svg: &mut String, y: f64, lang: Lang) {
    let (from, to) = (SPINE.0 + SPINE.1, ASIDE.0);
    let _ = writeln!(svg, "<path d=\"M{from:.1} {y:.1}H{to:.1}\" class=\"or\"/>");
    layout::text(svg, ((from + to) / 2.0 - 7.0, y - 6.0), SMALL, "note", &[say!("或", "or").get(lang).to_owned()]);
}

/// An arrow down from the end of one box to the next, with what must hold there.
fn arrow(svg: &mut String, (from, to): (f64, f64), words: Option<&str>) {
    let x = SPINE.0 + 60.0;
    let _ = writeln!(svg, "<path d=\"M{x:.1} {from:.1}V{:.1}\" class=\"arrow\"/>", to - 8.0);
    let _ = writeln!(svg, "<path d=\"M{:.1} {:.1}H{:.1}L{x:.1} {to:.1}Z\" class=\"head\"/>", x - 6.0, to - 10.0, x + 6.0);
    if let Some(words) = words {
        layout::text(svg, (x + 16.0, to - GAP / 2.0 + 4.0), SMALL, "note", &[words.to_owned()]);
    }
}
