//! The texts of a run: site profile and playbooks, read and checked, with all faults of all files told before anything starts.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::stop::{Stop, find_playbook, read_named};
use super::{Context, home, print};
use crate::actions::site::Site;
use crate::base::{Diagnostic, Message, Severity, Source, diagnostic};
use crate::playbook::{self, Fact};
use crate::run::Chosen;

/// Which texts a run or a hand-over works from.
pub(super) struct Wanted<'a> {
    /// The playbooks, by section or file.
    pub(super) names: &'a [String],
    /// The site profile; none takes the training's or Hohhot's.
    pub(super) site: Option<&'a Path>,
    /// The folder with playbooks and parts; none takes Ruku's own.
    pub(super) folder: Option<&'a Path>,
    /// The port of the training's portals.
    pub(super) port: Option<u16>,
    /// Whether real portals are meant, whose addresses must be there.
    pub(super) real: bool,
    /// How this command is practised on the training portals; none where they cannot be served.
    pub(super) practise: Option<Message>,
    /// Whether the site profile comes in a package, from somebody else.
    pub(super) packed: bool,
}

/// What to do to practise, where the training portals can be served: they need Linux.
pub(super) fn with_training(practise: Message) -> Option<Message> {
    cfg!(target_os = "linux").then_some(practise)
}

/// What a run works from.
pub(super) struct Texts {
    /// The playbooks in their order; one that is a sequence stands before its own.
    pub(super) playbooks: Vec<Chosen>,
    /// The site profile, its addresses filled in.
    pub(super) site: Site,
    /// SHA-256 of its file, lower-case hex.
    pub(super) site_sha256: String,
    /// The `drivers/` folder.
    pub(super) drivers: PathBuf,
    /// The `playbooks/` folder.
    pub(super) folder: PathBuf,
    /// File names of the playbooks that were named, without those of sequences.
    pub(super) named: Vec<String>,
}

/// The site profile that comes with Ruku.
fn own_profile(home: &Path, training: bool) -> PathBuf {
    home.join(if training { "playbooks/sites/training.yaml" } else { "playbooks/sites/huhehaote.yaml" })
}

/// Reads and checks everything that is text; prints all diagnostics of all files before giving up.
pub(super) fn read(context: &Context, wanted: &Wanted<'_>) -> Result<Texts, Stop> {
    let home = home::find(context)?;
    let (own, drivers) = (home.join("playbooks"), home.join("drivers"));
    let site_file = wanted.site.map_or_else(|| own_profile(&home, !wanted.real), Path::to_owned);
    let folder = wanted.folder.map_or(own, Path::to_owned);
    let mut wrong = false;
    let bytes = read_named(&site_file)?;
    let site_sha256 = hex::encode(Sha256::digest(&bytes));
    let (site, found, source) = playbook::site::read(&site_file.display().to_string(), &bytes);
    wrong |= report(context, &source, &found);
    let Some(mut site) = site else { return Err(Stop::Told) };
    if let Some(port) = wanted.port {
        site.fill_port(port);
    }
    if wanted.packed {
        let file = own_profile(&home, site.training);
        let (trusted, found, source) = playbook::site::read(&file.display().to_string(), &read_named(&file)?);
        wrong |= report(context, &source, &found);
        let Some(trusted) = trusted else { return Err(Stop::Told) };
        site.distrust(&trusted);
    }
    let (mut playbooks, mut named) = (Vec::new(), Vec::new());
    for name in wanted.names {
        let Some(chosen) = one(context, &folder, &site, name, &mut wrong)? else { continue };
        named.push(file_name(&chosen.file));
        let members: Vec<String> = chosen.playbook.sequence.iter().map(|member| member.value.clone()).collect();
        playbooks.push(chosen);
        for member in members {
            let Some(chosen) = one(context, &folder, &site, &member, &mut wrong)? else { continue };
            if !chosen.playbook.sequence.is_empty() {
                return Err(Stop::Wrong(crate::say!(
                    "「{member}」本身就是一串流程，不能再放进 sequence。",
                    "“{member}” is a sequence itself and cannot stand in one"
                )));
            }
            playbooks.push(chosen);
        }
    }
    if wanted.real {
        let named_sites: BTreeSet<String> =
            playbooks.iter().flat_map(|chosen| playbook::check::sites(&chosen.playbook, &site)).collect();
        let missing = playbook::site::missing_addresses(&site, &source, &|name| named_sites.contains(name));
        if report(context, &source, &missing) {
            wrong = true;
            let practise = wanted.practise.as_ref();
            let practise = practise.map(|Message { zh, en }| crate::say!("想先练习：{zh}。", "to practise first, {en}; "));
            let practise = practise.as_ref().map_or("", |practise| practise.get(context.lang));
            let real = context.text(
                "真实办理：复制 playbooks/sites/huhehaote.yaml，填好网址（与 title 对齐），再用 --site 指明复制的文件。",
                "for the real portals copy playbooks/sites/huhehaote.yaml, enter the addresses (aligned with title), and name the copy with --site",
            );
            print::err(format_args!("{practise}{real}"));
        }
    }
    if wrong { Err(Stop::Told) } else { Ok(Texts { playbooks, site, site_sha256, drivers, folder, named }) }
}

/// The file's name without its folders.
pub(super) fn file_name(file: &str) -> String {
    Path::new(file).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// One playbook with its parts; none when it could not be read, which has been told.
fn one(context: &Context, folder: &Path, site: &Site, name: &str, wrong: &mut bool) -> Result<Option<Chosen>, Stop> {
    let path = find_playbook(folder, name)?;
    let bytes = read_named(&path)?;
    let (mut read, mut found, source) = playbook::read(&path.display().to_string(), &bytes);
    let mut parts = Vec::new();
    if let Some(read) = &mut read {
        for part in playbook::take_in(read, folder, site) {
            *wrong |= report(context, &part.source, &part.diagnostics);
            parts.push((part.name, part.bytes));
        }
        found.extend(playbook::check(read, site));
    }
    *wrong |= report(context, &source, &found);
    Ok(read.map(|playbook| Chosen { file: path.display().to_string(), bytes, playbook, parts }))
}

/// Prints diagnostics; says whether one of them forbids the run.
pub(super) fn report(context: &Context, source: &Source, found: &[Diagnostic]) -> bool {
    print::err_text(&diagnostic::render(source, found, context.lang));
    found.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
}

/// The sections of the playbooks in `folder` that give `fact`.
pub(super) fn givers(folder: &Path, fact: &Fact) -> Vec<String> {
    let same =
        |given: &Fact| std::mem::discriminant(given) == std::mem::discriminant(fact) && given.site().value == fact.site().value;
    let giver = |path: PathBuf| {
        // Those that are named by a section: the others need one of them themselves.
        path.file_stem()?.to_str()?.starts_with(|c: char| c.is_ascii_digit()).then_some(())?;
        let playbook = playbook::read("", &std::fs::read(path).ok()?).0?;
        playbook.gives.iter().any(|given| same(&given.value)).then_some(playbook.guide.value)
    };
    let mut sections: Vec<String> = playbook::all(folder).into_iter().flatten().filter_map(giver).collect();
    sections.dedup();
    sections
}
