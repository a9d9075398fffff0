//! Who is told how a run goes.

use linnet_corpus::Skipped;

use crate::metrics::EpochRecord;

/// What a run starts with.
#[derive(Debug, Clone)]
pub struct Start<'a> {
    /// Parameters of the encoder.
    pub parameters: usize,
    /// Utterances trained on.
    pub utterances: usize,
    /// Their audio, in seconds.
    pub seconds: f64,
    /// Utterances of the development set.
    pub dev_utterances: usize,
    /// Utterances of both manifests that are left out.
    pub skipped: &'a [Skipped],
    /// What is worth knowing of the manifests.
    pub notes: &'a [String],
    /// Epochs in all.
    pub epochs: u64,
    /// Steps in all.
    pub steps: u64,
    /// Steps that an earlier run has done.
    pub done: u64,
}

/// How the run stands after a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepReport {
    /// The epoch, from 1.
    pub epoch: u64,
    /// Steps done in all.
    pub step: u64,
    /// The mean loss of the epoch so far, in nats per label.
    pub loss: f64,
    /// Frames of features per second, over the epoch so far.
    pub frames_per_s: f64,
}

/// Is told how a run goes.
pub trait Observer {
    /// The run starts or continues.
    fn started(&mut self, start: &Start<'_>);
    /// A step is done.
    fn step(&mut self, report: &StepReport);
    /// An epoch is done.
    fn epoch(&mut self, record: &EpochRecord);
    /// An utterance is left out of a step.
    fn skipped(&mut self, skipped: &Skipped);
}

/// Nobody is told.
impl Observer for () {
    fn started(&mut self, _: &Start<'_>) {}
    fn step(&mut self, _: &StepReport) {}
    fn epoch(&mut self, _: &EpochRecord) {}
    fn skipped(&mut self, _: &Skipped) {}
}
