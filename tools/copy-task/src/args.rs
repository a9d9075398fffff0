//! The command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand};
use linnet_encoder::{EncoderConfig, MixerKind, Positions};

use crate::settings::Settings;
use crate::task::Task;

/// The copy task of "Transformers are RNNs" (Katharopoulos et al., 2020, section 4.1).
///
/// A causal encoder reads a separator, symbols, the separator and the same symbols again, and foretells the next
/// symbol; the loss counts the second copy.
#[derive(Debug, Parser)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Train one kind of attention, or go on where its folder was interrupted
    ///
    /// Example: linnet-copy-task train causal_linear --out exp/causal_linear --threads 1
    #[command(verbatim_doc_comment)]
    Train(TrainArgs),
    /// Print a table of runs and draw their losses
    ///
    /// Example: linnet-copy-task report exp/causal_softmax exp/causal_linear --svg exp/loss.svg
    #[command(verbatim_doc_comment)]
    Report {
        /// The runs' folders
        #[arg(required = true)]
        runs: Vec<PathBuf>,
        /// The file for the curves
        #[arg(long)]
        svg: Option<PathBuf>,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct TrainArgs {
    /// The kind of attention
    #[arg(value_parser = causal())]
    kind: MixerKind,
    /// The run's folder: config.toml, metrics.jsonl and a checkpoint
    #[arg(long)]
    pub(crate) out: PathBuf,
    #[arg(long, default_value_t = 4)]
    layers: usize,
    /// Width between the layers; feed-forward blocks are four times as wide
    #[arg(long, default_value_t = 128)]
    dim: usize,
    #[arg(long, default_value_t = 8)]
    heads: usize,
    /// Rounds of hashing of causal_lsh
    #[arg(long, default_value_t = 4)]
    rounds: usize,
    /// Sequences of an update
    #[arg(long, default_value_t = 64)]
    batch: usize,
    #[arg(long, default_value_t = 4000)]
    updates: u64,
    #[arg(long, default_value_t = 1e-3)]
    learning_rate: f64,
    /// Updates after which the learning rate is a tenth
    #[arg(long, default_value_t = 3000)]
    drop_at: u64,
    /// Decoupled weight decay
    #[arg(long, default_value_t = 0.0)]
    weight_decay: f64,
    /// Share of values that training drops after each block
    #[arg(long, default_value_t = 0.0)]
    dropout: f32,
    /// How symbols know where they are: sines and cosines are added, or fill half of the width
    #[arg(long, default_value = "sinusoidal", value_parser = positions())]
    positions: Positions,
    /// The largest value of the sines and cosines
    #[arg(long, default_value_t = 0.3)]
    position_scale: f32,
    /// The fewest symbols of one copy
    #[arg(long, default_value_t = 1)]
    min_symbols: usize,
    /// The most symbols of one copy; their number is uniform
    #[arg(long, default_value_t = 128)]
    max_symbols: usize,
    /// Different symbols
    #[arg(long, default_value_t = 10)]
    symbols: usize,
    /// Of the weights and the batches
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Threads that compute; all processors by default. The numbers don't depend on it
    #[arg(long)]
    pub(crate) threads: Option<NonZeroUsize>,
}

/// The causal kinds by name.
fn causal() -> impl TypedValueParser<Value = MixerKind> {
    let kinds = || MixerKind::ALL.into_iter().filter(|kind| kind.is_causal());
    PossibleValuesParser::new(kinds().map(MixerKind::name)).try_map(move |name| {
        kinds().find(|kind| kind.name() == name).ok_or_else(|| format!("there is no causal kind {name}"))
    })
}

/// Positions by name.
fn positions() -> impl TypedValueParser<Value = Positions> {
    PossibleValuesParser::new(["sinusoidal", "concatenated", "none"]).map(|name| match name.as_str() {
        "sinusoidal" => Positions::Sinusoidal,
        "concatenated" => Positions::Concatenated,
        _ => Positions::None,
    })
}

impl TrainArgs {
    /// What they say; the values may be out of range.
    pub(crate) fn settings(&self) -> Settings {
        let model = EncoderConfig {
            subsampling: 1,
            layers: self.layers,
            dim: self.dim,
            heads: self.heads,
            feed_forward: self.dim.saturating_mul(4),
            mixer: self.kind,
            lsh_rounds: self.rounds,
            dropout: self.dropout,
            positions: self.positions,
            position_scale: self.position_scale,
            ..EncoderConfig::default()
        };
        Settings {
            seed: self.seed,
            batch: self.batch,
            updates: self.updates,
            learning_rate: self.learning_rate,
            drop_at: self.drop_at,
            weight_decay: self.weight_decay,
            task: Task {
                symbols: self.symbols,
                min_symbols: self.min_symbols,
                max_symbols: self.max_symbols,
            },
            model,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_defaults_and_the_authors_settings_are_valid() {
        Args::command().debug_assert();
        let parse = |kind| Args::try_parse_from(["linnet-copy-task", "train", kind, "--out", "x"]);
        let Command::Train(args) = parse("causal_lsh").unwrap().command else { panic!() };
        let settings = args.settings();
        settings.validate().unwrap();
        assert_eq!((settings.model.dim, settings.model.heads, settings.model.feed_forward), (128, 8, 512));
        assert_eq!((settings.rate(3000), settings.updates), (1e-3, 4000));
        let authors = "--min-symbols 32 --max-symbols 62 --dim 256 --positions concatenated \
                       --position-scale 1 --dropout 0.1 --weight-decay 0.01 --updates 10000";
        let words = ["linnet-copy-task", "train", "causal_linear", "--out", "x"];
        let Command::Train(args) =
            Args::try_parse_from(words.into_iter().chain(authors.split_whitespace())).unwrap().command
        else {
            panic!()
        };
        let settings = args.settings();
        settings.validate().unwrap();
        assert_eq!((settings.task.min_symbols, settings.weight_decay), (32, 0.01));
        assert_eq!((settings.model.positions, settings.model.position_scale), (Positions::Concatenated, 1.0));
        assert!(parse("softmax").unwrap_err().to_string().contains("causal_softmax"));
    }
}
