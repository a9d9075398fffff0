//! The source of a line of `wav.scp`: a file, or a pipe whose only work is to read one.

use std::path::{Path, PathBuf};

use linnet_audio::{AudioInfo, RawFormat};

use super::pipe;

/// A file that a line of `wav.scp` names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WavSource {
    /// The file as it is written.
    pub path: PathBuf,
    /// Channel, from 0, where the command picks one.
    pub channel: Option<usize>,
    /// The format of the file, where the command says that it has no header.
    pub raw: Option<RawFormat>,
    /// The sampling rate to which the command resamples, in Hz.
    pub resampled: Option<u32>,
    /// The properties of the file that the command takes for granted.
    pub claims: Claims,
}

/// Properties that a command tells of a file, whose header tells them too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// Its sampling rate, in Hz.
    pub sample_rate: Option<u32>,
    /// The number of its channels.
    pub channels: Option<usize>,
}

impl Claims {
    /// Whether there is none.
    pub(super) fn is_empty(self) -> bool {
        self == Self::default()
    }

    /// Checks them.
    ///
    /// # Errors
    ///
    /// A property that the file contradicts: the command would make something else of it.
    pub(super) fn check(self, info: &AudioInfo) -> Result<(), String> {
        let differs = |what: &str, said: usize, found: usize| {
            format!(
                "its command says {said} {what}, and the file has {found}; correct the command, or name the file alone"
            )
        };
        match self {
            Self { sample_rate: Some(rate), .. } if rate != info.sample_rate => {
                Err(differs("Hz", rate as usize, info.sample_rate as usize))
            }
            Self { channels: Some(channels), .. } if channels != info.channels => {
                Err(differs("channels", channels, info.channels))
            }
            _ => Ok(()),
        }
    }
}

/// Parses the value of a `wav.scp` line: a path, or a pipe of commands that only read or decode a file, resample it or
/// pick a channel, as `sph2pipe -f wav -p -c 1 F |`, `sox F -r 8k -t wav - remix 1 |` or `ffmpeg -i F -ac 1 -f wav - |`.
/// None of them is run.
///
/// # Errors
///
/// Any other pipe, named by the option that isn't read; a place in an archive; no file: each with the mend.
pub fn parse_wav_source(value: &str) -> Result<WavSource, String> {
    let value = value.trim();
    if let Some(command) = value.strip_suffix('|') {
        let unread = |problem: String| {
            let command = command.trim();
            format!(
                "cannot run \"{command}\": {problem}; write its output to a file and name that in wav.scp"
            )
        };
        return pipe::parse(command).map_err(unread);
    }
    match value {
        "" => Err("no file is named; write ID FILE".to_owned()),
        "-" => Err("standard input cannot be read; name a file".to_owned()),
        _ if is_in_archive(value) => Err(format!(
            "{value} is a place in a Kaldi archive, which isn't read; unpack it with `wav-copy scp:wav.scp scp:files.scp`, \
             where files.scp has a line ID ID.wav for each, and take files.scp for wav.scp"
        )),
        _ => Ok(WavSource { path: value.into(), ..WavSource::default() }),
    }
}

/// Whether a value is a place in a file, as `wav.ark:1024` or `wav.ark:1024[0:99]`.
fn is_in_archive(value: &str) -> bool {
    let value =
        value.strip_suffix(']').and_then(|value| value.rsplit_once('[')).map_or(value, |(place, _)| place);
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    value.rsplit_once(':').is_some_and(|(file, place)| !file.is_empty() && is_number(place))
}

