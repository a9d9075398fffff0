//! Tables of audio files and texts.

use std::path::Path;

use crate::CorpusError;
use crate::files::has_extension;
use crate::prepare::Skipped;

/// A row.
pub(super) struct Row {
    /// Line of the table, from 1.
    pub(super) line: u64,
    pub(super) file: String,
    pub(super) text: String,
    pub(super) speaker: Option<String>,
}

const FILE: [&str; 7] = ["file", "path", "audio", "audio_filepath", "file_name", "filename", "wav"];
const TEXT: [&str; 5] = ["text", "sentence", "transcript", "transcription", "transcript_text"];
const SPEAKER: [&str; 4] = ["speaker", "speaker_id", "client_id", "spk"];

/// Where the columns are.
struct Columns {
    file: usize,
    text: usize,
    speaker: Option<usize>,
}

/// Reads a table, comma-separated where it is called `.csv`, else tab-separated. The first line may name the columns,
/// as Common Voice's tables do; without, they are file, text and perhaps speaker. Rows without file or text are named
/// in `skipped`.
pub(super) fn read_rows(path: &Path, skipped: &mut Vec<Skipped>) -> Result<Vec<Row>, CorpusError> {
    let comma = has_extension(path, "csv");
    // Tab-separated tables have quotation marks as they are.
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(if comma { b',' } else { b'\t' })
        .quoting(comma)
        .has_headers(false)
        .flexible(true)
        .from_path(path)
        .map_err(|error| explain(path, error))?;
    let (mut columns, mut rows) = (None, Vec::new());
    for record in reader.records() {
        let record = record.map_err(|error| explain(path, error))?;
        let line = record.position().map_or(0, |position| position.line());
        let columns = match &columns {
            Some(columns) => columns,
            None => match header(&record) {
                Some(named) => {
                    columns = Some(named);
                    continue;
                }
                None => columns.insert(Columns { file: 0, text: 1, speaker: Some(2) }),
            },
        };
        let field = |at: usize| record.get(at).map(str::trim).filter(|field| !field.is_empty());
        let (Some(file), Some(text)) = (field(columns.file), record.get(columns.text)) else {
            let reason = format!("{} columns; a row is a file, its text and perhaps a speaker", record.len());
            skipped.push(Skipped { id: format!("{}, line {line}", path.display()), reason });
            continue;
        };
        rows.push(Row {
            line,
            file: file.to_owned(),
            text: text.to_owned(),
            speaker: columns.speaker.and_then(field).map(str::to_owned),
        });
    }
    Ok(rows)
}

fn header(record: &csv::StringRecord) -> Option<Columns> {
    let find = |names: &[&str]| {
        let is_named = |field: &str| names.contains(&field.trim().to_ascii_lowercase().as_str());
        record.iter().position(is_named)
    };
    Some(Columns { file: find(&FILE)?, text: find(&TEXT)?, speaker: find(&SPEAKER) })
}

fn explain(path: &Path, error: csv::Error) -> CorpusError {
    let line = error.position().map_or(0, |position| position.line() as usize);
    match error.into_kind() {
        csv::ErrorKind::Io(source) => CorpusError::Io { path: path.into(), source },
        csv::ErrorKind::Utf8 { .. } => {
            CorpusError::Line { path: path.into(), line, problem: "not UTF-8; convert the table".to_owned() }
        }
        other => CorpusError::Line { path: path.into(), line, problem: format!("{other:?}") },
    }
}
