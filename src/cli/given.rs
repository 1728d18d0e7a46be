//! What the person gave on the command line of a run, looked at before anything starts: slips are told and not passed over.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::stop::{Stop, find_playbook};
use super::{Context, home, print};
use crate::base::Message;
use crate::base::diagnostic::closest;
use crate::run::Chosen;

/// Refuses names of playbooks that are none, and a folder of files that is none.
pub(super) fn look(context: &Context, playbooks: &[String], files: Option<&Path>) -> Result<(), Stop> {
    let folder = home::find(context)?.join("playbooks");
    for name in playbooks {
        find_playbook(&folder, name)?;
    }
    if let Some(files) = files.filter(|files| !files.is_dir()) {
        let shown = files.display();
        return Err(Stop::Wrong(crate::say!(
            "没有文件夹 {shown}。请用 --files 指明存放要上传的文件的文件夹。",
            "there is no folder {shown}; name the folder of the files to upload with --files"
        )));
    }
    Ok(())
}

/// Warns of inputs that no playbook of the run asks for: misspelt, they would be missing where they are needed.
pub(super) fn warn_of_unused(context: &Context, playbooks: &[Chosen], inputs: &BTreeMap<String, String>) {
    for warning in unused(playbooks, inputs) {
        print::err(format_args!("{}{}", context.text("警告：", "warning: "), warning.get(context.lang)));
    }
}

fn unused(playbooks: &[Chosen], inputs: &BTreeMap<String, String>) -> Vec<Message> {
    let asked: BTreeSet<&str> =
        playbooks.iter().flat_map(|chosen| &chosen.playbook.inputs).map(|(name, _)| name.as_str()).collect();
    // What was given is no slip.
    let open = || asked.iter().copied().filter(|name| !inputs.contains_key(*name));
    let warning = |name: &String| match closest(name, open()) {
        Some(near) => crate::say!(
            "本次办理的流程没有用到资料「{name}」。是不是想写「{near}」？",
            "no playbook of this run uses the input “{name}”; did you mean “{near}”?"
        ),
        None => crate::say!("本次办理的流程没有用到资料「{name}」。", "no playbook of this run uses the input “{name}”"),
    };
    inputs.keys().filter(|name| !asked.contains(name.as_str())).map(warning).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Lang;

    #[test]
    fn an_input_that_nobody_asks_for_is_told_with_a_guess() {
        let text = "guide: \"2.2\"\nedition: V1\ntitle: 绑定\ninputs:\n  手机号: { type: cn-mobile }\n  姓名: {}\nsteps:\n  - click: 登录\n";
        let playbook = crate::playbook::read("a.yaml", text.as_bytes()).0.unwrap();
        let playbooks = [Chosen { file: "a.yaml".into(), bytes: Vec::new(), playbook, parts: Vec::new() }];
        let inputs = ["姓名", "手机好", "注册资本"].map(|name| (name.to_owned(), String::new())).into();
        let told: Vec<String> = unused(&playbooks, &inputs).into_iter().map(|warning| warning.zh).collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("「手机好」") && told[0].contains("是不是想写「手机号」？"), "{told:?}");
        assert!(told[1].contains("「注册资本」") && !told[1].contains("是不是"), "{told:?}");
    }

    #[test]
    fn slips_are_refused_before_anything_starts() {
        let home = tempfile::tempdir().unwrap();
        for folder in ["playbooks/sites", "drivers"] {
            std::fs::create_dir_all(home.path().join(folder)).unwrap();
        }
        std::fs::write(home.path().join("playbooks/onboarding.yaml"), "").unwrap();
        let context = Context { lang: Lang::Zh, home: Some(home.path().to_owned()), redactor: crate::base::Redactor::default() };
        let look = |name: &str, files: &str| look(&context, &[name.to_owned()], Some(&home.path().join(files)));
        assert!(look("onboarding", "drivers").is_ok());
        assert!(matches!(look("onbording", "drivers"), Err(Stop::Wrong(message)) if message.zh.contains("onboarding")));
        assert!(matches!(look("onboarding", "none"), Err(Stop::Wrong(message)) if message.zh.contains("--files")));
    }
}
