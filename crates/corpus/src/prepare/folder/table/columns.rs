//! Which column holds what: by its name, or by its place where there are no names.

use std::path::Path;

use linnet_audio::is_audio_path;

use super::times::{Unit, seconds};
use super::{Match, Record, Records, Row, SAMPLE, places};

/// Names of columns in lower case, the likelier first. They are those of Common Voice, DeepSpeech, Hugging Face's data
/// sets, NeMo, Coqui, LJSpeech and VoxPopuli.
const FILE: &[&str] = &[
    "audio_filepath",
    "audio_path",
    "audio_file",
    "wav_filename",
    "wav_path",
    "wav_file",
    "file_name",
    "filename",
    "file_path",
    "filepath",
    "path",
    "file",
    "audio",
    "wav",
    "wave",
    "recording",
    "clip",
    "audio_id",
    "id",
];
const TEXT: &[&str] = &[
    "normalized_text",
    "normalised_text",
    "normalized_transcription",
    "text",
    "sentence",
    "transcript",
    "transcription",
    "transcript_text",
    "transcripts",
    "raw_text",
    "raw_transcription",
];
const SPEAKER: &[&str] =
    &["speaker", "speaker_id", "speaker_name", "client_id", "spk", "spk_id", "speakerid", "user_id"];
const SET: &[&str] = &["split", "set", "subset", "partition"];
const START: &[&str] = &["start", "offset", "begin", "start_time", "begin_time", "segment_start", "onset"];
const END: &[&str] = &["end", "end_time", "stop", "stop_time", "segment_end"];
const DURATION: &[&str] = &["duration", "dur", "segment_duration"];

/// Where what is.
pub(super) struct Columns {
    file: usize,
    text: usize,
    /// The text where the column of texts is empty.
    other_text: Option<usize>,
    speaker: Option<usize>,
    set: Option<usize>,
    start: Option<Time>,
    end: Option<Time>,
    duration: Option<Time>,
    /// The number of columns that have names; `None` where none has.
    named: Option<usize>,
    /// How they were taken, for the user.
    pub(super) note: String,
}

struct Time {
    column: usize,
    name: String,
    unit: Unit,
}

impl Columns {
    /// Columns without names: file and text, perhaps the speaker.
    pub(super) fn plain(file: usize, text: usize, speaker: Option<usize>, note: String) -> Self {
        let (other_text, set, start, end, duration, named) = (None, None, None, None, None, None);
        Self { file, text, other_text, speaker, set, start, end, duration, named, note }
    }

    /// As [`plain`](Self::plain), with a second column of texts, for where the first is empty.
    pub(super) fn with_texts(file: usize, text: usize, other_text: usize, note: String) -> Self {
        Self { other_text: Some(other_text), ..Self::plain(file, text, None, note) }
    }

    /// The columns of a table that has rows; a first row that names them is taken out.
    pub(super) fn of(records: &mut Records, find: &dyn Fn(&str) -> Match) -> Result<Self, String> {
        if let Some(names) = records.names.take() {
            return Self::named(&names, &records.records, find);
        }
        let Some((first, rest)) = records.records.split_first() else {
            return Err("the table is empty".to_owned());
        };
        let names: Vec<String> = first.fields.iter().map(|field| field.clone().unwrap_or_default()).collect();
        if is_header(&names) || is_unknown_header(&names, rest, find) {
            let columns = Self::named(&names, rest, find)?;
            records.records.remove(0);
            return Ok(columns);
        }
        places::columns(records, find)
    }

