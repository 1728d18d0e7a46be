//! What became of all rows: the results beside the table, the last lines on the screen, and the exit code.

use std::path::{Path, PathBuf};

use super::{Batch, Entry, beside};
use crate::base::{Message, files};
use crate::proof::beijing;
use crate::run::batch::{self, Class};

impl Batch<'_> {
    /// Writes the results beside the table. Where that fails (the workbook is open in Excel) the batch goes on and says so.
    pub(super) fn write_results(&self) {
        let lines: Vec<batch::Line> = (0..self.entries.len()).map(|at| self.line(at)).collect();
        let lang = self.context.lang;
        let workbook = batch::workbook(&lines, lang).and_then(|bytes| files::replace(&self.results(), &bytes));
        let text = self
            .table
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("csv"))
            .then(|| batch::csv(&lines, lang).and_then(|bytes| files::replace(&beside(&self.table, "-结果.csv"), &bytes)));
        for fault in [Some(workbook), text].into_iter().flatten().filter_map(Result::err) {
            let told = crate::say!(
                "结果暂时写不进去（{}）。如果正用 Excel 打开着，请关闭；办理不受影响。",
                "the results could not be written for now ({}); close them if Excel has them open; the runs are not affected",
                fault.text(lang)
            );
            self.tell(&told);
        }
    }

    fn results(&self) -> PathBuf {
        beside(&self.table, "-结果.xlsx")
    }

    fn class_of(&self, entry: &Entry) -> Option<Class> {
        self.journal.known(&entry.key)?.ending.as_ref().map(|ending| ending.class)
    }

    fn line(&self, at: usize) -> batch::Line {
        let Entry { row, key, .. } = &self.entries[at];
        let known = self.journal.known(key);
        let ending = known.and_then(|known| known.ending.as_ref());
        let local = |at: jiff::Timestamp| at.to_zoned(beijing()).strftime("%Y-%m-%d %H:%M:%S").to_string();
        let report = known.and_then(|known| known.run.as_ref()).map(|run| self.runs.join(run).join("data/report.html"));
        batch::Line {
            row: row.number,
            who: batch::masked(self.fields.name_of(row)),
            class: ending.map(|ending| ending.class),
            why: ending.and_then(|ending| ending.why.clone()),
            began: known.and_then(|known| known.began).map(local).unwrap_or_default(),
            seconds: known.map(|known| known.seconds).filter(|seconds| *seconds > 0),
            report: report.filter(|report| report.is_file()).map(|report| self.linked(&report)),
        }
    }

    /// A path as a link from where the results lie.
    fn linked(&self, path: &Path) -> String {
        let near = path.strip_prefix(self.table.parent().unwrap_or(Path::new(""))).unwrap_or(path);
        near.to_string_lossy().replace('\\', "/")
    }

    /// Says what became of all rows, and gives the exit code: the gravest of theirs.
    pub(super) fn sum_up(&self, cancelled: bool) -> u8 {
        let classes: Vec<Option<Class>> = self.entries.iter().map(|entry| self.class_of(entry)).collect();
        let count = |class: Option<Class>| classes.iter().filter(|own| **own == class).count();
        let all = [Class::Done, Class::Parked, Class::Business, Class::Technical, Class::Unsure, Class::Stopped];
        let open = crate::say!("未办", "not begun");
        let words = all.into_iter().map(|class| (class.word(), count(Some(class)))).chain([(open, count(None))]);
        let told: Vec<(Message, usize)> = words.filter(|(_, count)| *count > 0).collect();
        let zh = told.iter().map(|(word, count)| format!("{} {count}", word.zh)).collect::<Vec<_>>().join("，");
        let en = told.iter().map(|(word, count)| format!("{} {count}", word.en)).collect::<Vec<_>>().join(", ");
        let results = self.results().display().to_string();
        self.tell(&crate::say!("{zh}。结果：{results}", "{en}; results: {results}"));
        if count(Some(Class::Unsure)) > 0 {
            self.tell(&crate::say!(
                "结果待核实的行：请先到平台查看，切勿重复点击；再次执行同一命令时会请您确认。",
                "rows that are unsure: look at the portal first and do not press again; the same command will ask you"
            ));
        }
        if count(Some(Class::Parked)) > 0 {
            self.tell(&crate::say!(
                "挂起的行：平台审核之后，再次执行同一命令即可接着办。",
                "rows that are parked: once the portal has decided, the same command goes on with them"
            ));
        }
        if count(Some(Class::Business)) + count(Some(Class::Technical)) > 0 {
            self.tell(&crate::say!(
                "没办成的行：处理好之后，用 --only failed 重办；更正了表格的行，再次执行同一命令就会办。",
                "rows that failed: once that is put right, --only failed runs them again; rows corrected in the table are run by the same command"
            ));
        }
        let has = |class: Class| count(Some(class)) > 0;
        match () {
            () if cancelled => 130,
            () if has(Class::Unsure) => 5,
            () if has(Class::Technical) => 3,
            () if has(Class::Business) => 6,
            () if has(Class::Stopped) || count(None) > 0 => 130,
            () if has(Class::Parked) => 8,
            () => 0,
        }
    }
}
