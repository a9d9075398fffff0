//! What is measured, by name.

use linnet_encoder::MixerKind;

use crate::material::an4::{PARTS, SETTLING};
use crate::material::utterances::Corpus;
use crate::ours;

/// The work of one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Work {
    /// Forward, backward and AdamW of the paper's encoder: ms.
    Train,
    /// The forward pass alone: ms.
    Infer,
    /// The peak of resident memory over a few training steps, above the process before the model: MB.
    Memory,
}

/// A case's subject.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Subject {
    /// The paper's encoder, 9 layers of 6 heads, width 192, on a batch of random features.
    Encoder(Work, Kind, Batch),
    /// The encoder that recipes train, with gated decay or softmax attention, on four batches of a corpus's lengths.
    Conformer(Work, MixerKind, Corpus),
    /// CTC loss with its gradient at the logits, log-softmax included: ms.
    Ctc(Batch),
    /// Log-mel filterbanks of ten minutes of speech-like noise: ms.
    Fbank { bands: usize, peer: FbankPeer },
    /// An epoch of AN4 with its real lengths and augmentation: s.
    An4Epoch,
    /// Prefix beam search of this width over tokens alone, 300 frames × 32 tokens: ms an utterance.
    Beam(usize),
    /// Prefix beam search of this width with a lexicon of 20,000 words and their trigram model: ms an utterance.
    BeamLm(usize),
    /// Alignments and error rates of [`PAIRS`] pairs of sentences: ms.
    Score,
}

/// One whose cost stands beside ours.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Peer {
    /// Its name in tables.
    pub(crate) name: &'static str,
    /// Its script in the folder of the peers.
    pub(crate) script: &'static str,
    /// The script's arguments.
    pub(crate) arguments: Vec<String>,
}

/// Pairs of sentences that are scored.
pub(crate) const PAIRS: usize = 10_000;

/// Every search leaves out a frame's tokens below this probability, and prefixes that lie further than this below the
/// best one, where it can.
pub(crate) const CUT: f32 = 1e-3;
pub(crate) const SCORE_CUT: f32 = 30.0;

/// How every search with words weighs the language model, in natural logarithms, and each word.
pub(crate) const LM_WEIGHT: f32 = 0.7;
pub(crate) const WORD_BONUS: f32 = 1.0;

/// Whose filterbanks ours stand beside.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum FbankPeer {
    Torchaudio,
    Asrfront,
}

/// A way of mixing time, as its name says: `linear`, or `linear+` with rotary positions where it takes any, a
/// convolution of the values over 3 frames and a gate, and as much narrower feed-forward blocks as the gate has
/// parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Kind {
    pub(crate) mixer: MixerKind,
    pub(crate) plus: bool,
}

impl Kind {
    pub(crate) fn parse(name: &str) -> Result<Self, String> {
        let plain = name.strip_suffix('+');
        Ok(Self { mixer: mixer(plain.unwrap_or(name))?, plus: plain.is_some() })
    }
}

/// Utterances of equal length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Batch {
    pub(crate) utterances: usize,
    pub(crate) frames: usize,
}

/// One named measurement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) subject: Subject,
    pub(crate) threads: usize,
}

/// The encoder's sizes: those of Katharopoulos et al., 2020, section 4.3.
pub(crate) const LAYERS: usize = 9;
pub(crate) const HEADS: usize = 6;
pub(crate) const DIM: usize = 192;
pub(crate) const FEED_FORWARD: usize = 768;
pub(crate) const BANDS: usize = 40;
pub(crate) const TOKENS: usize = 45;

/// Layers and bands of the encoder that recipes train; its other sizes are the configuration's defaults.
pub(crate) const CONFORMER_LAYERS: usize = 8;
pub(crate) const CONFORMER_BANDS: usize = 80;

/// Frames that softmax in a window sees to each side.
pub(crate) const WINDOW: usize = 32;

const NAMES: &[&str] = &[
    "train-linear-8x800",
    "train-linear-1x3200",
    "train-linear-8x200",
    "train-softmax-8x800",
    "train-softmax-1x3200",
    "train-bi_lstm-8x800",
    "infer-linear-8x800",
    "infer-linear-8x800-1t",
    "infer-linear-1x800",
    "infer-linear-1x800-1t",
    "infer-softmax-8x800",
    "infer-bi_lstm-8x800",
    "memory-linear-8x800",
    "train-conformer",
    "train-conformer-an4",
    "train-softmax_conformer",
    "infer-conformer",
    "ctc-16x400",
    "ctc-1x3200",
    "fbank-80-1t",
    "fbank-80-asrfront-1t",
    "an4-epoch",
    "beam-10",
    "beam-100",
    "beam-lm-100",
    "score-10k",
];

impl Case {
    /// The cases of BENCHMARKS.md.
    pub(crate) fn all() -> Vec<Self> {
        NAMES.iter().filter_map(|name| Self::parse(name).ok()).collect()
    }

