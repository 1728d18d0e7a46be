//! The guide as one HTML page beside its pictures: contents, steps, alternative texts, a style for paper.
//!
//! Never a script, never an address outside of its folder, never a value that is not escaped.

use serde::Serialize;

use super::marks;
use super::story::{Scene, Story};
use crate::base::{Fault, FaultKind, Lang, Message, template};
use crate::say;

const TEMPLATE: &str = include_str!("guide.html");
const STYLE: &str = include_str!("guide.css");

/// The flow chart, beside the page.
pub(super) const CHART: &str = "flow-chart.svg";

/// What the template takes.
#[derive(Serialize)]
struct Page {
    story: View,
    style: &'static str,
}

#[derive(Serialize)]
struct View {
    title: String,
    demo: String,
    about: String,
    unfinished: bool,
    source: String,
    chart: Option<&'static str>,
    chapters: Vec<Chapter>,
}

#[derive(Serialize)]
struct Chapter {
    id: String,
    section: String,
    title: String,
    range: String,
    scenes: Vec<SceneView>,
}

#[derive(Serialize)]
struct SceneView {
    id: String,
    number: u32,
    title: String,
    person: bool,
    irreversible: bool,
    file: String,
    width: u32,
    height: u32,
    alt: String,
    overlay: String,
    after: Option<After>,
}

#[derive(Serialize)]
struct After {
    file: String,
    width: u32,
    height: u32,
    alt: String,
}

/// The name of a scene's picture, below the folder of pictures; `after` for the page afterwards.
pub(super) fn picture(scene: &Scene, after: bool) -> String {
    format!("{:03}{}.png", scene.number, if after { "-after" } else { "" })
}

/// The page. Its pictures are [`picture`] below `folder`, an address relative to the page.
///
/// # Errors
/// [`FaultKind::Io`] when it cannot be made.
pub(super) fn page(story: &Story, folder: &str, lang: Lang) -> Result<String, Fault> {
    let page = Page { story: view(story, folder, lang), style: STYLE };
    template::page(TEMPLATE, lang, &page).map_err(|fault| {
        let detail = fault.detail;
        Fault::new(
            FaultKind::Io,
            say!("指南生成失败（{detail}）。请联系支持人员。", "could not make the guide ({detail}); ask support"),
        )
    })
}

fn view(story: &Story, folder: &str, lang: Lang) -> View {
    let mut chapters: Vec<Chapter> = Vec::new();
    for scene in &story.scenes {
        if let Some((section, title)) = &scene.chapter {
            let id = format!("c{}", chapters.len() + 1);
            let (section, title) = (section.clone(), title.get(lang).to_owned());
            chapters.push(Chapter { id, section, title, range: String::new(), scenes: Vec::new() });
        }
        let Some(chapter) = chapters.last_mut() else { continue };
        chapter.scenes.push(scene_view(scene, folder, lang));
        let (first, last) = (chapter.scenes[0].number, scene.number);
        let range = if first == last {
            say!("第 {first} 步", "step {first}")
        } else {
            say!("第 {first}–{last} 步", "steps {first}–{last}")
        };
        chapter.range = range.get(lang).to_owned();
    }
    let about = if story.scenes.iter().any(|scene| !scene.marks.is_empty()) {
        say!(
            "按顺序操作。红框是要点击或填写的地方；个人信息已在截图中涂黑。",
            "Work through the steps in order. Red boxes show where to press or to enter something; personal data is blacked out in the pictures."
        )
    } else {
        say!(
            "按顺序操作。个人信息已在截图中涂黑。",
            "Work through the steps in order. Personal data is blacked out in the pictures."
        )
    };
    let source = if story.training {
        say!(
            "由 Ruku 在模拟平台上的一次办理制作，内容均为虚构，不能作为办理凭证。",
            "Made by Ruku from a run on the training portals; everything in it is fictitious, and it is no proof of anything."
        )
    } else {
        say!(
            "由 Ruku 的一次办理制作，仅供演示，不能作为办理凭证。",
            "Made by Ruku from a run, for demonstration; it is no proof."
        )
    };
    let own = |message: &Message| message.get(lang).to_owned();
    View {
        title: own(&story.title),
        demo: own(&story.demo()),
        about: own(&about),
        unfinished: !story.finished,
        source: own(&source),
        chart: story.chart.is_some().then_some(CHART),
        chapters,
    }
}

fn scene_view(scene: &Scene, folder: &str, lang: Lang) -> SceneView {
    let (number, title) = (scene.number, scene.title.get(lang).to_owned());
    let alt = match (scene.press, scene.marks.is_empty()) {
        (true, false) => say!(
            "第 {number} 步的网页截图，红框标出要点击的地方：{title}",
            "Page of step {number}; a red box shows what to press: {title}"
        ),
        (false, false) => say!(
            "第 {number} 步的网页截图，红框标出填写的地方：{title}",
            "Page of step {number}; red boxes show what was entered: {title}"
        ),
        _ => say!("第 {number} 步的网页截图：{title}", "Page of step {number}: {title}"),
    };
    let after = scene.after.as_ref().map(|still| After {
        file: format!("{folder}/{}", picture(scene, true)),
        width: still.width,
        height: still.height,
        alt: say!("第 {number} 步完成之后的网页：{title}", "The page after step {number}: {title}").get(lang).to_owned(),
    });
    SceneView {
        id: format!("s{number}"),
        number,
        title,
        person: scene.person,
        irreversible: scene.irreversible,
        file: format!("{folder}/{}", picture(scene, false)),
        width: scene.still.width,
        height: scene.still.height,
        alt: alt.get(lang).to_owned(),
        overlay: if scene.marks.is_empty() { String::new() } else { marks::overlay(scene, lang) },
        after,
    }
}
