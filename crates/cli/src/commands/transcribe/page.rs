//! The sound of a recording's page.

use std::path::Path;

use linnet::{Channels, ModelError, Sound};
use linnet_audio::Blocks;
use linnet_page::{address, plays};

use super::inputs::Input;
use crate::args::PageSound;

/// The longest sound that is part of a page by itself, in seconds.
const LONGEST_S: f64 = 900.0;

/// The sound of a recording's page, before its blocks come.
pub(super) fn begin(blocks: &Blocks, channels: Channels, wanted: PageSound) -> Result<Sound, ModelError> {
    let embedded_s = match wanted {
        PageSound::Auto => LONGEST_S,
        PageSound::Embed => f64::INFINITY,
        PageSound::Link | PageSound::None => 0.0,
    };
    Sound::new(blocks.sample_rate(), channels, embedded_s)
}

/// Ends it, links the recording where that is wanted, and says why a page of `folder` plays nothing.
pub(super) fn end(
    sound: &mut Sound,
    wanted: PageSound,
    input: &Input,
    folder: &Path,
) -> Result<Option<String>, ModelError> {
    sound.finish()?;
    if sound.plays() || wanted == PageSound::None {
        return Ok(None);
    }
    if !input.is_stdin() && plays(&input.path) {
        sound.link(address(folder, &input.path));
        return Ok(None);
    }
    let why = if input.is_stdin() { "a stream can't be linked" } else { "browsers don't play its format" };
    Ok(Some(format!(
        "note: {}: its page has no sound, since {why}; embed it with --html-sound embed",
        input.path.display()
    )))
}