    /// The case of a name.
    pub(crate) fn parse(name: &str) -> Result<Self, String> {
        let unknown = || format!("no case is called {name:?}; the usual ones are {}", NAMES.join(", "));
        let (rest, threads) = name.strip_suffix("-1t").map_or((name, 2), |rest| (rest, 1));
        let parts: Vec<&str> = rest.split('-').collect();
        let subject = match parts[..] {
            [work @ ("train" | "infer"), kind @ ("conformer" | "softmax_conformer"), ref corpus @ ..] => {
                let work = if work == "train" { Work::Train } else { Work::Infer };
                let mixer = if kind == "conformer" { MixerKind::GatedDecay } else { MixerKind::Softmax };
                let corpus = match corpus {
                    [] => Corpus::LibriSpeech,
                    ["an4"] => Corpus::An4,
                    _ => return Err(unknown()),
                };
                Subject::Conformer(work, mixer, corpus)
            }
            [work @ ("train" | "infer" | "memory"), mixer, batch] => {
                let work = match work {
                    "train" => Work::Train,
                    "infer" => Work::Infer,
                    _ => Work::Memory,
                };
                Subject::Encoder(work, Kind::parse(mixer)?, Batch::parse(batch).ok_or_else(unknown)?)
            }
            ["ctc", batch] => Subject::Ctc(Batch::parse(batch).ok_or_else(unknown)?),
            ["fbank", bands] => fbank(bands, FbankPeer::Torchaudio).ok_or_else(unknown)?,
            ["fbank", bands, "asrfront"] => fbank(bands, FbankPeer::Asrfront).ok_or_else(unknown)?,
            ["an4", "epoch"] => Subject::An4Epoch,
            ["beam", width] => Subject::Beam(beam(width).ok_or_else(unknown)?),
            ["beam", "lm", width] => Subject::BeamLm(beam(width).ok_or_else(unknown)?),
            ["score", "10k"] => Subject::Score,
            _ => return Err(unknown()),
        };
        // The rest is a matter of one thread.
        let threads = match subject {
            Subject::Encoder(..) | Subject::Conformer(..) | Subject::Ctc(_) | Subject::An4Epoch => threads,
            _ => 1,
        };
        Ok(Self { name: name.to_string(), subject, threads })
    }

    /// Whether it reads the AN4 corpus.
    pub(crate) fn needs_corpus(&self) -> bool {
        self.subject == Subject::An4Epoch
    }

