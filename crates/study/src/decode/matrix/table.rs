//! Other toolkits' token tables.

use std::path::{Path, PathBuf};

use linnet::marked;
use linnet_ctc::spells_words;
use linnet_text::{BLANK, TokenTable, read_symbols};

use super::blank::Blank;
use super::values::log_probs;
use crate::decode::output::Symbols;
use crate::error::StudyError;

/// A token table of any toolkit: what the columns of its matrices stand for.
#[derive(Clone, Debug)]
pub struct MatrixTable {
    path: PathBuf,
    table: TokenTable,
    /// The column of each of the table's tokens, the blank's first.
    columns: Vec<u32>,
    /// The symbols as they stand in the file, by column.
    symbols: Vec<String>,
    notes: Vec<String>,
}

/// A matrix, its columns in the order of [`MatrixTable::table`].
#[derive(Clone, Debug)]
pub struct Arranged {
    /// `(frames, tokens)`, row-major, natural logarithms of probabilities.
    pub log_probs: Vec<f32>,
    /// Notes about changes to the values.
    pub notes: Vec<String>,
}

impl MatrixTable {
    /// Reads the table of a matrix with so many columns: a symbol and its id a line, in any order, as Kaldi and k2 write
    /// it, one symbol a line, or Hugging Face's `vocab.json`.
    ///
    /// `blank` is the blank's name or column. Without it the blank is known by its name (`<blank>`, `<blk>`, `<ctc>`,
    /// then `<eps>`, then `[PAD]`, `<pad>` or `_`), wherever it stands; a matrix of one column more than there are
    /// symbols has it last; else it has column 0, which a note says. A line that is one space, or where there is neither
    /// `<space>` nor a symbol that begins with `▁` the symbol `|`, is the space between words. Where symbols as `##ing`
    /// go on words, all others begin one (WordPiece); a note names other marks of pieces. Symbols `#0`, `#1`, … at
    /// the end are no columns: lexicons need them to tell homophones apart, networks don't know them.
    ///
    /// # Errors
    ///
    /// A file that is no such table; one with more or fewer symbols than there are columns; a blank that isn't there, or
    /// has several names.
    pub fn read(path: &Path, columns: usize, blank: Option<&str>) -> Result<Self, StudyError> {
        let mut symbols = read_symbols(path)?;
        let fail = |problem: String| StudyError::File { path: path.into(), problem };
        let numbered = |s: &String| {
            s.strip_prefix('#').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
        };
        while symbols.len() > columns && symbols.len() > 1 && symbols.last().is_some_and(numbered) {
            symbols.pop();
        }
        let found = Blank::of(&symbols, columns, blank).map_err(fail)?;
        let mut notes = Vec::new();
        let blank = match found {
            Blank::Column(column) => column,
            Blank::Assumed => {
                notes.push(format!(
                    "{}: no symbol has a name of the blank; {:?}, id 0, is taken for it",
                    path.display(),
                    symbols[0]
                ));
                0
            }
            Blank::Missing(column) => {
                symbols.insert(column, BLANK.into());
                column
            }
            Blank::MissingLast => {
                notes.push(format!(
                    "{}: the matrix has {columns} columns, one more than there are symbols; the last is taken for the blank",
                    path.display()
                ));
                symbols.push(BLANK.into());
                columns - 1
            }
        };
        if symbols.len() != columns {
            let tokens = symbols.len();
            return Err(fail(format!(
                "it has {tokens} symbols, the matrix has {columns} columns; give the table of the model that made it, or \
                 the matrix as (time, token)"
            )));
        }
        let columns: Vec<u32> = std::iter::once(blank)
            .chain((0..symbols.len()).filter(|&id| id != blank))
            .map(|id| id as u32)
            .collect();
        // Another symbol may have the blank's usual name.
        let name = |symbol: &String| if symbol == BLANK { format!("{BLANK}2") } else { symbol.clone() };
        let others = columns[1..].iter().map(|&id| name(&symbols[id as usize]));
        let (others, note) = marked(others.collect());
        notes.extend(note.map(|note| format!("{}: {note}", path.display())));
        let table = TokenTable::new(others);
        Ok(Self { path: path.into(), table, columns, symbols, notes })
    }

    /// Notes for the user.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The tokens in Linnet's order, the blank first.
    pub fn table(&self) -> &TokenTable {
        &self.table
    }

    /// Whether the tokens spell words.
    pub fn has_words(&self) -> bool {
        spells_words(&self.table)
    }

    /// Makes log-probabilities of a matrix, and brings its columns into the order of [`Self::table`].
    ///
    /// `values` is `(frames, columns)`, row-major: log-probabilities, probabilities or logits. Rows at the end that are
    /// −∞ throughout, or 0 where no others could be, are padding and left out. `path` names the matrix in errors.
    ///
    /// # Errors
    ///
    /// A value that is NaN or ∞; a row of nothing but −∞ that is followed by others; values that fill no whole rows.
    pub fn arrange(&self, values: Vec<f32>, path: &Path) -> Result<Arranged, StudyError> {
        let fail = |problem| StudyError::File { path: path.into(), problem };
        let columns = self.columns.len();
        if !values.len().is_multiple_of(columns) {
            let (count, table) = (values.len(), self.path.display());
            return Err(fail(format!(
                "its {count} values are no rows of {columns}, as {table} has symbols; give the table of the model that \
                 made it"
            )));
        }
        let (mut log_probs, notes) = log_probs(values, columns).map_err(fail)?;
        if self.columns.iter().zip(0..).any(|(&column, token)| column != token) {
            let mut row = vec![0.0; columns];
            for frame in log_probs.chunks_exact_mut(columns) {
                row.copy_from_slice(frame);
                frame
                    .iter_mut()
                    .zip(&self.columns)
                    .for_each(|(value, &column)| *value = row[column as usize]);
            }
        }
        Ok(Arranged { log_probs, notes })
    }
}

impl Symbols for MatrixTable {
    fn symbol_and_id(&self, token: u32) -> (&str, u32) {
        let column = self.columns[token as usize];
        (&self.symbols[column as usize], column)
    }
}
