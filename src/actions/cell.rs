//! `cell`: fills in one cell of a grid that the page lets a person edit.
//!
//! Never touches a cell that shows the value already.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Action, Inspect, Risk, Stage, Words};
use crate::base::{Fault, Message};

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
    const DOC: (&'static str, &'static str) = ("填写表格中的一格", "Fill in a cell of a grid, found by row and column");
    const RISK: Risk = Risk::Change;

    fn title(&self) -> Message {
        let (row, column) = (&self.row.value, &self.column.value);
        crate::say!("填写「{row}」行的「{column}」", "fill in “{column}” in the row of “{row}”")
    }

    fn inspect(&self, inspect: &mut dyn Inspect) {
        [&self.row, &self.column, &self.value].into_iter().for_each(|words| inspect.words(words));
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Result<(), Fault> {
        stage.allowed_here().await?;
        let (row, column, value) = (stage.render(&self.row)?, stage.render(&self.column)?, stage.render(&self.value)?);
        let filled = stage.browser.set_cell(&row, &column, &value, &stage.until).await?;
        stage.matched(&filled.found)?;
        stage.redactor.add(&filled.old);
        stage.changed(&column, &filled.old, &filled.new);
        Ok(())
    }
}
