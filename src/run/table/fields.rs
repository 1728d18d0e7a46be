//! What a table has to hold: the inputs of the playbooks, each once, and the folder of files where something goes up.

use super::super::Chosen;
use crate::base::Message;
use crate::playbook::{InputType, Plan, Privacy};
use crate::say;

/// The heading of the column with the folder of an applicant's files.
pub const FILES: &str = "材料文件夹";

/// One column.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    /// Its heading: the name of the input.
    pub(super) name: String,
    /// What the playbooks take it for.
    pub(super) kinds: Vec<InputType>,
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
        self.kinds.iter().copied().find(|kind| *kind != InputType::Text).unwrap_or_default()
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
                    field.kinds.push(input.kind);
                    field.required |= input.required;
                    field.secret |= secret;
                    field.note = field.note.take().or(note);
                }
                None => {
                    let (name, kinds) = (name.value.clone(), vec![input.kind]);
                    all.push(Field { name, kinds, required: input.required, secret, note });
                }
            }
        }
        let uploads = playbooks.iter().any(|chosen| Plan::of(&chosen.playbook).steps.iter().any(|step| step.action == "upload"));
        let files = uploads.then(|| Field {
            name: FILES.to_owned(),
            kinds: vec![InputType::Text],
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
