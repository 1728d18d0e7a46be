//! The table of a batch: one row an applicant, headings that are the names of the playbooks' inputs.
//!
//! All rows are checked before the first one is run, and all faults come at once, each with the address of its cell. Never says a value, never
//! guesses at one: what Excel may have changed (long numbers, leading zeros) is refused and not repaired.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

mod check;
mod delimited;
mod fields;
mod findings;
mod sheet;
mod template;
mod workbook;

pub use fields::{FILES, Fields};
pub use template::{template, template_csv};

use crate::base::Diagnostic;
use findings::Findings;

/// Larger files hold something else than applicants.
const LARGEST: usize = 64 << 20;

/// One applicant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The row's number as Excel shows it.
    pub number: u32,
    /// Values by the names of the inputs.
    pub inputs: BTreeMap<String, String>,
    /// The folder with this applicant's files, as it was written.
    pub files: Option<PathBuf>,
    /// In which column of the table each input stands, from 0.
    pub columns: Arc<BTreeMap<String, u32>>,
}

/// Records as text: UTF-8 with a mark, so that Excel and WPS read it rightly.
///
/// # Errors
/// What the library says.
pub(super) fn csv<R>(records: impl IntoIterator<Item = R>) -> Result<Vec<u8>, ::csv::Error>
where
    R: IntoIterator<Item = String>,
{
    let mut writer = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(b"\xEF\xBB\xBF".to_vec());
    records.into_iter().try_for_each(|record| writer.write_record(record))?;
    writer.into_inner().map_err(|error| ::csv::Error::from(error.into_error()))
}

/// Reads and checks a table. With errors among the diagnostics the rows must not be run.
pub fn read(bytes: &[u8], fields: &Fields) -> (Vec<Row>, Vec<Diagnostic>) {
    let mut findings = Findings::default();
    let sheets = match bytes {
        _ if bytes.len() > LARGEST => Err(findings::too_large()),
        [b'P', b'K', ..] => workbook::read(bytes),
        [0xD0, 0xCF, 0x11, 0xE0, ..] => Err(findings::old_workbook()),
        _ => delimited::read(bytes).map(|sheet| vec![sheet]),
    };
    let rows = match sheets {
        Ok(sheets) => check::check(&sheets, fields, &mut findings),
        Err(diagnostic) => {
            findings.add(*diagnostic);
            Vec::new()
        }
    };
    (rows, findings.all())
}

/// The rows whose folder of files is not there, below `folder` where it is written from there.
pub fn missing_folders(rows: &[Row], folder: &Path) -> Vec<Diagnostic> {
    let mut findings = Findings::default();
    for row in rows {
        if row.files.as_ref().is_some_and(|files| !folder.join(files).is_dir()) {
            findings.row(row.number, findings::no_folder(row.number));
        }
    }
    findings.all()
}

/// The cells that name a file which cannot be uploaded from the folder that `folder` tells for the row; none tells of a row whose folder is not
/// known or not there.
pub fn missing_files(rows: &[Row], fields: &Fields, folder: &dyn Fn(&Row) -> Option<PathBuf>) -> Vec<Diagnostic> {
    let mut findings = Findings::default();
    for row in rows {
        let Some(folder) = folder(row).filter(|folder| folder.is_dir()) else { continue };
        for field in fields.inputs() {
            let Some((value, column)) = row.inputs.get(&field.name).zip(row.columns.get(&field.name)) else { continue };
            if let Some(why) = field.inputs.iter().find_map(|input| input.refuses_file(&field.name, value, &folder)) {
                findings.cell(*column, row.number, findings::missing_file(*column, row.number, &why));
            }
        }
    }
    findings.all()
}
