//! Tables of a batch in, exact diagnostics out, in both languages: `tests/cases/table/<name>/`.
//!
//! A case holds `sheet.yaml`, from which a workbook is made, or the very bytes of a file (`table.csv`, `.xls`, `.xlsx`), and `zh.txt` and
//! `en.txt`. With RUKU_BLESS=1 the answers are written anew: read them aloud before keeping them. Place, what is wrong, remedy: each must be
//! there, and no value.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ruku::base::{Diagnostic, Lang, Severity, Source, diagnostic};
use ruku::run::Chosen;
use ruku::run::table::{self, Fields, Row};
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet};
use serde_json::Value;

use crate::golden::{Golden, LANGUAGES, assert_helps, cases};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/table")
}

/// The inputs of all cases.
fn fields() -> Fields {
    fields_of(&std::fs::read(folder().join("inputs.yaml")).unwrap())
}

fn fields_of(playbook: &[u8]) -> Fields {
    let playbook = ruku::playbook::read("inputs.yaml", playbook).0.unwrap();
    Fields::of(&[Chosen { file: "inputs.yaml".into(), bytes: Vec::new(), playbook, parts: Vec::new() }], false)
}

/// The bytes of a case's table.
fn bytes(case: &Path) -> Vec<u8> {
    let given = ["csv", "xls", "xlsx"].map(|ending| case.join("table").with_extension(ending));
    match given.iter().find(|path| path.is_file()) {
        Some(path) => std::fs::read(path).unwrap(),
        None => workbook(&std::fs::read_to_string(case.join("sheet.yaml")).unwrap()),
    }
}

/// The workbook that a text describes.
fn workbook(text: &str) -> Vec<u8> {
    let told: Value = serde_yaml::from_str(text).unwrap();
    let mut book = Workbook::new();
    for sheet in told["sheets"].as_array().unwrap() {
        let own = book.add_worksheet();
        own.set_name(sheet["name"].as_str().unwrap()).unwrap();
        // Merged first: that writes their first cell, which the rows then fill.
        for area in sheet["merged"].as_array().into_iter().flatten() {
            let ((row, column), (last_row, last_column)) = corners(area.as_str().unwrap());
            own.merge_range(row, column, last_row, last_column, "", &Format::new()).unwrap();
        }
        for (row, cells) in (0..).zip(sheet["rows"].as_array().unwrap()) {
            for (column, cell) in (0..).zip(cells.as_array().unwrap()) {
                put(own, row, column, cell);
            }
        }
    }
    book.save_to_buffer().unwrap()
}

fn corners(area: &str) -> ((u32, u16), (u32, u16)) {
    let corner = |text: &str| (text[1..].parse::<u32>().unwrap() - 1, u16::from(text.as_bytes()[0] - b'A'));
    let (first, last) = area.split_once(':').unwrap();
    (corner(first), corner(last))
}

fn put(sheet: &mut Worksheet, row: u32, column: u16, cell: &Value) {
    match cell {
        Value::Null => {}
        Value::String(text) => drop(sheet.write_string(row, column, text).unwrap()),
        cell if cell["number"].is_number() => drop(sheet.write_number(row, column, cell["number"].as_f64().unwrap()).unwrap()),
        cell if cell["yes"].is_boolean() => drop(sheet.write_boolean(row, column, true).unwrap()),
        cell if cell["day"].is_string() => {
            let day = ExcelDateTime::parse_from_str(cell["day"].as_str().unwrap()).unwrap();
            sheet.write_datetime_with_format(row, column, day, &Format::new().set_num_format("yyyy/m/d")).unwrap();
        }
        cell => {
            let formula = Formula::new(cell["formula"].as_str().unwrap()).set_result(cell["shows"].as_str().unwrap());
            sheet.write_formula(row, column, formula).unwrap();
        }
    }
}

fn found(case: &Path) -> (Vec<Row>, Vec<Diagnostic>) {
    table::read(&bytes(case), &fields())
}

