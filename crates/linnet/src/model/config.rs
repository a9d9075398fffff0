//! A model folder's `config.toml`: what recognition must know.

use linnet_encoder::EncoderConfig;
use linnet_files::value_problem;
use linnet_frontend::{FbankConfig, Normalisation};
use linnet_text::{Normaliser, Unit};
use serde::{Deserialize, Serialize};

/// A model folder's `config.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelConfig {
    /// The unit of a token.
    pub unit: Unit,
    /// How features are normalised; the training set's statistics are in `cmvn.json`.
    pub normalisation: Normalisation,
    /// The length that all but a hundredth of the training utterances don't exceed, in seconds; `None` in folders of
    /// versions that didn't note it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub utterance_s: Option<f64>,
    /// How features are made.
    pub features: FbankConfig,
    /// The encoder.
    pub model: EncoderConfig,
    /// How texts are spelt; `None` in folders of versions that didn't note it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Normaliser>,
}

/// The fault of a TOML text, in one line that begins with its place and ends with the mend.
pub fn toml_problem(error: &toml::de::Error, text: &str) -> String {
    let message = toml_words(error.message());
    match error.span() {
        Some(span) => {
            let line = 1 + text.bytes().take(span.start).filter(|&byte| byte == b'\n').count();
            format!("line {line}: {message}")
        }
        None => message,
    }
}

/// A message of the parser in plain words: a value that doesn't fit, or a text that is no TOML.
pub fn toml_words(message: &str) -> String {
    let message = message.trim().replace('\n', " ");
    let problem = value_problem(&message);
    if problem.contains("; ") {
        return problem;
    }
    if problem != message {
        return format!("{problem}; correct it");
    }
    match message.rsplit_once(", expected ") {
        Some((found, missing)) => format!("{found}; write {missing}"),
        None => format!("{message}; correct it"),
    }
}
