use super::site::Purpose;
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
    playbook.unwrap()
}

#[test]
fn the_projects_playbooks_read_without_a_fault() {
    let (enter, bind) = (load("2.1.1"), load("2.2"));
    assert_eq!(enter.steps.len(), 5);
    assert_eq!(bind.inputs.iter().count(), 5);
    let plan = Plan::of(&bind);
    let numbers: Vec<u32> = plan.lines.iter().map(|line| line.number).collect();
    assert_eq!(numbers, (1..=12).collect::<Vec<_>>());
    assert_eq!(plan.lines.iter().filter(|line| line.once).count(), 1);
    assert!(plan.lines[2].person && plan.lines[5].depth == 1);
}

#[test]
fn the_real_profile_asks_for_every_address() {
    let bytes = std::fs::read(project("sites/huhehaote.yaml")).unwrap();
    let (site, faults, _) = site::read("huhehaote.yaml", &bytes, Purpose::Check);
    assert!(faults.is_empty() && site.unwrap().places.values().all(|place| place.address.is_none()));
    let (_, faults, _) = site::read("huhehaote.yaml", &bytes, Purpose::RealRun);
    assert_eq!(faults.iter().filter(|fault| fault.code == "missing-address" && fault.span.is_some()).count(), 2);
    assert!(!String::from_utf8(bytes).unwrap().contains("http"));
}

#[test]
fn the_training_profile_takes_the_port() {
    let bytes = std::fs::read(project("sites/training.yaml")).unwrap();
    let (site, faults, source) = site::read("training.yaml", &bytes, Purpose::TrainingRun { port: 4321 });
    assert!(faults.is_empty(), "{}", render(&source, &faults, Lang::En));
    let site = site.unwrap();
    assert!(site.training);
    assert_eq!(site.places["hohhot"].address.as_deref(), Some("http://hohhot.localhost:4321/"));
    assert_eq!(site.place_at("http://ca-mutual.localhost:4321/bind"), Some("ca-mutual"));
    assert_eq!(site.place_at("http://ca-mutual.localhost:9/"), None);
}
