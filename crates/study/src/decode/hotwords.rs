//! Files of phrases.

use std::path::Path;

use linnet_ctc::Hotwords;
use linnet_text::TextError;
use linnet_text::ngram::each_plain_sentence;

/// Reads phrases, one a line, each with the weight behind a tab or else `weight`; blank lines are left out.
pub(crate) fn read(path: &Path, weight: f32) -> Result<Hotwords, TextError> {
    let file = std::fs::File::open(path).map_err(|source| TextError::Io { path: path.into(), source })?;
    let mut hotwords = Hotwords::new();
    each_plain_sentence(file, path, |line| {
        let (phrase, weight) = match line.split_once('\t') {
            None => (line, weight),
            Some((phrase, own)) => {
                let number = own.trim().parse().ok().filter(|w: &f32| *w > 0.0 && w.is_finite());
                let problem =
                    format!("{:?} is no weight above 0; write `PHRASE` or `PHRASE<tab>WEIGHT`", own.trim());
                (phrase, number.ok_or(problem)?)
            }
        };
        let phrase = phrase.split_whitespace().collect::<Vec<_>>().join(" ");
        if phrase.is_empty() {
            return Err("there is no phrase before the weight; write `PHRASE<tab>WEIGHT`".into());
        }
        hotwords.add(&phrase, weight);
        Ok(())
    })?;
    Ok(hotwords)
}
