//! `cell`: fills in one cell of a grid that the page lets a person edit.
//!
//! Never touches a cell that shows the value already.

use schemars::JsonSchema;
use serde::Deserialize;

use super::press::entering;
use super::{Action, Entered, Inspect, Risk, Stage, Words};
use crate::base::{Fault, FaultKind, Message};

/// `cell: { row: 张三, column: 手机号, value: … }`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// 所在行中的文字，或行号 · A text in its row, or the number of the row in quotes.
    pub row: Words,
    /// 列标题 · The heading of its column.
    pub column: Words,
    /// 填写的值 · What to put in.
    pub value: Words,
}

impl Action for Cell {
    const WORD: &'static str = "cell";
    const DOC: (&'static str, &'static str) =
        ("修改表格中的一格，按行和列标题找到", "Fill in a cell of a grid, found by row and column");
    const RISK: Risk = Risk::Change;

    fn title(&self) -> Message {
        let (row, column) = (&self.row.value, &self.column.value);
        crate::say!("填写「{row}」行的「{column}」", "fill in “{column}” in the row of “{row}”")
    }

    fn inspect(&self, inspect: &mut dyn Inspect) {
        [&self.row, &self.column, &self.value].into_iter().for_each(|words| inspect.words(words));
    }

    fn enters(&self) -> Vec<Entered> {
        vec![Entered::Cell { row: self.row.clone(), column: self.column.clone() }]
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Result<(), Fault> {
        stage.allowed_here().await?;
        let (row, column, value) = (stage.render(&self.row)?, stage.render(&self.column)?, stage.render(&self.value)?);
        if row.trim().is_empty() || column.trim().is_empty() {
            return Err(Fault::new(
                FaultKind::Precondition,
                crate::say!("没有写是哪一行哪一列，没有修改表格。", "row or column is empty, so no cell was edited"),
            ));
        }
        let filled = stage.browser.set_cell(&row, &column, &value, &entering(stage.site, stage.once), &stage.until).await?;
        stage.matched(&filled.found)?;
        stage.redactor.add(&filled.old);
        stage.hide_as_shown(&value, &filled.new);
        stage.changed(&column, &filled.old, &filled.new);
        Ok(())
    }
}
