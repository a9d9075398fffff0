//! Who is told how a run goes.

use std::collections::HashSet;

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
    /// Notes about the manifests.
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
    /// An utterance is left out of a step. It is told once for each reason, not in each epoch.
    fn skipped(&mut self, skipped: &Skipped);
}

/// The set that is trained on.
pub(crate) const TRAIN: &str = "train";
/// The development set.
pub(crate) const DEV: &str = "dev";

/// The utterances that are left out and that an observer knows of: the set, the utterance and the reason.
#[derive(Debug, Default)]
pub(crate) struct Told(HashSet<(&'static str, String, String)>);

impl Told {
    /// Tells what hasn't been told yet.
    pub(crate) fn tell(&mut self, set: &'static str, skipped: &[Skipped], observer: &mut dyn Observer) {
        for skipped in skipped {
            if self.0.insert((set, skipped.id.clone(), skipped.reason.clone())) {
                observer.skipped(skipped);
            }
        }
    }
}

/// Nobody is told.
impl Observer for () {
    fn started(&mut self, _: &Start<'_>) {}
    fn step(&mut self, _: &StepReport) {}
    fn epoch(&mut self, _: &EpochRecord) {}
    fn skipped(&mut self, _: &Skipped) {}
}
