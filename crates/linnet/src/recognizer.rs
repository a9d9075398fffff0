//! From audio to text.

use std::path::Path;
use std::sync::Arc;

use linnet_audio::{Audio, Channel};
use linnet_ctc::greedy_spans;
use linnet_frontend::Fbank;
use serde::Serialize;

use crate::error::ModelError;
use crate::model::Model;

/// A model with all that it needs to transcribe; one a thread, all over one model.
pub struct Recognizer {
    model: Arc<Model>,
    fbank: Fbank,
}

/// What was said in one recording.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Transcript {
    /// The text: words for characters, phones for phones.
    pub text: String,
    /// The tokens with their times.
    pub tokens: Vec<TokenTime>,
}

/// One token and when it was spoken.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TokenTime {
    /// The token's symbol.
    pub token: String,
    /// Where it starts, in seconds.
    pub start: f64,
    /// Where it ends, in seconds.
    pub end: f64,
    /// The mean posterior of its frames.
    pub confidence: f32,
}

impl Recognizer {
    /// Opens a model folder.
    ///
    /// # Errors
    ///
    /// As [`Model::read`]: a folder or file that isn't there or doesn't read, files that don't belong together.
    pub fn open(folder: &Path) -> Result<Self, ModelError> {
        Self::new(Arc::new(Model::read(folder)?))
    }

    /// A recogniser over a model.
    ///
    /// # Errors
    ///
    /// A configuration of features that can't be.
    pub fn new(model: Arc<Model>) -> Result<Self, ModelError> {
        let fbank = Fbank::new(&model.config.features)?;
        Ok(Self { model, fbank })
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Transcribes a recording: its channels mixed, at the model's sampling rate.
    ///
    /// # Errors
    ///
    /// A sampling rate that can't be resampled; a recording too short for a frame, or with a sample that is no finite
    /// number.
    pub fn transcribe(&mut self, audio: &Audio) -> Result<Transcript, ModelError> {
        let samples = audio.resample(self.model.config.features.sample_rate)?.channel(Channel::Mix)?;
        let mut features = self.fbank.compute_checked(&samples)?;
        self.model.normalise(&mut features)?;
        let frames = features.frames();
        let log_probs = self.model.log_probs(features, &[frames])?.concat();
        let spans = greedy_spans(&log_probs, self.model.tokens.len(), 0);
        Ok(self.transcript(&spans, audio.duration_s()))
    }

    fn transcript(&self, spans: &[linnet_ctc::Span], duration_s: f64) -> Transcript {
        let config = &self.model.config;
        let frame_s = self.model.frame_s();
        // The last frame may reach beyond the recording's end.
        let seconds = |frame: usize| (frame as f64 * frame_s).min(duration_s);
        let ids: Vec<u32> = spans.iter().map(|s| s.token).collect();
        let tokens = spans
            .iter()
            .map(|s| TokenTime {
                token: self.model.tokens.symbol(s.token).unwrap_or_default().to_string(),
                start: seconds(s.start),
                end: seconds(s.end),
                confidence: s.posterior,
            })
            .collect();
        Transcript { text: self.model.tokens.text(&ids, config.unit), tokens }
    }
}
