//! How a set was decoded, beside its hypotheses: by which weights and which search.

use std::path::{Path, PathBuf};

use linnet::{Rescoring, SearchOptions};
use linnet_files::json_problem;
use serde::{Deserialize, Serialize};

use super::manifest::write;
use crate::error::StudyError;

/// The file in a folder of hypotheses.
pub(crate) const FILE: &str = "decode.json";

/// The file of a model folder's weights.
const WEIGHTS: &str = "model.safetensors";

/// Reads and writes [`FILE`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct DecodeRecord {
    /// The checksum of the model's weights.
    weights: u32,
    /// How was searched; none: greedily.
    search: Option<SearchRecord>,
}

/// The options of a search, and the checksums of its files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct SearchRecord {
    beam: usize,
    token_threshold: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<usize>,
    score_threshold: f32,
    lm_weight: f32,
    word_bonus: f32,
    unknown_penalty: f32,
    free_words: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    lm: Option<FileRecord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    second: Option<SecondRecord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lexicon: Option<FileRecord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grammar: Option<FileRecord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hotwords: Option<FileRecord>,
}

/// The second pass.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct SecondRecord {
    lm: FileRecord,
    share: f32,
    nbest: usize,
}

/// A file and its CRC-32C.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct FileRecord {
    path: PathBuf,
    crc32c: u32,
}

impl DecodeRecord {
    /// Of a model folder's weights and a search; `None`: greedily.
    pub(super) fn new(folder: &Path, search: Option<&SearchOptions>) -> Result<Self, StudyError> {
        let search = search.map(SearchRecord::new).transpose()?;
        Ok(Self { weights: checksum(&folder.join(WEIGHTS))?, search })
    }

    /// Reads that of a folder of hypotheses; `None` where there is none.
    pub(crate) fn read(folder: &Path) -> Result<Option<Self>, StudyError> {
        let path = folder.join(FILE);
        if !path.exists() {
            return Ok(None);
        }
        let text = std::fs::read(&path).map_err(|source| StudyError::Io { path: path.clone(), source })?;
        serde_json::from_slice(&text).map(Some).map_err(|error| StudyError::File {
            path,
            problem: format!("{}; decode the set again", json_problem(&error)),
        })
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), StudyError> {
        let path = folder.join(FILE);
        let json = serde_json::to_string_pretty(self)
            .map_err(|error| StudyError::Io { path: path.clone(), source: error.into() })?;
        write(&path, (json + "\n").as_bytes())
    }

    /// Whether the model folder has other weights by now. Kept runs have none.
    pub(crate) fn is_of_other_weights(&self, folder: &Path) -> Result<bool, StudyError> {
        let path = folder.join(WEIGHTS);
        Ok(path.is_file() && checksum(&path)? != self.weights)
    }

    /// Whether another was searched in the same way: with files of the same content and a beam of the same width. How
    /// files weigh is chosen for each model.
    pub(crate) fn searches_as(&self, other: &Self) -> bool {
        let key = |record: &Self| {
            let sum = |file: &Option<FileRecord>| file.as_ref().map(|file| file.crc32c);
            record.search.as_ref().map(|s| {
                let second = s.second.as_ref().map(|second| (second.lm.crc32c, second.nbest));
                (s.beam, sum(&s.lm), second, sum(&s.lexicon), sum(&s.grammar), sum(&s.hotwords))
            })
        };
        key(self) == key(other)
    }

    /// The search in words, as `greedily` or `with beam 200, 4gram.arpa`.
    pub(crate) fn told(&self) -> String {
        let Some(s) = &self.search else { return "greedily".into() };
        let second = s.second.as_ref().map(|second| &second.lm);
        let files = [s.lm.as_ref(), second, s.lexicon.as_ref(), s.grammar.as_ref(), s.hotwords.as_ref()];
        let name =
            |file: &FileRecord| file.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let parts = [format!("beam {}", s.beam)].into_iter().chain(files.into_iter().flatten().map(name));
        format!("with {}", parts.collect::<Vec<_>>().join(", "))
    }
}

