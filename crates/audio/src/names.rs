//! The names that audio files carry.

use std::ffi::OsStr;
use std::path::Path;

use crate::error::AudioError;

/// Extensions of what is read, if its coding is; lower-case.
const READ: &[&str] = &[
    "wav", "wave", "bwf", "rf64", "w64", "sph", "sphere", "nist", "wv1", "wv2", "flac", "fla", "mp1", "mp2",
    "mp3", "mpga", "ogg", "oga", "ogx", "opus", "aif", "aiff", "aifc", "au", "snd", "caf", "aac", "adts",
    "m4a", "m4b", "m4r", "mp4", "mov", "3gp", "3ga", "3g2", "mkv", "mka", "webm", "weba", "raw",
];

/// A kind of audio that isn't read.
pub(crate) struct Unread {
    name: &'static str,
    extensions: &'static [&'static str],
    /// First bytes, any of them.
    magics: &'static [&'static [u8]],
}

const fn unread(
    name: &'static str,
    extensions: &'static [&'static str],
    magics: &'static [&'static [u8]],
) -> Unread {
    Unread { name, extensions, magics }
}

const UNREAD: &[Unread] = &[
    unread("Windows Media (WMA)", &["wma", "asf"], &[b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"]),
    unread("AMR", &["amr", "awb"], &[b"#!AMR"]),
    unread("Speex", &["spx"], &[]),
    unread("RealAudio", &["ra", "rm", "ram"], &[b".RMF", b".ra\xfd"]),
    unread("WavPack", &["wv"], &[b"wvpk"]),
    unread("Monkey's Audio (APE)", &["ape"], &[b"MAC "]),
    unread("True Audio (TTA)", &["tta"], &[b"TTA1", b"TTA2"]),
    unread("Musepack", &["mpc", "mp+"], &[b"MP+", b"MPCK"]),
    unread("OptimFROG", &["ofr"], &[b"OFR "]),
    unread("a Shorten stream without SPHERE header", &["shn"], &[b"ajkg"]),
    unread("AC-3", &["ac3", "eac3", "ec3"], &[]),
    unread("DTS", &["dts"], &[b"\x7f\xfe\x80\x01"]),
    unread("GSM 06.10", &["gsm"], &[]),
    unread("QCP", &["qcp"], &[]),
    unread("Olympus dictation (DSS)", &["dss", "ds2"], &[b"\x02dss", b"\x03dss", b"\x03ds2"]),
    unread("Creative Voice (VOC)", &["voc"], &[b"Creative Voice File\x1a"]),
    unread("Dialogic ADPCM (VOX)", &["vox"], &[]),
    unread("DSD", &["dsf", "dff"], &[b"DSD ", b"FRM8"]),
    unread("Flash video", &["flv"], &[b"FLV\x01"]),
    unread("an MPEG program stream", &["mpg", "mpeg", "vob"], &[b"\x00\x00\x01\xba"]),
];

impl Unread {
    /// The kind that a file's first bytes show.
    pub(crate) fn by_content(head: &[u8]) -> Option<&'static Self> {
        UNREAD.iter().find(|kind| kind.magics.iter().any(|magic| head.starts_with(magic)))
    }

    /// The kind that a file's name tells.
    fn by_name(path: &Path) -> Option<&'static Self> {
        UNREAD.iter().find(|kind| kind.extensions.iter().any(|known| has_extension(path, known)))
    }

    pub(crate) fn error(&self, path: &Path) -> AudioError {
        AudioError::unread(path, self.name)
    }
}

/// The error of a file whose content is of no kind that is read: by its name, if that tells more.
pub(crate) fn no_audio(path: &Path) -> AudioError {
    match Unread::by_name(path) {
        Some(kind) => kind.error(path),
        None => AudioError::to_convert(path, "there is no audio in it that is known"),
    }
}

/// Whether a file's name ends like that of an audio file, of a kind that is read or of another that is known.
pub fn is_audio_path(path: &Path) -> bool {
    // macOS puts such files beside those of other systems' discs; they hold no sound.
    let is_shadow = path.file_name().and_then(OsStr::to_str).is_some_and(|name| name.starts_with("._"));
    !is_shadow && (READ.iter().any(|known| has_extension(path, known)) || Unread::by_name(path).is_some())
}

pub(crate) fn has_extension(path: &Path, known: &str) -> bool {
    path.extension().and_then(OsStr::to_str).is_some_and(|e| e.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_once_in_any_case() {
        for name in
            ["a/SX1.WAV", "a.WAVE", "b.sphere", "c.M4A", "d.opus", "e.Aiff", "f.wv1", "g.wma", "h.AMR"]
        {
            assert!(is_audio_path(Path::new(name)), "{name}");
        }
        for name in ["a.txt", "wav", "a.wav.txt", "b.json", "a/.wav", "a/._b.wav", "._c.wma"] {
            assert!(!is_audio_path(Path::new(name)), "{name}");
        }
        let mut all: Vec<&str> = READ.to_vec();
        UNREAD.iter().for_each(|kind| all.extend(kind.extensions));
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        assert!(all.iter().all(|known| *known == known.to_lowercase()));
    }
}
