//! What the person gave on the command line of a run, looked at before anything starts: slips are told and not passed over.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::stop::{Stop, find_playbook};
use super::{Context, home, print};
use crate::base::Message;
use crate::base::diagnostic::closest;
use crate::playbook::{Input, InputType};
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

/// Why `value` cannot be what any of the playbooks means by `name`.
pub(super) fn refusal(playbooks: &[Chosen], name: &str, value: &str) -> Option<Message> {
    declared(playbooks, name).find_map(|input| input.refuses(name, value))
}

/// Why the file that `value` names cannot be uploaded from `folder`.
pub(super) fn file_refusal(playbooks: &[Chosen], name: &str, value: &str, folder: &Path) -> Option<Message> {
    declared(playbooks, name).find_map(|input| input.refuses_file(name, value, folder))
}

fn declared<'p>(playbooks: &'p [Chosen], name: &'p str) -> impl Iterator<Item = &'p Input> {
    playbooks.iter().filter_map(move |chosen| chosen.playbook.inputs.get(name))
}

/// Refuses given values that cannot be right, all at once.
pub(super) fn wrong_inputs(playbooks: &[Chosen], inputs: &BTreeMap<String, String>) -> Result<(), Stop> {
    all_right(inputs.iter().filter_map(|(name, value)| refusal(playbooks, name, value)).collect())
}

/// The same, and files that are not there to be uploaded from `folder`: they are wanted late, after what cannot be undone.
pub(super) fn wrong_files(playbooks: &[Chosen], inputs: &BTreeMap<String, String>, folder: Option<&Path>) -> Result<(), Stop> {
    let looked =
        |name: &str, value: &str| refusal(playbooks, name, value).or_else(|| file_refusal(playbooks, name, value, folder?));
    let mut wrong: Vec<Message> = inputs.iter().filter_map(|(name, value)| looked(name, value)).collect();
    if folder.is_none() {
        let asked = playbooks.iter().flat_map(|chosen| &chosen.playbook.inputs);
        let files = asked.filter(|(_, input)| input.kind == InputType::File);
        let mut wanted = files.filter(|(name, input)| input.required || inputs.contains_key(name.as_str()));
        wrong.extend(wanted.next().map(|(name, _)| {
            crate::say!(
                "「{}」是要上传的文件，却没有说明文件夹。请加上 --files 文件夹。",
                "“{}” is a file to upload, but no folder was named: add --files FOLDER",
                name.value
            )
        }));
    }
    all_right(wrong)
}

fn all_right(wrong: Vec<Message>) -> Result<(), Stop> {
    if wrong.is_empty() {
        return Ok(());
    }
    let lines = |of: fn(&Message) -> &str| wrong.iter().map(of).collect::<Vec<_>>().join("\n");
    Err(Stop::Wrong(Message::new(lines(|message| &message.zh), lines(|message| &message.en))))
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

    fn chosen(inputs: &str) -> Vec<Chosen> {
        let text = format!("guide: \"2.2\"\nedition: V1\ntitle: 绑定\ninputs:\n{inputs}steps:\n  - click: 登录\n");
        let (playbook, found, _) = crate::playbook::read("a.yaml", text.as_bytes());
        assert!(found.is_empty(), "{found:?}");
        vec![Chosen { file: "a.yaml".into(), bytes: Vec::new(), playbook: playbook.unwrap(), parts: Vec::new() }]
    }

    fn entered(values: &[(&str, &str)]) -> BTreeMap<String, String> {
        values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn wrong_values_are_refused_all_at_once_and_not_said() {
        let chosen = chosen("  手机号: { type: cn-mobile }\n  企业规模: { type: choice, choices: [大型, 小型] }\n");
        let wrong = entered(&[("手机号", "139"), ("企业规模", "特大"), ("别的", "")]);
        let Err(Stop::Wrong(message)) = wrong_inputs(&chosen, &wrong) else { panic!("a wrong text") };
        assert!(message.zh.contains("手机号") && message.zh.contains("「大型」「小型」"), "{}", message.zh);
        assert!(!message.zh.contains("139") && !message.zh.contains("特大"), "{}", message.zh);
        assert!(wrong_inputs(&chosen, &entered(&[("手机号", "13900000000"), ("企业规模", "小型")])).is_ok());
    }

    #[test]
    fn files_are_looked_for_before_anything_starts() {
        let (chosen, home) = (chosen("  营业执照: { type: file }\n  姓名: {}\n"), tempfile::tempdir().unwrap());
        let look = |value: &str, folder| wrong_files(&chosen, &entered(&[("姓名", "甲"), ("营业执照", value)]), folder);
        assert!(matches!(look("a.pdf", None), Err(Stop::Wrong(message)) if message.zh.contains("--files")));
        assert!(look("a.pdf", Some(home.path())).is_err());
        std::fs::write(home.path().join("a.pdf"), "x").unwrap();
        assert!(look("a.pdf", Some(home.path())).is_ok());
        assert!(wrong_files(&chosen, &entered(&[("姓名", "甲")]), Some(home.path())).is_ok(), "it is asked for");
    }

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
