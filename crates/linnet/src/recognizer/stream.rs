//! One recording, from samples that arrive in pieces.

use linnet_encoder::EncoderStream;
use linnet_frontend::{Fbank, Features, FrontendError, OnlineFbank};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::coverage::Coverage;
use super::cutter::{Cutter, Piece};
use super::recognition::Recognizer;
use super::rows::{Part, Rows};
use crate::error::ModelError;
use crate::transcript::{Clock, Segment, Transcript, segment};

/// What is done of one channel of a recording: enough to go on with it later, see
/// [`Recording::save`](super::Recording::save).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saved {
    /// Which of the channels that are transcribed.
    pub(super) stream: usize,
    /// The sample of what was saved before; 0 where nothing was.
    behind: usize,
    /// The sample at the model's rate at which the next piece begins, and the frame of log-probabilities.
    sample: usize,
    frame: usize,
    /// The segments that have come since it was saved before.
    segments: Vec<Segment>,
}

/// A place before which all is done.
#[derive(Clone, Copy, Debug)]
struct Place {
    sample: usize,
    frame: usize,
    /// Segments before it.
    segments: usize,
}

/// One recording in progress: samples in, segments out. It borrows weights and search from its [`Recognizer`].
///
/// A causal model runs through the recording, unless something waits for later frames or keeps all earlier ones
/// ([`Model::waits_for`](crate::Model::waits_for)); another sees pieces of it, see [`Cutting`](super::Cutting). Apart from the transcript, memory doesn't grow with the recording.
pub struct Stream<'a> {
    recognizer: &'a Recognizer,
    source: Source,
    rows: Rows,
    coverage: Coverage,
    /// Samples that came so far, and those that were done before.
    samples: usize,
    done_before: usize,
    segments: Vec<Segment>,
    /// The last place before which all is done, if it isn't saved yet, and the segments that are saved.
    place: Option<Place>,
    saved: usize,
    /// The sample of the place that was saved last.
    saved_at: usize,
}

/// Where log-probabilities come from.
enum Source {
    /// A causal model sees each frame once.
    Causal(Box<(OnlineFbank, EncoderStream)>),
    /// Another sees pieces.
    Pieces(Cutter, Box<Fbank>),
}

impl<'a> Stream<'a> {
    pub(super) fn new(recognizer: &'a Recognizer) -> Result<Self, ModelError> {
        match recognizer.model().waits_for() {
            None => Self::run_through(recognizer),
            Some(_) => Self::in_pieces(recognizer),
        }
    }

    /// For a causal model whose features need no later frames.
    pub(super) fn run_through(recognizer: &'a Recognizer) -> Result<Self, ModelError> {
        let fbank = OnlineFbank::new(&recognizer.model().config.features)?;
        let encoder = recognizer.model().encoder.stream()?;
        Ok(Self::over(recognizer, Source::Causal(Box::new((fbank, encoder)))))
    }

    /// For any model.
    pub(super) fn in_pieces(recognizer: &'a Recognizer) -> Result<Self, ModelError> {
        let config = &recognizer.model().config;
        let features = &config.features;
        let grid = features.frame_shift() * config.model.subsampling;
        let cutter = Cutter::new(recognizer.cutting(), features.sample_rate, grid);
        Ok(Self::over(recognizer, Source::Pieces(cutter, Box::new(Fbank::new(features)?))))
    }

    fn over(recognizer: &'a Recognizer, source: Source) -> Self {
        let (model, cutting) = (recognizer.model(), recognizer.cutting());
        Self {
            recognizer,
            source,
            rows: Rows::new(model.tokens.len(), (cutting.longest() / model.frame_s()) as usize),
            coverage: Coverage::new(model.config.features.sample_rate),
            samples: 0,
            done_before: 0,
            segments: Vec::new(),
            place: None,
            saved: 0,
            saved_at: 0,
        }
    }

    /// Whether something can be saved: of pieces, between which the encoder remembers nothing.
    pub(super) fn saves(&self) -> bool {
        matches!(self.source, Source::Pieces(..))
    }

    /// Goes on where this was saved; nothing has come yet. What doesn't follow the one before, as of two processes that
    /// wrote at the same time, is passed over.
    pub(super) fn resume(&mut self, saved: Saved) {
        if let Source::Pieces(cutter, _) = &mut self.source
            && saved.behind == self.saved_at
            && saved.sample > saved.behind
        {
            cutter.start_at(saved.sample);
            self.rows.start_at(saved.frame);
            (self.done_before, self.saved_at) = (saved.sample, saved.sample);
            self.segments.extend(saved.segments);
            self.saved = self.segments.len();
        }
    }

    /// The text that has become sure since the last time, of this one of a recording's streams.
    pub(super) fn save(&mut self, stream: usize) -> Option<Saved> {
        let Place { sample, frame, segments } = self.place.take()?;
        let new = self.segments[self.saved..segments].to_vec();
        let behind = std::mem::replace(&mut self.saved_at, sample);
        self.saved = segments;
        Some(Saved { stream, behind, sample, frame, segments: new })
    }

