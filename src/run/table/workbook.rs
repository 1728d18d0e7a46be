//! Workbooks (.xlsx) as sheets. Cells come one by one, so that a stray cell in the last row does not cost a million empty ones.

use std::io::{Cursor, Read};

use calamine::{DataRef, Reader, SheetVisible, Xlsx, XlsxError};

use super::findings;
use super::sheet::{Area, Cell, Line, Placed, Sheet};
use crate::base::Diagnostic;

/// A few kilobytes can be packed that unpack to more than a machine holds. 100,000 applicants take less than 50 MB.
const LARGEST: u64 = 256 << 20;

/// The sheets that a person sees, in their order.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Sheet>, Box<Diagnostic>> {
    if unpacks_beyond(bytes, LARGEST) {
        return Err(findings::unpacks_too_large());
    }
    sheets(bytes).map_err(|error| findings::unreadable_workbook(&error.to_string()))
}

/// Whether the parts of the file take more bytes than this together, whatever it says of their sizes. What cannot be unpacked is told by the
/// reader of workbooks.
fn unpacks_beyond(bytes: &[u8], limit: u64) -> bool {
    let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(bytes)) else { return false };
    let mut left = limit;
    (0..archive.len()).any(|at| {
        let Ok(part) = archive.by_index(at) else { return false };
        // One byte more than there may be.
        let most = left.saturating_add(1);
        let mut part = part.take(most);
        // What counts is how far it got: a part that ends in an error has been unpacked up to there all the same.
        let _ = std::io::copy(&mut part, &mut std::io::sink());
        let taken = most - part.limit();
        let beyond = taken > left;
        left = left.saturating_sub(taken);
        beyond
    })
}

fn sheets(bytes: &[u8]) -> Result<Vec<Sheet>, XlsxError> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes))?;
    let seen = book.sheets_metadata().iter().filter(|sheet| sheet.visible == SheetVisible::Visible);
    let names: Vec<String> = seen.map(|sheet| sheet.name.clone()).collect();
    let mut sheets = Vec::new();
    for name in names {
        let lines = match lines(&mut book, &name) {
            Ok(lines) => lines,
            // A sheet that is a chart holds no rows.
            Err(XlsxError::NotAWorksheet(_)) => continue,
            Err(error) => return Err(error),
        };
        let merged = book.merge_cells_by_sheet_name(&name)?;
        let area = |place: &calamine::Dimensions| Area {
            rows: (place.start.0 + 1, place.end.0 + 1),
            columns: (place.start.1, place.end.1),
        };
        sheets.push(Sheet { merged: merged.iter().map(area).collect(), name, lines });
    }
    Ok(sheets)
}

fn lines(book: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Result<Vec<Line>, XlsxError> {
    let mut cells = book.worksheet_cells_reader(name)?;
    let mut lines: Vec<Line> = Vec::new();
    while let Some(record) = cells.next_cell_with_formula_metadata()? {
        let formula = record.formula.is_some();
        // A formula whose result is no text at all was seen as an empty cell.
        let unsaved = formula && matches!(record.value, DataRef::Empty);
        let Some(cell) = cell(&record.value).or_else(|| unsaved.then_some(Cell::NoResult)) else { continue };
        let (row, column) = (record.pos.0 + 1, record.pos.1);
        let placed = Placed { column, cell, formula };
        match lines.last_mut().filter(|line| line.number == row) {
            Some(line) => line.cells.push(placed),
            None => lines.push(Line { number: row, cells: vec![placed] }),
        }
    }
    // A file may be written in any order.
    lines.sort_by_key(|line| line.number);
    lines.iter_mut().for_each(|line| line.cells.sort_by_key(|placed| placed.column));
    Ok(lines)
}

/// What a cell holds; none when nothing.
fn cell(value: &DataRef<'_>) -> Option<Cell> {
    let text = |text: &str| Some(text.trim()).filter(|text| !text.is_empty()).map(|text| Cell::Text(text.to_owned()));
    Some(match value {
        DataRef::Empty => return None,
        DataRef::String(words) => return text(words),
        DataRef::SharedString(words) => return text(words),
        #[expect(clippy::cast_precision_loss, reason = "numbers that long are refused")]
        DataRef::Int(number) => Cell::Number(*number as f64),
        DataRef::Float(number) => Cell::Number(*number),
        DataRef::DateTime(moment) if moment.is_datetime() => {
            let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
            let midnight = (hour, minute, second) == (0, 0, 0);
            if midnight { Cell::Day(format!("{year:04}-{month:02}-{day:02}")) } else { Cell::Odd }
        }
        DataRef::DateTimeIso(words) => {
            let day = words.strip_suffix("T00:00:00").unwrap_or(words);
            if day.parse::<jiff::civil::Date>().is_ok() { Cell::Day(day.to_owned()) } else { Cell::Odd }
        }
        _ => Cell::Odd,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_unpacks_to_too_much_is_not_unpacked() {
        let mut book = rust_xlsxwriter::Workbook::new();
        book.add_worksheet().write_string(0, 0, "0".repeat(30_000)).unwrap();
        let bytes = book.save_to_buffer().unwrap();
        assert!(bytes.len() < 30_000, "it is packed");
        assert!(unpacks_beyond(&bytes, 30_000));
        assert!(!unpacks_beyond(&bytes, 100_000));
        assert!(!unpacks_beyond(b"PK no archive", 10));
    }
}
