//! What goes to standard output: data.

use std::error::Error;
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use linnet_files::io_problem;

/// Prints a line, or several. `println!` would panic where the output can't be written, as to a full disc.
pub(crate) fn print(lines: impl Display) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{lines}")
        .map_err(|error| io::Error::new(error.kind(), format!("standard output: {}", io_problem(&error))))
}

/// Whether an error means that nobody reads the output any more, as in `linnet … | head`.
pub(crate) fn nobody_reads(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}