    fn named(names: &[String], rows: &[Record], find: &dyn Fn(&str) -> Match) -> Result<Self, String> {
        let plain: Vec<String> = names.iter().map(|name| normal(name)).collect();
        let sample = &rows[..rows.len().min(SAMPLE)];
        // Several columns may be called so: the one counts that holds what it should.
        let best = |known: &[&str], worth: &dyn Fn(usize) -> usize| {
            let mut best: Option<(usize, usize)> = None;
            for column in known.iter().filter_map(|name| plain.iter().position(|found| found == name)) {
                let worth = worth(column);
                if best.is_none_or(|(_, most)| worth > most) {
                    best = Some((column, worth));
                }
            }
            best.map(|(column, _)| column)
        };
        let hits = |column| hits(sample, column, find);
        let filled = |column: usize| usize::from(sample.iter().any(|row| row.filled(column).is_some()));
        let text = best(TEXT, &filled);
        let by_content = || {
            let columns = (0..names.len()).filter(|&column| Some(column) != text && hits(column) > 0);
            columns.max_by_key(|&column| hits(column))
        };
        // A column that names recordings counts more than one that is called so and names none.
        let named = best(FILE, &hits);
        let file = named.filter(|&column| hits(column) > 0).or_else(by_content).or(named);
        let (Some(file), Some(text)) = (file, text) else {
            return Err(unknown(names, file, text));
        };
        let time = |known: &[&str]| {
            let times = plain.iter().enumerate().filter_map(|(column, name)| {
                let (name, unit) = Unit::of(name);
                let rank = known.iter().position(|known| *known == name)?;
                Some((rank, Time { column, name: shown(&names[column]), unit }))
            });
            times.min_by_key(|(rank, _)| *rank).map(|(_, time)| time)
        };
        let (start, end) = (time(START), time(END));
        // A length alone describes the recording.
        let duration = time(DURATION).filter(|_| start.is_some());
        let mut columns = Self {
            speaker: best(SPEAKER, &filled),
            set: best(SET, &filled),
            start,
            end,
            duration,
            named: Some(names.len()),
            ..Self::plain(file, text, None, String::new())
        };
        columns.note = columns.described(names);
        Ok(columns)
    }

    /// How named columns were taken.
    fn described(&self, names: &[String]) -> String {
        let of = |time: &Option<Time>| time.as_ref().map(|time| time.column);
        let uses = [
            ("file", Some(self.file)),
            ("text", Some(self.text)),
            ("speaker", self.speaker),
            ("set", self.set),
            ("start", of(&self.start)),
            ("end", of(&self.end)),
            ("duration", of(&self.duration)),
        ];
        let shown = |column: usize| names.get(column).map(|name| shown(name)).unwrap_or_default();
        let taken =
            uses.iter().filter_map(|(what, column)| Some(format!("{what} from {}", shown((*column)?))));
        let taken: Vec<String> = taken.collect();
        let used = |column: &usize| uses.iter().any(|(_, taken)| *taken == Some(*column));
        let left = names.iter().enumerate().filter(|(column, _)| !used(column));
        let left: Vec<String> = left.map(|(_, name)| name.clone()).collect();
        let left = if left.is_empty() { String::new() } else { format!("; not used: {}", listed(&left)) };
        format!("columns: {}{left}", taken.join(", "))
    }

