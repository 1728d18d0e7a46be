//! What a table has to hold: the inputs of the playbooks, each once, and the folder of files where something goes up.

use super::super::Chosen;
use crate::base::Message;
use crate::playbook::{Input, InputType, Plan, Privacy};
use crate::say;

/// The heading of the column with the folder of an applicant's files.
pub const FILES: &str = "材料文件夹";

/// One column.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    /// Its heading: the name of the input.
    pub(super) name: String,
    /// What the playbooks take it for.
    pub(super) inputs: Vec<Input>,
    /// Whether any of them needs it.
    pub(super) required: bool,
    /// Whether any of them calls it secret: then it is asked for and stands in no table.
    pub(super) secret: bool,
    /// What to enter.
    pub(super) note: Option<Message>,
}

impl Field {
    /// The kind that tells most of what it must look like.
    pub(super) fn kind(&self) -> InputType {
        self.inputs.iter().map(|input| input.kind).find(|kind| *kind != InputType::Text).unwrap_or_default()
    }

    /// What can be chosen; nothing where that is open.
    pub(super) fn choices(&self) -> Vec<&str> {
        self.inputs.iter().map(Input::choices).find(|choices| !choices.is_empty()).unwrap_or_default()
    }
}

/// The columns of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Fields {
    /// In the order in which the playbooks ask.
    pub(super) all: Vec<Field>,
    /// The column with the folders, where a playbook uploads files.
    files: Option<Field>,
}

impl Fields {
    /// The columns for these playbooks. `papers`: files to upload are there without a row's saying where, as in the training.
    pub fn of(playbooks: &[Chosen], papers: bool) -> Fields {
        let mut all: Vec<Field> = Vec::new();
        for (name, input) in playbooks.iter().flat_map(|chosen| &chosen.playbook.inputs) {
            let secret = input.privacy == Privacy::Secret;
            let note = input.note.as_ref().map(|note| note.message());
            match all.iter_mut().find(|field| field.name == name.value) {
                Some(field) => {
                    // What an optional one says of when it is needed is not true where another playbook needs it always.
                    if input.required == field.required {
                        field.note = field.note.take().or(note);
                    } else if input.required {
                        field.note = note;
                    }
                    field.inputs.push(input.clone());
                    field.required |= input.required;
                    field.secret |= secret;
                }
                None => {
                    let (name, inputs) = (name.value.clone(), vec![input.clone()]);
                    all.push(Field { name, inputs, required: input.required, secret, note });
                }
            }
        }
        let uploads = playbooks.iter().any(|chosen| Plan::of(&chosen.playbook).steps.iter().any(|step| step.action == "upload"));
        let files = uploads.then(|| Field {
            name: FILES.to_owned(),
            inputs: vec![Input::default()],
            required: !papers,
            secret: false,
            note: Some(say!(
                "这家企业要上传的文件所在的文件夹，相对于本表格",
                "the folder with the files of this company to upload, from where this table lies"
            )),
        });
        Fields { all, files }
    }

    /// The columns of a table, in their order.
    pub(super) fn columns(&self) -> impl Iterator<Item = &Field> {
        self.inputs().chain(&self.files)
    }

    /// Those of them that are inputs.
    pub(super) fn inputs(&self) -> impl Iterator<Item = &Field> {
        self.all.iter().filter(|field| !field.secret)
    }

    /// The values of a row that tell whom it is about: person and company by their numbers, or else everything.
    pub fn identity<'r>(&self, row: &'r super::Row) -> Vec<&'r str> {
        let numbers: Vec<&str> =
            [InputType::CnId, InputType::CreditCode].into_iter().filter_map(|kind| self.number(row, kind)).collect();
        if numbers.is_empty() { row.inputs.values().map(String::as_str).collect() } else { numbers }
    }

    /// What a row holds in its first column of this kind.
    pub(super) fn number<'r>(&self, row: &'r super::Row, kind: InputType) -> Option<&'r str> {
        let field = self.inputs().find(|field| field.kind() == kind)?;
        row.inputs.get(&field.name).map(String::as_str)
    }

    /// The name by which a row is told from others on the screen.
    pub fn name_of<'r>(&self, row: &'r super::Row) -> &'r str {
        let fields = self.inputs().filter(|field| field.kind() == InputType::Text);
        let named = row.inputs.get("姓名").or_else(|| fields.filter_map(|field| row.inputs.get(&field.name)).next());
        named.map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_does_not_say_that_it_may_be_left_out() {
        let chosen = |required: bool, note: &str| {
            let inputs = format!("inputs:\n  甲: {{ required: {required}, note: {note} }}\n");
            let text = format!("guide: x\nedition: V1\ntitle: x\n{inputs}steps: []\n");
            let playbook = crate::playbook::read("x", text.as_bytes()).0.unwrap();
            Chosen { file: "x".into(), bytes: Vec::new(), playbook, parts: Vec::new() }
        };
        for (playbooks, note) in [
            ([chosen(false, "有时要用"), chosen(true, "总要用")], "总要用"),
            ([chosen(true, "总要用"), chosen(false, "有时要用")], "总要用"),
            ([chosen(false, "有时要用"), chosen(false, "另一种")], "有时要用"),
        ] {
            let fields = Fields::of(&playbooks, false);
            assert_eq!(fields.all[0].note.as_ref().map(|note| note.zh.as_str()), Some(note));
        }
    }
}
