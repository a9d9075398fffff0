//! What a line of `wav.scp` reads: a file, or a command whose only work is to read one.

use std::path::{Path, PathBuf};

/// A file that a line of `wav.scp` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WavSource {
    /// The file as it is written.
    pub path: PathBuf,
    /// Channel, from 0, where the command picks one.
    pub channel: Option<usize>,
}

/// Parses the value of a `wav.scp` line: a path, or a pipe of one command that only reads or decodes a file: `cat F |`,
/// `sph2pipe -f wav -p -c 1 F |`, `flac -c -d -s F |`, `sox F -t wav - |`, `ffmpeg -i F -f wav - |`.
///
/// # Errors
///
/// Any other pipe, or no file, with the mend.
pub fn parse_wav_source(value: &str) -> Result<WavSource, String> {
    let Some(command) = value.trim().strip_suffix('|') else {
        let path = value.trim();
        return match path {
            "" => Err("no file is named".to_owned()),
            "-" => Err("standard input cannot be read; name a file".to_owned()),
            _ => Ok(WavSource { path: path.into(), channel: None }),
        };
    };
    let refuse =
        || format!("cannot run \"{}\"; write its output to a file and name that in wav.scp", command.trim());
    let words = split_words(command).ok_or_else(refuse)?;
    let (program, arguments) = words.split_first().ok_or_else(refuse)?;
    let program = Path::new(program).file_name().unwrap_or_default().to_string_lossy();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let source = match &*program {
        "cat" => plain(&arguments, &[], &[]),
        "sph2pipe" => sph2pipe(&arguments),
        "flac" => plain(
            &arguments,
            &["-c", "-d", "-s", "-cd", "-dc", "-cds", "-dcs", "--stdout", "--decode", "--silent"],
            &[],
        ),
        "sox" => sox(&arguments),
        "ffmpeg" => ffmpeg(&arguments),
        _ => None,
    };
    source.ok_or_else(refuse)
}

/// One file among options without and with a value.
fn plain(arguments: &[&str], flags: &[&str], valued: &[&str]) -> Option<WavSource> {
    let (mut files, mut rest) = (Vec::new(), arguments.iter());
    while let Some(&argument) = rest.next() {
        if valued.contains(&argument) {
            rest.next()?;
        } else if !flags.contains(&argument) {
            files.push(argument);
        }
    }
    match files[..] {
        [file] if !file.starts_with('-') => Some(WavSource { path: file.into(), channel: None }),
        _ => None,
    }
}

fn sph2pipe(arguments: &[&str]) -> Option<WavSource> {
    let channel = arguments.iter().position(|&argument| argument == "-c");
    let channel = match channel {
        None => None,
        Some(at) => Some(arguments.get(at + 1)?.parse::<usize>().ok()?.checked_sub(1)?),
    };
    Some(WavSource { channel, ..plain(arguments, &["-p"], &["-f", "-c"])? })
}

/// `sox F … -`, where the options say how the output is written and no effect follows.
fn sox(arguments: &[&str]) -> Option<WavSource> {
    let end =
        arguments.iter().position(|&argument| argument == "-").filter(|&at| at + 1 == arguments.len())?;
    plain(&arguments[..end], &["-V0", "-V1", "-G"], &["-t", "-b", "-e", "-r"])
}

fn ffmpeg(arguments: &[&str]) -> Option<WavSource> {
    let input = arguments.iter().position(|&argument| argument == "-i")?;
    let (before, after) = (&arguments[..input], arguments.get(input + 2..).unwrap_or_default());
    let harmless = |argument: &&str| {
        [
            "-f",
            "wav",
            "-",
            "pipe:1",
            "-acodec",
            "pcm_s16le",
            "-ar",
            "16000",
            "-ac",
            "1",
            "-nostdin",
            "-v",
            "-loglevel",
            "error",
            "quiet",
        ]
        .contains(argument)
    };
    let file = arguments.get(input + 1)?;
    let simple = before.iter().chain(after).all(harmless);
    simple.then(|| WavSource { path: file.into(), channel: None })
}

/// Splits a command as a shell does, for quotes and backslashes; `None` where a shell would do more.
fn split_words(command: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None::<char>);
    let mut characters = command.chars();
    while let Some(c) = characters.next() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some('\''), _) => word.get_or_insert_default().push(c),
            (_, '\\') => word.get_or_insert_default().push(characters.next()?),
            (_, '$' | '`') => return None,
            (Some(_), _) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                word.get_or_insert_default();
                quote = Some(c);
            }
            (None, '|' | '&' | ';' | '<' | '>' | '(' | ')' | '*' | '?') => return None,
            (None, _) if c.is_whitespace() => words.extend(word.take()),
            (None, _) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
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
    use super::*;

    fn file(value: &str) -> (String, Option<usize>) {
        let source = parse_wav_source(value).unwrap();
        (source.path.to_str().unwrap().to_owned(), source.channel)
    }

    #[test]
    fn files_and_pipes_that_only_read_one() {
        let cases = [
            ("/a/b c.wav", "/a/b c.wav", None),
            ("cat a.wav |", "a.wav", None),
            ("/opt/kaldi/tools/sph2pipe_v2.5/sph2pipe -f wav /d/01ic0201.wv1 |", "/d/01ic0201.wv1", None),
            ("sph2pipe -f wav -p -c 2 a.sph |", "a.sph", Some(1)),
            ("flac -c -d -s a.flac |", "a.flac", None),
            ("flac -cds 'my files/a.flac'|", "my files/a.flac", None),
            ("sox a.wav -t wav -r 16000 -b 16 - |", "a.wav", None),
            (r"ffmpeg -i a\ b.mp3 -f wav -ar 16000 - |", "a b.mp3", None),
        ];
        for (value, path, channel) in cases {
            assert_eq!(file(value), (path.to_owned(), channel), "{value}");
        }
    }

    #[test]
    fn commands_that_do_more_are_refused_with_the_way_out() {
        let values = [
            "cat a.wav | sox -t wav - -r 8000 -t wav - |",
            "sox a.wav -t wav - speed 1.1 |",
            "sox -m a.wav b.wav -t wav - |",
            "cat a.wav b.wav |",
            "cat $HOME/a.wav |",
            "cat `ls` |",
            "cat 'a.wav |",
            "ffmpeg -i a.mp3 -af volume=2 -f wav - |",
            "ffmpeg -i |",
            "sph2pipe -c 0 a.sph |",
            "my-tool a.wav |",
            "|",
        ];
        for value in values {
            let problem = parse_wav_source(value).unwrap_err();
            assert!(problem.contains("name that in wav.scp"), "{value}: {problem}");
        }
        assert!(parse_wav_source("-").unwrap_err().contains("name a file"));
        assert!(parse_wav_source(" ").is_err());
    }
}
