//! `linnet convert`

use linnet_audio::{read, write_wav};

use super::Done;
use crate::args::Convert;
use crate::talk::Talk;

pub(super) fn run(args: Convert, talk: &Talk) -> Done {
    let mut audio = read(&args.audio, &args.raw.read_options())?;
    if let Some(rate) = args.rate {
        audio = audio.resample(rate)?;
    }
    write_wav(&args.out, &audio)?;
    talk.say(format!(
        "{}: {:.2} s, {} Hz, {} channels",
        args.out.display(),
        audio.duration_s(),
        audio.sample_rate,
        audio.channels.len()
    ));
    Ok(true)
}
