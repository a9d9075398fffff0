//! Prefix beam search, with and without words.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use linnet_ctc::{BeamOptions, Decoder, Fusion, Hypothesis, LexiconTrie, WordModel};
use linnet_text::TokenTable;
use linnet_text::ngram::NgramModel;

use super::Side;
use crate::case::{CUT, LM_WEIGHT, SCORE_CUT, WORD_BONUS};
use crate::material::emissions::{Emissions, TOKENS};
use crate::material::words::{Files, table};

/// The least time of a step.
const LEAST: Duration = Duration::from_millis(50);

fn options(beam: usize) -> BeamOptions {
    BeamOptions { beam, token_threshold: CUT.ln(), score_threshold: SCORE_CUT, ..BeamOptions::default() }
}

/// Tokens alone; the answer is each utterance's token ids.
pub(crate) fn tokens(beam: usize, folder: &Path) -> Result<Side, Box<dyn Error>> {
    let emissions = Emissions::read(folder)?;
    let table = TokenTable::new((1..TOKENS).map(|t| format!("t{t}")).collect());
    let decoder = Decoder::new(&table, options(beam))?;
    let answer: Vec<Vec<u32>> = decoded(&decoder, &emissions)?.into_iter().map(|h| h.tokens).collect();
    side(decoder, emissions, serde_json::to_string(&answer)?)
}

/// Words of a lexicon with a language model; the answer is each utterance's text.
pub(crate) fn words(beam: usize, folder: &Path) -> Result<Side, Box<dyn Error>> {
    let files = Files::of(folder);
    let emissions = Emissions::read(folder)?;
    let table = table();
    let model = NgramModel::read(&files.arpa)?;
    let trie = LexiconTrie::from_spellings(fs::read_to_string(&files.words)?.lines(), &table)?;
    let fusion = Fusion { weight: LM_WEIGHT, word_bonus: WORD_BONUS, ..Fusion::default() };
    let decoder = Decoder::new(&table, options(beam))?.with_lexicon(trie, model, fusion)?;
    let answer: Vec<String> = decoded(&decoder, &emissions)?.iter().map(Hypothesis::text).collect();
    side(decoder, emissions, serde_json::to_string(&answer)?)
}

fn decoded<M: WordModel>(
    decoder: &Decoder<M>,
    emissions: &Emissions,
) -> Result<Vec<Hypothesis>, Box<dyn Error>> {
    let best = |log_probs: &Vec<f32>| -> Result<Hypothesis, Box<dyn Error>> {
        Ok(decoder.decode(log_probs, emissions.tokens)?.into_iter().next().ok_or("no hypothesis")?)
    };
    emissions.utterances.iter().map(best).collect()
}

fn side<M: WordModel + 'static>(
    decoder: Decoder<M>,
    emissions: Emissions,
    answer: String,
) -> Result<Side, Box<dyn Error>> {
    let step = move || {
        let (start, mut passes) = (Instant::now(), 0);
        // A single pass may be so short that one interrupt would be most of it.
        while passes == 0 || start.elapsed() < LEAST {
            decoded(&decoder, &emissions)?;
            passes += 1;
        }
        Ok(1e3 * start.elapsed().as_secs_f64() / (passes * emissions.utterances.len()) as f64)
    };
    Ok(Side { step: Box::new(step), answer: Some(answer) })
}
