//! A manifest as a Kaldi data folder.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use crate::files::{has_extension, write_beside};
use crate::{CorpusError, Manifest, Utterance};

/// Writes `wav.scp`, `text`, `utt2spk`, `spk2utt` and, where utterances are parts of files, `segments`, sorted by bytes as
/// Kaldi wants them. An utterance without a speaker is its own. Audio that is no WAV is decoded by a pipe.
pub fn write_folder(manifest: &Manifest, folder: &Path) -> Result<(), CorpusError> {
    fs::create_dir_all(folder).map_err(CorpusError::io(folder))?;
    let segmented = manifest.utterances.iter().any(|utterance| utterance.offset_s > 0.0);
    let mut tables: BTreeMap<&str, BTreeMap<&str, String>> = BTreeMap::new();
    let mut recordings: HashMap<(&Path, Option<usize>), &str> = HashMap::new();
    let mut speakers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for utterance in &manifest.utterances {
        let id = utterance.id.as_str();
        let speaker = utterance.speaker.as_deref().unwrap_or(id);
        for name in [id, speaker] {
            if name.is_empty() || name.contains(char::is_whitespace) {
                let problem =
                    format!("Kaldi's names have no spaces, but \"{name}\" has; rename it in the manifest");
                return Err(CorpusError::layout(folder, problem));
            }
        }
        let recording = match segmented {
            false => id,
            true => recordings.entry((&utterance.audio, utterance.channel)).or_insert(id),
        };
        let mut put = |table, key, value| tables.entry(table).or_default().insert(key, value);
        put("wav.scp", recording, read_command(utterance)?);
        put("text", id, utterance.text.clone());
        put("utt2spk", id, speaker.to_owned());
        if segmented {
            let end = utterance.duration_s.map_or(-1.0, |duration| utterance.offset_s + duration);
            put("segments", id, format!("{recording} {} {end}", utterance.offset_s));
        }
        speakers.entry(speaker).or_default().push(id);
    }
    for (speaker, mut ids) in speakers {
        ids.sort_unstable();
        tables.entry("spk2utt").or_default().insert(speaker, ids.join(" "));
    }
    for (name, lines) in tables {
        write_beside(&folder.join(name), |out| {
            lines.iter().try_for_each(|(key, value)| writeln!(out, "{}", format!("{key} {value}").trim_end()))
        })?;
    }
    Ok(())
}

/// The value of an utterance's `wav.scp` line.
fn read_command(utterance: &Utterance) -> Result<String, CorpusError> {
    let audio = &utterance.audio;
    let refuse = |problem: &str| Err(CorpusError::layout(audio, problem));
    if utterance.raw.is_some() {
        return refuse("Kaldi reads no headerless audio; convert it to WAV first");
    }
    let absolute = std::path::absolute(audio).map_err(CorpusError::io(audio))?;
    let Some(path) = absolute.to_str().filter(|path| !path.contains(['\n', '\r'])) else {
        return refuse("the path is not UTF-8 or has a line break; rename it");
    };
    let quoted = format!("'{}'", path.replace('\'', r"'\''"));
    let sphere = ["sph", "wv1", "wv2", "nist"].into_iter().any(|extension| has_extension(audio, extension));
    Ok(match utterance.channel {
        Some(channel) if sphere => format!("sph2pipe -f wav -p -c {} {quoted} |", channel + 1),
        Some(_) => {
            return refuse("a channel of a file that is no SPHERE; write it to a file of its own first");
        }
        None if sphere => format!("sph2pipe -f wav -p {quoted} |"),
        None if has_extension(audio, "flac") => format!("flac -c -d -s {quoted} |"),
        None if has_extension(audio, "wav") => path.to_owned(),
        None => format!("ffmpeg -v error -i {quoted} -f wav - |"),
    })
}
