//! Lists of recordings to transcribe: paths, or lines of a manifest.

use std::path::{Path, PathBuf};

use linnet_files::{json_problem, text_lines};
use serde_json::{Map, Value};

use crate::BadLine;

/// The longest line, in bytes.
const LONGEST_LINE: usize = 1 << 20;

/// The field of a recording's path.
const PATH: &str = "audio_filepath";

/// The field of its hotwords.
const HOTWORDS: &str = "hotwords";

/// A recording of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listed {
    /// The audio file.
    pub audio: PathBuf,
    /// Its path as the list has it, which is the same wherever the list lies.
    pub named: PathBuf,
    /// Its id, which is fit for a file's name.
    pub id: Option<String>,
    /// Where the part that is wanted starts, in seconds.
    pub offset_s: Option<f64>,
    /// How long that part is, or the file, in seconds.
    pub duration_s: Option<f64>,
    /// Hotwords of its own, and their weights, which are finite and above 0.
    pub hotwords: Vec<(String, Option<f32>)>,
    /// The fields of its line that have no meaning here, and its id.
    pub fields: Map<String, Value>,
}

impl Listed {
    /// Parses the bytes of a list that lies in `folder`. A line is a path, which counts from the current folder; or a
    /// JSON object with `audio_filepath`, which counts from the list's, and perhaps `id`, `offset`, `duration` (seconds),
    /// `hotwords` (a phrase, phrases, or phrases with their weights) and others. Blank lines are left out.
    ///
    /// # Errors
    ///
    /// The first line that is no recording.
    pub fn parse(bytes: &[u8], folder: &Path) -> Result<Vec<Self>, BadLine> {
        let mut all = Vec::new();
        for (number, line) in text_lines(bytes, LONGEST_LINE) {
            let fail = |problem: String| BadLine { line: number, problem };
            match line.map_err(fail)?.trim() {
                "" => {}
                object if object.starts_with('{') => all.push(entry(object, folder).map_err(fail)?),
                path => all.push(Self { audio: path.into(), named: path.into(), ..Self::default() }),
            }
        }
        Ok(all)
    }
}

/// A line of a manifest.
fn entry(line: &str, folder: &Path) -> Result<Listed, String> {
    let mut fields: Map<String, Value> = serde_json::from_str(line).map_err(|error| json_problem(&error))?;
    let Some(Value::String(path)) = fields.remove(PATH).filter(|path| path != "") else {
        return Err(format!("it has no {PATH}; give the recording's path there"));
    };
    let mut seconds = |name: &str| match fields.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_f64().filter(|seconds| *seconds >= 0.0) {
            Some(seconds) => Ok(Some(seconds)),
            None => Err(format!("its {name} is {value}, no number of seconds; correct it")),
        },
    };
    let (offset_s, duration_s) = (seconds("offset")?, seconds("duration")?);
    let hotwords = hotwords(fields.remove(HOTWORDS))?;
    let id = match fields.get("id") {
        Some(Value::String(id)) => file_name(id),
        Some(Value::Number(id)) => file_name(&id.to_string()),
        _ => None,
    };
    Ok(Listed { audio: folder.join(&path), named: path.into(), id, offset_s, duration_s, hotwords, fields })
}

/// An id as a file's name, which leads to no other folder.
fn file_name(id: &str) -> Option<String> {
    match id {
        "" => None,
        "." | ".." => Some(id.replace('.', "_")),
        id => Some(id.replace(['/', '\\', '\0'], "_")),
    }
}

