//! Where transcripts go: to standard output, or to files in a folder.

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use linnet::{Format, Named, Sound, Subtitles, Transcript};
use linnet_files::{io_problem, write_beside};

use super::inputs::Input;
use super::journal::{checksum, is_journal};
use crate::data::print;

/// Why a transcript can't be written.
pub(super) enum Unwritten {
    /// This one: others can be.
    One(String),
    /// Nor can others.
    All(Box<dyn Error>),
}

/// Where transcripts go, and as what.
pub(super) struct Output {
    folder: Option<PathBuf>,
    formats: Vec<Format>,
    subtitles: Subtitles,
    /// For each input its results' name without ending, below the folder.
    names: Vec<PathBuf>,
    /// What each is called in formats that know no paths.
    labels: Vec<String>,
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
            Some(_) => names(inputs, &formats)?,
            None => Vec::new(),
        };
        let apart = formats.iter().find(|format| !format.joins() && **format != Format::Json);
        if let (None, Some(format), 2..) = (folder, apart, inputs.len()) {
            return Err(format!(
                "{} of several recordings can't stand in one text; give --out DIR, or another --format",
                format.name()
            ));
        }
        let labels = labels(inputs);
        Ok(Self { folder: folder.map(PathBuf::from), formats, subtitles, names, labels })
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

    /// The name of an input's results, below the folder; `None` where they go to standard output.
    pub(super) fn name(&self, place: usize) -> Option<&Path> {
        self.names.get(place).map(PathBuf::as_path)
    }

    /// The folder that an input's page lies in, if one is asked for; the current one for standard output.
    pub(super) fn page_folder(&self, place: usize) -> Option<PathBuf> {
        let folder = self.folder.as_deref().unwrap_or(Path::new("."));
        let within = self.name(place).and_then(Path::parent).unwrap_or(Path::new(""));
        self.formats.contains(&Format::Html).then(|| folder.join(within))
    }

    /// Writes the transcript of an input. `begin` is told the files' checksums before the first of them is written, and
    /// they are returned.
    pub(super) fn put(
        &self,
        place: usize,
        input: &Input,
        (transcript, sound): (&Transcript, Option<&Sound>),
        begin: impl FnOnce(&[u32]) -> Result<(), String>,
    ) -> Result<Vec<u32>, Unwritten> {
        let path = input.path.display().to_string();
        let named = Named { path: &path, name: &self.labels[place], fields: &input.fields, sound };
        let Some(folder) = &self.folder else {
            return self.print(transcript, named).map(|()| Vec::new()).map_err(Unwritten::All);
        };
        let texts: Vec<String> =
            self.formats.iter().map(|format| format.render(transcript, named, &self.subtitles)).collect();
        let sums: Vec<u32> = texts.iter().map(|text| checksum(text.as_bytes())).collect();
        begin(&sums).map_err(|problem| Unwritten::All(problem.into()))?;
        for (file, text) in self.files(place).iter().zip(texts) {
            write(&folder.join(file), &text)?;
        }
        Ok(sums)
    }

    fn print(&self, transcript: &Transcript, named: Named<'_>) -> Result<(), Box<dyn Error>> {
        for format in &self.formats {
            match format {
                Format::Text => print(format_args!("{}\t{}", one_field(named.path), transcript.text()))?,
                // A recording is a line, so that programs can read on.
                Format::Json => print(Format::Jsonl.render(transcript, named, &self.subtitles).trim_end())?,
                format => {
                    let text = format.render(transcript, named, &self.subtitles);
                    if let Some(text) = text.strip_suffix('\n') {
                        print(text)?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// Writes a file, and the folders on the way to it.
fn write(path: &Path, text: &str) -> Result<(), Unwritten> {
    let parent = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(parent)
        .and_then(|()| write_beside(path, |out| out.write_all(text.as_bytes())))
        .map_err(|error| {
            let problem = format!("{}: {}", path.display(), io_problem(&error));
            match error.kind() {
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::ReadOnlyFilesystem => {
                    Unwritten::All(problem.into())
                }
                _ => Unwritten::One(problem),
            }
        })
}

/// A path as one field of a line: control characters, as line breaks and tabs, are escaped.
pub(super) fn one_field(path: &str) -> String {
    let shown = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    path.chars().map(shown).collect()
}

/// Names of recordings: a file's own, or where several would have the same, with its folders or all of its path.
fn labels(inputs: &[Input]) -> Vec<String> {
    let stem = |input: &Input| {
        input.stem.file_name().unwrap_or(input.stem.as_os_str()).to_string_lossy().into_owned()
    };
    let candidates: [&dyn Fn(&Input) -> String; 3] =
        [&stem, &|input| input.stem.to_string_lossy().into_owned(), &|input| {
            input.path.to_string_lossy().into_owned()
        }];
    let mut counts = [const { BTreeMap::<String, usize>::new() }; 3];
    for input in inputs {
        for (count, candidate) in counts.iter_mut().zip(candidates) {
            *count.entry(candidate(input)).or_default() += 1;
        }
    }
    let label = |input: &Input| {
        let mut each = counts.iter().zip(candidates).map(|(count, of)| (of(input), count));
        let unique = each.find(|(label, count)| count.get(label) == Some(&1));
        unique.map_or_else(|| stem(input), |(label, _)| label)
    };
    inputs.iter().map(label).collect()
}

/// The names of all results: without the recordings' endings, unless two would be the same, or one a journal's.
fn names(inputs: &[Input], formats: &[Format]) -> Result<Vec<PathBuf>, String> {
    let with = |name: &Path, format: &Format| format!("{}.{}", name.display(), format.extension());
    let journal = |name: &Path| formats.iter().map(|format| with(name, format)).find(|file| is_journal(file));
    let mut count: HashMap<&Path, usize> = HashMap::new();
    inputs.iter().for_each(|input| *count.entry(&input.stem).or_default() += 1);
    let mut taken: HashMap<&Path, &Input> = HashMap::new();
    let mut names = Vec::with_capacity(inputs.len());
    for input in inputs {
        let alone = count.get(&*input.stem) == Some(&1) && journal(&input.stem).is_none();
        let name = if alone { &input.stem } else { &input.name };
        if let Some(journal) = journal(name) {
            let path = input.path.display();
            return Err(format!(
                "{path}: its result would be {journal}, a journal's name; give it another id"
            ));
        }
        if let Some(other) = taken.insert(name, input) {
            let (a, b) = (other.path.display(), input.path.display());
            return Err(match other.path == input.path && other.part() == input.part() {
                true => format!("{a} is given twice; give it once"),
                false => format!(
                    "{a} and {b} would both be written to {} below --out; give the folder that both are in, or ids in \
                     a manifest",
                    name.display()
                ),
            });
        }
        names.push(name.clone());
    }
    Ok(names)
}
