//! Where transcripts go: to standard output, or to files in a folder.

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use linnet::{Format, Named, Subtitles, Transcript};
use linnet_files::{io_problem, write_beside};

use super::inputs::Input;
use crate::data::print;

/// Where transcripts go, and as what.
pub(super) struct Output {
    folder: Option<PathBuf>,
    formats: Vec<Format>,
    subtitles: Subtitles,
    /// For each input its results' name without ending, below the folder.
    names: Vec<PathBuf>,
}

impl Output {
    /// Fails where results of several recordings would mix.
    pub(super) fn new(
        folder: Option<&Path>,
        formats: &[Format],
        subtitles: Subtitles,
        inputs: &[Input],
    ) -> Result<Self, String> {
        let mut formats = formats.to_vec();
        let mut seen = Vec::new();
        formats.retain(|format| {
            !seen.contains(format) && {
                seen.push(*format);
                true
            }
        });
        let names = match folder {
            Some(_) => names(inputs)?,
            None => Vec::new(),
        };
        let apart = formats.iter().find(|format| !format.joins() && **format != Format::Json);
        if let (None, Some(format), 2..) = (folder, apart, inputs.len()) {
            return Err(format!(
                "{} of several recordings can't stand in one text; give --out DIR, or another --format",
                format.name()
            ));
        }
        Ok(Self { folder: folder.map(PathBuf::from), formats, subtitles, names })
    }

    /// The files of an input, below the folder.
    pub(super) fn files(&self, place: usize) -> Vec<PathBuf> {
        let name = self.names.get(place);
        let file = |format: &Format| {
            let mut name = name?.clone().into_os_string();
            name.push(".");
            name.push(format.extension());
            Some(PathBuf::from(name))
        };
        self.formats.iter().filter_map(file).collect()
    }

    /// Writes the transcript of an input.
    pub(super) fn put(
        &self,
        place: usize,
        input: &Input,
        transcript: &Transcript,
    ) -> Result<(), Box<dyn Error>> {
        let path = input.path.display().to_string();
        let name = input.name.file_stem().unwrap_or(input.name.as_os_str()).to_string_lossy();
        let named = Named { path: &path, name: &name, fields: &input.fields };
        let Some(folder) = &self.folder else {
            for format in &self.formats {
                match format {
                    Format::Text => print(format_args!("{path}\t{}", transcript.text()))?,
                    // A recording is a line, so that programs can read on.
                    Format::Json => {
                        print(Format::Jsonl.render(transcript, named, &self.subtitles).trim_end())?
                    }
                    format => {
                        let text = format.render(transcript, named, &self.subtitles);
                        if let Some(text) = text.strip_suffix('\n') {
                            print(text)?;
                        }
                    }
                }
            }
            return Ok(());
        };
        for (format, file) in self.formats.iter().zip(self.files(place)) {
            let path = folder.join(file);
            let text = format.render(transcript, named, &self.subtitles);
            let parent = path.parent().unwrap_or(folder);
            fs::create_dir_all(parent)
                .and_then(|()| write_beside(&path, |out| out.write_all(text.as_bytes())))
                .map_err(|error| format!("{}: {}", path.display(), io_problem(&error)))?;
        }
        Ok(())
    }
}

/// The names of all results: without the recordings' endings, unless two would be the same.
fn names(inputs: &[Input]) -> Result<Vec<PathBuf>, String> {
    let mut count: HashMap<PathBuf, usize> = HashMap::new();
    let short = |input: &Input| input.name.with_extension("");
    inputs.iter().for_each(|input| *count.entry(short(input)).or_default() += 1);
    let mut taken: HashMap<PathBuf, &Input> = HashMap::new();
    let mut names = Vec::with_capacity(inputs.len());
    for input in inputs {
        let short = short(input);
        let name = if count.get(&short) == Some(&1) { short } else { input.name.clone() };
        if let Some(other) = taken.insert(name.clone(), input) {
            let (a, b) = (other.path.display(), input.path.display());
            return Err(format!(
                "{a} and {b} would both be written to {} below --out; give the folder that both are in",
                name.display()
            ));
        }
        names.push(name);
    }
    Ok(names)
}