    /// The unit of a step's cost.
    pub(crate) fn unit(&self) -> &'static str {
        match self.subject {
            Subject::Encoder(Work::Memory, ..) => "MB",
            Subject::An4Epoch => "s",
            _ => "ms",
        }
    }

    /// What a step is, where that isn't all of what the name says.
    pub(crate) fn step(&self) -> Option<String> {
        match self.subject {
            Subject::An4Epoch => Some(format!(
                "an {PARTS}th of an epoch after the first {SETTLING}, its seconds scaled to the epoch by its frames; ours computes \
                 what features it has not kept beside training, the peer has them in memory"
            )),
            Subject::Conformer(Work::Train, ..) => {
                Some("four batches, each with CTC, clipping and AdamW; the peer's are padded".into())
            }
            Subject::Conformer(..) => Some("four batches; the peer's are padded".into()),
            Subject::Beam(_) | Subject::BeamLm(_) => Some(format!(
                "all utterances, by one thread; tokens below {CUT} and prefixes {SCORE_CUT} below the best are cut"
            )),
            Subject::Score => {
                Some("every pair aligned and its errors counted; both keep all alignments".into())
            }
            _ => None,
        }
    }

    /// Whether sides are asked for an answer, which is judged.
    pub(crate) fn is_judged(&self) -> bool {
        matches!(self.subject, Subject::Beam(_) | Subject::BeamLm(_) | Subject::Score)
    }

    /// Rounds that are tried for each one that is to count.
    pub(crate) const PATIENCE: usize = 3;

    /// Steps of each side before the first round.
    pub(crate) fn warm_up(&self) -> usize {
        match self.subject {
            Subject::An4Epoch => 1,
            // The answer has been worked out already.
            _ if self.is_judged() => 0,
            _ => 2,
        }
    }

    /// Rounds of this case, where so many are asked for: long ones have fewer.
    pub(crate) fn rounds(&self, asked: usize) -> usize {
        let most = match self.subject {
            Subject::An4Epoch | Subject::BeamLm(_) => 5,
            Subject::Beam(beam) if beam > 10 => 5,
            _ => usize::MAX,
        };
        asked.clamp(1, most)
    }

    /// The most steps that a side takes.
    pub(crate) fn most_steps(&self, asked: usize) -> usize {
        self.warm_up() + Self::PATIENCE * self.rounds(asked)
    }

    /// The peers.
    pub(crate) fn peers(&self) -> Vec<Peer> {
        let one = |name, script, further: &[String]| {
            let arguments = [&["--threads".to_string(), self.threads.to_string()], further].concat();
            Peer { name, script, arguments }
        };
        let owned = |args: &[&str]| args.iter().map(|a| a.to_string()).collect::<Vec<_>>();
        match self.subject {
            Subject::Encoder(_, Kind { plus: true, .. }, _) => Vec::new(),
            Subject::Encoder(work, Kind { mixer, .. }, batch) => {
                let work = match work {
                    Work::Train => "train",
                    Work::Infer => "infer",
                    Work::Memory => "memory",
                };
                let args = [owned(&["--work", work, "--mixer", mixer.name()]), batch.arguments()].concat();
                vec![one("PyTorch", "encoder.py", &args)]
            }
            Subject::Conformer(work, mixer, _) => {
                let work = if work == Work::Train { "train" } else { "infer" };
                vec![one("PyTorch", "conformer.py", &owned(&["--work", work, "--mixer", mixer.name()]))]
            }
            Subject::Ctc(batch) => {
                let (tokens, labels) = (TOKENS.to_string(), batch.labels().to_string());
                let args = owned(&["--tokens", &tokens, "--labels", &labels]);
                vec![one("PyTorch", "ctc.py", &[batch.arguments(), args].concat())]
            }
            Subject::Fbank { bands, peer } => {
                let name = match peer {
                    FbankPeer::Torchaudio => "torchaudio",
                    FbankPeer::Asrfront => "asrfront",
                };
                vec![one(name, "fbank.py", &owned(&["--bands", &bands.to_string(), "--peer", name]))]
            }
            Subject::An4Epoch => vec![one("PyTorch", "an4.py", &[])],
            Subject::Beam(beam) | Subject::BeamLm(beam) => {
                let mut args = owned(&["--beam", &beam.to_string(), "--cut", &CUT.to_string()]);
                args.extend(owned(&["--score-cut", &SCORE_CUT.to_string()]));
                let (script, names) = match self.subject {
                    Subject::BeamLm(_) => {
                        let (weight, bonus) = (LM_WEIGHT.to_string(), WORD_BONUS.to_string());
                        args.extend(owned(&["--lm-weight", &weight, "--word-bonus", &bonus]));
                        ("beam_lm.py", &["flashlight-text", "pyctcdecode"][..])
                    }
                    _ => (
                        "beam.py",
                        &["fast-ctc-decode", "ctc-beam-decoder", "flashlight-text", "pyctcdecode"][..],
                    ),
                };
                let peer = |&name: &&'static str| {
                    one(name, script, &[args.clone(), owned(&["--peer", name])].concat())
                };
                names.iter().map(peer).collect()
            }
            Subject::Score => vec![one("jiwer", "score.py", &[])],
        }
    }

    /// Floating-point operations of a step's matrix products, where they are most of the work.
    pub(crate) fn operations(&self) -> Option<f64> {
        let (work, forward) = match self.subject {
            Subject::Encoder(work, kind, batch) => (work, ours::encoder::multiply_adds(kind, batch)?),
            Subject::Conformer(work, mixer, corpus) => (work, ours::conformer::multiply_adds(mixer, corpus)?),
            _ => return None,
        };
        let passes = match work {
            Work::Train => 3.0,
            Work::Infer => 1.0,
            Work::Memory => return None,
        };
        Some(2.0 * passes * forward as f64)
    }
}

fn fbank(bands: &str, peer: FbankPeer) -> Option<Subject> {
    Some(Subject::Fbank { bands: bands.parse().ok().filter(|n| (1..=200).contains(n))?, peer })
}

fn beam(width: &str) -> Option<usize> {
    width.parse().ok().filter(|n| (1..=10_000).contains(n))
}

impl Batch {
    fn parse(text: &str) -> Option<Self> {
        let (utterances, frames) = text.split_once('x')?;
        let number = |text: &str| text.parse().ok().filter(|n| (1..=1 << 20).contains(n));
        Some(Self { utterances: number(utterances)?, frames: number(frames)? })
    }

    fn arguments(self) -> Vec<String> {
        ["--batch".into(), self.utterances.to_string(), "--frames".into(), self.frames.to_string()].into()
    }

    /// Labels of an utterance in the CTC cases.
    pub(crate) fn labels(self) -> usize {
        (self.frames * 3 / 20).clamp(1, 300)
    }
}

/// A kind by its name in the configuration.
pub(crate) fn mixer(name: &str) -> Result<MixerKind, String> {
    MixerKind::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
        let names: Vec<_> = MixerKind::ALL.iter().map(|kind| kind.name()).collect();
        format!("there is no kind of attention called {name:?}; there are {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usual_name_is_a_case() {
        assert_eq!(Case::all().len(), NAMES.len());
        assert!(Case::parse("train-quadratic-8x800").is_err());
        assert!(Case::parse("train-linear-8").is_err());
        assert_eq!(Case::parse("infer-linear-1x800-1t").map(|c| c.threads), Ok(1));
    }

    #[test]
    fn a_linear_training_step_counts_the_operations_of_the_paper_s_model() {
        let case = Case::parse("train-linear-8x800").expect("a usual name");
        let per_frame = case.operations().expect("matrix products") / 6400.0;
        assert!((per_frame / 24.65e6 - 1.0).abs() < 1e-3, "{per_frame}");
    }
}
