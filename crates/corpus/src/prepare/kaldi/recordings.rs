//! `wav.scp`: where each recording's audio is, and which channel of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use linnet_audio::{ReadOptions, probe};
use linnet_frontend::FbankConfig;

use super::tables::{Table, read_optional, read_table};
use super::wav::{WavSource, locate, parse_wav_source};
use crate::{CorpusError, Skipped};

/// The recordings of a folder.
#[derive(Default)]
pub(super) struct Recordings {
    /// By name what it reads, or why that can't be read.
    sources: BTreeMap<String, Result<WavSource, String>>,
    /// Lines that can't be used.
    pub(super) bad: Vec<Skipped>,
    /// Facts that are worth knowing.
    pub(super) notes: Vec<String>,
}

impl Recordings {
    /// Reads `wav.scp`, and `reco2file_and_channel` where several recordings are channels of one file.
    pub(super) fn read(folder: &Path) -> Result<Self, CorpusError> {
        let Table { entries, bad } = read_table(&folder.join("wav.scp"))?;
        let source = |line: &str| -> Result<WavSource, String> {
            let source = parse_wav_source(line)?;
            let source = WavSource { path: locate(&source.path, folder), ..source };
            if !source.claims.is_empty() {
                let options = ReadOptions { raw: source.raw, ..Default::default() };
                // A file that can't be read is told with its utterances.
                if let Ok(info) = probe(&source.path, &options) {
                    source.claims.check(&info)?;
                }
            }
            Ok(source)
        };
        let sources = entries.into_iter().map(|(id, entry)| (id, source(&entry.value))).collect();
        let mut recordings = Self { sources, bad, notes: Vec::new() };
        let path = folder.join("reco2file_and_channel");
        if let Some(channels) = read_optional(&path)? {
            recordings.pick_channels(&channels, &path);
        }
        recordings.note_rates();
        Ok(recordings)
    }

    /// The names, in order.
    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        self.sources.keys()
    }

    /// The source of a recording, or why that isn't known.
    pub(super) fn get(&self, name: &str) -> Result<&WavSource, String> {
        match self.sources.get(name) {
            Some(Ok(source)) => Ok(source),
            Some(Err(problem)) => Err(format!("wav.scp, {name}: {problem}")),
            None => Err(format!("wav.scp has no recording {name}")),
        }
    }

    /// Recordings that read one file whole are the channels that the table tells.
    fn pick_channels(&mut self, channels: &Table, path: &Path) {
        let mut files: BTreeMap<PathBuf, usize> = BTreeMap::new();
        for source in self.sources.values().flatten().filter(|source| source.channel.is_none()) {
            *files.entry(source.path.clone()).or_default() += 1;
        }
        for (name, source) in &mut self.sources {
            let Ok(WavSource { path: file, channel, .. }) = source else { continue };
            let told = channels.get(name).and_then(|value| value.split_whitespace().nth(1));
            let told_number = match told.map(str::to_ascii_uppercase).as_deref() {
                Some("A" | "1") => Some(0),
                Some("B" | "2") => Some(1),
                _ => None,
            };
            match (*channel, told_number) {
                (None, Some(_)) if files.get(file).is_some_and(|&count| count > 1) => *channel = told_number,
                (Some(picked), Some(number)) if picked != number => {
                    let told = told.unwrap_or_default();
                    *source = Err(format!(
                        "its command picks channel {}, and {} says {told}; correct one of them",
                        picked + 1,
                        path.display()
                    ));
                }
                _ => {}
            }
        }
    }

    /// Rates are those of the files until features are computed.
    fn note_rates(&mut self) {
        let usual = FbankConfig::default().sample_rate;
        let rates = self.sources.values().flatten().filter_map(|source| source.resampled);
        let rates: BTreeSet<u32> = rates.filter(|&rate| rate != usual).collect();
        if !rates.is_empty() {
            let rates: Vec<String> = rates.iter().map(u32::to_string).collect();
            self.notes.push(format!(
                "commands of wav.scp resample to {} Hz, which is left to training: set features.sample_rate to it, or {usual} \
                 Hz is taken",
                rates.join(", ")
            ));
        }
    }
}
