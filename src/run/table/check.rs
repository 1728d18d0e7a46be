//! A sheet against the inputs: which row holds the headings, which column is which, and what is wrong with each cell.
//!
//! Never stops at a fault: whoever corrects a table wants to do it once.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::fields::{FILES, Field, Fields};
use super::findings::{self, Findings};
use super::sheet::{Cell, Line, Placed, Sheet, address};
use super::{BTreeMap, Row};
use crate::base::diagnostic::closest;
use crate::playbook::InputType;

/// Above the headings there may be a title and a remark.
const ABOVE: usize = 20;

/// A column that is used: where it stands and what it is.
struct Column<'f> {
    column: u32,
    field: &'f Field,
}

/// The rows of the sheet that is meant.
pub(super) fn check(sheets: &[Sheet], fields: &Fields, findings: &mut Findings) -> Vec<Row> {
    let wanted: Vec<&Field> = fields.columns().collect();
    let Some((sheet, at)) = meant(sheets, &wanted, findings) else { return Vec::new() };
    let headings = &sheet.lines[at];
    let columns = columns(headings, fields, &wanted, findings);
    missing(headings, &columns, &wanted, findings);
    merged(sheet, headings.number, &columns, findings);
    let places: Arc<BTreeMap<String, u32>> =
        Arc::new(columns.iter().map(|column| (column.field.name.clone(), column.column)).collect());
    let mut rows = Vec::new();
    for line in &sheet.lines[at + 1..] {
        if columns.iter().any(|column| line.at(column.column).is_some()) {
            rows.push(Row { columns: places.clone(), ..row(sheet, line, &columns, findings) });
        }
    }
    if rows.is_empty() {
        findings.add(findings::no_rows(headings.number));
    }
    twice(&rows, fields, findings);
    rows
}

/// A heading without what people add to it: white space, line breaks, the star of what is required.
fn folded(words: &str) -> String {
    let words = ["（必填）", "(必填)", "（选填）", "(选填)"].iter().fold(words.to_owned(), |words, mark| words.replace(mark, ""));
    words.chars().filter(|c| !c.is_whitespace() && !matches!(c, '*' | '＊' | '：' | ':')).collect()
}

fn heading(placed: &Placed) -> Option<String> {
    match &placed.cell {
        Cell::Text(words) => Some(folded(words)),
        _ => None,
    }
}

/// How many of the wanted names a line holds.
fn names(line: &Line, wanted: &[&Field]) -> usize {
    let names: Vec<String> = line.cells.iter().filter_map(heading).collect();
    wanted.iter().filter(|field| names.contains(&folded(&field.name))).count()
}

/// The sheet that is meant and the place of its headings among its lines.
fn meant<'s>(sheets: &'s [Sheet], wanted: &[&Field], findings: &mut Findings) -> Option<(&'s Sheet, usize)> {
    let best = |sheet: &'s Sheet| {
        let counted = sheet.lines.iter().take(ABOVE).enumerate().map(|(at, line)| (names(line, wanted), std::cmp::Reverse(at)));
        counted.max().filter(|(names, _)| *names > 0).map(|(names, at)| (sheet, names, at.0))
    };
    let found: Vec<(&Sheet, usize, usize)> = sheets.iter().filter_map(best).collect();
    let needed = wanted.iter().filter(|field| field.required).count();
    let complete: Vec<&str> =
        found.iter().filter(|(_, names, _)| *names >= needed.max(2)).map(|(sheet, ..)| sheet.name.as_str()).collect();
    if complete.len() > 1 {
        findings.add(findings::many_sheets(&complete));
        return None;
    }
    // Of equals the first one.
    let Some((sheet, _, at)) = found.into_iter().rev().max_by_key(|(_, names, _)| *names) else {
        let required: Vec<&str> = wanted.iter().filter(|field| field.required).map(|field| field.name.as_str()).collect();
        findings.add(findings::no_heading(&required));
        return None;
    };
    Some((sheet, at))
}

/// Which column is which; tells of those that nobody asks for.
fn columns<'f>(headings: &Line, fields: &Fields, wanted: &[&'f Field], findings: &mut Findings) -> Vec<Column<'f>> {
    let mut columns: Vec<Column<'f>> = Vec::new();
    let mut unknown = Vec::new();
    for placed in &headings.cells {
        let Some(written) = heading(placed) else { continue };
        let place = address(placed.column, headings.number);
        if let Some(field) = wanted.iter().find(|field| folded(&field.name) == written) {
            match columns.iter().find(|column| column.field.name == field.name) {
                Some(first) => {
                    findings.add(findings::twice_column(&place, &address(first.column, headings.number), &field.name));
                }
                None => columns.push(Column { column: placed.column, field }),
            }
        } else if let Some(field) = fields.all.iter().find(|field| field.secret && folded(&field.name) == written) {
            findings.add(findings::secret_column(&place, &field.name));
        } else {
            unknown.push((place, written));
        }
    }
    let mut strange = Vec::new();
    for (place, written) in unknown {
        // What is there already was not meant by another heading; what is required and missing is told as such.
        let open = wanted.iter().filter(|field| !columns.iter().any(|column| column.field.name == field.name));
        match closest(&written, open.clone().map(|field| field.name.as_str())) {
            Some(near) if open.clone().any(|field| field.required && field.name == near) => {}
            Some(near) => findings.add(findings::unknown_column(&place, &written, Some(near))),
            None => strange.push((place, written)),
        }
    }
    match &strange[..] {
        [] => {}
        [(place, written)] => findings.add(findings::unknown_column(place, written, None)),
        all => findings.add(findings::unknown_columns(all)),
    }
    columns
}

