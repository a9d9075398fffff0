//! `linnet features`

use std::slice::from_ref;

use linnet_audio::{Channel, read};
use linnet_frontend::{Fbank, FbankConfig};
use linnet_train::RunConfig;

use super::{Done, outputs};
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
    let audio = read(&args.audio, &args.raw.read_options())?.resample(config.sample_rate)?;
    let features = Fbank::new(&config)?.compute(&audio.channel(Channel::Mix)?);
    if features.is_empty() {
        let shortest = config.frame_length_ms;
        return Err(format!(
            "{}: shorter than a frame of {shortest} ms, so there are no features",
            args.audio.display()
        )
        .into());
    }
    npy::write(&args.out, &features.data, features.dim)
        .map_err(|error| format!("{}: {error}", args.out.display()))?;
    talk.say(format!("{}: {} frames of {} bands", args.out.display(), features.frames(), features.dim));
    Ok(true)
}
