//! What is wrong with a table, in words: each fault with its cell and its remedy. Never shows what a cell holds.
//!
//! A column that is wrong from top to bottom is told by its first cells in full and by the addresses of the others, so that the other faults are
//! seen as well.

use std::collections::BTreeMap;

use super::sheet::{Area, address, letters};
use crate::base::{Diagnostic, Message, Redactor, Severity};
use crate::playbook::InputType;
use crate::say;

/// So many cells of one column are told in full for one fault.
const TOLD: usize = 5;
/// So many characters of a heading are shown.
const HEADING: usize = 16;
/// So many columns are named in one line.
const NAMED: usize = 10;
/// So many addresses stand in one line.
const LISTED: usize = 40;

/// All faults of a table.
#[derive(Debug, Default)]
pub(super) struct Findings {
    all: Vec<Diagnostic>,
    /// The rows of a fault in a column, told or not; no column where the whole row is meant.
    rows: BTreeMap<(Option<u32>, &'static str), Vec<u32>>,
}

impl Findings {
    /// One that is told in any case.
    pub(super) fn add(&mut self, diagnostic: Diagnostic) {
        self.all.push(diagnostic);
    }

    /// One of a cell, told in full unless its column has too many of them.
    pub(super) fn cell(&mut self, column: u32, row: u32, diagnostic: Diagnostic) {
        self.counted(Some(column), row, diagnostic);
    }

    /// One of a whole row, likewise.
    pub(super) fn row(&mut self, row: u32, diagnostic: Diagnostic) {
        self.counted(None, row, diagnostic);
    }

    fn counted(&mut self, column: Option<u32>, row: u32, diagnostic: Diagnostic) {
        let rows = self.rows.entry((column, diagnostic.code)).or_default();
        rows.push(row);
        if rows.len() <= TOLD {
            self.all.push(diagnostic);
        }
    }