fn missing(headings: &Line, columns: &[Column<'_>], wanted: &[&Field], findings: &mut Findings) {
    let known = |name: &str| columns.iter().any(|column| column.field.name == name);
    let written: Vec<(String, String)> = headings
        .cells
        .iter()
        .filter(|placed| !columns.iter().any(|column| column.column == placed.column))
        .filter_map(|placed| Some((address(placed.column, headings.number), heading(placed)?)))
        .collect();
    for field in wanted {
        if !field.required || known(&field.name) {
            continue;
        }
        let meant = written.iter().find(|(_, words)| closest(words, [field.name.as_str()]).is_some());
        let near = meant.map(|(place, words)| (place.as_str(), words.as_str()));
        findings.add(findings::missing_column(headings.number, &field.name, near));
    }
}

/// Merged cells above the headings are a title; in the rows nobody knows whose they are.
fn merged(sheet: &Sheet, headings: u32, columns: &[Column<'_>], findings: &mut Findings) {
    for area in &sheet.merged {
        let used = columns.iter().any(|column| (area.columns.0..=area.columns.1).contains(&column.column));
        if used && area.rows.1 >= headings {
            findings.add(findings::merged(*area));
        }
    }
}

fn row(sheet: &Sheet, line: &Line, columns: &[Column<'_>], findings: &mut Findings) -> Row {
    let mut row = Row { number: line.number, inputs: BTreeMap::new(), files: None, columns: Arc::default() };
    let mut empty = Vec::new();
    for Column { column, field } in columns {
        let Some(placed) = line.at(*column) else {
            let merged = sheet.merged.iter().any(|area| area.holds(*column, line.number));
            if field.required && !merged {
                empty.push((*column, field.name.as_str()));
            }
            continue;
        };
        let Some(value) = value(placed, line.number, field, findings) else { continue };
        if field.name == FILES {
            row.files = Some(PathBuf::from(value));
        } else {
            row.inputs.insert(field.name.clone(), value);
        }
    }
    match &empty[..] {
        [] => {}
        [(column, name)] => findings.cell(*column, line.number, findings::empty(*column, line.number, name)),
        // A row that is filled in by half is one fault.
        cells => findings.row(line.number, findings::empties(line.number, cells)),
    }
    row
}

/// The value of a cell; none where it has a fault, which is told.
fn value(placed: &Placed, row: u32, field: &Field, findings: &mut Findings) -> Option<String> {
    let (column, name) = (placed.column, field.name.as_str());
    let value = match &placed.cell {
        Cell::Text(words) => words.clone(),
        Cell::Day(day) => day.clone(),
        // Eleven digits that begin with 1 are whole in a number.
        Cell::Number(number) if field.kind() == InputType::CnMobile && number.fract() == 0.0 && number.abs() < 1e15 => {
            format!("{number:.0}")
        }
        Cell::Number(_) => {
            findings.cell(column, row, findings::number(column, row, name, field.kind()));
            return None;
        }
        Cell::Shortened => {
            findings.cell(column, row, findings::shortened(column, row, name));
            return None;
        }
        Cell::Odd => {
            findings.cell(column, row, findings::odd(column, row, name, placed.formula));
            return None;
        }
        Cell::NoResult => {
            findings.cell(column, row, findings::no_result(column, row, name));
            return None;
        }
    };
    if let Some(why) = field.inputs.iter().find_map(|input| input.refuses(name, &value)) {
        findings.cell(column, row, findings::wrong(column, row, field.kind(), &why));
        return None;
    }
    if placed.formula {
        findings.cell(column, row, findings::formula(column, row, name));
    }
    Some(value)
}

/// Rows about the same applicant.
fn twice(rows: &[Row], fields: &Fields, findings: &mut Findings) {
    let (mut applicants, mut people) = (HashMap::new(), HashMap::new());
    for row in rows {
        // Of a row with a fault it is not known whom it is about.
        if fields.inputs().any(|field| field.required && !row.inputs.contains_key(&field.name)) {
            continue;
        }
        let who = fields.identity(row).iter().map(|value| value.to_uppercase()).collect::<Vec<_>>();
        if let Some(first) = applicants.insert(who, row.number) {
            findings.row(row.number, findings::same_applicant(row.number, first));
        } else if let Some(person) = fields.number(row, InputType::CnId)
            && let Some(first) = people.insert(person.to_uppercase(), row.number)
        {
            findings.row(row.number, findings::same_person(row.number, first));
        }
    }
}