/// Where a relative path leads: from the working directory, as Kaldi means it; else from the data folder or a folder
/// above it, since recipes run two folders above their data folders.
pub(super) fn locate(path: &Path, folder: &Path) -> PathBuf {
    if path.is_absolute() || path.is_file() {
        return path.to_owned();
    }
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let above = folder.ancestors().map(|ancestor| ancestor.join(path));
    above.into_iter().find(|candidate| candidate.is_file()).unwrap_or_else(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use linnet_audio::ByteOrder;

    use super::*;

    fn channel_of(value: &str) -> (String, Option<usize>) {
        let source = parse_wav_source(value).unwrap();
        assert_eq!((source.raw, source.claims), (None, Claims::default()), "{value}");
        (source.path.to_str().unwrap().to_owned(), source.channel)
    }

    #[test]
    fn files_and_pipes_that_only_read_one() {
        let cases = [
            ("/a/b c.wav", "/a/b c.wav", None),
            ("cat a.wav |", "a.wav", None),
            ("/opt/kaldi/tools/sph2pipe_v2.5/sph2pipe -f wav /d/01ic0201.wv1 |", "/d/01ic0201.wv1", None),
            ("sph2pipe -f wav -p -c 2 a.sph |", "a.sph", Some(1)),
            ("sph2pipe -f wav -p -c 1 a.sph | sox -t wav - -r 8000 -t wav - |", "a.sph", Some(0)),
            ("flac -c -d -s a.flac |", "a.flac", None),
            ("flac -cds 'my files/a.flac'|", "my files/a.flac", None),
            ("sox a.wav -t wav -r 16000 -b 16 - |", "a.wav", None),
            ("sox -t wavpcm -e signed-integer a.wav -t wavpcm - |", "a.wav", None),
            ("sox a.wav -c 1 -r 16k -t wav - |", "a.wav", None),
            ("sox -t flac a.flac -t wav - remix 2 |", "a.flac", Some(1)),
            ("sox a.wav -t wav - remix - rate -v 16k dither |", "a.wav", None),
            ("sox a.wav -t wav - channels 1 |", "a.wav", None),
            (r"ffmpeg -i a\ b.mp3 -f wav -ar 16000 - |", "a b.mp3", None),
            ("ffmpeg -v 8 -i a.m4a -f wav -acodec pcm_s16le -|", "a.m4a", None),
            ("ffmpeg -nostdin -i a.opus -ac 1 -ar 16000 -f wav pipe:1 2>/dev/null |", "a.opus", None),
            ("ffmpeg -i a.wav -map_channel 0.0.1 -f wav - 2> /dev/null |", "a.wav", Some(1)),
            ("ffmpeg -i a.wav -af 'pan=mono|c0=FR' -f wav - |", "a.wav", Some(1)),
        ];
        for (value, path, channel) in cases {
            assert_eq!(channel_of(value), (path.to_owned(), channel), "{value}");
        }
    }

    #[test]
    fn rates_and_headerless_samples_are_those_that_the_options_tell() {
        let raw = |sample_rate, byte_order, channels| RawFormat {
            sample_rate,
            byte_order: Some(byte_order),
            channels,
        };
        let (little, big) = (ByteOrder::Little, ByteOrder::Big);
        for (value, expected) in [
            ("sox -t raw -r 8000 -e signed-integer -b 16 -c 2 a.pcm -t wav - |", raw(8000, little, 2)),
            ("sox -r 16k -s -2 -B a.raw -t wav - |", raw(16_000, big, 1)),
            ("sox -t sw -r 11025 --endian big a -t wav - |", raw(11_025, big, 1)),
            ("ffmpeg -f s16be -ar 8000 -ac 2 -i a.raw -f wav - |", raw(8000, big, 2)),
            ("ffmpeg -f s16le -i a.raw -f wav - |", raw(44_100, little, 1)),
        ] {
            assert_eq!(parse_wav_source(value).unwrap().raw, Some(expected), "{value}");
        }
        for (value, rate) in [
            ("sox a.wav -r 8k -t wav - |", 8000),
            ("sox a.wav -t wav - rate 22.05k |", 22_050),
            ("ffmpeg -i a.wav -ar 8000 -f wav - |", 8000),
            ("ffmpeg -i a.wav -af aresample=8000 -f wav - |", 8000),
            ("flac -dcs a.flac | sox - -t wav -r 8000 - |", 8000),
        ] {
            assert_eq!(parse_wav_source(value).unwrap().resampled, Some(rate), "{value}");
        }
        for (value, sample_rate, channels) in [
            ("sox -c 1 -t wavpcm -e signed-integer a.wav -t wavpcm - |", None, Some(1)),
            ("sox -r 8000 a.wav -t wav - |", Some(8000), None),
            ("sox a.wav -t wav - remix 1,2 |", None, Some(2)),
        ] {
            assert_eq!(parse_wav_source(value).unwrap().claims, Claims { sample_rate, channels }, "{value}");
        }
    }

    #[test]
    fn commands_that_do_more_are_refused_by_what_they_do() {
        for (value, problem) in [
            (
                "sox -t raw -r 8000 -e mu-law -b 8 -c 1 x.raw -t wav - |",
                "headerless mu-law of 8 bits isn't read, only signed",
            ),
            ("sox -t ul -r 8000 x -t wav - |", "headerless mu-law of 8 bits"),
            ("sox -t raw -e signed -b 16 x -t wav - |", "-t raw without -r"),
            ("ffmpeg -f mulaw -ar 8000 -i x.raw -f wav - |", "-f mulaw of ffmpeg"),
            ("ffmpeg -ar 8000 -i x.wav -f wav - |", "-ar of ffmpeg before -i"),
            ("ffmpeg -ss 10 -i x.wav -f wav - |", "-ss of ffmpeg"),
            ("ffmpeg -i a.mp3 -af volume=2 -f wav - |", "-af volume=2 of ffmpeg"),
            ("ffmpeg -i a.mp3 -f s16le - |", "-f s16le of ffmpeg"),
            ("ffmpeg -i |", "-i of ffmpeg has no value"),
            (
                "sox a.wav -t wav - speed 1.1 |",
                "effect speed of sox isn't done; leave such copies out, since training varies",
            ),
            ("sox a.wav -t wav - trim 1 2 |", "effect trim of sox"),
            ("sox -v 0.5 a.wav -t wav - |", "-v of sox"),
            ("sox -m a.wav b.wav -t wav - |", "-m of sox"),
            ("sox a.wav -c 2 -t wav - |", "-c 2 of sox"),
            ("sox a.wav -t wav - remix 1 2 |", "remix 1 2 of sox"),
            ("sox a.wav -t raw - |", "-t raw of sox"),
            ("sox a.wav b.wav |", "sox writes to b.wav"),
            ("sph2pipe -f wav -t 1:2 a.sph |", "-t of sph2pipe"),
            ("sph2pipe -f raw a.sph |", "-f raw of sph2pipe"),
            ("sph2pipe -c 0 a.sph |", "-c 0 of sph2pipe"),
            ("flac -d --skip=5 a.flac |", "--skip=5 of flac"),
            ("gunzip -c a.wav.gz |", "gunzip"),
            ("cat a.wav b.wav |", "cat reads several files"),
            ("cat a.wav | sox -t wav - -r 8000 -t wav - | wav-reverberate - - |", "wav-reverberate"),
            ("sph2pipe -f wav -c 2 a.sph | sox - -t wav - remix 2 |", "a second channel is picked"),
            ("cat a.wav | cat b.wav |", "a later command reads a file"),
            ("sox - -t wav - |", "no file is named"),
            ("cat $HOME/a.wav |", "$"),
            ("cat `ls` |", "`"),
            ("cat 'a.wav |", "quotation"),
            ("cat a.wav > b.wav |", ">"),
            ("my-tool a.wav |", "my-tool"),
            ("|", "no command"),
        ] {
            let message = parse_wav_source(value).unwrap_err();
            assert!(message.contains(problem), "{value}: {message}");
            assert!(message.ends_with("; write its output to a file and name that in wav.scp"), "{message}");
        }
    }

    #[test]
    fn places_in_archives_are_named() {
        for value in ["/d/wav.ark:1024", "wav_1.ark:5[0:99]"] {
            assert!(
                parse_wav_source(value).unwrap_err().contains("is a place in a Kaldi archive"),
                "{value}"
            );
        }
        for value in ["C:/a.wav", "a:b.wav", "a.wav:"] {
            assert_eq!(parse_wav_source(value).unwrap().path, Path::new(value));
        }
        assert!(parse_wav_source("-").unwrap_err().contains("name a file"));
        assert!(parse_wav_source(" ").is_err());
    }

    #[test]
    fn claims_are_held_against_the_file() {
        let info = AudioInfo {
            format: "WAV".into(),
            coding: "pcm".into(),
            sample_rate: 16_000,
            channels: 2,
            frames: 1,
            notes: Vec::new(),
        };
        let check = |sample_rate, channels| Claims { sample_rate, channels }.check(&info);
        assert_eq!(check(Some(16_000), Some(2)), Ok(()));
        assert!(
            check(Some(8000), None)
                .unwrap_err()
                .starts_with("its command says 8000 Hz, and the file has 16000")
        );
        assert!(
            check(None, Some(1)).unwrap_err().starts_with("its command says 1 channels, and the file has 2")
        );
    }
}
