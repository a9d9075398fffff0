//! A comparison as one self-contained page: tables, and plots in SVG that are legible in print.

mod axis;
mod curves;
mod forest;
mod glance;
mod labels;
mod lines;
mod page;
mod palette;
mod tables;

use std::path::Path;

pub use lines::LinePlot;

use linnet_page::escape;

use crate::compare::Comparison;
use crate::decode::write;
use crate::error::StudyError;

impl Comparison {
    /// Writes the plot of the development error rate against epochs and against time.
    ///
    /// # Errors
    ///
    /// A file that can't be written.
    pub fn write_plot(&self, path: &Path) -> Result<(), StudyError> {
        write(path, curves::convergence(self, None).as_bytes())
    }

    /// Writes the whole comparison as one self-contained page.
    ///
    /// # Errors
    ///
    /// A file that can't be written.
    pub fn write_html(&self, path: &Path) -> Result<(), StudyError> {
        write(path, page::page(self).as_bytes())
    }
}
