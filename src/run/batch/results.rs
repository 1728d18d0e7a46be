//! The results of a batch as a workbook, and as text for whoever works with that: a line a row, with a link to the proof.
//!
//! Holds no number of anybody and no whole name, and no cell that a program would take for a formula.

use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, Url, Workbook, XlsxError};

use super::super::table;
use super::Class;
use crate::base::{Fault, FaultKind, Lang, Message};
use crate::say;

/// One row of the table and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number in the table.
    pub row: u32,
    /// Whom it is about, with all but the first character hidden.
    pub who: String,
    /// What became of it; none when it was not begun.
    pub class: Option<Class>,
    /// Why, with what is personal hidden.
    pub why: Option<Message>,
    /// When it was begun, by the time of the reports.
    pub began: String,
    /// How long it took.
    pub seconds: Option<u64>,
    /// Where its report is, from where the results lie, with `/`.
    pub report: Option<String>,
}

/// A name with all but its first character hidden: enough to tell the rows of a table apart, with their numbers.
pub fn masked(name: &str) -> String {
    name.chars().next().map_or_else(String::new, |first| format!("{first}**"))
}

/// Excel's limit is 2,080 characters as they stand in the file, where each byte of a Chinese one may take three.
const LONGEST_LINK: usize = 690;

/// The headings.
fn headings() -> [Message; 7] {
    [
        say!("行号", "row"),
        say!("办理人", "applicant"),
        say!("结果", "result"),
        say!("说明", "why"),
        say!("开始时间（北京时间）", "begun (Beijing time)"),
        say!("用时（秒）", "seconds"),
        say!("操作留痕", "proof"),
    ]
}

/// The word for what became of a row.
fn word(class: Option<Class>, lang: Lang) -> String {
    class.map_or_else(|| say!("未办", "not begun"), Class::word).get(lang).to_owned()
}

/// Whether a program may take a text for a formula when it is typed or read.
fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

fn texts(line: &Line, lang: Lang) -> [String; 7] {
    let why = line.why.as_ref().map_or("", |why| why.get(lang)).to_owned();
    let seconds = line.seconds.map(|seconds| seconds.to_string()).unwrap_or_default();
    let report = line.report.clone().unwrap_or_default();
    [line.row.to_string(), line.who.clone(), word(line.class, lang), why, line.began.clone(), seconds, report]
}

/// The results as text; what could be a formula has an apostrophe before it.
pub fn csv(lines: &[Line], lang: Lang) -> Result<Vec<u8>, Fault> {
    let heading = headings().map(|heading| heading.get(lang).to_owned());
    let plain = |text: String| if is_formula(&text) { format!("'{text}") } else { text };
    let records = lines.iter().map(|line| texts(line, lang).map(plain));
    table::csv(std::iter::once(heading).chain(records)).map_err(|error| unwritten(&error))
}

/// The results as a workbook.
///
/// # Errors
/// [`FaultKind::Io`] when it cannot be made.
pub fn workbook(lines: &[Line], lang: Lang) -> Result<Vec<u8>, Fault> {
    write(lines, lang).map_err(|error| unwritten(&error))
}

fn unwritten(error: &dyn std::fmt::Display) -> Fault {
    Fault::new(
        FaultKind::Io,
        say!(
            "结果没有写成（{error}）。办理本身不受影响；再次执行同一命令会重写结果。",
            "the results could not be written ({error}); the runs are not affected, and the same command writes the results again"
        ),
    )
}

