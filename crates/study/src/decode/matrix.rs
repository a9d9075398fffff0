//! Matrices of log-probabilities from other toolkits, and their token tables.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use linnet_ctc::{BeamError, spells_words};
use linnet_text::{BLANK, SPACE, TokenTable};

use super::output::Symbols;
use crate::error::StudyError;

/// Names of the blank; a table that has none of them has it at id 0.
const BLANKS: [&str; 3] = [BLANK, "<blk>", "<eps>"];

/// What wav2vec 2.0's tables have between words.
const BAR: &str = "|";

/// How far rounding may lift a log-probability above zero, and the sum of a frame's probabilities above one.
const ROUNDING: f32 = 1e-3;
const HIGHEST_SUM: f64 = 1.02;

/// The most symbols.
const MOST: usize = 1 << 20;

/// A token table of any toolkit: what the columns of its matrices stand for.
#[derive(Clone, Debug)]
pub struct MatrixTable {
    path: PathBuf,
    table: TokenTable,
    /// The column of each of the table's tokens, the blank's first.
    columns: Vec<u32>,
    /// The symbols as they stand in the file, by column.
    symbols: Vec<String>,
}

impl MatrixTable {
    /// Reads a table: a symbol and its id a line, in any order, as Kaldi and k2 write it, or one symbol a line.
    ///
    /// The blank is `<blank>`, `<blk>` or `<eps>`, whatever its id, else id 0. A line that is one space, or where there
    /// is neither `<space>` nor a symbol that begins with `▁` the symbol `|`, is the space between words. Symbols `#0`,
    /// `#1`, … at the end are no columns: lexicons need them to tell homophones apart, networks don't know them.
    ///
    /// # Errors
    ///
    /// Names the line that is neither, and an id or symbol that is missing or there twice.
    pub fn read(path: &Path) -> Result<Self, StudyError> {
        let mut symbols = read_symbols(path)?;
        let fail = |problem: String| Err(StudyError::File { path: path.into(), problem });
        let numbered = |s: &String| {
            s.strip_prefix('#').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
        };
        while symbols.len() > 1 && symbols.last().is_some_and(numbered) {
            symbols.pop();
        }
        let mut places = HashMap::new();
        for (id, symbol) in symbols.iter().enumerate() {
            if let Some(first) = places.insert(symbol.as_str(), id) {
                return fail(format!(
                    "{symbol:?} is the symbol of both {first} and {id}; name each symbol once"
                ));
            }
        }
        let named: Vec<usize> = BLANKS.iter().filter_map(|name| places.get(name).copied()).collect();
        let blank = match named[..] {
            [] => 0,
            [blank] => blank,
            _ => return fail("the blank has several names in it; keep one of <blank>, <blk>, <eps>".into()),
        };
        let columns: Vec<u32> = std::iter::once(blank)
            .chain((0..symbols.len()).filter(|&id| id != blank))
            .map(|id| id as u32)
            .collect();
        let others = columns[1..].iter().map(|&id| symbols[id as usize].clone());
        let mut table = TokenTable::new(others.clone().collect());
        if !spells_words(&table) {
            let space = |symbol: String| if symbol == BAR { SPACE.to_string() } else { symbol };
            table = TokenTable::new(others.map(space).collect());
        }
        Ok(Self { path: path.into(), table, columns, symbols })
    }

    /// The tokens in Linnet's order, the blank first.
    pub fn table(&self) -> &TokenTable {
        &self.table
    }

    /// Whether the tokens spell words.
    pub fn has_words(&self) -> bool {
        spells_words(&self.table)
    }

