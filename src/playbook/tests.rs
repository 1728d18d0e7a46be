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
    assert_eq!(numbers, (1..).take(plan.steps.len()).collect::<Vec<u32>>());
    assert_eq!(plan.steps.iter().filter(|line| line.once).count(), 1);
    assert!(plan.steps.iter().any(|line| line.person) && plan.steps.iter().any(|line| line.depth == 1));
}

#[test]
fn the_real_profile_asks_for_every_address() {
    let bytes = std::fs::read(project("sites/huhehaote.yaml")).unwrap();
    let (site, faults, source) = site::read("huhehaote.yaml", &bytes);
    assert!(faults.is_empty(), "{}", render(&source, &faults, Lang::En));
    assert!(site::is_profile(&bytes) && !site::is_profile(&std::fs::read(project("2.2-ca-binding.yaml")).unwrap()));
    let site = site.unwrap();
    assert!(site.places.values().all(|place| place.address.is_none()) && site.address("hohhot").is_err());
    let missing = site::missing_addresses(&site, &source, &|_| true);
    assert_eq!(missing.iter().filter(|fault| fault.code == "missing-address" && fault.span.is_some()).count(), site.places.len());
    let binding = read("2.2", &std::fs::read(find(&project("."), "2.2").unwrap()).unwrap()).0.unwrap();
    let named = check::sites(&binding, &site);
    assert_eq!(site::missing_addresses(&site, &source, &|name| named.contains(name)).len(), 1, "no more than it needs");
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
    assert!(
        !site.is_at("ca-mutual", "http://ca-mutual.localhost:9/") && !site.is_at("nowhere", "http://ca-mutual.localhost:4321/")
    );
    assert_eq!(site::missing_addresses(&site, &source, &|_| true).len(), 1);
}

#[test]
fn choices_for_no_input_are_told_and_those_of_our_profiles_are_used() {
    let inputs = inputs_of_all(&project(""));
    for file in ["sites/training.yaml", "sites/huhehaote.yaml"] {
        let mut site = site::read(file, &std::fs::read(project(file)).unwrap()).0.unwrap();
        assert_eq!(site::unused_choices(&site, &inputs), [], "{file}");
        site.choices.insert("单位性质类".into(), vec!["国有企业".into()]);
        let found = site::unused_choices(&site, &inputs);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].help.as_ref().unwrap().zh.contains("单位性质"), "{found:?}");
    }
}

#[test]
fn the_schemas_are_those_of_the_code() {
    let write = std::env::var_os("RUKU_BLESS").is_some();
    for (file, schema) in
        [("playbook.schema.json", schema::playbook()), ("part.schema.json", schema::part()), ("site.schema.json", schema::site())]
    {
        if write {
            std::fs::write(project(file), &schema).unwrap();
        }
        let stored = std::fs::read_to_string(project(file)).unwrap_or_default();
        assert!(stored == schema, "playbooks/{file} is out of date: run the tests once with RUKU_BLESS=1");
    }
}

proptest::proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
        let _ = read("t.yaml", &bytes);
    }

    #[test]
    fn a_playbook_with_a_hole_is_told_and_checked_without_panic(at in 0usize..2600, cut in 0usize..30, put in "[ \\-:{}\\[\\]\"'|>#&*!%\\n\\ta甲：]{0,6}") {
        let path = find(&project("."), "2.2").unwrap();
        let mut text: Vec<char> = std::fs::read_to_string(path).unwrap().chars().collect();
        let at = at.min(text.len());
        let end = (at + cut).min(text.len());
        text.splice(at..end, put.chars());
        let text: String = text.into_iter().collect();
        let (playbook, mut found, source) = read("t.yaml", text.as_bytes());
        let site = site::read("t", &std::fs::read(project("sites/training.yaml")).unwrap()).0.unwrap();
        if let Some(playbook) = playbook {
            found.extend(check(&playbook, &site));
            Plan::of(&playbook);
        } else {
            assert!(!found.is_empty());
        }
        render(&source, &found, Lang::Zh);
        for fault in &found {
            if let Some(span) = &fault.span {
                assert!(span.0.end <= source.text.len() && source.text.is_char_boundary(span.0.start) && source.text.is_char_boundary(span.0.end));
            }
        }
    }
}
