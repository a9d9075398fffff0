//! Symbol tables of any toolkit: what the columns of its matrices stand for.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

use crate::error::{TextError, each_line, read_bytes};
use crate::table::{MOST, SPACE};

/// Reads the symbols of a table by their ids, which count up from 0.
///
/// Three forms are known: lines of a symbol and its id in any order (Kaldi, k2, ESPnet's `tokens.txt` with ids), lines
/// of one symbol each, and a JSON object from symbols to ids (Hugging Face's `vocab.json`). A symbol that is one space
/// becomes [`SPACE`]. Nothing is said about which symbol is the blank.
///
/// # Errors
///
/// A file that can't be read; the first line that is none of its form; an id that is missing, and a symbol or id that
/// is there twice.
pub fn read_symbols(path: &Path) -> Result<Vec<String>, TextError> {
    parse_symbols(&read_bytes(path)?, path)
}

/// The symbols in the bytes of a file, see [`read_symbols`]; errors name the path.
///
/// # Errors
///
/// Those of [`read_symbols`].
pub fn parse_symbols(bytes: &[u8], path: &Path) -> Result<Vec<String>, TextError> {
    let pairs = if is_json(bytes) { json_pairs(bytes, path)? } else { line_pairs(bytes, path)? };
    by_id(pairs, path)
}

/// A symbol, its id, and the line that has them.
type Pair = (String, usize, usize);

/// The symbols in the order of their ids.
fn by_id(pairs: Vec<Pair>, path: &Path) -> Result<Vec<String>, TextError> {
    let count = pairs.len();
    if count == 0 {
        let problem = "there is no symbol in it; write one on each line, or `SYMBOL ID`";
        return Err(TextError::line(path, 1, problem));
    }
    if count > MOST {
        return Err(TextError::line(path, 1, format!("more than {MOST} symbols; give a token table")));
    }
    let (mut symbols, mut ids) = (vec![None; count], HashMap::new());
    for (symbol, id, line) in pairs {
        if let Some(first) = ids.insert(symbol.clone(), id) {
            let problem = format!("{symbol:?} is the symbol of both {first} and {id}; name each symbol once");
            return Err(TextError::line(path, line, problem));
        }
        let Some(place) = symbols.get_mut(id) else {
            let problem = format!("the id {id} is beyond the {count} symbols; ids are 0 to {}", count - 1);
            return Err(TextError::line(path, line, problem));
        };
        if place.replace(symbol).is_some() {
            let problem = format!("the id {id} occurs twice; give each symbol an id of its own");
            return Err(TextError::line(path, line, problem));
        }
    }
    // As many different ids below their number as there are symbols: none is missing.
    Ok(symbols.into_iter().flatten().collect())
}

/// Lines of a symbol and its id, or of one symbol each; the first one tells which.
fn line_pairs(bytes: &[u8], path: &Path) -> Result<Vec<Pair>, TextError> {
    let mut pairs: Vec<Pair> = Vec::new();
    let (mut numbered, mut first) = (false, 0);
    each_line(bytes, path, |number, line| {
        if line.is_empty() || pairs.len() > MOST {
            return Ok(());
        }
        if pairs.is_empty() {
            (numbered, first) = (symbol_and_id(line).is_some(), number);
        }
        let found = match numbered {
            true => symbol_and_id(line),
            false => symbol(line).map(|symbol| (symbol, pairs.len())),
        };
        let (symbol, id) = found.ok_or_else(|| {
            let (form, mend) = match numbered {
                true => ("a symbol and its id", "`SYMBOL ID`"),
                false => ("one symbol", "one on each line, or `SYMBOL ID`"),
            };
            TextError::line(path, number, format!("{line:?} is not {form}, as line {first} is; write {mend}"))
        })?;
        pairs.push((symbol, id, number));
        Ok(())
    })?;
    Ok(pairs)
}

/// A line of Kaldi's or k2's tables.
fn symbol_and_id(line: &str) -> Option<(String, usize)> {
    let (left, id) = line.trim_end().rsplit_once([' ', '\t'])?;
    Some((symbol(left)?, id.parse().ok()?))
}

/// One symbol; that which is a space is the space between words.
fn symbol(text: &str) -> Option<String> {
    let trimmed = text.trim();
    match trimmed.is_empty() {
        true => (text == " ").then(|| SPACE.to_string()),
        false => (!trimmed.contains(char::is_whitespace)).then(|| trimmed.to_string()),
    }
}

