//! `linnet convert`

use std::slice::from_ref;

use linnet_audio::{is_audio_path, read, write_wav};

use super::{Done, outputs, say_notes};
use crate::args::Convert;
use crate::talk::Talk;

pub(super) fn run(args: Convert, talk: &Talk) -> Done {
    outputs::check(&[("--out", from_ref(&args.out))], &[("AUDIO", from_ref(&args.audio))])?;
    if let Some(other) =
        args.out.extension().filter(|e| !e.eq_ignore_ascii_case("wav") && is_audio_path(&args.out))
    {
        let (out, other) = (args.out.display(), other.display());
        return Err(format!("{out}: WAV is written, not {other}; end the name in .wav").into());
    }
    let mut audio = read(&args.audio, &args.raw.read_options()?)?;
    say_notes(&args.audio, &audio.notes, talk);
    if let Some(rate) = args.rate {
        audio = audio.resample(rate)?;
    }
    say_notes(&args.out, &write_wav(&args.out, &audio)?, talk);
    talk.say(format!(
        "{}: {:.2} s, {} Hz, {} channels",
        args.out.display(),
        audio.duration_s(),
        audio.sample_rate,
        audio.channels.len()
    ));
    Ok(true)
}
