//! A model folder's `config.toml`: what recognition must know.

use linnet_encoder::EncoderConfig;
use linnet_frontend::FbankConfig;
use linnet_text::Unit;
use serde::{Deserialize, Serialize};

/// How features are brought to mean 0 and variance 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Normalisation {
    /// By the training set's statistics, in `cmvn.json`.
    #[default]
    Global,
    /// By each utterance's own.
    Utterance,
    /// Not at all.
    None,
}

/// A model folder's `config.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelConfig {
    /// What a token is.
    pub unit: Unit,
    /// How features are normalised.
    pub normalisation: Normalisation,
    /// How features are made.
    pub features: FbankConfig,
    /// The encoder.
    pub model: EncoderConfig,
}

/// What is wrong with a TOML text, in one line that begins with its place.
pub fn toml_problem(error: &toml::de::Error, text: &str) -> String {
    let message = error.message().trim().replace('\n', " ");
    match error.span() {
        Some(span) => {
            let line = 1 + text.bytes().take(span.start).filter(|&byte| byte == b'\n').count();
            format!("line {line}: {message}")
        }
        None => message,
    }
}
