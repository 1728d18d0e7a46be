//! The table on the command line: which it is, what is wrong with it, and one to fill in. Runs nothing.

use std::path::{Path, PathBuf};

use super::super::stop::{Stop, read_named};
use super::super::texts::report;
use super::super::{Context, print, run};
use super::Args;
use crate::base::{Diagnostic, Source, files};
use crate::run::table::{self, Fields, Row};
use crate::training::{Instance, papers};

/// The playbooks, and the table unless there is only one to be written.
pub(super) fn split(args: &Args) -> Result<(Vec<String>, Option<PathBuf>), Stop> {
    if args.template.is_some() {
        return Ok((args.named.clone(), None));
    }
    match args.named.split_last() {
        Some((table, playbooks)) if !playbooks.is_empty() => Ok((playbooks.to_vec(), Some(PathBuf::from(table)))),
        _ => Err(Stop::Wrong(crate::say!(
            "请先写办理流程，最后写表格，例如：ruku batch onboarding 名单.xlsx。没有表格时，先用 --template 生成。",
            "name the playbooks and last the table, such as: ruku batch onboarding applicants.xlsx; --template writes one to fill in"
        ))),
    }
}

/// What a table to fill in can be written as, by the ending of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Workbook,
    Csv,
}

/// As what the file of this name is written; refuses other endings, and a name that is taken.
fn format_of(file: &Path) -> Result<Format, Stop> {
    let ending = file.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    let shown = file.display();
    let format = match ending.as_deref() {
        Some("xlsx") => Format::Workbook,
        Some("csv") => Format::Csv,
        _ => {
            return Err(Stop::Wrong(crate::say!(
                "{shown} 的扩展名不对：只能是 .xlsx（推荐）或 .csv。",
                "{shown}: a table to fill in is written as .xlsx (better) or .csv only"
            )));
        }
    };
    files::refuse_taken(file)?;
    Ok(format)
}

/// Writes the table to fill in.
pub(super) fn write_template(context: &Context, args: &Args, instance: Option<&Instance>, fields: &Fields) -> Result<(), Stop> {
    let Some(file) = &args.template else { return Ok(()) };
    let format = format_of(file)?;
    let people: Vec<_> = instance.iter().flat_map(|instance| &instance.applicants).map(run::inputs_of).collect();
    let bytes = match format {
        Format::Workbook => table::template(fields, &people, context.lang)?,
        Format::Csv => table::template_csv(fields, &people)?,
    };
    files::write_new(file, &bytes)?;
    let shown = file.display();
    let done = match format {
        Format::Workbook => crate::say!(
            "已生成 {shown}：每行填写一位办理人，黄色的列必填，要填什么见各列标题的批注。",
            "{shown} is written: one applicant a row; the yellow columns are needed, and the note on each heading says what to enter"
        ),
        Format::Csv => crate::say!(
            "已生成 {shown}：每行填写一位办理人。CSV 里没有填写说明，用 Excel 打开再保存还会改坏长数字；建议改用 .xlsx。",
            "{shown} is written: one applicant a row. A CSV has no notes on what to enter, and Excel spoils long numbers when it saves one: .xlsx is better"
        ),
    };
    print::out(done.get(context.lang));
    Ok(())
}

/// Reads the table and tells all its faults. `open` says whether a row is still to be run from its beginning: the papers of those that are not
/// may be gone.
pub(super) fn read(
    context: &Context,
    file: &Path,
    fields: &Fields,
    instance: Option<&Instance>,
    open: &dyn Fn(&Row) -> bool,
) -> Result<Vec<Row>, Stop> {
    let (rows, mut found) = table::read(&read_named(file)?, fields);
    let beside = file.parent().unwrap_or(Path::new(""));
    let folder = |row: &Row| match (&row.files, instance) {
        (Some(files), _) => Some(beside.join(files)),
        (None, Some(instance)) => Some(papers::folder(&instance.dir, applicant(instance, row)?)),
        (None, None) => None,
    };
    found.extend(missing(&rows, fields, open, beside, &folder));
    let stranger = |row: &&Row| instance.is_some_and(|instance| applicant(instance, row).is_none());
    found.extend(rows.iter().filter(stranger).take(20).map(not_in_training));
    let source = Source { name: file.display().to_string(), text: String::new() };
    if report(context, &source, &found) { Err(Stop::Told) } else { Ok(rows) }
}

/// The papers that are not there, of the rows that are to be run.
fn missing(
    rows: &[Row],
    fields: &Fields,
    open: &dyn Fn(&Row) -> bool,
    beside: &Path,
    folder: &dyn Fn(&Row) -> Option<PathBuf>,
) -> Vec<Diagnostic> {
    let to_run: Vec<Row> = rows.iter().filter(|row| open(row)).cloned().collect();
    let mut found = table::missing_folders(&to_run, beside);
    found.extend(table::missing_files(&to_run, fields, folder));
    found
}

/// The fictitious person of the training that a row is about.
pub(super) fn applicant<'i>(instance: &'i Instance, row: &Row) -> Option<&'i str> {
    let named = |name: &str, own: &str| row.inputs.get(name).is_none_or(|value| value == own);
    let same = |id: &str, name: &str, number: &str| named("姓名", name) && named("身份证号", number) && !id.is_empty();
    let mut people = instance.applicants.iter();
    people.find(|person| same(&person.id, &person.name, &person.id_number)).map(|person| person.id.as_str())
}

fn not_in_training(row: &Row) -> Diagnostic {
    let number = row.number;
    let message = crate::say!("第 {number} 行的人不在这个模拟平台里。", "the person of row {number} is none of this training's");
    let help = crate::say!(
        "模拟平台只认它自己的虚构人员：用 --template 和 --training-at 生成填好的表格。",
        "the training knows its own fictitious people alone; --template with --training-at writes a table of them"
    );
    Diagnostic::error("not-in-training", message, None).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_papers_of_a_row_that_is_done_may_be_gone() {
        let dir = tempfile::tempdir().unwrap();
        let row =
            |number| Row { number, inputs: Default::default(), columns: Default::default(), files: Some("企业甲".into()) };
        let (rows, fields) = ([row(2), row(3)], Fields::of(&[], false));
        let found = |open: &dyn Fn(&Row) -> bool| missing(&rows, &fields, open, dir.path(), &|_| None).len();
        assert_eq!((found(&|_| true), found(&|row| row.number > 2), found(&|_| false)), (2, 1, 0));
    }

    #[test]
    fn a_table_is_what_its_name_says_and_writes_over_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let format = |name: &str| format_of(&dir.path().join(name));
        assert_eq!((format("甲.xlsx").unwrap(), format("甲.CSV").unwrap()), (Format::Workbook, Format::Csv));
        for name in ["甲.xls", "甲.et", "甲"] {
            assert!(matches!(format(name), Err(Stop::Wrong(message)) if message.zh.contains(".xlsx")), "{name}");
        }
        std::fs::write(dir.path().join("乙.xlsx"), "").unwrap();
        let Err(Stop::Fault(fault)) = format("乙.xlsx") else { panic!("it is taken") };
        assert!(fault.exit_code() == 6 && fault.message.zh.ends_with("已存在，不会覆盖。请先移走，或换一个名称。"), "{fault:?}");
    }
}
