//! The form of a trn file's lines.

/// The text of a trn file's line and the utterance's id, which is in the parentheses that end the line; parentheses
/// within it come in pairs. No id, no line of such a file: `None`.
///
/// Source: NIST's sclite (sctk), its format `trn`.
pub fn split_trn(line: &str) -> Option<(&str, &str)> {
    let inner = line.strip_suffix(')')?;
    let mut open = 1;
    for (at, c) in inner.char_indices().rev() {
        match c {
            ')' => open += 1,
            '(' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Some((&inner[..at], inner[at + 1..].trim()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parentheses_at_the_end_have_the_id() {
        for (line, wanted) in [
            ("YES (an251)", Some(("YES ", "an251"))),
            ("A (B) (a (2))", Some(("A (B) ", "a (2)"))),
            ("( u )", Some(("", "u"))),
            ("A (u) B", None),
            ("A u)", None),
        ] {
            assert_eq!(split_trn(line), wanted, "{line}");
        }
    }
}
