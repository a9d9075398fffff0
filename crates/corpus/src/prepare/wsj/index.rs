//! Lines of index files (`.ndx`): the utterances of a set.

/// A data line of an index file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexEntry {
    /// The disc as its directory is called, `11-1.1`.
    pub disc: String,
    /// Path inside the disc, lower case, ending in `.wv1`.
    pub path: String,
}

impl IndexEntry {
    /// The utterance: the stem of the file's name, lower case.
    pub fn id(&self) -> &str {
        self.stem().rsplit('/').next().unwrap_or_default()
    }

    /// The path without its extension.
    pub(super) fn stem(&self) -> &str {
        self.path.strip_suffix(".wv1").unwrap_or(&self.path)
    }
}

/// The kind of an index file's line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexLine {
    /// A comment, or nothing.
    Comment,
    /// An utterance.
    Entry(IndexEntry),
    /// Neither.
    Broken,
}

/// Parses a line: `disc:path`, the disc with underscores, the extension perhaps missing.
pub fn parse_index_line(line: &str) -> IndexLine {
    let line = line.trim_matches(['\u{1a}', ' ', '\t', '\r', '\n']);
    if line.is_empty() || line.starts_with(';') {
        return IndexLine::Comment;
    }
    let Some((disc, path)) = line.split_once(':') else { return IndexLine::Broken };
    let path = path.trim_start().trim_start_matches('/').to_ascii_lowercase();
    let disc_is_one = !disc.is_empty() && disc.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    if !disc_is_one || path.is_empty() || path.contains(char::is_whitespace) {
        return IndexLine::Broken;
    }
    let path = if path.ends_with(".wv1") { path } else { path + ".wv1" };
    IndexLine::Entry(IndexEntry { disc: disc_directory(disc), path })
}

/// `13_34_1` → `13-34.1`.
fn disc_directory(disc: &str) -> String {
    match (disc.find('_'), disc.rfind('_')) {
        (Some(first), Some(last)) if first != last => {
            format!("{}-{}.{}", &disc[..first], &disc[first + 1..last], &disc[last + 1..])
        }
        _ => disc.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(line: &str) -> (String, String) {
        match parse_index_line(line) {
            IndexLine::Entry(entry) => (entry.disc, entry.path),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn data_lines() {
        let expected = ("11-1.1".to_owned(), "wsj0/si_tr_s/01i/01ic0201.wv1".to_owned());
        assert_eq!(entry("11_1_1:wsj0/si_tr_s/01i/01ic0201.wv1"), expected);
        assert_eq!(entry("11_1_1: /WSJ0/si_tr_s/01i/01iC0201.WV1\r\n"), expected);
        assert_eq!(entry("11_1_1:wsj0/si_tr_s/01i/01ic0201"), expected);
        assert_eq!(entry("13_34_1:a/b.wv1").0, "13-34.1");
        let IndexLine::Entry(entry) = parse_index_line("11_1_1:wsj0/si_tr_s/01i/01ic0201") else { panic!() };
        assert_eq!(entry.id(), "01ic0201");
    }

    #[test]
    fn other_lines() {
        assert_eq!(parse_index_line(";; File: tr_s_wv1.ndx, updated 04/26/94"), IndexLine::Comment);
        assert_eq!(parse_index_line("\r\n"), IndexLine::Comment);
        for line in ["wsj0/a.wv1", ":a", "x_1:a", "11_1_1:", "11_1_1:a b"] {
            assert_eq!(parse_index_line(line), IndexLine::Broken, "{line}");
        }
    }
}
