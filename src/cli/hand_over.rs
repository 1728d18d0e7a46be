//! `ruku hand-over`: support packs playbooks, site profile and inputs for a customer who holds the lock. Runs nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::given::wrong_inputs;
use super::run::read_inputs;
use super::stop::{Stop, read_named};
use super::texts::{self, Wanted};
use super::{Context, print};
use crate::actions::site::Site;
use crate::base::{Fault, FaultKind, Message};
use crate::playbook::package::{self, Package};
use crate::playbook::{self, Playbook};

/// Arguments of `ruku hand-over`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What the customer is to run: sections of the guide (such as 2.2) or files, in order
    #[arg(required = true)]
    playbooks: Vec<String>,
    /// Site profile of the real portals, with the addresses entered (or the training profile, to practise)
    #[arg(long, value_name = "FILE")]
    site: PathBuf,
    /// File of inputs; secret ones stay out, what is missing the customer is asked for
    #[arg(long, value_name = "FILE")]
    inputs: Option<PathBuf>,
    /// The package: a new folder
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
}

pub(super) fn main(context: &Context, args: &Args) -> ExitCode {
    match pack(context, args) {
        Ok((package, left_out)) => {
            if !left_out.is_empty() {
                let (zh, en) = (left_out.join("、"), left_out.join(", "));
                let note = crate::say!(
                    "没有放进交接包（保密，或没有流程需要）：{zh}",
                    "not in the package (secret, or asked for by no playbook): {en}"
                );
                print::err(note.get(context.lang));
            }
            let (folder, code) = (package.folder.display(), &package.code);
            let done = crate::say!(
                "交接包：{folder}\n校验码：{code}（客户开始时会看到同一个，请在电话里核对）\n其中有个人信息，请只交给客户本人。客户怎么做，写在 README.txt 里。",
                "hand-over package: {folder}\ncode: {code} (the customer sees the same one at the start; compare it on the phone)\nit holds personal data: give it to the customer alone; README.txt says what the customer does"
            );
            print::out(done.get(context.lang));
            ExitCode::SUCCESS
        }
        Err(stop) => context.stop(&stop),
    }
}

fn pack(context: &Context, args: &Args) -> Result<(Package, Vec<String>), Stop> {
    let site = read_named(&args.site)?;
    let training = playbook::site::read("", &site).0.is_some_and(|site| site.training);
    let wanted = Wanted {
        names: &args.playbooks,
        site: Some(&args.site),
        folder: None,
        port: None,
        real: !training,
        practise: Some(crate::say!("写 --site playbooks/sites/training.yaml", "name playbooks/sites/training.yaml with --site")),
        packed: true,
    };
    let texts = texts::read(context, &wanted)?;
    let given = args.inputs.as_deref().map(|file| read_inputs(context, file)).transpose()?.unwrap_or_default();
    wrong_inputs(&texts.playbooks, &given)?;
    let playbooks: Vec<&Playbook> = texts.playbooks.iter().map(|chosen| &chosen.playbook).collect();
    let (inputs, left_out) = package::travelling(&playbooks, given);
    let mut packed = package::Texts { run: texts.named.clone(), site: &site, inputs, left_out, ..package::Texts::default() };
    for chosen in &texts.playbooks {
        add(&mut packed.playbooks, texts::file_name(&chosen.file), &chosen.bytes)?;
        for (name, bytes) in &chosen.parts {
            add(&mut packed.parts, name.clone(), bytes)?;
        }
    }
    let package = package::write(&args.to, &packed)?;
    Ok((package, packed.left_out))
}

/// Two playbooks may share a part, but not a name with other words behind it.
fn add<'a>(texts: &mut BTreeMap<String, &'a [u8]>, name: String, bytes: &'a [u8]) -> Result<(), Fault> {
    let other = texts.insert(name.clone(), bytes).is_some_and(|before| before != bytes);
    if !other {
        return Ok(());
    }
    Err(Fault::new(
        FaultKind::Refused,
        crate::say!("有两个不同的文件都叫 {name}，请改名。", "two different files are called {name}; rename one"),
    ))
}

/// What a run of a package says first, and where its record will lie.
pub(super) fn greeting(package: &Package) -> Message {
    let (code, runs) = (&package.code, package.runs.display());
    crate::say!(
        "交接包校验码：{code}，请与支持人员核对。办理档案将存放在 {runs}，办完请把整个文件夹交回。",
        "code of the hand-over package: {code}; compare it with support. The record will lie in {runs}; give the whole folder back afterwards"
    )
}

/// What the person has to agree to before a package is run: who made it, and where it goes.
pub(super) fn question(package: &Package, site: &Site) -> Message {
    let (code, portals) = (&package.code, site.portals());
    let list = |of: fn(&Message) -> &str| portals.iter().map(|portal| format!("\n  {}", of(portal))).collect::<String>();
    let (zh, en) = (list(|portal| &portal.zh), list(|portal| &portal.en));
    Message::new(
        format!("即将执行交接包。请与支持人员在电话里核对校验码 {code}，并核对下列平台网址；有一处不一致就不要继续。{zh}"),
        format!(
            "a hand-over package is about to run; compare the code {code} with support on the phone, and these addresses of the portals; do not go on if anything differs{en}"
        ),
    )
}

/// Opens the package that a run was given.
pub(super) fn open(folder: &Path) -> Result<Package, Stop> {
    Ok(package::open(folder)?)
}
