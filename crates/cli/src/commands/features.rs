//! `linnet features`

use linnet_audio::{Channel, read};
use linnet_frontend::{Fbank, FbankConfig};
use linnet_train::RunConfig;

use super::Done;
use crate::args::Features;
use crate::npy;
use crate::talk::Talk;

pub(super) fn run(args: Features, talk: &Talk) -> Done {
    let config = match &args.config {
        Some(path) => RunConfig::read(path, &[])?.features,
        None => FbankConfig::default(),
    };
    let audio = read(&args.audio, &args.raw.read_options())?.resample(config.sample_rate)?;
    let features = Fbank::new(&config)?.compute(&audio.channel(Channel::Mix)?);
    npy::write(&args.out, &features.data, features.dim)
        .map_err(|error| format!("{}: {error}", args.out.display()))?;
    talk.say(format!("{}: {} frames of {} bands", args.out.display(), features.frames(), features.dim));
    Ok(true)
}