/// Whether a file begins as a JSON object with a name does. `{` alone is a symbol, as is `{ 5`.
fn is_json(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut signs = bytes.iter().filter(|byte| !byte.is_ascii_whitespace());
    signs.next() == Some(&b'{') && signs.next().is_some_and(|sign| b"\"}".contains(sign))
}

/// The names and numbers of a JSON object.
fn json_pairs(bytes: &[u8], path: &Path) -> Result<Vec<Pair>, TextError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let Pairs(pairs) = serde_json::from_slice(bytes).map_err(|error| {
        let problem =
            format!("no JSON from column {} on; give an object {{\"SYMBOL\": ID, …}}", error.column().max(1));
        TextError::line(path, error.line().max(1), problem)
    })?;
    let pair = |(text, id): (String, serde_json::Value)| match id.as_u64().map(usize::try_from) {
        Some(Ok(id)) => match symbol(&text) {
            Some(symbol) => Ok((symbol, id, 1)),
            None => {
                let problem = format!("{text:?} is not one symbol; take it out");
                Err(TextError::line(path, 1, problem))
            }
        },
        _ if id.is_object() => {
            let problem = format!(
                "{text:?} is itself an object; give a file with one object {{\"SYMBOL\": ID, …}}, as that of one language"
            );
            Err(TextError::line(path, 1, problem))
        }
        _ => {
            let problem =
                format!("the id of {text:?} is no whole number from 0; write {{\"SYMBOL\": ID, …}}");
            Err(TextError::line(path, 1, problem))
        }
    };
    pairs.into_iter().map(pair).collect()
}

/// A JSON object's members in order, those that are there twice too.
struct Pairs(Vec<(String, serde_json::Value)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object from symbols to ids")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while pairs.len() <= MOST
                    && let Some(pair) = map.next_entry()?
                {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Vec<String>, String> {
        parse_symbols(text.as_bytes(), Path::new("t")).map_err(|error| error.to_string())
    }

    #[test]
    fn every_form_reads_alike() {
        let wanted = ["<pad>", SPACE, "|", "é"];
        for text in [
            "<pad>\n \n|\né\n",
            "é 3\n<pad> 0\n| 2\n  1\n",
            "\u{feff}<pad>\t0\r\n \t1\r\n\r\n|\t2\r\né\t3",
            "{\"|\": 2, \"<pad>\": 0,\n \" \": 1, \"\\u00e9\": 3}",
            "\u{feff}{\n  \"<pad>\": 0, \" \": 1, \"|\": 2, \"é\": 3\n}\n",
        ] {
            assert_eq!(parse(text).unwrap(), wanted, "{text}");
        }
        assert_eq!(parse("{ 0\n} 1\n").unwrap(), ["{", "}"]);
    }

    #[test]
    fn faults_are_named_with_their_mend() {
        for (text, wanted) in [
            ("", "t:1: there is no symbol in it; write one"),
            ("{}", "t:1: there is no symbol in it; write one"),
            ("a 0\nb\n", "t:2: \"b\" is not a symbol and its id, as line 1 is; write `SYMBOL ID`"),
            ("\na\nb c\n", "t:3: \"b c\" is not one symbol, as line 2 is; write one"),
            ("a 0\nb 2\n", "t:2: the id 2 is beyond the 2 symbols; ids are 0 to 1"),
            ("a 0\nb 0\n", "t:2: the id 0 occurs twice"),
            ("a 0\na 1\n", "t:2: \"a\" is the symbol of both 0 and 1; name each"),
            ("{\"a\": 0, \"b\": 2}", "t:1: the id 2 is beyond the 2 symbols"),
            ("{\"a\": 0, \"a\": 1}", "t:1: \"a\" is the symbol of both 0 and 1"),
            ("{\"a\": 0, \"b\": 0}", "t:1: the id 0 occurs twice"),
            ("{\"a\": \"0\"}", "t:1: the id of \"a\" is no whole number from 0"),
            ("{\"a\": -1}", "t:1: the id of \"a\" is no whole number from 0"),
            ("{\"eng\": {\"a\": 0}}", "t:1: \"eng\" is itself an object; give a file with one object"),
            ("{\"a\": 0,\n?", "t:2: no JSON from column 1 on; give an object"),
        ] {
            let message = parse(text).unwrap_err();
            assert!(message.starts_with(wanted), "{text}: {message}");
        }
    }
}
