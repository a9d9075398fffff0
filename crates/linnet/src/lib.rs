#![doc = include_str!("../README.md")]

mod error;
mod format;
mod model;
mod recognizer;
mod search;
mod transcript;

pub use error::ModelError;
pub use format::{Cue, Format, Named, Sound, Subtitles, textgrid};
pub use model::{
    LabelNgram, Model, ModelConfig, keep_pronunciations, pack, read_pronunciations, toml_problem, toml_words,
};
pub use recognizer::{Channels, Cutting, Recognizer, Recording, Saved, Stream};
pub use search::{Calibrated, Rescoring, Search, SearchError, SearchOptions, marked};
pub use transcript::{Alternative, Clock, Segment, Token, Transcript, Word};

// The stages, of which signatures here have types.
pub use linnet_audio as audio;
pub use linnet_ctc as ctc;
pub use linnet_encoder as encoder;
pub use linnet_frontend as frontend;
pub use linnet_text as text;