fn write(lines: &[Line], lang: Lang) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name(if lang == Lang::Zh { "结果" } else { "Results" })?;
    let heading = Format::new().set_bold().set_border(FormatBorder::Thin).set_background_color(0xE7_E6_E6);
    for ((column, words), width) in (0_u16..).zip(headings()).zip([8.0, 12.0, 14.0, 70.0, 24.0, 12.0, 16.0]) {
        sheet.set_column_width(column, width)?;
        sheet.write_string_with_format(0, column, words.get(lang), &heading)?;
    }
    let plain = Format::new().set_num_format("@").set_text_wrap().set_align(FormatAlign::Top);
    let link = if lang == Lang::Zh { "打开报告" } else { "open the report" };
    for (at, line) in (1_u32..).zip(lines) {
        for (column, text) in (0_u16..).zip(texts(line, lang)).take(6) {
            let format = if is_formula(&text) { plain.clone().set_quote_prefix() } else { plain.clone() };
            let format = if column == 2 { format.set_background_color(colour(line.class)) } else { format };
            match (column, text.parse::<u32>()) {
                (0 | 5, Ok(number)) => {
                    sheet.write_number_with_format(at, column, number, &Format::new().set_align(FormatAlign::Top))?
                }
                _ => sheet.write_string_with_format(at, column, text, &format)?,
            };
        }
        // What stands behind a `#` would be a place inside of the file, and Excel takes no link that is longer.
        let (links, others): (Vec<&String>, Vec<&String>) =
            line.report.iter().partition(|report| !report.contains('#') && report.len() < LONGEST_LINK);
        for report in others {
            sheet.write_string_with_format(at, 6, report, &plain)?;
        }
        for report in links {
            sheet.write_url(at, 6, Url::new(format!("file:///{report}")).set_text(link))?;
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    sheet.autofilter(0, 0, u32::try_from(lines.len()).unwrap_or(u32::MAX).max(1), 6)?;
    book.save_to_buffer()
}

/// Beside the word, which stands there in any case.
fn colour(class: Option<Class>) -> u32 {
    match class {
        Some(Class::Done) => 0xC6_EF_CE,
        Some(Class::Parked | Class::Stopped) => 0xFF_EB_9C,
        Some(Class::Business | Class::Technical) => 0xFF_C7_CE,
        Some(Class::Unsure) => 0xF4_B0_84,
        None => 0xFF_FF_FF,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use calamine::{Data, Reader, Xlsx};

    use super::*;

    fn line(why: &str) -> Line {
        Line {
            row: 4,
            who: "=**".into(),
            class: Some(Class::Business),
            why: Some(Message::same(why)),
            began: "2026-11-28 09:00:00".into(),
            seconds: Some(75),
            report: Some("名单-档案/20261128/data/report.html".into()),
        }
    }

    #[test]
    fn a_report_that_is_too_far_away_for_a_link_is_named() {
        let far = Line { report: Some(format!("{}/report.html", "名".repeat(1000))), ..line("x") };
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(workbook(std::slice::from_ref(&far), Lang::Zh).unwrap())).unwrap();
        let cells = book.worksheet_range("结果").unwrap();
        assert_eq!(cells.get_value((1, 6)), far.report.map(Data::String).as_ref());
    }

    #[test]
    fn no_cell_is_a_formula() {
        let evil = ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "＝1"];
        let lines: Vec<Line> = evil.iter().map(|why| line(why)).collect();
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(workbook(&lines, Lang::Zh).unwrap())).unwrap();
        assert!(book.worksheet_formula("结果").unwrap().is_empty());
        let cells = book.worksheet_range("结果").unwrap();
        for (row, why) in (1..).zip(evil) {
            assert_eq!(cells.get_value((row, 3)), Some(&Data::String(why.to_owned())));
            assert_eq!(cells.get_value((row, 2)), Some(&Data::String("业务问题".to_owned())));
            assert_eq!(cells.get_value((row, 0)), Some(&Data::Float(4.0)));
        }
        let text = String::from_utf8(csv(&lines, Lang::En).unwrap()).unwrap();
        assert!(text.starts_with("\u{feff}row,applicant,result,"), "{text}");
        let mut reader = ::csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        for (record, why) in reader.records().map(Result::unwrap).zip(evil) {
            assert_eq!((&record[3], &record[1]), (format!("'{why}").as_str(), "'=**"));
        }
    }
}