#[test]
fn wrong_tables_are_told_in_both_languages() {
    let cases = cases("table");
    assert!(cases.len() >= 15, "only {} cases", cases.len());
    let source = Source { name: "名单.xlsx".to_owned(), text: String::new() };
    let mut golden = Golden::default();
    for case in &cases {
        let (_, found) = found(case);
        assert!(!found.is_empty(), "{case:?} has no fault");
        for (lang, file) in LANGUAGES {
            golden.compare(&case.join(file), &diagnostic::render(&source, &found, lang));
        }
    }
    golden.close();
}

#[test]
fn every_fault_of_a_table_has_a_remedy_and_shows_no_value() {
    let values = ["150199", "91150199", "199000", "云小鹿", "风听雨", "1.50199", "a@b", "010010", "特大", "大形", "执照.png"];
    for case in cases("table") {
        for fault in found(&case).1 {
            assert_helps(&case, &fault);
            let told = format!("{fault:?}");
            assert!(!values.iter().any(|value| told.contains(value)), "{case:?}: {told}");
        }
    }
}

#[test]
fn what_is_right_in_a_table_with_warnings_is_read() {
    let (rows, found) = found(&folder().join("duplicates"));
    assert_eq!(rows.iter().map(|row| row.number).collect::<Vec<_>>(), [2, 3, 4, 5]);
    assert_eq!(rows[0].inputs["姓名"], "云小鹿");
    assert_eq!(found.iter().filter(|fault| fault.severity == Severity::Error).count(), 1);
    let (rows, _) = table::read(&bytes(&folder().join("dates-and-odd-cells")), &fields());
    assert_eq!(rows[0].inputs["成立日期"], "2010-01-31");
    let (rows, found) = table::read(&bytes(&folder().join("gbk")), &fields());
    assert_eq!((rows.len(), rows[0].inputs["姓名"].as_str()), (2, "云小鹿"), "{found:?}");
}

#[test]
fn what_stands_in_the_template_comes_out_again_and_no_digit_is_lost() {
    let fields = fields();
    let person: BTreeMap<String, String> = [
        ("姓名", "云小鹿"),
        ("身份证号", "11010519491231002X"),
        ("手机号", "13900000000"),
        ("统一社会信用代码", "91350100M000100Y43"),
        ("邮政编码", "010010"),
        ("登录口令", "abc"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    for lang in [Lang::Zh, Lang::En] {
        let bytes = table::template(&fields, std::slice::from_ref(&person), lang).unwrap();
        let (rows, found) = table::read(&bytes, &fields);
        assert_eq!(found, []);
        let mut wanted = person.clone();
        wanted.remove("登录口令");
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].number, &rows[0].inputs, &rows[0].files), (2, &wanted, &None), "secrets stand in no table");
        let (rows, found) = table::read(&table::template(&fields, &[], lang).unwrap(), &fields);
        assert_eq!((rows, found[0].code), (Vec::new(), "no-rows"));
    }
}

#[test]
fn the_column_of_files_is_there_where_something_goes_up() {
    let playbook = "guide: x\nedition: V1\ntitle: 上传\ninputs:\n  姓名: {}\nsteps:\n  - upload: { to: 营业执照, file: a.pdf, done: { text: 已上传 } }\n";
    let fields = fields_of(playbook.as_bytes());
    let (_, found) = table::read("姓名\n甲\n".as_bytes(), &fields);
    assert_eq!(found.iter().map(|fault| fault.code).collect::<Vec<_>>(), ["missing-column"]);
    let (rows, found) = table::read("姓名,材料文件夹\n甲,企业甲\n".as_bytes(), &fields);
    assert_eq!((found.len(), rows[0].files.as_deref()), (0, Some(Path::new("企业甲"))));
    let home = tempfile::tempdir().unwrap();
    assert_eq!(table::missing_folders(&rows, home.path()).len(), 1);
    std::fs::create_dir(home.path().join("企业甲")).unwrap();
    assert_eq!(table::missing_folders(&rows, home.path()), []);
}
