use super::*;
use crate::base::Lang;
use crate::base::diagnostic::render;

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("playbooks").join(path)
}

fn load(name: &str) -> Playbook {
    let path = find(&project("."), name).unwrap();
    let (playbook, faults, source) = read(name, &std::fs::read(path).unwrap());
    assert!(faults.is_empty(), "{}", render(&source, &faults, Lang::En));
    let playbook = playbook.unwrap();
    for profile in ["sites/training.yaml", "sites/huhehaote.yaml"] {
        let (site, ..) = site::read(profile, &std::fs::read(project(profile)).unwrap());
        let found = check(&playbook, &site.unwrap());
        assert!(found.is_empty(), "{}", render(&source, &found, Lang::En));
    }
    playbook
}

#[test]
fn the_projects_playbooks_read_without_a_fault() {
    let (enter, bind) = (load("2.1.1"), load("2.2"));
    assert_eq!(enter.steps.len(), 5);
    assert_eq!(bind.inputs.0.len(), 5);
    let plan = Plan::of(&bind);
    let numbers: Vec<u32> = plan.steps.iter().map(|line| line.number).collect();
    assert_eq!(numbers, (1..=12).collect::<Vec<_>>());
    assert_eq!(plan.steps.iter().filter(|line| line.once).count(), 1);
    assert!(plan.steps[2].person && plan.steps[5].depth == 1);
}

#[test]
fn the_real_profile_asks_for_every_address() {
    let bytes = std::fs::read(project("sites/huhehaote.yaml")).unwrap();
    let (site, faults, source) = site::read("huhehaote.yaml", &bytes);
    assert!(faults.is_empty(), "{}", render(&source, &faults, Lang::En));
    let site = site.unwrap();
    assert!(site.places.values().all(|place| place.address.is_none()) && site.address("hohhot").is_err());
    let missing = site::missing_addresses(&site, &source);
    assert_eq!(missing.iter().filter(|fault| fault.code == "missing-address" && fault.span.is_some()).count(), 2);
    assert!(!String::from_utf8(bytes).unwrap().contains("http"), "no source gives a real address");
}

#[test]
fn the_training_profile_takes_the_port() {
    let bytes = std::fs::read(project("sites/training.yaml")).unwrap();
    let (site, faults, source) = site::read("training.yaml", &bytes);
    assert!(faults.is_empty(), "{}", render(&source, &faults, Lang::En));
    let mut site = site.unwrap();
    site.fill_port(4321);
    assert!(site.training && site.only_loopback().is_ok());
    assert_eq!(site.address("hohhot").unwrap(), "http://hohhot.localhost:4321/");
    assert!(site.is_at("ca-mutual", "http://ca-mutual.localhost:4321/bind"));
    assert!(!site.is_at("ca-mutual", "http://ca-mutual.localhost:9/") && !site.is_at("nowhere", "http://ca-mutual.localhost:4321/"));
    assert_eq!(site::missing_addresses(&site, &source).len(), 1);
}
