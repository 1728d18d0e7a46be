//! What makes an irreversible act the same act again: site, subject, act and revision.
//!
//! An act with an id has one key wherever it is pressed from: never its file, never its place. The key never says who the subject is.

use std::collections::BTreeMap;

use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::Chosen;
use crate::base::Secret;
use crate::playbook::{InputType, Node, Once, Playbook};

/// The parts of a key.
#[derive(Debug)]
pub(super) struct OnceKey<'a> {
    /// Key of this installation: the subject's number must not be guessable from the record.
    pub installation: &'a Secret,
    /// Name of the site profile.
    pub site: &'a str,
    /// Who it is done for, as the inputs say.
    pub subject: &'a str,
    /// What the act is called; see [`act`].
    pub act: String,
    /// 1 the first time; a confirmed resubmission has the next number.
    pub revision: u32,
}

impl OnceKey<'_> {
    /// `site/act/rN/` and 32 hex digits of HMAC-SHA256 over all parts; equal for equal parts within one installation.
    pub(super) fn text(&self) -> String {
        let (site, act, revision) = (self.site, &self.act, self.revision);
        let parts = format!("{site}\0{act}\0{revision}\0{}", self.subject);
        // HMAC takes keys of any length, so this cannot fail.
        let mac = Hmac::<Sha256>::new_from_slice(self.installation.expose().as_bytes())
            .map(|mac| hex::encode(mac.chain_update(parts.as_bytes()).finalize().into_bytes()))
            .unwrap_or_default();
        format!("{site}/{act}/r{revision}/{}", &mac[..32.min(mac.len())])
    }
}

/// What an irreversible act is called: its id, or else the playbook's section and the step's place in it.
pub(super) fn act(playbook: &Playbook, node: &Node, once: &Once) -> String {
    match &once.id {
        Some(id) => id.value.clone(),
        None => format!("{}#{}", playbook.guide.value, node.number),
    }
}

/// Who it is done for: the identity number that a playbook of this run declares, else the company's code, else the `holder` that the
/// page showed, else the `applicant`. Equal across runs whose playbooks declare the number first, whatever the language.
pub(super) fn subject(playbooks: &[Chosen], inputs: &BTreeMap<String, String>, holder: Option<&str>, applicant: &str) -> String {
    let of = |wanted: InputType| {
        let declared = playbooks.iter().flat_map(|chosen| &chosen.playbook.inputs);
        declared.filter(|(_, input)| input.kind == wanted).find_map(|(name, _)| inputs.get(name.as_str())).cloned()
    };
    of(InputType::CnId)
        .or_else(|| of(InputType::CreditCode))
        // The `x` of an identity number is typed as it comes.
        .map(|number| number.to_uppercase())
        .or_else(|| holder.map(str::to_owned))
        .unwrap_or_else(|| applicant.to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::playbook::{self, Work, node};

    #[test]
    fn a_key_hides_the_subject_and_tells_acts_apart() {
        let installation = Secret::new("k");
        let key = |subject, revision| {
            OnceKey { installation: &installation, site: "training", subject, act: "bind".into(), revision }.text()
        };
        assert_eq!(key("150102199001011234", 1), key("150102199001011234", 1));
        assert_ne!(key("150102199001011234", 1), key("150102199001011234", 2));
        assert_ne!(key("150102199001011234", 1), key("150102199001011242", 1));
        assert!(key("150102199001011234", 1).starts_with("training/bind/r1/"));
        assert!(!key("150102199001011234", 1).contains("150102"));
    }

    /// A playbook of the project with its shared steps.
    fn chosen(name: &str) -> Chosen {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("playbooks");
        let site = playbook::site::read("t", include_bytes!("../../playbooks/sites/training.yaml")).0.unwrap();
        let bytes = std::fs::read(playbook::find(&folder, name).unwrap()).unwrap();
        let mut playbook = playbook::read(name, &bytes).0.unwrap();
        playbook::take_in(&mut playbook, &folder, &site);
        Chosen { file: name.to_owned(), bytes, playbook, parts: Vec::new() }
    }

    /// The keys of all irreversible acts of a run of these playbooks, for one and the same person.
    fn keys(names: &[&str]) -> BTreeSet<String> {
        let playbooks: Vec<Chosen> = names.iter().map(|name| chosen(name)).collect();
        let values = [("姓名", "沐甲"), ("身份证号", "11010519491231002X"), ("法定代表人证件号码", "110105194912310021")];
        let mut inputs: BTreeMap<String, String> =
            values.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        inputs.insert("统一社会信用代码".to_owned(), "91350100M000100Y43".to_owned());
        let subject = subject(&playbooks, &inputs, Some("沐甲"), "p1");
        let installation = Secret::new("k");
        let mut keys = BTreeSet::new();
        for chosen in &playbooks {
            let lists =
                std::iter::once(&chosen.playbook.steps).chain(chosen.playbook.handlers.iter().map(|handler| &handler.then));
            for list in lists {
                node::walk(list, &mut |node| {
                    let Work::Step(step) = &node.work else { return };
                    let Some(once) = &step.once else { return };
                    assert!(once.id.is_some(), "{}, step {}: an irreversible act without an id", chosen.file, node.number);
                    let act = act(&chosen.playbook, node, once);
                    let key = OnceKey { installation: &installation, site: "training", subject: &subject, act, revision: 1 };
                    keys.insert(key.text());
                });
            }
        }
        keys
    }

    #[test]
    fn an_act_has_one_key_wherever_it_is_pressed_from() {
        let sequence = chosen("onboarding").playbook.sequence;
        let members: Vec<&str> = sequence.iter().map(|member| member.value.as_str()).collect();
        let whole = keys(&members);
        let acts =
            |keys: &BTreeSet<String>| keys.iter().map(|key| key.rsplit_once('/').unwrap().0.to_owned()).collect::<Vec<_>>();
        let expected = [
            "training/bind/r1",
            "training/member.activate/r1",
            "training/member.authorise/r1",
            "training/member.seal.notice/r1",
            "training/member.seal.promise/r1",
            "training/member.sync/r1",
            "training/registry.activate/r1",
            "training/registry.authorise/r1",
            "training/registry.submit/r1",
        ];
        assert_eq!(acts(&whole), expected);
        let alone: BTreeSet<String> = members.iter().flat_map(|member| keys(&[member])).collect();
        assert_eq!(alone, whole);
        assert!(keys(&["4.2.1-member-login-by-ca"]).is_subset(&whole) && keys(&["completeness"]).is_subset(&whole));
        assert!(keys(&["change-and-resync"]).is_subset(&whole));
    }

    #[test]
    fn no_irreversible_act_of_the_project_lacks_an_id() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("playbooks");
        for path in playbook::all(&folder).unwrap().iter().filter(|path| path.parent() == Some(&folder)) {
            keys(&[path.file_stem().unwrap().to_str().unwrap()]);
        }
    }
}
