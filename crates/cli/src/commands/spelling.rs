//! `--case` and `--punctuation`

use linnet_text::Normaliser;

use crate::args::{Case, Punctuation, Spelling};

impl Spelling {
    /// Whether either option is given.
    pub(super) fn is_given(&self) -> bool {
        self.case.is_some() || self.punctuation.is_some()
    }

    /// The rule that the options ask for, on top of another.
    pub(super) fn on(&self, rule: Normaliser) -> Normaliser {
        Normaliser {
            case: self.case.map_or(rule.case, Into::into),
            punctuation: self.punctuation.map_or(rule.punctuation, Into::into),
        }
    }
}

/// A rule in words.
pub(super) fn described(rule: &Normaliser) -> String {
    let case = match rule.case {
        linnet_text::Case::Upper => "in upper case",
        linnet_text::Case::Lower => "in lower case",
        linnet_text::Case::Keep => "in their own case",
    };
    let punctuation = match rule.punctuation {
        linnet_text::Punctuation::Keep => "with punctuation",
        linnet_text::Punctuation::Drop => "without punctuation",
    };
    format!("{case}, {punctuation}")
}

impl From<Case> for linnet_text::Case {
    fn from(case: Case) -> Self {
        match case {
            Case::Upper => Self::Upper,
            Case::Lower => Self::Lower,
            Case::Keep => Self::Keep,
        }
    }
}

impl From<Punctuation> for linnet_text::Punctuation {
    fn from(punctuation: Punctuation) -> Self {
        match punctuation {
            Punctuation::Keep => Self::Keep,
            Punctuation::Drop => Self::Drop,
        }
    }
}