/// The hotwords of a manifest's field: phrases, or phrases and their weights.
fn hotwords(field: Option<Value>) -> Result<Vec<(String, Option<f32>)>, String> {
    let wrong = |value: &Value| {
        format!(
            "its {HOTWORDS} has {value}, no phrase; write [\"phrase\", \u{2026}] or {{\"phrase\": weight, \u{2026}}}"
        )
    };
    let weighed = |(phrase, weight): (&String, &Value)| match weight.as_f64().map(|weight| weight as f32) {
        Some(number) if number > 0.0 && number.is_finite() => Ok((phrase.clone(), Some(number))),
        _ => Err(format!("the weight of hotword {phrase:?} is {weight}; write a number above 0, as 5")),
    };
    match field {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::String(phrase)) => Ok(vec![(phrase, None)]),
        Some(Value::Array(phrases)) => {
            let phrase =
                |value: &Value| value.as_str().map(|text| (text.into(), None)).ok_or_else(|| wrong(value));
            phrases.iter().map(phrase).collect()
        }
        Some(Value::Object(phrases)) => phrases.iter().map(weighed).collect(),
        Some(other) => Err(wrong(&other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Vec<Listed>, String> {
        let parsed = Listed::parse(text.as_bytes(), Path::new("/lists"));
        parsed.map_err(|BadLine { line, problem }| format!("{line}: {problem}"))
    }

    #[test]
    fn an_id_may_be_a_number() {
        let all = parse("{\"audio_filepath\": \"c.wav\", \"id\": 7}\n").unwrap();
        assert_eq!(all[0].id.as_deref(), Some("7"));
    }

    #[test]
    fn a_line_is_a_path_or_an_object() {
        let all = parse(
            "\u{feff}in/a b.wav\r\n\n{\"audio_filepath\": \"c.wav\", \"id\": \"s/1\", \"offset\": 1, \"duration\": null, \
             \"hotwords\": [\"New York\"], \"call\": 7}\n",
        )
        .unwrap();
        let path = Listed { audio: "in/a b.wav".into(), named: "in/a b.wav".into(), ..Listed::default() };
        let fields = Map::from_iter([("id".into(), "s/1".into()), ("call".into(), 7.into())]);
        let object = Listed {
            audio: "/lists/c.wav".into(),
            named: "c.wav".into(),
            id: Some("s_1".into()),
            offset_s: Some(1.0),
            hotwords: vec![("New York".into(), None)],
            fields,
            ..Listed::default()
        };
        assert_eq!(all, [path, object]);
        assert_eq!(parse(""), Ok(Vec::new()));
    }

    #[test]
    fn an_id_leads_to_no_other_folder() {
        let id = |id: &str| {
            parse(&format!("{{\"audio_filepath\": \"a\", \"id\": \"{id}\"}}")).unwrap().remove(0).id
        };
        let ids = ["..", ".", "../x\\\\y\\u0000", "a.b", ""].map(id);
        assert_eq!(
            ids.each_ref().map(Option::as_deref),
            [Some("__"), Some("_"), Some(".._x_y_"), Some("a.b"), None]
        );
    }

    #[test]
    fn the_first_bad_line_is_told() {
        for (line, problem) in [
            ("{", "JSON"),
            ("{}", "it has no audio_filepath; give"),
            (r#"{"audio_filepath": ""}"#, "it has no audio_filepath; give"),
            (
                r#"{"audio_filepath": "a", "offset": -1}"#,
                "its offset is -1, no number of seconds; correct it",
            ),
            (r#"{"audio_filepath": "a", "hotwords": [3]}"#, "its hotwords has 3, no phrase; write"),
            (r#"{"audio_filepath": "a", "hotwords": {"b": 0}}"#, "the weight of hotword \"b\" is 0; write"),
            // Neither is a number above 0 in 32 bits.
            (
                r#"{"audio_filepath": "a", "hotwords": {"b": 1e-60}}"#,
                "the weight of hotword \"b\" is 1e-60; write",
            ),
            (
                r#"{"audio_filepath": "a", "hotwords": {"b": 1e60}}"#,
                "the weight of hotword \"b\" is 1e+60; write",
            ),
        ] {
            let message = parse(&format!("a.wav\n{line}\n{{\n")).unwrap_err();
            assert!(message.starts_with("2: ") && message.contains(problem), "{message}");
        }
    }
}
