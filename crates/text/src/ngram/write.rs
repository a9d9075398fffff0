//! Writes ARPA files.

use std::fs::File;
use std::io::{BufWriter, Result, Write};
use std::path::{Path, PathBuf};

use flate2::{Compression, GzBuilder};

use super::estimate::Estimate;
use super::lines::io;
use crate::error::TextError;

impl Estimate {
    /// Writes an ARPA file, compressed if its name ends in `.gz`. N-grams are sorted by their words, `<unk>`, `<s>` and `</s>`
    /// first and the others by their bytes.
    pub fn write(&self, path: &Path) -> std::result::Result<(), TextError> {
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let written = || {
            let file = BufWriter::new(File::create(&part)?);
            let mut file = match path.extension().is_some_and(|e| e == "gz") {
                true => {
                    let mut gzip = GzBuilder::new().write(file, Compression::default());
                    self.write_to(&mut gzip)?;
                    gzip.finish()?
                }
                false => {
                    let mut file = file;
                    self.write_to(&mut file)?;
                    file
                }
            };
            file.flush()?;
            file.get_ref().sync_all()?;
            std::fs::rename(&part, path)
        };
        written().map_err(|source| {
            // What is left of a failed write is of no use; the first error is the one to tell.
            let _ = std::fs::remove_file(&part);
            io(path, source)
        })
    }

    /// Writes the text of an ARPA file.
    pub fn write_to(&self, writer: &mut impl Write) -> Result<()> {
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