impl SearchRecord {
    fn new(options: &SearchOptions) -> Result<Self, StudyError> {
        let SearchOptions { beam, fusion, .. } = options;
        let file = |path: &Option<PathBuf>| path.as_deref().map(FileRecord::new).transpose();
        let second = options.rescoring.as_ref().map(|Rescoring { lm, share, nbest }| {
            Ok::<_, StudyError>(SecondRecord { lm: FileRecord::new(lm)?, share: *share, nbest: *nbest })
        });
        Ok(Self {
            beam: beam.beam,
            token_threshold: beam.token_threshold,
            max_tokens: Some(beam.max_tokens).filter(|&most| most < usize::MAX),
            score_threshold: beam.score_threshold,
            lm_weight: fusion.weight,
            word_bonus: fusion.word_bonus,
            unknown_penalty: fusion.unknown_penalty,
            free_words: fusion.free_words,
            lm: file(&options.lm)?,
            second: second.transpose()?,
            lexicon: file(&options.lexicon)?,
            grammar: file(&options.grammar)?,
            hotwords: file(&options.hotwords)?,
        })
    }
}

impl FileRecord {
    fn new(path: &Path) -> Result<Self, StudyError> {
        Ok(Self { path: path.into(), crc32c: checksum(path)? })
    }
}

/// The CRC-32C of a file, which may be larger than memory.
fn checksum(path: &Path) -> Result<u32, StudyError> {
    let io = |source| StudyError::Io { path: path.into(), source };
    let mut file = std::fs::File::open(path).map_err(io)?;
    let (mut sum, mut piece) = (0, vec![0; 1 << 20]);
    loop {
        match std::io::Read::read(&mut file, &mut piece) {
            Ok(0) => return Ok(sum),
            Ok(count) => sum = crc32c::crc32c_append(sum, &piece[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(io(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use linnet::ctc::{BeamOptions, Fusion};

    use super::*;

    #[test]
    fn searches_differ_by_their_files_and_width_and_not_by_weights() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str, text: &str| {
            fs::write(folder.path().join(name), text).unwrap();
            folder.path().join(name)
        };
        at(WEIGHTS, "weights");
        let record = |options: Option<&SearchOptions>| DecodeRecord::new(folder.path(), options).unwrap();
        let (one, copy, other) = (at("a.arpa", "1"), at("b.arpa", "1"), at("c.arpa", "2"));
        let of = |lm: &PathBuf| SearchOptions { lm: Some(lm.clone()), ..Default::default() };
        let first = record(Some(&of(&one)));
        let weighed = SearchOptions { fusion: Fusion { weight: 2.0, ..Fusion::default() }, ..of(&copy) };
        assert!(first.searches_as(&record(Some(&weighed))));
        let wide = SearchOptions { beam: BeamOptions { beam: 200, ..BeamOptions::default() }, ..of(&one) };
        for other in [None, Some(&of(&other)), Some(&wide), Some(&SearchOptions::default())] {
            assert!(!first.searches_as(&record(other)), "{other:?}");
        }
        assert!(record(None).searches_as(&record(None)));
        assert_eq!((record(None).told(), first.told()), ("greedily".into(), "with beam 100, a.arpa".into()));

        first.write(folder.path()).unwrap();
        assert_eq!(DecodeRecord::read(folder.path()).unwrap(), Some(first.clone()));
        assert!(!first.is_of_other_weights(folder.path()).unwrap());
        at(WEIGHTS, "others");
        assert!(first.is_of_other_weights(folder.path()).unwrap());
        fs::remove_file(folder.path().join(WEIGHTS)).unwrap();
        assert!(!first.is_of_other_weights(folder.path()).unwrap());
        at(FILE, "{");
        assert!(DecodeRecord::read(folder.path()).unwrap_err().to_string().contains("decode the set again"));
    }
}
