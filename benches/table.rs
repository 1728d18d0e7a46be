//! How long a table of 100,000 applicants takes to be read and checked whole, as a workbook and as text: `cargo bench --bench table`.
//! Everybody is somebody else, and the last row has a fault that must be found. Aim: under 5 seconds each.

#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::path::Path;
use std::time::Instant;

use ruku::base::Severity;
use ruku::run::Chosen;
use ruku::run::table::{self, Fields};
use ruku::training::numbers::{credit_check, id_check};
use rust_xlsxwriter::Workbook;

/// Applicants.
const ROWS: u32 = 100_000;
/// Seconds.
const AIM: f64 = 5.0;

/// What the binding asks for.
const COLUMNS: [&str; 5] = ["姓名", "身份证号", "手机号", "企业名称", "统一社会信用代码"];

fn main() {
    let name = "playbooks/2.2-ca-binding.yaml";
    let bytes = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
    let playbook = ruku::playbook::read(name, &bytes).0.unwrap();
    let fields = Fields::of(&[Chosen { file: name.into(), bytes, playbook, parts: Vec::new() }], false);
    let rows: Vec<[String; 5]> = (0..ROWS).map(applicant).collect();
    measure("workbook", &workbook(&rows), &fields);
    measure("text (UTF-8)", &text(&rows), &fields);
    measure("text (GBK)", &encoding_rs::GBK.encode(&String::from_utf8(text(&rows)).unwrap()).0, &fields);
}

fn measure(kind: &str, bytes: &[u8], fields: &Fields) {
    let begun = Instant::now();
    let (rows, found) = table::read(bytes, fields);
    let took = begun.elapsed().as_secs_f64();
    let errors: Vec<_> = found.iter().filter(|one| one.severity == Severity::Error).collect();
    assert!(rows.len() >= ROWS as usize - 1 && errors.len() == 1, "{} rows, {errors:?}", rows.len());
    let met = if took < AIM { "met" } else { "missed" };
    println!("{ROWS} rows as {kind}, {:.1} MB: {took:.2} s (aim {AIM} s, {met})", bytes.len() as f64 / 1e6);
}

/// A fictitious person whose numbers have their check digits; the last one's mobile number is too short.
fn applicant(number: u32) -> [String; 5] {
    let day = 1 + number % 28;
    let body = format!("150102{}{:02}{day:02}{:03}", 1950 + number / 100 % 50, 1 + number / 5000 % 12, number % 1000);
    let id = format!("{body}{}", id_check(&body).unwrap());
    let mobile = if number + 1 == ROWS { "1990000".to_owned() } else { format!("199{number:08}") };
    let code = format!("91150100{number:09}");
    let code = format!("{code}{}", credit_check(&code).unwrap());
    [format!("虚构{number}"), id, mobile, format!("虚构{number}有限公司"), code]
}

fn workbook(rows: &[[String; 5]]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_row(0, 0, COLUMNS).unwrap();
    for (line, row) in (1..).zip(rows) {
        sheet.write_row(line, 0, row.each_ref().map(String::as_str)).unwrap();
    }
    book.save_to_buffer().unwrap()
}

fn text(rows: &[[String; 5]]) -> Vec<u8> {
    let lines = std::iter::once(COLUMNS.join(",")).chain(rows.iter().map(|row| row.join(",")));
    lines.flat_map(|line| (line + "\r\n").into_bytes()).collect()
}
