//! A manifest decoded by a model and scored against its texts.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use linnet::{Model, Normalisation};
use linnet_corpus::{BatchOptions, Dataset, Manifest, Normalise, Skipped};
use linnet_score::{ScoreReport, ScoreUnit, Trn, fewest_errors, score, write_trn};
use linnet_text::{Tokenizer, Unit, write_beside};
use linnet_train::evaluate;

use crate::error::StudyError;

/// What decoding a manifest gave.
#[derive(Debug)]
pub struct Decoded {
    /// The error rates: PER for phones; WER and CER for characters.
    pub scores: Vec<ScoreReport>,
    /// For phones: errors where any listed pronunciation of each word is right, in percent.
    pub any_pronunciation: Option<f64>,
    /// Utterances that could not be decoded or have no reference.
    pub skipped: Vec<Skipped>,
}

/// Decodes a manifest greedily and writes `hyp.trn`, `ref.trn`, `score.txt` and `score.json` to the folder `out`.
pub fn decode(model: &Model, manifest: &Path, out: &Path) -> Result<Decoded, StudyError> {
    let unit = model.config.unit;
    let manifest = Manifest::read_lenient(manifest)?;
    let tokenizer = model.tokenizer()?;
    let normalise = match (model.config.normalisation, &model.cmvn) {
        (Normalisation::Global, Some(cmvn)) => Normalise::Global(cmvn.clone()),
        (Normalisation::Utterance, _) => Normalise::Utterance,
        _ => Normalise::None,
    };
    let options = BatchOptions {
        features: model.config.features.clone(),
        normalise,
        cache_bytes: 0,
        ..Default::default()
    };
    let dataset = Dataset::new(&manifest, Some(&tokenizer), options)?;
    let mut skipped = dataset.skipped().to_vec();
    let evaluation = evaluate(&model.encoder, &dataset)?;
    skipped.extend(evaluation.skipped);

    let mut hypotheses = evaluation.hypotheses;
    hypotheses.sort_by(|a, b| a.id.cmp(&b.id));
    let trn = |id: &str, ids: &[u32]| Trn { id: id.to_string(), text: tokenizer.decode(ids) };
    let hyp: Vec<Trn> = hypotheses.iter().map(|h| trn(&h.id, &h.tokens)).collect();
    let reference: Vec<Trn> = hypotheses.iter().map(|h| trn(&h.id, &h.reference)).collect();
    let speakers: HashMap<&str, &str> =
        hypotheses.iter().filter_map(|h| Some((h.id.as_str(), h.speaker.as_deref()?))).collect();
    let units: &[ScoreUnit] = match unit {
        Unit::Phone => &[ScoreUnit::Phone],
        Unit::Char => &[ScoreUnit::Word, ScoreUnit::Char],
    };
    let scores = units
        .iter()
        .map(|&unit| score(&reference, &hyp, unit, |id| speakers.get(id).map(ToString::to_string)))
        .collect::<Result<Vec<_>, _>>()?;
    let any_pronunciation = any_pronunciation(&tokenizer, &manifest, &hyp, &scores[0]);

    fs::create_dir_all(out).map_err(|source| StudyError::Io { path: out.to_path_buf(), source })?;
    write_trn(&out.join("hyp.trn"), &hyp)?;
    write_trn(&out.join("ref.trn"), &reference)?;
    let text: String = scores.iter().map(|s| s.table() + "\n").collect();
    write(&out.join("score.txt"), text.trim_end().as_bytes())?;
    let json =
        serde_json::to_string(&scores).map_err(|e| StudyError::Io { path: out.into(), source: e.into() })?;
    write(&out.join("score.json"), json.as_bytes())?;
    Ok(Decoded { scores, any_pronunciation, skipped })
}

fn any_pronunciation(
    tokenizer: &Tokenizer,
    manifest: &Manifest,
    hyp: &[Trn],
    report: &ScoreReport,
) -> Option<f64> {
    let lexicon = tokenizer.lexicon.as_ref()?;
    let texts: HashMap<&str, &str> =
        manifest.utterances.iter().map(|u| (u.id.as_str(), u.text.as_str())).collect();
    let errors: usize = hyp
        .iter()
        .map(|h| {
            let text = texts.get(h.id.as_str()).copied().unwrap_or_default();
            let words: Vec<Vec<Vec<String>>> =
                text.split_whitespace().map(|word| lexicon.lookup(word).to_vec()).collect();
            let phones: Vec<String> = h.text.split_whitespace().map(String::from).collect();
            fewest_errors(&words, &phones)
        })
        .sum();
    Some(100.0 * errors as f64 / report.counts.reference.max(1) as f64)
}

/// Writes a whole file, see [`write_beside`].
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), StudyError> {
    write_beside(path, |out| out.write_all(bytes))
        .map_err(|source| StudyError::Io { path: path.to_path_buf(), source })
}
