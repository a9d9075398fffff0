//! `linnet features`

use std::slice::from_ref;

use linnet_audio::{Channel, read};
use linnet_files::io_problem;
use linnet_frontend::{Fbank, FbankConfig};
use linnet_train::RunConfig;

use super::{Done, bands, outputs, say_notes};
use crate::args::Features;
use crate::npy;
use crate::talk::Talk;

pub(super) fn run(args: Features, talk: &Talk) -> Done {
    let inputs = [("AUDIO", from_ref(&args.audio)), ("--config", args.config.as_slice())];
    outputs::check(&[("--out", from_ref(&args.out))], &inputs)?;
    let config = match &args.config {
        Some(path) => RunConfig::read(path, &[])?.features,
        None => FbankConfig::default(),
    };
    let audio = read(&args.audio, &args.raw.read_options()?)?.resample(config.sample_rate)?;
    say_notes(&args.audio, &audio.notes, talk);
    let features = Fbank::new(&config)?
        .compute_checked(&audio.channel(Channel::Mix)?)
        .map_err(|error| format!("{}: {error}", args.audio.display()))?;
    npy::write(&args.out, &features.data, features.dim)
        .map_err(|error| format!("{}: {}", args.out.display(), io_problem(&error)))?;
    talk.say(format!("{}: {} frames of {}", args.out.display(), features.frames(), bands(&config)));
    Ok(true)
}
