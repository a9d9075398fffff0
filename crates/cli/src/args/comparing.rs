//! Arguments of `linnet compare`.

use std::path::PathBuf;

use clap::Args;

/// Run a study of several kinds, or compare finished runs: tables, and an HTML report.
///
/// A study file names kinds, sizes and seeds. Runs that are missing are trained and decoded, one after the other;
/// Ctrl-C keeps what is done, and the same command goes on. Runs that differ in their seeds alone count as one.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  linnet compare recipes/mini/studies/attention.toml --out report.html       train what is missing
  linnet compare recipes/mini/studies/attention.toml --no-train              what is there so far
  linnet compare recipes/mini/studies/attention.toml --no-train --time       seconds that can be compared
  linnet compare recipes/mini/studies/attention.toml --list                  names of the missing runs
  linnet compare exp/softmax exp/linear --out report.html --plot per.svg     finished runs")]
pub(crate) struct Compare {
    /// A study file, or experiment folders, the first of which the others are compared with.
    #[arg(required = true, value_name = "STUDY.toml|EXP")]
    pub(crate) what: Vec<PathBuf>,
    /// The HTML report to write.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// The SVG plot to write: error rate against epochs and against time.
    #[arg(long, value_name = "FILE")]
    pub(crate) plot: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) study: StudyOptions,
}

/// How a study is run.
#[derive(Debug, Args)]
#[command(next_help_heading = "Of a study")]
pub(crate) struct StudyOptions {
    /// Where runs are trained, in STUDY/RUN, and the prepared corpus lies; by default exp in the folder above the study
    /// file's.
    #[arg(long, value_name = "DIR")]
    pub(crate) exp: Option<PathBuf>,
    /// The prepared corpus; by default the folder within --exp that the study file names.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Where finished runs are kept, which count as done; by default results/STUDY in the folder above the study
    /// file's.
    #[arg(long, value_name = "DIR")]
    pub(crate) results: Option<PathBuf>,
    /// Change one key of all configurations; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Train only this run (linear-seed0) or these of a kind (linear); may be repeated. Several processes or machines
    /// can so share a study.
    #[arg(long, value_name = "RUN|KIND")]
    pub(crate) only: Vec<String>,
    /// Print the names of the runs that are missing, one a line, and do nothing else: what --only takes, so that the tasks
    /// of a job array can share a study (recipes/slurm).
    #[arg(long, conflicts_with_all = ["no_train", "time", "keep", "out", "plot"])]
    pub(crate) list: bool,
    /// Train and decode nothing: report what is there.
    #[arg(long, conflicts_with = "only")]
    pub(crate) no_train: bool,
    /// Then time training steps of all kinds, in turn and on the same batches, and report these seconds in place of the
    /// runs' own: those of runs beside other work or on several machines can't be compared. Needs the machine for
    /// itself.
    #[arg(long)]
    pub(crate) time: bool,
    /// Copy what makes runs done, without weights, and the kinds' times to --results, with the tables as README.md.
    #[arg(long)]
    pub(crate) keep: bool,
}

impl StudyOptions {
    /// Whether any is given.
    pub(crate) fn is_given(&self) -> bool {
        let folders = [&self.exp, &self.data, &self.results].iter().any(|folder| folder.is_some());
        let lists = [&self.set, &self.only].iter().any(|list| !list.is_empty());
        folders || lists || self.list || self.no_train || self.time || self.keep
    }
}
