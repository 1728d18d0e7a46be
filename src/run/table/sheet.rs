//! A sheet as plain data: cells as the file holds them, with the addresses that a person sees. Knows no format and no inputs.

/// What a cell holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    /// Words, without white space around them; never empty.
    Text(String),
    /// A number: its digits may not be those that were typed.
    Number(f64),
    /// A long number that was saved as `1.5E+17`.
    Shortened,
    /// A day as `2010-01-31`.
    Day(String),
    /// Nothing that can be a value: `#N/A`, `TRUE`, a time of day.
    Odd,
    /// A formula whose result the file does not hold.
    NoResult,
}

/// A cell and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Placed {
    /// Column, from 0.
    pub(super) column: u32,
    /// What it holds.
    pub(super) cell: Cell,
    /// Whether a formula made it.
    pub(super) formula: bool,
}

/// A row with anything in it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Line {
    /// The row's number as Excel shows it, from 1.
    pub(super) number: u32,
    /// Its cells that are not empty, by column.
    pub(super) cells: Vec<Placed>,
}

impl Line {
    /// What stands in a column.
    pub(super) fn at(&self, column: u32) -> Option<&Placed> {
        self.cells.binary_search_by_key(&column, |placed| placed.column).ok().map(|at| &self.cells[at])
    }
}

/// Cells that were merged into one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Area {
    /// First and last row, from 1.
    pub(super) rows: (u32, u32),
    /// First and last column, from 0.
    pub(super) columns: (u32, u32),
}

impl Area {
    /// `B3:B5`.
    pub(super) fn address(&self) -> String {
        format!("{}:{}", address(self.columns.0, self.rows.0), address(self.columns.1, self.rows.1))
    }

    /// Whether a cell is one of them.
    pub(super) fn holds(&self, column: u32, row: u32) -> bool {
        (self.columns.0..=self.columns.1).contains(&column) && (self.rows.0..=self.rows.1).contains(&row)
    }
}

/// A sheet.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Sheet {
    /// Its name; empty where there is only one and it has none.
    pub(super) name: String,
    /// Its rows, from the top.
    pub(super) lines: Vec<Line>,
    /// Its merged cells.
    pub(super) merged: Vec<Area>,
}

/// `C7`: a column from 0 and a row from 1 as Excel names them.
pub(super) fn address(column: u32, row: u32) -> String {
    format!("{}{row}", letters(column))
}

/// `A`, `Z`, `AA`: a column from 0.
pub(super) fn letters(column: u32) -> String {
    let mut rest = column + 1;
    let mut letters = Vec::new();
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + (rest % 26) as u8));
        rest /= 26;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_of_excel() {
        let told = [(0, 1), (25, 2), (26, 3), (701, 4), (702, 5), (16383, 1_048_576)].map(|(column, row)| address(column, row));
        assert_eq!(told, ["A1", "Z2", "AA3", "ZZ4", "AAA5", "XFD1048576"]);
    }
}
