//! The sets of WSJ0 and WSJ1: where their lists are and how many utterances they have.

/// Where the list of a set comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// Index files: the disc that has it, and its path there.
    Indices(&'static [(&'static str, &'static str)]),
    /// Every `.wv1` of a speaker's folder below this path, of the type given if any: LDC gives no index.
    Folder(&'static str, Option<u8>),
}

/// A set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Set {
    pub(super) name: &'static str,
    pub(super) source: Source,
    /// Utterances on LDC's discs.
    pub(super) expected: usize,
    /// Prepared unless sets are named; the others repeat audio of these.
    pub(super) usual: bool,
}

const SI84: (&str, &str) = ("11-13.1", "wsj0/doc/indices/train/tr_s_wv1.ndx");

/// All sets, by Kaldi's names (egs/wsj/s5/local/wsj_data_prep.sh).
pub(super) const SETS: [Set; 12] = [
    indexed("train_si84", &[SI84], 7138),
    indexed("train_si284", &[("13-34.1", "wsj1/doc/indices/si_tr_s.ndx"), SI84], 37_416),
    indexed("test_dev93", &[("13-34.1", "wsj1/doc/indices/h1_p0.ndx")], 503),
    indexed("test_dev93_5k", &[("13-34.1", "wsj1/doc/indices/h2_p0.ndx")], 513),
    indexed("test_eval92", &[("11-13.1", "wsj0/doc/indices/test/nvp/si_et_20.ndx")], 333),
    indexed("test_eval92_5k", &[("11-13.1", "wsj0/doc/indices/test/nvp/si_et_05.ndx")], 330),
    indexed("test_eval93", &[("13-32.1", "wsj1/doc/indices/wsj1/eval/h1_p0.ndx")], 213),
    indexed("test_eval93_5k", &[("13-32.1", "wsj1/doc/indices/wsj1/eval/h2_p0.ndx")], 215),
    folder("dev_dt_20", "wsj1/si_dt_20", None, 503),
    folder("dev_dt_05", "wsj1/si_dt_05", None, 913),
    folder("dev_wsj0_20", "wsj0/si_dt_20", Some(b'c'), 403),
    folder("dev_wsj0_05", "wsj0/si_dt_05", Some(b'c'), 410),
];

const fn indexed(
    name: &'static str,
    indices: &'static [(&'static str, &'static str)],
    expected: usize,
) -> Set {
    Set { name, source: Source::Indices(indices), expected, usual: true }
}

const fn folder(name: &'static str, path: &'static str, kind: Option<u8>, expected: usize) -> Set {
    Set { name, source: Source::Folder(path, kind), expected, usual: false }
}

/// The disc and folder of a speaker that WSJ0's training index lists and that isn't there. Kaldi drops these lines
/// alone (egs/wsj/s5/local/wsj_data_prep.sh): another disc has the speaker, too.
pub(super) const ABSENT_SPEAKER: (&str, &str) = ("11-2.1", "wsj0/si_tr_s/401/");
