//! One recording, from samples that arrive in pieces.

use linnet_encoder::{EncoderStream, Positions};
use linnet_frontend::{Fbank, Features, FrontendError, Normalisation, OnlineFbank};
use rayon::prelude::*;

use super::coverage::Coverage;
use super::cutter::{Cutter, Piece};
use super::recognition::Recognizer;
use super::rows::{Part, Rows};
use crate::error::ModelError;
use crate::model::ModelConfig;
use crate::transcript::{Clock, Segment, Transcript, segment};

/// Pieces that the encoder sees at a time.
const BATCH: usize = 4;

/// One recording in progress: samples in, segments out. It borrows weights and search from its [`Recognizer`].
///
/// A causal model without sinusoidal positions runs through the recording; another sees pieces of it, see
/// [`Cutting`](super::Cutting). Apart from the transcript, memory doesn't grow with the recording.
pub struct Stream<'a> {
    recognizer: &'a Recognizer,
    source: Source,
    rows: Rows,
    coverage: Coverage,
    /// Samples that came so far.
    samples: usize,
    segments: Vec<Segment>,
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
        let ModelConfig { model, features, normalisation, .. } = &recognizer.model().config;
        // Sinusoidal positions beyond those of training mean nothing to the model.
        let endless = model.positions != Positions::Sinusoidal;
        let frame_by_frame = *normalisation != Normalisation::Utterance && features.deltas == 0;
        if endless && frame_by_frame && recognizer.model().encoder.stream().is_ok() {
            Self::run_through(recognizer)
        } else {
            Self::in_pieces(recognizer)
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
            rows: Rows::new(model.tokens.len(), (cutting.longest_s / model.frame_s()) as usize),
            coverage: Coverage::new(model.config.features.sample_rate),
            samples: 0,
            segments: Vec::new(),
        }
    }

    /// Takes the next samples of one channel, in [−1, 1), at the model's sampling rate. Returns the segments that are
    /// whole now.
    ///
    /// # Errors
    ///
    /// A sample that is no finite number; a search that was made for other tokens.
    pub fn accept(&mut self, samples: &[f32]) -> Result<&[Segment], ModelError> {
        let before = self.segments.len();
        // As much at a time as makes a batch of pieces.
        let sample_rate = self.recognizer.model().config.features.sample_rate;
        let longest_s = self.recognizer.cutting().longest_s.max(1.0);
        let some = (BATCH as f64 * longest_s * f64::from(sample_rate)) as usize;
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
        Ok(Transcript { duration, sound, uncovered, segments: self.segments })
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

/// The log-probabilities of pieces behind the others.
fn encode(
    recognizer: &Recognizer,
    fbank: &mut Fbank,
    pieces: &[Piece],
    rows: &mut Rows,
) -> Result<(), ModelError> {
    let model = recognizer.model();
    for some in pieces.chunks(BATCH) {
        let (mut all, mut lengths) = (Features::new(fbank.dim()), Vec::new());
        for piece in some {
            let mut features = fbank.compute_checked(&piece.samples)?;
            model.normalise(&mut features)?;
            lengths.push(features.frames());
            all.data.append(&mut features.data);
        }
        for (piece, values) in some.iter().zip(model.log_probs(all, &lengths)?) {
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
