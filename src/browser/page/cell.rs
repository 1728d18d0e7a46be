//! Filling in a cell of a grid: found by its row and the heading of its column, edited as the grid lets a person edit it.
//!
//! Never edits one of several rows that fit equally, never counts a value that the grid does not show afterwards.

use serde_json::{Value, json};

use super::super::Browser;
use super::fill::Filled;
use super::press::{Hit, Permit};
use super::ready::not_ready;
use super::target::{By, Found, Place, Target};
use super::words;
use crate::base::until::rung;
use crate::base::{Fault, FaultKind, Message, Until};
use crate::say;

/// Looks until an editor counts as not coming.
const OPENING: usize = 8;
/// Looks until the grid shows the value.
const SETTLING: usize = 8;

/// A cell, for messages.
struct Named<'a> {
    row: &'a str,
    column: &'a str,
    /// The same as a target, for messages of the page floor.
    target: Target,
}

impl Named<'_> {
    fn of<'n>(row: &'n str, column: &'n str) -> Named<'n> {
        let place = Place { row: Some(row.to_owned()), ..Place::of(By::Label(column.to_owned())) };
        Named { row, column, target: Target { any: vec![place] } }
    }
}

impl Browser {
    /// Puts `value` into the cell, if `permit` lets it, in the row that holds `row` (or has that number) below the heading `column`. A cell that shows it
    /// already is left alone.
    ///
    /// # Errors
    /// [`FaultKind::NotFound`] with the headings or rows there are, [`FaultKind::Many`] with the rows that fit equally;
    /// [`FaultKind::NotReady`] when pressing the cell opens no editor; otherwise as [`Browser::fill`].
    pub async fn set_cell(
        &self,
        row: &str,
        column: &str,
        value: &str,
        permit: &Permit<'_>,
        until: &Until,
    ) -> Result<Filled, Fault> {
        let named = Named::of(row, column);
        let look = async |_| self.look_for_cell(&named, None, until).await;
        let (found, old, index) = self.ladder(&named.target, until, look).await?;
        permit(&Hit::field(&found))?;
        if words::same_but_formatted(value, &old) {
            return Ok(Filled { found, new: old.clone(), old });
        }
        self.entering(&found, value);
        let (editor, is_list) = self.editor(&found, &named.target, permit, until).await?;
        if is_list {
            let args = [json!(editor.key), json!(value)];
            let told = self.ask(&found.context, "ruku.listStep(args[0], 0, args[1], false, true)", &args, until).await?;
            if !matches!(told["state"].as_str(), Some("set" | "chosen")) {
                return Err(super::choose::no_option(&named.target, value, &told["list"], told["state"] == "many"));
            }
        } else {
            self.type_into(&editor, &named.target, value, false, until).await?;
        }
        let mut shown = String::new();
        for attempt in 0..SETTLING {
            until.pause(rung(attempt), &named.target.words()).await?;
            let Ok((_, now, _)) = self.look_for_cell(&named, Some(index), until).await? else { continue };
            if words::same_but_formatted(value, &now) {
                return Ok(Filled { found, old, new: now });
            }
            shown = now;
        }
        Err(super::fill::changed(&named.target, value, &shown))
    }

    /// The cell, if the page shows it now.
    ///
    /// # Errors
    /// [`FaultKind::Many`] with the rows that fit equally; otherwise those of a look at a page.
    pub async fn cell(&self, row: &str, column: &str, until: &Until) -> Result<Option<Found>, Fault> {
        let looked = self.look_for_cell(&Named::of(row, column), None, until).await?;
        Ok(looked.ok().map(|(found, ..)| found))
    }

    /// One look: the cell, what it shows, and which row of the grid it is in.
    async fn look_for_cell(
        &self,
        named: &Named<'_>,
        index: Option<u64>,
        until: &Until,
    ) -> Result<Result<(Found, String, u64), Fault>, Fault> {
        let args = [json!(named.row), json!(named.column), json!(index)];
        let mut why = no_grid(named);
        for view in self.ask_all("ruku.gridCell(args[0], args[1], args[2])", &args, until).await? {
            let told = match &view.answer {
                Ok(told) if view.shown => told,
                Ok(_) => continue,
                Err(fault) if self.passing(fault) && view.parent.is_some() => continue,
                Err(fault) => return Err(fault.clone()),
            };
            let word = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
            match told["state"].as_str() {
                Some("cell") => {
                    let found = Found {
                        words: format!("「{}」(cell)", named.column),
                        alternative: 0,
                        rect: view.to_window(&told["rect"]),
                        text: word("text"),
                        document: view.document.clone(),
                        context: view.context.clone(),
                        key: told["key"].as_u64().unwrap_or_default(),
                    };
                    return Ok(Ok((found, word("value"), told["index"].as_u64().unwrap_or_default())));
                }
                Some("many") => return Err(rows(named, &told["list"], FaultKind::Many)),
                Some("none") => why = rows(named, &told["list"], FaultKind::NotFound),
                Some("column") => why = no_column(named, &told["list"]),
                _ => {}
            }
        }
        Ok(Err(why))
    }

    /// The field that edits the cell, pressed open where it has to be; and whether it is a list.
    async fn editor(&self, cell: &Found, target: &Target, permit: &Permit<'_>, until: &Until) -> Result<(Found, bool), Fault> {
        for attempt in 0..OPENING {
            let told = self.ask(&cell.context, "ruku.cellEditor(args[0])", &[json!(cell.key)], until).await?;
            match told["state"].as_str() {
                Some("open") => {
                    let key = told["key"].as_u64().unwrap_or_default();
                    return Ok((Found { key, ..cell.clone() }, told["select"] == true));
                }
                Some("closed") if attempt == 0 => drop(self.press_found(target, cell, permit, until).await?),
                Some("closed") => {}
                _ => return Err(not_ready(target, &told)),
            }
            until.pause(rung(attempt), &target.words()).await?;
        }
        let (zh, en) = (target.words().zh, target.words().en);
        Err(Fault::new(
            FaultKind::NotReady,
            say!("点击后{zh}没有出现输入框，这一格可能不能修改。", "pressing {en} opened no field; the cell may not be editable"),
        ))
    }
}

fn list(value: &Value) -> String {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>().join("；")
}

fn no_grid(named: &Named<'_>) -> Fault {
    super::look::not_found(&named.target, &say!("网页中没有这样的表格", "the page has no such grid"))
}

fn no_column(named: &Named<'_>, headings: &Value) -> Fault {
    let (column, list) = (named.column, list(headings));
    Fault::new(
        FaultKind::NotFound,
        say!(
            "表格没有“{column}”一列，只有：{list}。请核对是否为要填的那个表格。",
            "the grid has no column “{column}”, only: {list}; check that this is the right grid"
        ),
    )
}

/// The rows themselves stay out of the message when none fits: they hold personal values. Those that fit equally are named by number.
fn rows(named: &Named<'_>, found: &Value, kind: FaultKind) -> Fault {
    let (row, count) = (named.row, found.as_array().map_or(0, Vec::len));
    let message: Message = if kind == FaultKind::Many {
        say!(
            "表格中有 {count} 行符合“{row}”，无法确定是哪一行，没有填写。请写得更准确，或写行号。",
            "{count} rows of the grid fit “{row}”, so nothing was filled in: be more exact, or give the number of the row"
        )
    } else {
        say!("表格的 {count} 行中没有“{row}”。", "none of the {count} rows of the grid has “{row}”")
    };
    Fault::new(kind, message)
}
