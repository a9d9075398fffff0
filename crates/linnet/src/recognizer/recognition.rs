//! Recordings to transcripts.

use std::path::Path;
use std::sync::Arc;

use linnet_audio::{Audio, Blocks};

use super::cutter::Cutting;
use super::hearing::{Channels, Recording};
use super::stream::Stream;
use crate::error::ModelError;
use crate::model::Model;
use crate::search::{Search, SearchOptions};
use crate::transcript::Transcript;

/// A model and a search: audio in, transcripts out.
///
/// It serves any number of threads; clones share weights and search.
#[derive(Clone, Debug)]
pub struct Recognizer {
    model: Arc<Model>,
    search: Search,
    cutting: Cutting,
}

impl Recognizer {
    /// Opens a model folder, with the search that gives its best text: [`SearchOptions::of_model`], or else its
    /// [plain search](Model::plain_search).
    ///
    /// # Errors
    ///
    /// As [`Model::read`]: a folder or file that isn't there or doesn't read, files that don't belong together.
    pub fn open(folder: &Path) -> Result<Self, ModelError> {
        let recognizer = Self::new(Model::read(folder)?);
        match SearchOptions::of_model(folder)? {
            Some(options) => {
                let search = recognizer.model.search(&options)?;
                Ok(recognizer.with_search(search))
            }
            None => Ok(recognizer),
        }
    }

    /// A recogniser with the model's [plain search](Model::plain_search), which cuts long recordings as [`Cutting::of`]
    /// says.
    pub fn new(model: impl Into<Arc<Model>>) -> Self {
        let model = model.into();
        let (search, cutting) = (model.plain_search(), Cutting::of(&model.config));
        Self { model, search, cutting }
    }

    /// With another search, which [`Model::search`] makes for the model's tokens.
    pub fn with_search(self, search: Search) -> Self {
        Self { search, ..self }
    }

    /// With another way of cutting long recordings.
    pub fn with_cutting(self, cutting: Cutting) -> Self {
        Self { cutting, ..self }
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The search.
    pub fn search(&self) -> &Search {
        &self.search
    }

    /// How long recordings are cut.
    pub fn cutting(&self) -> Cutting {
        self.cutting
    }

    /// One channel that arrives in pieces, at the model's sampling rate.
    ///
    /// # Errors
    ///
    /// A configuration of features that can't be.
    pub fn stream(&self) -> Result<Stream<'_>, ModelError> {
        Stream::new(self)
    }

    /// A recording of so many channels at this sampling rate, in Hz, that arrives block by block.
    ///
    /// # Errors
    ///
    /// A sampling rate that can't be resampled; a configuration of features that can't be.
    pub fn recording(
        &self,
        sample_rate: u32,
        count: usize,
        channels: Channels,
    ) -> Result<Recording<'_>, ModelError> {
        Recording::new(self, sample_rate, count, channels)
    }

    /// Transcribes a recording of any length: its channels mixed, at the model's sampling rate.
    ///
    /// # Errors
    ///
    /// A sampling rate that can't be resampled; a recording too short for a frame, or with a sample that is no finite
    /// number; a search that was made for other tokens.
    pub fn transcribe(&self, audio: &Audio) -> Result<Transcript, ModelError> {
        let mut recording = self.recording(audio.sample_rate, audio.channels.len(), Channels::Mix)?;
        recording.accept(audio)?;
        recording.finish()
    }

    /// Transcribes a recording of any length as it is read. Memory doesn't grow with one that is read block by block,
    /// see [`Blocks`].
    ///
    /// # Errors
    ///
    /// Those of [`transcribe`](Self::transcribe); a file that can't be read any more; a channel that isn't there.
    pub fn transcribe_blocks(
        &self,
        blocks: &mut Blocks,
        channels: Channels,
    ) -> Result<Transcript, ModelError> {
        let mut recording = self.recording(blocks.sample_rate(), blocks.channels(), channels)?;
        while let Some(block) = blocks.read_block()? {
            recording.accept(&block)?;
        }
        recording.finish()
    }
}