    /// Checks a matrix and brings its columns into the order of [`Self::table`].
    ///
    /// `values` is `(frames, columns)`, row-major, natural logarithms of probabilities; `path` names it in errors.
    ///
    /// # Errors
    ///
    /// If `columns` isn't the size of the table, a value is NaN or above zero beyond rounding, or a frame's
    /// probabilities sum to more than one.
    pub fn arrange(&self, mut values: Vec<f32>, columns: usize, path: &Path) -> Result<Vec<f32>, StudyError> {
        if columns != self.columns.len() {
            let (tokens, table) = (self.columns.len(), self.path.display());
            let problem = format!(
                "the matrix has {columns} columns, the token table {table} has {tokens} symbols; give the table of the model that made it"
            );
            return Err(StudyError::File { path: path.into(), problem });
        }
        let fail = |source| StudyError::Matrix { path: path.into(), source };
        for (frame, row) in values.chunks_exact(columns).enumerate() {
            if let Some(token) = row.iter().position(|&value| value.is_nan() || value > ROUNDING) {
                return Err(fail(BeamError::NotALogProbability { frame, token, value: row[token] }));
            }
            let sum: f64 = row.iter().map(|&value| f64::from(value).exp()).sum();
            if sum > HIGHEST_SUM {
                return Err(fail(BeamError::NotNormalised { frame, sum }));
            }
        }
        if self.columns.iter().zip(0..).any(|(&column, token)| column != token) {
            let mut row = vec![0.0; columns];
            for frame in values.chunks_exact_mut(columns) {
                row.copy_from_slice(frame);
                frame
                    .iter_mut()
                    .zip(&self.columns)
                    .for_each(|(value, &column)| *value = row[column as usize]);
            }
        }
        Ok(values)
    }
}

impl Symbols for MatrixTable {
    fn symbol_and_id(&self, token: u32) -> (&str, u32) {
        let column = self.columns[token as usize];
        (&self.symbols[column as usize], column)
    }
}

/// The symbols by id.
fn read_symbols(path: &Path) -> Result<Vec<String>, StudyError> {
    let bytes = std::fs::read(path).map_err(|source| StudyError::Io { path: path.into(), source })?;
    let fail = |line: usize, problem: String| StudyError::Line { path: path.into(), line, problem };
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let mut lines = Vec::new();
    for (number, line) in (1..).zip(bytes.split(|&b| b == b'\n')) {
        let line = std::str::from_utf8(line.strip_suffix(b"\r").unwrap_or(line));
        let line =
            line.map_err(|_| fail(number, "the line is not UTF-8; give a token table as text".into()))?;
        if lines.len() == MOST {
            return Err(fail(number, format!("more than {MOST} symbols")));
        }
        if !line.is_empty() {
            lines.push((number, line));
        }
    }
    let Some(&(first, line)) = lines.first() else {
        return Err(fail(1, "there is no symbol in it; write one on each line, or `SYMBOL ID`".into()));
    };
    if symbol_and_id(line).is_none() {
        let symbol = |(number, line)| {
            symbol(line).ok_or_else(|| {
                let problem = format!(
                    "{line:?} is not one symbol, as line {first} is; write one on each line, or `SYMBOL ID`"
                );
                fail(number, problem)
            })
        };
        return lines.into_iter().map(symbol).collect();
    }
    let mut symbols = vec![None; lines.len()];
    for &(number, line) in &lines {
        let (symbol, id) = symbol_and_id(line).ok_or_else(|| {
            fail(
                number,
                format!("{line:?} is not a symbol and its id, as line {first} is; write `SYMBOL ID`"),
            )
        })?;
        let count = lines.len();
        let place = symbols.get_mut(id).ok_or_else(|| {
            fail(number, format!("the id {id} is beyond the {count} symbols; ids are 0 to {}", count - 1))
        })?;
        if place.replace(symbol).is_some() {
            return Err(fail(number, format!("the id {id} occurs twice; give each symbol an id of its own")));
        }
    }
    // As many different ids below their number as there are lines: none is missing.
    Ok(symbols.into_iter().flatten().collect())
}

/// A line of Kaldi's or k2's tables.
fn symbol_and_id(line: &str) -> Option<(String, usize)> {
    let (left, id) = line.trim_end().rsplit_once([' ', '\t'])?;
    Some((symbol(left)?, id.parse().ok()?))
}

/// One symbol; that which is a space is the space between words.
fn symbol(text: &str) -> Option<String> {
    let trimmed = text.trim();
    match trimmed.is_empty() {
        true => (text == " ").then(|| SPACE.to_string()),
        false => (!trimmed.contains(char::is_whitespace)).then(|| trimmed.to_string()),
    }
}
