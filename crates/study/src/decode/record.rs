//! How a set was decoded, beside its hypotheses: which texts, by which weights and which search.

use std::path::{Path, PathBuf};

use linnet::ctc::BeamOptions;
use linnet::{Rescoring, SearchOptions};
use linnet_corpus::Manifest;
use linnet_files::json_problem;
use serde::{Deserialize, Serialize};

use super::written::write;
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
    /// The [checksum](Manifest::checksum) of the manifest, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    manifest: Option<u32>,
    /// Utterances that could not be decoded.
    #[serde(default, skip_serializing_if = "is_none")]
    left_out: usize,
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
    /// Of a model folder's weights, a manifest, and a search; `None`: greedily.
    pub(super) fn new(
        folder: &Path,
        manifest: &Path,
        search: Option<&SearchOptions>,
    ) -> Result<Self, StudyError> {
        let search = search.map(SearchRecord::new).transpose()?;
        let manifest = Some(Manifest::read_lenient(manifest)?.checksum());
        Ok(Self { weights: checksum(&folder.join(WEIGHTS))?, search, manifest, left_out: 0 })
    }

    /// With so many utterances that could not be decoded.
    pub(super) fn with_left_out(self, left_out: usize) -> Self {
        Self { left_out, ..self }
    }

    pub(crate) fn left_out(&self) -> usize {
        self.left_out
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

    /// Whether a manifest has other utterances or texts than the one that was decoded, as far as that is known.
    pub(crate) fn is_of_other_texts(&self, manifest: &Manifest) -> bool {
        self.manifest.is_some_and(|own| own != manifest.checksum())
    }

    /// Whether another was searched in the same way: with files of the same content, in the same roles, and with the same
    /// beam. How files weigh is chosen for each model.
    pub(crate) fn searches_as(&self, other: &Self) -> bool {
        let key = |record: &Self| {
            let sum = |file: &Option<FileRecord>| file.as_ref().map(|file| file.crc32c);
            record.search.as_ref().map(|s| {
                let second = s.second.as_ref().map(|second| (second.lm.crc32c, second.nbest));
                let beam = (s.beam, s.token_threshold, s.score_threshold, s.max_tokens, s.free_words);
                (beam, sum(&s.lm), second, sum(&s.lexicon), sum(&s.grammar), sum(&s.hotwords))
            })
        };
        key(self) == key(other)
    }

    /// The search in words, as `greedily` or `with beam 200, LM 4gram.arpa`. Of the beam's other bounds those that aren't the
    /// usual ones are named.
    pub(crate) fn told(&self) -> String {
        let Some(s) = &self.search else { return "greedily".into() };
        let usual = BeamOptions::default();
        let name =
            |file: &FileRecord| file.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let file =
            |role: &str, file: &Option<FileRecord>| file.as_ref().map(|f| format!("{role} {}", name(f)));
        let bound = |role: &str, own: f32, usual: f32| (own != usual).then(|| format!("{role} {own}"));
        let most = s.max_tokens.filter(|&most| most != usual.max_tokens);
        let second = |second: &SecondRecord| format!("{} over {}-best", name(&second.lm), second.nbest);
        let parts = [
            Some(format!("beam {}", s.beam)),
            bound("token threshold", s.token_threshold, usual.token_threshold),
            bound("score threshold", s.score_threshold, usual.score_threshold),
            most.map(|most| format!("at most {most} tokens")),
            s.free_words.then(|| "free words".into()),
            file("LM", &s.lm),
            s.second.as_ref().map(second),
            file("lexicon", &s.lexicon),
            file("grammar", &s.grammar),
            file("hotwords", &s.hotwords),
        ];
        format!("with {}", parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
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

/// Whether a count is 0, which isn't written.
fn is_none(count: &usize) -> bool {
    *count == 0
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

    use linnet::ctc::Fusion;

    use super::*;

    #[test]
    fn searches_differ_by_their_files_and_width_and_not_by_weights() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str, text: &str| {
            fs::write(folder.path().join(name), text).unwrap();
            folder.path().join(name)
        };
        at(WEIGHTS, "weights");
        let line = |text: &str| format!("{{\"audio_filepath\": \"a.wav\", \"text\": \"{text}\"}}\n");
        let set = at("dev.jsonl", &line("A"));
        let record =
            |options: Option<&SearchOptions>| DecodeRecord::new(folder.path(), &set, options).unwrap();
        let (one, copy, other) = (at("a.arpa", "1"), at("b.arpa", "1"), at("c.arpa", "2"));
        let of = |lm: &PathBuf| SearchOptions { lm: Some(lm.clone()), ..Default::default() };
        let first = record(Some(&of(&one)));
        let weighed = SearchOptions { fusion: Fusion { weight: 2.0, ..Fusion::default() }, ..of(&copy) };
        assert!(first.searches_as(&record(Some(&weighed))));
        let wide = SearchOptions { beam: BeamOptions { beam: 200, ..BeamOptions::default() }, ..of(&one) };
        let pruned = SearchOptions {
            beam: BeamOptions { score_threshold: 7.5, ..BeamOptions::default() },
            ..of(&one)
        };
        let free = SearchOptions { fusion: Fusion { free_words: true, ..Fusion::default() }, ..of(&one) };
        let others = [&of(&other), &wide, &pruned, &free, &SearchOptions::default()];
        for other in others.map(Some).into_iter().chain([None]) {
            assert!(!first.searches_as(&record(other)), "{other:?}");
        }
        assert!(record(None).searches_as(&record(None)));
        let second = Rescoring { lm: other.clone(), share: 0.5, nbest: 50 };
        let twice = SearchOptions { rescoring: Some(second), lexicon: Some(copy.clone()), ..pruned.clone() };
        let told = [None, Some(&of(&one)), Some(&free), Some(&twice)].map(|options| record(options).told());
        assert_eq!(
            told,
            [
                "greedily",
                "with beam 100, LM a.arpa",
                "with beam 100, free words, LM a.arpa",
                "with beam 100, score threshold 7.5, LM a.arpa, c.arpa over 50-best, lexicon b.arpa",
            ]
        );

        let is_other = |record: &DecodeRecord| {
            record.is_of_other_texts(&Manifest::read_lenient(&folder.path().join("dev.jsonl")).unwrap())
        };
        assert!(!is_other(&first));
        at("dev.jsonl", &line("B"));
        assert!(is_other(&first));
        assert!(!is_other(&DecodeRecord { manifest: None, ..first.clone() }));
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