    /// A row, or what it lacks.
    pub(super) fn row(&self, record: &Record, place: String) -> Result<Row, String> {
        // Columns behind a text that holds the character between columns would be others'.
        let filled =
            record.fields.iter().rposition(|field| field.as_deref().is_some_and(|f| !f.trim().is_empty()));
        let count = filled.map_or(0, |last| last + 1);
        if let Some(named) = self.named.filter(|&named| count > named) {
            return Err(format!(
                "{count} columns, where the first line names {named}; put a text that holds the character between columns \
                 in quotation marks, or name all columns"
            ));
        }
        let text = record.filled(self.text).or_else(|| record.filled(self.other_text?));
        let text = text.or_else(|| record.field(self.text));
        let (Some(file), Some(text)) = (record.filled(self.file), text) else {
            return Err(match record.fields.len() <= self.text.max(self.file) {
                true => format!(
                    "{} columns; a row is a file, its text and perhaps a speaker",
                    record.fields.len()
                ),
                false => "no file or no text in this row; fill it in or leave the row out".to_owned(),
            });
        };
        let time = |time: &Option<Time>| {
            let Some(time) = time else { return Ok(None) };
            let Some(value) = record.filled(time.column) else { return Ok(None) };
            let value = seconds(value, time.unit).ok_or_else(|| {
                format!("{} is {value:?}, which is no time; give seconds, as 12.5", time.name)
            })?;
            Ok::<_, String>(Some(value))
        };
        let start_s = time(&self.start)?.unwrap_or(0.0);
        // Kaldi's tables have -1 for the recording's end.
        let end_s = match time(&self.end)?.filter(|&end| end >= 0.0) {
            Some(end) => Some(end),
            None => time(&self.duration)?.map(|duration| start_s + duration),
        };
        if start_s < 0.0 || end_s.is_some_and(|end| end <= start_s) {
            let end = end_s.map_or_else(|| "the recording's end".to_owned(), |end| format!("{end} s"));
            return Err(format!("from {start_s} s to {end} is no part of a recording; correct the times"));
        }
        let optional = |column: Option<usize>| Some(record.filled(column?)?.to_owned());
        Ok(Row {
            place,
            file: file.to_owned(),
            text: text.to_owned(),
            speaker: optional(self.speaker),
            set: optional(self.set),
            start_s,
            end_s,
        })
    }
}

/// Whether these fields name the recording and its text.
pub(super) fn is_header(names: &[String]) -> bool {
    let has = |known: &[&str]| names.iter().any(|name| known.contains(&normal(name).as_str()));
    has(FILE) && has(TEXT)
}

/// Whether a first row that isn't all known is one of names: it names no recording, where others do or where it has a
/// known name.
fn is_unknown_header(names: &[String], rows: &[Record], find: &dyn Fn(&str) -> Match) -> bool {
    let is_recording =
        |name: &String| is_audio_path(Path::new(name.trim())) || find(name.trim()) > Match::None;
    if names.len() < 2 || names.iter().any(is_recording) {
        return false;
    }
    let sample = &rows[..rows.len().min(SAMPLE)];
    let is_known = |name: &String| {
        let name = normal(name);
        [FILE, TEXT, SPEAKER].iter().any(|known| known.contains(&name.as_str()))
    };
    names.iter().any(is_known) || (0..names.len()).any(|column| hits(sample, column, find) > 0)
}

/// How well a column names recordings.
pub(super) fn hits(rows: &[Record], column: usize, find: &dyn Fn(&str) -> Match) -> usize {
    let worth = |row: &Record| match row.filled(column).map_or(Match::None, find) {
        Match::None => 0,
        Match::Stem => 1,
        Match::File => 2,
    };
    rows.iter().map(worth).sum()
}

/// A column's name in lower case, with underscores for all but letters and digits.
fn normal(name: &str) -> String {
    let lower = name.trim().to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("_")
}

fn unknown(names: &[String], file: Option<usize>, text: Option<usize>) -> String {
    let known = |what: &str, names: &[&str]| format!("the {what} ({})", names.join(", "));
    let missing: Vec<String> = [(file, "recording", FILE), (text, "text", TEXT)]
        .into_iter()
        .filter(|(column, ..)| column.is_none())
        .map(|(_, what, names)| known(what, names))
        .collect();
    format!(
        "the columns are {}, of which none is known as {}; rename one",
        listed(names),
        missing.join(" or ")
    )
}

/// Names, up to a line of them.
fn listed(names: &[String]) -> String {
    const MOST: usize = 20;
    let mut shown: Vec<String> = names.iter().take(MOST).map(|name| self::shown(name)).collect();
    if names.len() > MOST {
        shown.push(format!("and {} more", names.len() - MOST));
    }
    shown.join(", ")
}

/// A column's name on one line.
fn shown(name: &str) -> String {
    name.trim().chars().take(40).flat_map(char::escape_debug).collect()
}
