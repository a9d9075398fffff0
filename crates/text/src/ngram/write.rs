//! Writes ARPA files.

use std::io::{BufWriter, Result, Write};
use std::path::Path;

use flate2::{Compression, GzBuilder};
use linnet_files::write_beside;

use super::estimate::Estimate;
use super::lines::io;
use crate::error::TextError;

/// The bytes that are compressed at once.
const PIECE: usize = 1 << 16;

impl Estimate {
    /// Writes an ARPA file, compressed if its name ends in `.gz`. N-grams are sorted by their words, `<unk>`, `<s>` and
    /// `</s>` first and the others by their bytes.
    ///
    /// # Errors
    ///
    /// A file that can't be written.
    pub fn write(&self, path: &Path) -> std::result::Result<(), TextError> {
        let written = write_beside(path, |out| match path.extension().is_some_and(|e| e == "gz") {
            true => {
                // The compressor clears its buffer for each piece that it is given.
                let gzip = GzBuilder::new().write(out, Compression::default());
                let mut pieces = BufWriter::with_capacity(PIECE, gzip);
                self.write_to(&mut pieces)?;
                pieces.into_inner()?.finish().map(drop)
            }
            false => self.write_to(out),
        });
        written.map_err(|source| io(path, source))
    }

    /// Writes the text of an ARPA file.
    ///
    /// # Errors
    ///
    /// The writer's.
    pub fn write_to(&self, writer: &mut (impl Write + ?Sized)) -> Result<()> {
        writeln!(writer, "\\data\\")?;
        for order in 1..=self.order() {
            writeln!(writer, "ngram {order}={}", self.ngrams(order))?;
        }
        for order in 1..=self.order() {
            writeln!(writer, "\n\\{order}-grams:")?;
            for gram in self.grams(order) {
                write!(writer, "{}", gram.log10)?;
                for (i, &id) in gram.ids.iter().enumerate() {
                    let before = if i == 0 { '\t' } else { ' ' };
                    write!(writer, "{before}{}", self.word(id))?;
                }
                match order == self.order() {
                    true => writeln!(writer)?,
                    false => writeln!(writer, "\t{}", gram.backoff)?,
                }
            }
        }
        writeln!(writer, "\n\\end\\")
    }
}
