//! `ruku guide`: what trainers hand out, made from a run folder; and the flow chart, drawn from the playbooks.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use super::stop::{Stop, read_named};
use super::texts::report;
use super::{Context, block_on, cancelled_by_signals, home, print};
use crate::actions::site::Site;
use crate::base::{Diagnostic, Lang, Source, files};
use crate::guide::{self, Chart, Format, Making};
use crate::playbook::{self, Playbook};

/// The playbook whose sequence is the whole way.
const WHOLE: &str = "onboarding";

/// Arguments of `ruku guide`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The run folder, best of a run with --mode present
    #[arg(required_unless_present = "chart")]
    run: Option<PathBuf>,
    /// What to make of the run, with commas between them: html, a page; png, a picture a step; mp4, a film; gif, a short animation
    #[arg(long, value_name = "FORMATS", value_delimiter = ',', default_value = "html", requires = "run", ignore_case = true, value_parser = Format::NAMES.map(|(name, _)| name))]
    to: Vec<String>,
    /// The new folder to make it in (default: beside the run folder, with its name)
    #[arg(long, value_name = "FOLDER", requires = "run")]
    out: Option<PathBuf>,
    /// Draw the flow chart of the playbooks into this file (.svg or .png)
    #[arg(long, value_name = "FILE", conflicts_with = "run")]
    chart: Option<PathBuf>,
    /// The site profile that says what the portals are called in the chart (default: that of the real portals)
    #[arg(long, value_name = "FILE", requires = "chart")]
    site: Option<PathBuf>,
}

pub(super) fn main(context: &Context, args: &Args) -> ExitCode {
    let made = match (&args.run, &args.chart) {
        (Some(run), _) => of_run(context, args, run),
        (_, Some(file)) => chart(context, args, file).map(|()| vec![file.clone()]),
        // Clap has refused that.
        (None, None) => Ok(Vec::new()),
    };
    match made {
        Ok(files) => {
            files.iter().for_each(|file| print::out(format_args!("{}{}", context.text("已生成：", "made: "), file.display())));
            ExitCode::SUCCESS
        }
        Err(stop) => context.stop(&stop),
    }
}

fn of_run(context: &Context, args: &Args, run: &Path) -> Result<Vec<PathBuf>, Stop> {
    if let Some(stop) = super::proof::no_run(run) {
        return Err(stop);
    }
    let mut story = guide::read(run)?;
    if story.scenes.iter().all(|scene| scene.marks.is_empty()) {
        print::err(context.text(
            "注意：这次办理没有记下点击和填写的位置，成品中没有红框。用 ruku run --mode present 重新办理一次即可标出。",
            "note: this run did not keep where it pressed and entered, so nothing is marked; run it again with ruku run --mode present",
        ));
    }
    if !story.finished {
        print::err(context.text(
            "注意：这次办理没有办到最后，成品只到停下之前为止。",
            "note: this run did not come to its end; what is made of it ends before the step where it stopped",
        ));
    }
    let formats: Vec<Format> = args.to.iter().filter_map(|name| Format::named(&name.to_ascii_lowercase())).collect();
    if formats.contains(&Format::Html) {
        // Where the playbooks are not at hand the guide goes without.
        story.chart = drawn(context, None).ok();
    }
    let to = args.out.clone().unwrap_or_else(|| {
        let mut name = run.file_name().unwrap_or_default().to_os_string();
        name.push(if context.lang == Lang::Zh { "-guide-zh" } else { "-guide-en" });
        run.with_file_name(name)
    });
    let shown = Shown::new(context.lang);
    let made = block_on(async {
        let tell = |format, done, of| shown.at(format, done, of);
        let making = Making::new(cancelled_by_signals(), &tell);
        // The work is that of a processor; what listens for signals runs beside it.
        tokio::task::block_in_place(|| guide::write(&story, &formats, &to, context.lang, &making))
    });
    shown.end(made.is_ok());
    Ok(made?)
}

/// What is being made: on a terminal one line that counts, elsewhere a line for each.
struct Shown {
    lang: Lang,
    terminal: bool,
    /// What the last line is about, and how many hundredths it told.
    last: Mutex<Option<(Format, u32)>>,
}

impl Shown {
    fn new(lang: Lang) -> Shown {
        Shown { lang, terminal: std::io::stderr().is_terminal(), last: Mutex::default() }
    }

