//! The workbook to fill in: a column an input, all cells text so that Excel changes no digit, and what to enter as a note on each heading.

use rust_xlsxwriter::{
    DataValidation, DataValidationErrorStyle, DataValidationRule, Format, FormatAlign, FormatBorder, Note, Workbook, XlsxError,
};

use super::fields::{FILES, Field, Fields};
use crate::base::{Fault, FaultKind, Lang, Message};
use crate::playbook::InputType;
use crate::say;

/// So many rows look at what is typed into them.
const ROWS: u32 = 10_000;
/// What is needed, and what may stay empty.
const NEEDED: u32 = 0xFF_E6_99;
const OPTIONAL: u32 = 0xE7_E6_E6;

/// The workbook, with a row for each of `people` filled in: values by the names of the inputs.
///
/// # Errors
/// [`FaultKind::Io`] when it cannot be made.
pub fn template(fields: &Fields, people: &[super::BTreeMap<String, String>], lang: Lang) -> Result<Vec<u8>, Fault> {
    write(fields, people, lang).map_err(|error| {
        Fault::new(
            FaultKind::Io,
            say!(
                "生成工作簿失败（{error}）。请减少列数或换一个流程。",
                "the workbook could not be made ({error}); take fewer columns or another playbook"
            ),
        )
    })
}

/// The same as text: the headings, and a row for each of `people` or an empty one.
///
/// # Errors
/// [`FaultKind::Io`] when it cannot be made.
pub fn template_csv(fields: &Fields, people: &[super::BTreeMap<String, String>]) -> Result<Vec<u8>, Fault> {
    let nobody = [super::BTreeMap::new()];
    let people = if people.is_empty() { &nobody[..] } else { people };
    let names: Vec<&str> = fields.columns().map(|field| field.name.as_str()).collect();
    let of = |person: &super::BTreeMap<String, String>| {
        names.iter().map(|name| person.get(*name).cloned().unwrap_or_default()).collect::<Vec<_>>()
    };
    let heading: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    super::csv(std::iter::once(heading).chain(people.iter().map(of)))
        .map_err(|error| Fault::new(FaultKind::Io, say!("生成表格失败（{error}）。", "the table could not be made ({error})")))
}

fn write(fields: &Fields, people: &[super::BTreeMap<String, String>], lang: Lang) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name(if lang == Lang::Zh { "办理名单" } else { "Applicants" })?;
    let text = Format::new().set_num_format("@");
    for (column, field) in (0_u16..).zip(fields.columns()) {
        let colour = if field.required { NEEDED } else { OPTIONAL };
        let heading = Format::new()
            .set_bold()
            .set_num_format("@")
            .set_background_color(colour)
            .set_border(FormatBorder::Thin)
            .set_align(FormatAlign::Center);
        sheet.set_column_format(column, &text)?;
        sheet.set_column_width(column, width(field))?;
        sheet.write_string_with_format(0, column, &field.name, &heading)?;
        let note = Note::new(note(field).get(lang)).add_author_prefix(false).set_width(260).set_height(110);
        sheet.insert_note(0, column, &note)?;
        if let Some(rule) = validation(field, lang)? {
            sheet.add_data_validation(1, column, ROWS, column, &rule)?;
        }
        for (row, person) in (1_u32..).zip(people) {
            if let Some(value) = person.get(&field.name) {
                sheet.write_string_with_format(row, column, value, &text)?;
            }
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    book.save_to_buffer()
}

fn width(field: &Field) -> f64 {
    match field.kind() {
        InputType::CnId | InputType::CreditCode | InputType::Email => 24.0,
        InputType::CnMobile => 15.0,
        InputType::Region => 36.0,
        InputType::Date | InputType::Choice | InputType::File => 16.0,
        InputType::Text if field.name.contains("名称") || field.name.contains("地") => 30.0,
        InputType::Text => 16.0,
    }
}

/// What to enter.
fn note(field: &Field) -> Message {
    let need =
        if field.required { say!("必填。", "required; ") } else { say!("选填，可以留空。", "may stay empty; ") };
    let look = match field.kind() {
        InputType::Text => say!("文字", "text"),
        InputType::CnMobile => say!("11 位手机号", "a mobile number of 11 digits"),
        InputType::CnId => {
            say!("18 位身份证号；单元格须为文本格式", "an identity number of 18 characters; the cell must have the format “Text”")
        }
        InputType::CreditCode => {
            say!(
                "18 位统一社会信用代码；单元格须为文本格式",
                "a credit code of 18 characters; the cell must have the format “Text”"
            )
        }
        InputType::Email => say!("邮箱地址，如 name@example.cn", "an e-mail address such as name@example.cn"),
        InputType::Date => say!("写成 2010-01-31", "a day, written 2010-01-31"),
        InputType::Region => {
            say!("写成 内蒙古自治区 / 呼和浩特市 / 新城区", "a region, written 内蒙古自治区 / 呼和浩特市 / 新城区")
        }
        InputType::File => say!(
            "「{FILES}」中的文件名，含扩展名，如 {}.pdf",
            "a file in the folder of “{FILES}”, with its ending, such as {}.pdf",
            field.name
        ),
        InputType::Choice => {
            let choices = field.choices();
            let (zh, en) = (choices.join("、"), choices.join(", "));
            if choices.is_empty() {
                say!("平台列表中的一项，一字不差", "an item of the portal's list, to the letter")
            } else {
                say!("只能填其中一项：{zh}", "one of: {en}")
            }
        }
    };
    match &field.note {
        Some(Message { zh, en }) => {
            Message::new(format!("{}{}。{zh}", need.zh, look.zh), format!("{}{}. {en}", need.en, look.en))
        }
        None => Message::new(format!("{}{}", need.zh, look.zh), format!("{}{}", need.en, look.en)),
    }
}

/// Excel holds no longer list than this in a cell's rule, and divides it at commas.
const LONGEST_LIST: usize = 255;

/// The list that Excel offers, where it can hold it; what it cannot is looked at when the table is read.
fn list(field: &Field, lang: Lang) -> Result<Option<DataValidation>, XlsxError> {
    let choices = field.choices();
    let length = choices.iter().map(|choice| choice.encode_utf16().count() + 1).sum::<usize>();
    if choices.is_empty() || length > LONGEST_LIST || choices.iter().any(|choice| choice.contains([',', '"'])) {
        return Ok(None);
    }
    let name = &field.name;
    let wrong = say!("「{name}」请从列表中选。", "Choose “{name}” from the list.");
    let rule = DataValidation::new().allow_list_strings(&choices)?.set_error_title("Ruku")?.set_error_message(wrong.get(lang))?;
    Ok(Some(rule))
}

/// What Excel offers, and what it says at once to a value of the wrong length.
fn validation(field: &Field, lang: Lang) -> Result<Option<DataValidation>, XlsxError> {
    if field.kind() == InputType::Choice {
        return list(field, lang);
    }
    let length = match field.kind() {
        InputType::CnId | InputType::CreditCode => 18,
        InputType::CnMobile => 11,
        _ => return Ok(None),
    };
    let name = &field.name;
    let wrong = say!("「{name}」应是 {length} 位。", "“{name}” has {length} characters.");
    let rule = DataValidation::new()
        .allow_text_length(DataValidationRule::EqualTo(length))
        .set_error_title("Ruku")?
        .set_error_message(wrong.get(lang))?
        .set_error_style(DataValidationErrorStyle::Stop);
    Ok(Some(rule))
}