    /// All of them.
    pub(super) fn all(mut self) -> Vec<Diagnostic> {
        for ((column, code), rows) in self.rows {
            let Some(others) = rows.get(TOLD..).filter(|others| !others.is_empty()) else { continue };
            let (count, places) = (others.len(), places(column, others));
            let message = match column.map(letters) {
                Some(letters) => say!(
                    "{letters} 列还有 {count} 格有同样的问题：{places}",
                    "column {letters} has {count} more cells with the same fault: {places}"
                ),
                None => say!("还有 {count} 行有同样的问题：{places}", "{count} more rows have the same fault: {places}"),
            };
            let warning = self.all.iter().any(|told| told.code == code && told.severity == Severity::Warning);
            let diagnostic = error(code, message, say!("改正的办法同上。", "the remedy is the same"));
            self.all.push(if warning { diagnostic.warning() } else { diagnostic });
        }
        self.all
    }
}

/// `B7:B24 B30`: the addresses of rows, those that follow each other together.
fn places(column: Option<u32>, rows: &[u32]) -> String {
    let place = |row: u32| column.map_or_else(|| row.to_string(), |column| address(column, row));
    let runs: Vec<&[u32]> = rows.chunk_by(|row, next| row + 1 == *next).collect();
    let told = runs.iter().take(LISTED).map(|run| match run {
        [first, .., last] => format!("{}:{}", place(*first), place(*last)),
        run => run.iter().map(|row| place(*row)).collect(),
    });
    let end = if runs.len() > LISTED { " …" } else { "" };
    told.collect::<Vec<_>>().join(" ") + end
}

fn error(code: &'static str, message: Message, help: Message) -> Diagnostic {
    Diagnostic::error(code, message, None).help(help)
}

pub(super) fn too_large() -> Box<Diagnostic> {
    Box::new(error(
        "table-too-large",
        say!("文件超过 64 MB，不像是办理名单。", "the file has more than 64 MB, which no table of applicants has"),
        say!("请只保留办理名单，删去图片等内容后另存。", "keep the list of applicants alone, without pictures, and save it anew"),
    ))
}

pub(super) fn unpacks_too_large() -> Box<Diagnostic> {
    Box::new(error(
        "table-too-large",
        say!(
            "这个工作簿解开后超过 256 MB，不像是办理名单。",
            "the workbook unpacks to more than 256 MB, which no table of applicants does"
        ),
        say!("请把办理名单复制到一个新的工作簿里再用。", "copy the list of applicants into a new workbook and use that"),
    ))
}

pub(super) fn old_workbook() -> Box<Diagnostic> {
    Box::new(error(
        "old-workbook",
        say!(
            "这是旧格式（.xls、.et）或设了打开密码的工作簿，无法读取。",
            "this is a workbook of the old kind (.xls, .et), or one with a password to open it"
        ),
        say!(
            "请在 Excel 或 WPS 中取消打开密码，另存为「Excel 工作簿 (*.xlsx)」。",
            "take the password off in Excel or WPS and save it as “Excel workbook (*.xlsx)”"
        ),
    ))
}

pub(super) fn unreadable_workbook(why: &str) -> Box<Diagnostic> {
    Box::new(error(
        "unreadable-workbook",
        say!("这个工作簿已损坏，或不是 .xlsx 文件（{why}）。", "this workbook is damaged or no .xlsx file ({why})"),
        say!(
            "请用 Excel 或 WPS 打开后另存为 .xlsx；打不开时请换一份。",
            "open it in Excel or WPS and save it as .xlsx; where it does not open, use another copy"
        ),
    ))
}

pub(super) fn unreadable_text(why: &str) -> Box<Diagnostic> {
    Box::new(error(
        "unreadable-text",
        say!("这个文本表格读不下去（{why}）。", "this table of text cannot be read to its end ({why})"),
        say!("请用 Excel 或 WPS 打开后另存为 .xlsx。", "open it in Excel or WPS and save it as .xlsx"),
    ))
}

pub(super) fn unknown_encoding() -> Box<Diagnostic> {
    Box::new(error(
        "unknown-encoding",
        say!("这个文件既不是工作簿，也不是 UTF-8 或 GBK 编码的文本。", "this file is no workbook, and no text in UTF-8 or GBK"),
        say!("请用 Excel 或 WPS 另存为 .xlsx，或另存为「CSV UTF-8」。", "save it from Excel or WPS as .xlsx, or as “CSV UTF-8”"),
    ))
}

/// What stands where a heading should, shortened, and without the numbers that the net knows: in a table that has none, a value stands there.
fn heading(written: &str) -> String {
    let hidden = Redactor::default().hide(written);
    let short: String = hidden.chars().take(HEADING).collect();
    if short.len() < hidden.len() { short + "…" } else { short }
}

/// No row with the names of inputs.
pub(super) fn no_heading(names: &[&str]) -> Diagnostic {
    let (zh, en) = (names.join("、"), names.join(", "));
    error(
        "no-heading",
        say!(
            "没有找到标题行：前 20 行里都没有所需的列名。",
            "there is no row of headings: none of the first 20 rows has a name that is needed"
        ),
        say!(
            "标题行应有：{zh}。可用 --template 生成一份空表来填。",
            "the headings are: {en}; --template writes an empty table to fill in"
        ),
    )
}

/// More than one sheet could be meant.
pub(super) fn many_sheets(names: &[&str]) -> Diagnostic {
    let (zh, en) = (names.join("、"), names.join(", "));
    error(
        "many-sheets",
        say!("不止一张工作表有所需的全部列：{zh}。", "more than one sheet has all the headings: {en}"),
        say!("请只保留要办理的一张，其余删除或隐藏。", "keep the sheet that is meant; remove or hide the others"),
    )
}

pub(super) fn missing_column(row: u32, name: &str, near: Option<(&str, &str)>) -> Diagnostic {
    let help = match near.map(|(place, written)| (place, heading(written))) {
        Some((place, written)) => say!(
            "{place} 写的是「{written}」，是不是「{name}」？请改成「{name}」。",
            "{place} says “{written}”: is “{name}” meant? Then write that"
        ),
        None => say!(
            "请在第 {row} 行加上「{name}」一列，并填好每一行。",
            "add the column “{name}” in row {row} and fill in every row"
        ),
    };
    error("missing-column", say!("标题行（第 {row} 行）缺少「{name}」一列。", "the headings (row {row}) lack “{name}”"), help)
}

/// A column that nobody asks for.
pub(super) fn unknown_column(place: &str, written: &str, near: Option<&str>) -> Diagnostic {
    let written = heading(written);
    let message = say!(
        "{place}「{written}」不是所选流程的资料，这一列不会用到。",
        "{place}: no playbook of this batch asks for “{written}”; the column is not used"
    );
    let help = match near {
        Some(near) => say!("是不是想写「{near}」？否则不必理会。", "did you mean “{near}”? Otherwise leave it"),
        None => say!("多余的列可以保留，不必理会。", "a column too many does no harm"),
    };
    error("unknown-column", message, help).warning()
}

/// Several of them that look like nothing that is asked for.
pub(super) fn unknown_columns(all: &[(String, String)]) -> Diagnostic {
    let count = all.len();
    let told: Vec<String> = all.iter().take(NAMED).map(|(place, written)| format!("{place}「{}」", heading(written))).collect();
    let (end_zh, end_en) = if count > NAMED { (" 等", " and others") } else { ("", "") };
    let list = told.join(" ");
    let message = say!(
        "{list}{end_zh}，共 {count} 列，不是所选流程的资料，不会用到。",
        "{list}{end_en}: no playbook of this batch asks for these columns ({count}); they are not used"
    );
    error("unknown-column", message, say!("多余的列可以保留，不必理会。", "columns too many do no harm")).warning()
}

pub(super) fn twice_column(place: &str, first: &str, name: &str) -> Diagnostic {
    error(
        "twice-column",
        say!(
            "{place}「{name}」在 {first} 已经有一列，不知道该用哪一列。",
            "{place}: “{name}” stands at {first} already, and nobody knows which one is meant"
        ),
        say!("请只保留一列。", "keep one of them"),
    )
}

pub(super) fn secret_column(place: &str, name: &str) -> Diagnostic {
    error(
        "secret-column",
        say!("{place}「{name}」是保密的，不能放在表格里。", "{place}: “{name}” is secret and must not stand in a table"),
        say!(
            "请删除这一列；办理到这一步时会请您在终端输入。",
            "remove the column; you are asked for it at the terminal when it is needed"
        ),
    )
}

pub(super) fn no_rows(row: u32) -> Diagnostic {
    error(
        "no-rows",
        say!("标题行（第 {row} 行）下面没有要办理的人。", "there is nobody below the headings (row {row})"),
        say!(
            "请从第 {} 行起，每行填写一位办理人，保存后再执行。",
            "fill in one applicant a row from row {} on and save the table",
            row + 1
        ),
    )
}

pub(super) fn merged(area: Area) -> Diagnostic {
    let cells = area.address();
    error(
        "merged-cells",
        say!(
            "{cells} 是合并单元格，不知道它的内容属于哪几行。",
            "{cells} are merged, and nobody knows which rows their value is meant for"
        ),
        say!("请取消合并，在每一格里分别填写。", "split them and fill in each cell"),
    )
}

pub(super) fn empty(column: u32, row: u32, name: &str) -> Diagnostic {
    let cell = address(column, row);
    error(
        "empty-cell",
        say!("{cell}「{name}」没有填写。", "{cell}: “{name}” is empty"),
        say!(
            "请填写 {cell}；这一行不办理的话，请删除整行。",
            "fill in {cell}, or remove the whole row where it is not to be run"
        ),
    )
}

/// Several cells of a row that are empty: columns from 0 with their names, in their order.
pub(super) fn empties(row: u32, cells: &[(u32, &str)]) -> Diagnostic {
    let runs = cells.chunk_by(|(column, _), (next, _)| column + 1 == *next);
    let places = runs.map(|run| match run {
        [(first, _), .., (last, _)] => format!("{}:{}", address(*first, row), address(*last, row)),
        run => run.iter().map(|(column, _)| address(*column, row)).collect(),
    });
    let places = places.collect::<Vec<_>>().join(" ");
    let (count, names) = (cells.len(), cells.iter().take(NAMED).map(|(_, name)| *name).collect::<Vec<_>>());
    let (end_zh, end_en) = if count > NAMED { (" 等", " and others") } else { ("", "") };
    let (zh, en) = (names.join("、"), names.join(", "));
    error(
        "empty-cell",
        say!(
            "第 {row} 行有 {count} 格没有填写（{places}）：{zh}{end_zh}。",
            "row {row} has {count} empty cells ({places}): {en}{end_en}"
        ),
        say!("请填写；这一行不办理的话，请删除整行。", "fill them in, or remove the whole row where it is not to be run"),
    )
}

/// A value that cannot be right; `why` names the input and never says it.
pub(super) fn wrong(column: u32, row: u32, kind: InputType, why: &Message) -> Diagnostic {
    let cell = address(column, row);
    let help = match kind {
        InputType::Choice | InputType::Region | InputType::Date | InputType::File => {
            say!("请改正 {cell}，保存后再执行。", "put {cell} right and save the table")
        }
        _ => say!("请对照原件改正 {cell}，保存后再执行。", "compare {cell} with the document, put it right and save the table"),
    };
    let Message { zh, en } = why;
    error("wrong-value", Message::new(format!("{cell}{zh}"), format!("{cell}: {en}")), help)
}

/// A file that is not there to be uploaded.
pub(super) fn missing_file(column: u32, row: u32, why: &Message) -> Diagnostic {
    let cell = address(column, row);
    let Message { zh, en } = why;
    let heading = super::FILES;
    error(
        "missing-file",
        Message::new(format!("{cell}{zh}"), format!("{cell}: {en}")),
        say!(
            "请改正 {cell}，或把文件放进这一行「{heading}」所写的文件夹。",
            "put {cell} right, or put the file into the folder of this row (“{heading}”)"
        ),
    )
}

/// A number where digits count.
pub(super) fn number(column: u32, row: u32, name: &str, kind: InputType) -> Diagnostic {
    let cell = address(column, row);
    let why = match kind {
        InputType::CnId | InputType::CreditCode => say!(
            "{cell}「{name}」是数字格式：Excel 只保留前 15 位，后面的已经变成 0。",
            "{cell}: “{name}” is a number, of which Excel keeps 15 digits; the others are zeros now"
        ),
        _ => say!(
            "{cell}「{name}」是数字格式：开头的 0 可能已经丢失，位数多的后几位可能已经变成 0。",
            "{cell}: “{name}” is a number; zeros in front may be gone, and the last digits of a long one may be zeros now"
        ),
    };
    let letters = letters(column);
    error(
        "number-cell",
        why,
        say!(
            "请先选中 {letters} 列，设置单元格格式为「文本」，再对照原件重新输入；只改格式不会找回丢失的数字。",
            "select column {letters}, set its format to “Text”, then type the value again from the document; the format alone brings no digit back"
        ),
    )
}

/// A long number that Excel has written as `1.5E+17` into a text.
pub(super) fn shortened(column: u32, row: u32, name: &str) -> Diagnostic {
    let cell = address(column, row);
    error(
        "lost-digits",
        say!(
            "{cell}「{name}」已被 Excel 改写成科学计数（如 1.5E+17），后面的数字已经丢失。",
            "{cell}: Excel has rewritten “{name}” in the manner of 1.5E+17, and its other digits are gone"
        ),
        say!(
            "请改用 --template 生成的 .xlsx 表格，对照原件重新输入；CSV 每次用 Excel 打开再保存都会这样。",
            "take the .xlsx table that --template writes and type the value again from the document; Excel does this to a CSV each time it saves one"
        ),
    )
}

pub(super) fn odd(column: u32, row: u32, name: &str, formula: bool) -> Diagnostic {
    let cell = address(column, row);
    let help = if formula {
        say!("请改正 {cell} 的公式，或直接填写内容。", "put the formula in {cell} right, or write the value itself")
    } else {
        say!("请把 {cell} 设为「文本」格式后重新填写。", "set the format of {cell} to “Text” and fill it in again")
    };
    error(
        "odd-cell",
        say!(
            "{cell}「{name}」里是错误值、逻辑值或时间，不能作为资料。",
            "{cell}: “{name}” is an error, a yes or no, or a time of day, and no value"
        ),
        help,
    )
}

pub(super) fn formula(column: u32, row: u32, name: &str) -> Diagnostic {
    let cell = address(column, row);
    error(
        "formula",
        say!(
            "{cell}「{name}」是公式，用的是保存时显示的结果。",
            "{cell}: “{name}” is a formula; what it showed when the table was saved is used"
        ),
        say!("请核对显示的结果；拿不准时，把公式粘贴为数值。", "compare what it shows; in doubt paste the formula as its value"),
    )
    .warning()
}

pub(super) fn no_result(column: u32, row: u32, name: &str) -> Diagnostic {
    let cell = address(column, row);
    error(
        "formula-without-result",
        say!("{cell}「{name}」是公式，文件里没有它的结果。", "{cell}: “{name}” is a formula whose result is not in the file"),
        say!(
            "请用 Excel 或 WPS 打开并保存一次，或直接填写内容。",
            "open and save the table in Excel or WPS once, or write the value itself"
        ),
    )
}

pub(super) fn same_applicant(row: u32, first: u32) -> Diagnostic {
    error(
        "same-applicant",
        say!(
            "第 {row} 行与第 {first} 行是同一个人、同一家企业。",
            "row {row} is about the same person and company as row {first}"
        ),
        say!("请删除其中一行。", "remove one of the two rows"),
    )
}

pub(super) fn same_person(row: u32, first: u32) -> Diagnostic {
    error(
        "same-person",
        say!("第 {row} 行与第 {first} 行是同一个人，企业不同。", "row {row} is about the same person as row {first}, with another company"),
        say!("一人可以为多家企业办理；请核对没有填串行。绑定等按人办理的事项只会办一次。", "one person may serve several companies; make sure that no rows are mixed up. What is done for a person, such as binding, is done once"),
    )
    .warning()
}

pub(super) fn no_folder(row: u32) -> Diagnostic {
    let heading = super::FILES;
    error(
        "no-folder",
        say!("第 {row} 行的「{heading}」不存在。", "the folder of row {row} (“{heading}”) is not there"),
        say!(
            "请核对文件夹的名称；不写全路径时，从表格所在的文件夹找起。",
            "check its name; without a whole path it is looked for from where the table lies"
        ),
    )
}
