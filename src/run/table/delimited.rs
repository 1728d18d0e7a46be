//! Tables saved as text (.csv, .txt) as a sheet: UTF-8 with and without a mark, UTF-16 with one, else GBK as Chinese Excel writes it.

use encoding_rs::{Encoding, GB18030};

use super::findings;
use super::sheet::{Cell, Line, Placed, Sheet};
use crate::base::Diagnostic;

/// The rows of a text; numbered as Excel would show them.
pub(super) fn read(bytes: &[u8]) -> Result<Sheet, Box<Diagnostic>> {
    let text = decode(bytes)?;
    let text = text.trim_start_matches('\u{feff}');
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter(text)).from_reader(text.as_bytes());
    let mut sheet = Sheet::default();
    let (mut record, mut number) = (csv::StringRecord::new(), 0_u32);
    while reader.read_record(&mut record).map_err(|error| findings::unreadable_text(&error.to_string()))? {
        // The reader passes over empty lines, which Excel shows as rows.
        let from = record.position().map_or(0, csv::Position::byte);
        number =
            number.saturating_add(1).saturating_add(empty_lines(text.as_bytes(), usize::try_from(from).unwrap_or(usize::MAX)));
        let cells: Vec<Placed> = (0..).zip(&record).filter_map(|(column, words)| Some(placed(column, cell(words)?))).collect();
        if !cells.is_empty() {
            sheet.lines.push(Line { number, cells });
        }
    }
    Ok(sheet)
}

/// How many empty lines stand from a place on, where the record before has ended.
fn empty_lines(text: &[u8], from: usize) -> u32 {
    let Some((before, rest)) = text.split_at_checked(from) else { return 0 };
    // The second half of that record's end is no line.
    let rest = if before.ends_with(b"\r") { rest.strip_prefix(b"\n").unwrap_or(rest) } else { rest };
    let ends = || rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    let count = |end: u8| ends().filter(|byte| **byte == end).count();
    u32::try_from(count(b'\n').max(count(b'\r'))).unwrap_or(u32::MAX)
}

fn placed(column: u32, cell: Cell) -> Placed {
    Placed { column, cell, formula: false }
}

fn decode(bytes: &[u8]) -> Result<String, Box<Diagnostic>> {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        let (text, _, wrong) = encoding.decode(bytes);
        return if wrong { Err(findings::unknown_encoding()) } else { Ok(text.into_owned()) };
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return if text.contains('\0') { Err(findings::unknown_encoding()) } else { Ok(text.to_owned()) };
    }
    // What GBK holds, GB 18030 holds as well.
    match GB18030.decode_without_bom_handling_and_without_replacement(bytes) {
        Some(text) if !text.contains('\0') => Ok(text.into_owned()),
        _ => Err(findings::unknown_encoding()),
    }
}

/// What stands between the cells, by the first line that has any of it.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().find(|line| line.contains([',', '\t', ';']));
    let often = |delimiter: u8| first.map_or(0, |line| line.bytes().filter(|byte| *byte == delimiter).count());
    // The last of equals is taken: the comma.
    [b';', b'\t', b','].into_iter().max_by_key(|delimiter| often(*delimiter)).unwrap_or(b',')
}

/// What a cell holds; none when nothing. People save digits from Excel by `="0123"`, and by an apostrophe before them.
fn cell(words: &str) -> Option<Cell> {
    let words = words.trim();
    let unwrapped = words.strip_prefix("=\"").and_then(|words| words.strip_suffix('"')).unwrap_or(words);
    let digits = unwrapped.strip_prefix('\'').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let words = digits.unwrap_or(unwrapped).trim();
    match words {
        "" => None,
        _ if words.starts_with('#') && ["#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"].contains(&words) => {
            Some(Cell::Odd)
        }
        _ if is_scientific(words) => Some(Cell::Shortened),
        _ => Some(Cell::Text(words.to_owned())),
    }
}

/// `1.50102E+17`: a long number as Excel has shortened it.
fn is_scientific(words: &str) -> bool {
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    words.split_once("E+").or_else(|| words.split_once("e+")).is_some_and(|(digits, exponent)| plain(digits) && plain(exponent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_numbered_as_excel_shows_them() {
        let text = "甲,乙\n\n\"一\n二\",三\n四,\n\n\n,五\n";
        for text in [text.to_owned(), text.replace('\n', "\r\n").replace("一\r\n", "一\n")] {
            let sheet = read(text.as_bytes()).unwrap();
            assert_eq!(sheet.lines.iter().map(|line| line.number).collect::<Vec<_>>(), [1, 3, 4, 7], "{text:?}");
        }
        assert_eq!(read("\r\n\r\n甲\r\n".as_bytes()).unwrap().lines[0].number, 3);
        let sheet = read(text.as_bytes()).unwrap();
        assert_eq!(sheet.lines[1].at(0).unwrap().cell, Cell::Text("一\n二".into()));
        assert_eq!((sheet.lines[2].at(1), sheet.lines[3].at(0)), (None, None));
    }

    #[test]
    fn the_same_words_come_out_of_every_encoding() {
        let text = "姓名\t企业名称\n云小鹿\t呼和浩特〇\n";
        let (gbk, _, wrong) = encoding_rs::GBK.encode(text);
        assert!(!wrong);
        let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let marked = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
        let wanted = read(text.as_bytes()).unwrap();
        assert_eq!(wanted.lines.len(), 2);
        for bytes in [gbk.as_ref(), &utf16, &marked] {
            assert_eq!(read(bytes).unwrap(), wanted);
        }
        assert!(read(&[0x89, 0x50, 0xFF, 0xFF, 0x00]).is_err());
    }

    #[test]
    fn digits_that_were_saved_from_excel_are_whole() {
        let told = ["=\"010010\"", "'010010", "\t010010"].map(|words| cell(words).unwrap());
        assert!(told.iter().all(|cell| *cell == Cell::Text("010010".into())), "{told:?}");
        assert_eq!(["1.50102E+17", "1.5e+17"].map(cell), [const { Some(Cell::Shortened) }; 2]);
        assert_eq!(cell("91350100M000100Y43"), Some(Cell::Text("91350100M000100Y43".into())));
        assert_eq!(cell("'引号"), Some(Cell::Text("'引号".into())));
    }
}
