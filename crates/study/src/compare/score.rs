//! A run's score on one set, as its folder tells it.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use linnet_files::json_problem;
use linnet_score::{ErrorCounts, ScoreReport, ScoreUnit, UtteranceScore, read_trn};

use super::tables::plural;
use crate::decode::DecodeRecord;
use crate::error::StudyError;

/// What to do about a score that isn't as it was written.
const MEND: &str = "decode the set again, or take the folder of a kept run out";

/// A run's score on one set.
#[derive(Debug, Clone)]
pub struct SetScore {
    /// The set's name: the folder below `decode/`.
    pub set: String,
    /// What is counted.
    pub unit: ScoreUnit,
    /// The utterances in the order of their ids.
    pub utterances: Vec<UtteranceScore>,
    /// Their references' texts, where the folder has these.
    references: Option<Vec<String>>,
    /// How it was decoded, where known.
    pub(crate) record: Option<DecodeRecord>,
    /// Whether the run's model has other weights by now.
    pub(crate) is_of_other_weights: bool,
}

impl SetScore {
    /// Reads a folder below `decode/`, which the model in the folder `model` has decoded.
    pub(crate) fn read(folder: &Path, model: &Path) -> Result<Self, StudyError> {
        let path = folder.join("score.json");
        let wrong =
            |what: String| StudyError::File { path: path.clone(), problem: format!("{what}; {MEND}") };
        let text =
            fs::read_to_string(&path).map_err(|source| StudyError::Io { path: path.clone(), source })?;
        let scores: Vec<ScoreReport> = serde_json::from_str(&text).map_err(|e| wrong(json_problem(&e)))?;
        let set = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let score = scores.into_iter().next().ok_or_else(|| wrong("it holds no score".into()))?;
        if let Some(damage) = damage(&score) {
            return Err(wrong(format!("it is damaged, as {damage}")));
        }
        let mut utterances = score.utterances;
        utterances.sort_by(|a, b| a.id.cmp(&b.id));
        if let Some(pair) = utterances.windows(2).find(|pair| pair[0].id == pair[1].id) {
            return Err(wrong(format!("it is damaged, as {} is in it twice", pair[0].id)));
        }
        let path = folder.join("ref.trn");
        let references = path.is_file().then(|| read_trn(&path)).transpose()?.map(|mut references| {
            references.sort_by(|a, b| a.id.cmp(&b.id));
            references
        });
        if let Some(references) = &references
            && !references.iter().map(|line| &line.id).eq(utterances.iter().map(|u| &u.id))
        {
            return Err(wrong("it tells of other utterances than ref.trn beside it".into()));
        }
        let references = references.map(|lines| lines.into_iter().map(|line| line.text).collect());
        let record = DecodeRecord::read(folder)?;
        let is_of_other_weights =
            record.as_ref().map_or(Ok(false), |record| record.is_of_other_weights(model))?;
        Ok(Self { set, unit: score.unit, utterances, references, record, is_of_other_weights })
    }

    /// Whether it is of another's utterances: their ids and speakers and, where both count the same, the references are
    /// alike.
    pub(super) fn is_of_same(&self, other: &Self) -> bool {
        let same = |(a, b): (&UtteranceScore, &UtteranceScore)| a.id == b.id && a.speaker == b.speaker;
        self.utterances.len() == other.utterances.len()
            && self.utterances.iter().zip(&other.utterances).all(same)
            && (self.unit != other.unit || self.has_same_references(other))
    }

    /// Utterances of the set that could not be decoded, as far as its record tells.
    pub(crate) fn left_out(&self) -> usize {
        self.record.as_ref().map_or(0, DecodeRecord::left_out)
    }

    /// Whether it was searched as another, as far as both tell.
    pub(super) fn is_searched_as(&self, other: &Self) -> bool {
        self.record.as_ref().zip(other.record.as_ref()).is_none_or(|(own, others)| own.searches_as(others))
    }

    /// Whether the references have the same texts, or where one side's are unknown, as many tokens.
    fn has_same_references(&self, other: &Self) -> bool {
        let tokens = |score: &Self| score.utterances.iter().map(|u| u.counts.reference).collect::<Vec<_>>();
        match (&self.references, &other.references) {
            (Some(own), Some(others)) => own == others,
            _ => tokens(self) == tokens(other),
        }
    }

    /// How much speech it is of, as `8 speakers, 100 utterances, 1,504 phones`.
    pub(super) fn size(&self) -> String {
        let speakers: HashSet<&str> = self.utterances.iter().filter_map(|u| u.speaker.as_deref()).collect();
        let tokens = self.utterances.iter().map(|u| u.counts.reference).sum();
        let of = [(speakers.len(), "speaker"), (self.utterances.len(), "utterance"), (tokens, self.token())];
        let parts = of.into_iter().filter(|(count, what)| *count > 0 || *what != "speaker"); // which may be unknown
        parts.map(|(count, what)| plural(count, what)).collect::<Vec<_>>().join(", ")
    }

    fn token(&self) -> &'static str {
        self.unit.plural().trim_end_matches('s')
    }
}

/// In what a score contradicts itself; `None` if in nothing.
fn damage(score: &ScoreReport) -> Option<String> {
    let mut all = Some(ErrorCounts::default());
    for UtteranceScore { id, duration_s, counts, .. } in &score.utterances {
        if !counts.are_possible() {
            return Some(format!("{id} can't have these errors"));
        }
        if let Some(s) = duration_s.filter(|s| !(*s >= 0.0 && s.is_finite())) {
            return Some(format!("{id} lasts {s} s"));
        }
        all = all.and_then(|all| all.checked_add(*counts));
    }
    (all != Some(score.counts)).then(|| "its counts are not the sum of its utterances'".into())
}
