//! Text of several encodings.

use std::borrow::Cow;

/// Decodes text by its byte-order mark: UTF-8, or UTF-16 of either byte order; without a mark it must be UTF-8. The
/// mark is dropped.
///
/// # Errors
///
/// Bytes of another encoding: which one is the first, where it is (from 1), and the mend. A text in an encoding such as
/// Latin-1 has no mark that tells it from Latin-2, so it isn't guessed.
pub fn decode_text(bytes: &[u8]) -> Result<Cow<'_, str>, String> {
    if let Some(rest) = bytes.strip_prefix(b"\xff\xfe") {
        return utf16(rest, u16::from_le_bytes).map(Cow::Owned);
    }
    if let Some(rest) = bytes.strip_prefix(b"\xfe\xff") {
        return utf16(rest, u16::from_be_bytes).map(Cow::Owned);
    }
    let mark = b"\xef\xbb\xbf";
    let text = bytes.strip_prefix(mark).unwrap_or(bytes);
    let skipped = bytes.len() - text.len();
    // Only UTF-16 has zeros beside letters: behind the first letter where the low byte comes first.
    match text.iter().position(|&byte| byte == 0) {
        None => {}
        Some(0) => return Err(not_utf8(skipped, 0, "UTF-16BE")),
        Some(at) => return Err(not_utf8(skipped + at, 0, "UTF-16LE")),
    }
    std::str::from_utf8(text).map(Cow::Borrowed).map_err(|error| {
        let at = skipped + error.valid_up_to();
        not_utf8(at, bytes.get(at).copied().unwrap_or_default(), "LATIN1")
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, String> {
    const MARK: usize = 2;
    let mut pairs = bytes.chunks_exact(2);
    let units = pairs.by_ref().map(|pair| unit([pair[0], pair[1]]));
    let mut text = String::with_capacity(bytes.len() / 2);
    let mut at = MARK;
    for decoded in char::decode_utf16(units) {
        let c = decoded.map_err(|_| {
            format!("byte {} breaks a pair of surrogates of UTF-16; save the text again as UTF-8", at + 1)
        })?;
        at += 2 * c.len_utf16();
        text.push(c);
    }
    match pairs.remainder() {
        [] => Ok(text),
        _ => Err(format!("byte {} is half a character of UTF-16; save the text again as UTF-8", at + 1)),
    }
}

fn not_utf8(at: usize, byte: u8, encoding: &str) -> String {
    format!(
        "byte {} ({byte:#04x}) is not UTF-8; convert the file from its encoding, as by `iconv -f {encoding} -t UTF-8 OLD \
         > NEW`",
        at + 1
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_tell_the_encoding() {
        assert_eq!(decode_text("größe".as_bytes()).unwrap(), "größe");
        assert_eq!(decode_text(b"\xef\xbb\xbfa").unwrap(), "a");
        assert_eq!(decode_text(b"\xff\xfea\0\xdf\0\x3d\xd8\x00\xde").unwrap(), "aß\u{1f600}");
        assert_eq!(decode_text(b"\xfe\xff\0a\0\xdf").unwrap(), "aß");
        assert_eq!(decode_text(b"").unwrap(), "");
    }

    #[test]
    fn other_encodings_are_named_with_the_place_and_a_mend() {
        let problem = |bytes| decode_text(bytes).unwrap_err();
        let expected = "byte 3 (0xf6) is not UTF-8; convert the file from its encoding, as by `iconv -f LATIN1 -t UTF-8 \
                        OLD > NEW`";
        assert_eq!(problem(b"gr\xf6\xdfe"), expected);
        assert!(problem(b"\xef\xbb\xbfgr\xf6").starts_with("byte 6 (0xf6)"));
        assert!(
            problem(b"a\0b\0").starts_with("byte 2 (0x00)") && problem(b"a\0b\0").contains("-f UTF-16LE")
        );
        assert!(problem(b"\0a\0b").contains("-f UTF-16BE"));
        assert!(problem(b"\xff\xfea\0b").starts_with("byte 5 is half a character"));
        assert!(problem(b"\xff\xfea\0\x3d\xd8a\0").starts_with("byte 5 breaks a pair"));
    }
}