    fn at(&self, format: Format, done: u32, of: u32) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let hundredths = u32::try_from(u64::from(done) * 100 / u64::from(of.max(1))).unwrap_or(100);
        if *last == Some((format, hundredths)) {
            return;
        }
        let before = last.map(|(before, _)| before).filter(|before| *before != format);
        if self.terminal {
            let full = before.map(|before| format!("\r{}\n", self.line(before, Some(100)))).unwrap_or_default();
            print::err_text(&format!("{full}\r{}", self.line(format, Some(hundredths))));
        } else if last.is_none() || before.is_some() {
            print::err(self.line(format, None));
        }
        *last = Some((format, hundredths));
    }

    /// Leaves the line, so that what is said next begins at its left.
    fn end(&self, whole: bool) {
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((format, _)) = last.filter(|_| self.terminal) {
            let full = if whole { format!("\r{}", self.line(format, Some(100))) } else { String::new() };
            print::err_text(&format!("{full}\n"));
        }
    }

    fn line(&self, format: Format, hundredths: Option<u32>) -> String {
        let what = match format {
            Format::Html => crate::say!("指南网页", "the page of the guide"),
            Format::Png => crate::say!("标注图", "the annotated pictures"),
            Format::Mp4 => crate::say!("影片", "the film"),
            Format::Gif => crate::say!("动图", "the animation"),
        };
        let (zh, what) = (self.lang == Lang::Zh, what.get(self.lang));
        let begun = if zh { format!("正在生成{what}") } else { format!("making {what}") };
        hundredths.map_or_else(|| format!("{begun}…"), |hundredths| format!("{begun} {hundredths:>3} %"))
    }
}

fn chart(context: &Context, args: &Args, file: &Path) -> Result<(), Stop> {
    guide::refuse_place(file)?;
    let ends = |ending: &str| file.extension().is_some_and(|own| own.eq_ignore_ascii_case(ending));
    if !ends("svg") && !ends("png") {
        let file = file.display();
        return Err(Stop::Wrong(crate::say!(
            "流程图是 SVG 或 PNG 图片，文件名请以 .svg 或 .png 结尾：{file}",
            "the flow chart is an SVG or PNG picture; let its name end in .svg or .png: {file}"
        )));
    }
    let svg = drawn(context, args.site.as_deref())?;
    let bytes = if ends("png") { guide::picture(&svg)? } else { svg.into_bytes() };
    Ok(files::write_new(file, &bytes)?)
}

/// The flow chart of the playbooks, with the names of the portals from a site profile.
fn drawn(context: &Context, site: Option<&Path>) -> Result<String, Stop> {
    let folder = home::find(context)?.join("playbooks");
    let site_file = site.map_or_else(|| folder.join("sites/huhehaote.yaml"), Path::to_owned);
    let (site, found, source) = playbook::site::read(&site_file.display().to_string(), &read_named(&site_file)?);
    let site = told(context, site, &source, &found)?;
    let mut all = Vec::new();
    for path in playbook::all(&folder)?.into_iter().filter(|path| path.parent() == Some(folder.as_path())) {
        all.push((path.clone(), read(context, &path, &folder, &site)?));
    }
    let named = |name: &str| -> Result<&Playbook, Stop> {
        let path = playbook::find(&folder, name)?;
        let found = all.iter().find(|(own, _)| *own == path).map(|(_, playbook)| playbook);
        let folder = folder.display();
        found.ok_or_else(|| Stop::Wrong(crate::say!("流程「{name}」不在 {folder} 中", "“{name}” is not in {folder}")))
    };
    let whole = named(WHOLE)?;
    let way = whole.sequence.iter().map(|name| named(&name.value)).collect::<Result<Vec<_>, _>>()?;
    let everything: Vec<&Playbook> = all.iter().map(|(_, playbook)| playbook).collect();
    Ok(Chart::of(whole, &way, &everything, &site).svg(context.lang))
}

fn read(context: &Context, path: &Path, folder: &Path, site: &Site) -> Result<Playbook, Stop> {
    let (mut playbook, found, source) = playbook::read(&path.display().to_string(), &read_named(path)?);
    if let Some(playbook) = &mut playbook {
        for part in playbook::take_in(playbook, folder, site) {
            told(context, Some(()), &part.source, &part.diagnostics)?;
        }
    }
    told(context, playbook, &source, &found)
}

/// What was read, unless there are errors in it: those are printed.
fn told<T>(context: &Context, read: Option<T>, source: &Source, found: &[Diagnostic]) -> Result<T, Stop> {
    let wrong = report(context, source, found);
    read.filter(|_| !wrong).ok_or(Stop::Told)
}
