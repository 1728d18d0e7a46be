//! Slips of people who see the program for the first time: each is told in words, with what to do, before anything starts.

use std::process::Output;

use crate::world::{World, ruku};

/// What `ruku` with these arguments ended with and said.
fn said(arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = ruku().args(arguments).output().unwrap();
    (status.code(), format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr)))
}

#[test]
fn a_copy_of_a_site_profile_is_checked_as_one_wherever_it_lies() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("我的平台.yaml");
    let own = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("playbooks/sites/huhehaote.yaml");
    std::fs::copy(own, &copy).unwrap();
    let (code, told) = said(&["check", copy.to_str().unwrap()]);
    assert_eq!((code, told.trim()), (Some(0), "没有发现错误。"));
}

#[test]
fn slips_in_names_are_found_before_a_training_starts() {
    for (arguments, words) in [
        (&["run", "onbording", "--training"][..], "是不是想写「onboarding」？"),
        (&["run", "2.2", "--training", "--files", "没有的资料夹"], "没有文件夹 没有的资料夹"),
        (&["check", "nope.yaml"], "没有文件 nope.yaml"),
    ] {
        let (code, told) = said(arguments);
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains(words) && told.lines().count() == 1, "{arguments:?}: {told}");
    }
}

#[test]
fn a_running_training_keeps_its_folder_and_one_that_has_ended_is_told_as_such() {
    let mut world = World::start(23);
    let file = world.file.display().to_string();
    let dir = world.file.parent().unwrap().display().to_string();
    let (code, told) = said(&["training", "serve", "--dir", &dir]);
    assert_eq!(code, Some(7), "{told}");
    assert!(told.contains("正在运行") && told.contains("--dir"), "{told}");
    let (code, told) = said(&["training", "store", "--at", &file]);
    assert_eq!(code, Some(0), "the first one has lost nothing: {told}");

    let (_, told) = said(&["training", "store", "--at", &format!("{dir}/nix.json")]);
    assert!(told.contains("nix.json") && !told.contains("training.json") && told.contains("ruku training serve"), "{told}");

    world.kill_portals();
    for arguments in [&["training", "insert", "p1", "--at", &file][..], &["run", "2.1.1", "--training-at", &file]] {
        let (code, told) = said(arguments);
        assert_eq!(code, Some(3), "{told}");
        assert!(told.contains("已经结束") && told.contains("ruku training serve --dir"), "{told}");
        assert!(!told.contains("os error"), "{told}");
    }
}
