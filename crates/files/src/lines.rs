//! Lines of UTF-8.

/// The lines of a file's bytes, with their numbers from 1 and without their ends (`\n` or `\r\n`). The mark of UTF-8
/// that some editors put at a file's beginning is dropped.
///
/// A line is its problem, with the mend, where it is longer than `longest` bytes or not UTF-8.
pub fn text_lines(bytes: &[u8], longest: usize) -> impl Iterator<Item = (usize, Result<&str, String>)> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    (1..).zip(bytes.split(|&byte| byte == b'\n').map(move |line| {
        if line.len() > longest {
            return Err(format!("the line is longer than {longest} bytes; give a file of text"));
        }
        let line = std::str::from_utf8(line).map_err(|_| not_utf8(line).to_owned())?;
        Ok(line.strip_suffix('\r').unwrap_or(line))
    }))
}

/// The fault of a line that is not UTF-8, and the mend. The first line of a text in UTF-16 begins with its mark.
pub fn not_utf8(line: &[u8]) -> &'static str {
    match line {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
            "the text is UTF-16; convert the file, as by `iconv -f UTF-16 -t UTF-8`"
        }
        _ => "the line is not UTF-8; convert the file, as by `iconv -f LATIN1 -t UTF-8`",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_their_numbers_and_neither_marks_nor_ends() {
        let found: Vec<_> = text_lines(b"\xef\xbb\xbfone\r\n\ntw\xf6\nlonger than the rest\n", 8).collect();
        assert_eq!(found[0], (1, Ok("one")));
        assert_eq!(found[1], (2, Ok("")));
        assert!(matches!(&found[2], (3, Err(problem)) if problem.contains("not UTF-8")), "{:?}", found[2]);
        assert!(matches!(&found[3], (4, Err(problem)) if problem.contains("longer than 8 bytes")));
        assert_eq!(found[4..], [(5, Ok(""))]);
        let found: Vec<_> = text_lines(b"\xff\xfea\0\n\0", 8).collect();
        assert!(matches!(&found[0], (1, Err(problem)) if problem.contains("iconv -f UTF-16")), "{found:?}");
    }
}