    /// Takes the next samples of one channel, in [−1, 1), at the model's sampling rate. Returns the segments that are
    /// whole now.
    ///
    /// # Errors
    ///
    /// A sample that is no finite number; a search that was made for other tokens.
    pub fn accept(&mut self, samples: &[f32]) -> Result<&[Segment], ModelError> {
        let before = self.segments.len();
        let done = self.done_before.saturating_sub(self.samples).min(samples.len());
        let (done, samples) = samples.split_at(done);
        self.coverage.accept(done);
        self.samples += done.len();
        // As much at a time as makes a piece.
        let sample_rate = self.recognizer.model().config.features.sample_rate;
        let longest_s = self.recognizer.cutting().longest();
        let some = (longest_s * f64::from(sample_rate)) as usize;
        for samples in samples.chunks(some.max(1)) {
            self.advance(samples)?;
        }
        Ok(&self.segments[before..])
    }

    fn advance(&mut self, samples: &[f32]) -> Result<(), ModelError> {
        self.coverage.accept(samples);
        self.samples += samples.len();
        let settled = match &mut self.source {
            Source::Causal(causal) => {
                let (fbank, encoder) = &mut **causal;
                let mut features = Features::new(fbank.dim());
                fbank.accept(samples, &mut features)?;
                append(self.recognizer, encoder, features, &mut self.rows)?;
                usize::MAX
            }
            Source::Pieces(cutter, fbank) => {
                let pieces = cutter.accept(samples);
                encode(self.recognizer, fbank, &pieces, &mut self.rows)?;
                pieces.last().map_or(0, |piece| piece.next)
            }
        };
        let parts = self.rows.take(settled, false);
        self.segments.extend(search(self.recognizer, &parts, None)?);
        if let (Source::Pieces(cutter, _), Some(frame)) = (&self.source, self.rows.empty_from()) {
            let (sample, segments) = (cutter.start(), self.segments.len());
            self.place = Some(Place { sample, frame, segments }).filter(|_| sample > self.saved_at);
        }
        Ok(())
    }

    /// Ends the recording.
    ///
    /// # Errors
    ///
    /// As [`accept`](Self::accept); a recording that is too short for a frame of features.
    pub fn finish(self) -> Result<Transcript, ModelError> {
        let rate = self.recognizer.model().config.features.sample_rate;
        let duration = self.samples as f64 / f64::from(rate);
        self.finish_at(duration)
    }

    /// Ends the recording, which has this length in seconds before it was resampled.
    pub(super) fn finish_at(mut self, duration: f64) -> Result<Transcript, ModelError> {
        let sample_rate = self.recognizer.model().config.features.sample_rate;
        let too_short = FrontendError::TooShort { samples: self.samples, sample_rate };
        match self.source {
            Source::Causal(causal) => {
                let (mut fbank, mut encoder) = *causal;
                let mut last = Features::new(fbank.dim());
                fbank.finish(&mut last)?;
                append(self.recognizer, &mut encoder, last, &mut self.rows)?;
                let (end, values) = (self.rows.end(), encoder.finish()?);
                self.rows.append(end, &values, false);
            }
            Source::Pieces(cutter, mut fbank) => {
                let last = cutter.finish();
                encode(self.recognizer, &mut fbank, last.as_slice(), &mut self.rows)?;
            }
        }
        if self.rows.end() == 0 {
            return Err(too_short.into());
        }
        let parts = self.rows.take(usize::MAX, true);
        let segments = search(self.recognizer, &parts, Some(duration))?;
        self.segments.extend(segments);
        let words = self.segments.iter().flat_map(|segment| &segment.words);
        let (sound, uncovered) = self.coverage.finish(words.map(|word| (word.start, word.end)));
        Ok(Transcript { offset: 0.0, duration, sound, uncovered, segments: self.segments })
    }
}

/// The log-probabilities of new frames of features behind the others.
fn append(
    recognizer: &Recognizer,
    encoder: &mut EncoderStream,
    mut features: Features,
    rows: &mut Rows,
) -> Result<(), ModelError> {
    features.check_finite()?;
    recognizer.model().normalise(&mut features)?;
    let values = encoder.push(&features.data)?;
    rows.append(rows.end(), &values, false);
    Ok(())
}

/// The log-probabilities of pieces behind the others. Each is encoded alone: the last bits of what comes of a batch depend
/// on its size, and a transcript should depend neither on how samples come nor on what else is in progress.
fn encode(
    recognizer: &Recognizer,
    fbank: &mut Fbank,
    pieces: &[Piece],
    rows: &mut Rows,
) -> Result<(), ModelError> {
    let model = recognizer.model();
    for piece in pieces {
        let mut features = fbank.compute_checked(&piece.samples)?;
        model.normalise(&mut features)?;
        let frames = features.frames();
        for values in model.log_probs(features, &[frames])? {
            rows.append(piece.first, &values, piece.pause);
        }
    }
    Ok(())
}

/// The segments of these parts that have words.
fn search(recognizer: &Recognizer, parts: &[Part], end_s: Option<f64>) -> Result<Vec<Segment>, ModelError> {
    let clock = Clock::new(recognizer.model().frame_s()).until(end_s);
    let one = |part: &Part| -> Result<Option<Segment>, ModelError> {
        let search = recognizer.search();
        let hypotheses = search.decode(&part.values)?;
        Ok(segment(&hypotheses, search, clock.from_frame(part.first)))
    };
    let found: Vec<Option<Segment>> = parts.par_iter().map(one).collect::<Result<_, _>>()?;
    Ok(found.into_iter().flatten().collect())
}
