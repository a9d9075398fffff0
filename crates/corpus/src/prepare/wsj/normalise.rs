//! Transcribers' markup to words: Kaldi's eight steps, then what a CTC label needs beyond them.

/// A sound that is no speech, as Kaldi writes it.
pub const NOISE: &str = "<NOISE>";

/// One whitespace token by Kaldi's eight steps (egs/wsj/s5/local/normalize_transcript.pl): `None` where it is dropped.
///
/// Mispronunciations (`*X*`), fragments, stress marks, hyphenated noises and `[<x>]` stay as they are;
/// [`label_words`] treats them.
pub fn kaldi_token(token: &str) -> Option<String> {
    let token: String = token.chars().filter(|&c| c != '\\').flat_map(char::to_uppercase).collect();
    match token.as_str() {
        "%PERCENT" => return Some("PERCENT".to_owned()),
        ".POINT" => return Some("POINT".to_owned()),
        "--DASH" => return Some("-DASH".to_owned()),
        "~" | "." => return None,
        _ => {}
    }
    if overlaps_a_word(&token) || ends_in_a_long_event(&token) {
        return None;
    }
    if brackets(&token).any(is_word) {
        return Some(NOISE.to_owned());
    }
    let audible = |inside: &&str| !inside.is_empty() && inside.chars().all(|c| c == '\'' || word_char(c));
    let deleted = token.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).filter(audible);
    Some(deleted.map(str::to_owned).unwrap_or(token))
}

/// A line's text by Kaldi's eight steps, its tokens joined by single spaces.
pub fn kaldi_text(text: &str) -> String {
    text.split_whitespace().filter_map(kaldi_token).collect::<Vec<_>>().join(" ")
}

/// `[<w]`'s closed forms: an event that overlaps the next or the previous word.
fn overlaps_a_word(token: &str) -> bool {
    let Some(inside) = token.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else { return false };
    inside.strip_prefix('<').is_some_and(is_word) || inside.strip_suffix('>').is_some_and(is_word)
}

/// `…[w/]` or `…[/w]`: the start or end of a longer event.
fn ends_in_a_long_event(token: &str) -> bool {
    let Some((_, inside)) = token.strip_suffix(']').and_then(|rest| rest.rsplit_once('[')) else {
        return false;
    };
    inside.strip_prefix('/').is_some_and(is_word) || inside.strip_suffix('/').is_some_and(is_word)
}

/// The text between a `[` and the next `]`, wherever neither occurs inside.
fn brackets(token: &str) -> impl Iterator<Item = &str> {
    token.split('[').skip(1).filter_map(|rest| rest.split_once(']')).map(|(inside, _)| inside)
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(word_char)
}

/// Perl's `\w`.
fn word_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Treats the markup that Kaldi's steps leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// For pronunciations: a word that was cut off is dropped, verbalised punctuation stays one word (`,COMMA`), as
    /// dictionaries list it.
    Words,
    /// For spelling: of a word that was cut off the spoken part stays, and verbalised punctuation becomes the words
    /// that were spoken (`DOUBLE QUOTE`).
    Letters,
}

/// The words of a `.dot` line's text to be recognised: Kaldi's eight steps, then all other events become [`NOISE`],
/// marks of mispronunciation, stress and lengthening go, `` ` `` becomes an apostrophe, fragments follow `style`, and
/// lone punctuation goes.
pub fn label_words(text: &str, style: Style) -> Vec<String> {
    text.split_whitespace().filter_map(kaldi_token).flat_map(|token| label_token(&token, style)).collect()
}

fn label_token(token: &str, style: Style) -> Vec<String> {
    if token == NOISE || (token.contains('[') && token.contains(']')) {
        return vec![NOISE.to_owned()];
    }
    let token = token.replace('`', "'");
    if let Some(name) = verbalised(&token) {
        return match style {
            Style::Words => vec![token],
            Style::Letters => name.split('-').filter(|part| !part.is_empty()).map(str::to_owned).collect(),
        };
    }
    let word: String = token.chars().filter(|c| !matches!(c, '*' | ':' | '!' | '~' | '[' | ']')).collect();
    // Kaldi takes the marks of a deletion off where only letters are inside; several words may share a pair.
    let word = word.trim_start_matches('<').trim_end_matches('>');
    let cut = word.contains(['(', ')']) || word.starts_with('-') || word.ends_with('-');
    let word = match (cut, style) {
        (true, Style::Words) => return Vec::new(),
        (true, Style::Letters) => spoken_part(word),
        (false, _) => word.to_owned(),
    };
    if word.chars().any(char::is_alphanumeric) { vec![word] } else { Vec::new() }
}

/// A fragment without what stands in parentheses and without the hyphens at its ends.
fn spoken_part(fragment: &str) -> String {
    let mut unspoken = false;
    let spoken: String = fragment
        .chars()
        .filter(|&c| {
            unspoken = (unspoken || c == '(') && c != ')';
            !unspoken && c != ')'
        })
        .collect();
    spoken.trim_matches('-').to_owned()
}

/// The name that a token of verbalised punctuation speaks: `COMMA` of `,COMMA`.
fn verbalised(token: &str) -> Option<&str> {
    let name = token.trim_start_matches(|c: char| c.is_ascii_punctuation());
    let mark = &token[..token.len() - name.len()];
    let named = name.len() > 1 && name.chars().all(|c| c.is_ascii_alphabetic() || matches!(c, '-' | '_'));
    let speaks = match mark {
        // Such signs also open words, fragments or marked words, so the name decides.
        "-" => matches!(name, "HYPHEN" | "DASH"),
        "'" => name.ends_with("QUOTE"),
        "!" => name.starts_with("EXCLAMATION"),
        ":" => name == "COLON",
        "~" => name == "PARAGRAPH",
        "(" | ")" => name.contains("PAREN"),
        "..." => name == "ELLIPSIS",
        "." | "," | "?" | ";" | "\"" | "&" | "/" | "%" | "#" | "{" | "}" => true,
        _ => false,
    };
    (named && !name.ends_with('-') && speaks).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> String {
        label_words(text, Style::Words).join(" ")
    }

    fn letters(text: &str) -> String {
        label_words(text, Style::Letters).join(" ")
    }

    #[test]
    fn kaldis_steps_give_kaldis_output() {
        let cases = [
            (
                r"Of course there isn\'t any guarantee the company will keep its hot hand [misc_noise]",
                "OF COURSE THERE ISN'T ANY GUARANTEE THE COMPANY WILL KEEP ITS HOT HAND <NOISE>",
            ),
            (
                r"[loud_breath] And new hardware such as the set of personal computers I\. B\. M\. introduced last week [door_slam>]",
                "<NOISE> AND NEW HARDWARE SUCH AS THE SET OF PERSONAL COMPUTERS I. B. M. INTRODUCED LAST WEEK",
            ),
            (
                r"up two point three \%PERCENT . to <the> *amortize* w(orld)- \,COMMA \-\-DASH [phone_ring/] said [/phone_ring] ~",
                "UP TWO POINT THREE PERCENT TO THE *AMORTIZE* W(ORLD)- ,COMMA -DASH SAID",
            ),
            (r#"[loud-breath] Mr\. Smith \"DOUBLE\-QUOTE"#, r#"[LOUD-BREATH] MR. SMITH "DOUBLE-QUOTE"#),
        ];
        for (text, expected) in cases {
            assert_eq!(kaldi_text(text), expected);
        }
    }

    #[test]
    fn kaldis_steps_keep_to_their_order_and_patterns() {
        let one = |token| kaldi_token(token);
        assert_eq!(one(r"\.POINT").as_deref(), Some("POINT"));
        assert_eq!(one("[<door_slam]"), None);
        assert_eq!(one("[<x>]").as_deref(), Some("[<X>]"));
        assert_eq!(one("said[phone_ring/]"), None);
        assert_eq!(one("said[tap]").as_deref(), Some(NOISE));
        assert_eq!(one("<isn't>").as_deref(), Some("ISN'T"));
        assert_eq!(one(r"<Mr\.>").as_deref(), Some("<MR.>"));
        assert_eq!(one("<>").as_deref(), Some("<>"));
        assert_eq!(one("~~").as_deref(), Some("~~"));
        assert_eq!(one("[").as_deref(), Some("["));
        assert_eq!(one("é").as_deref(), Some("É"));
    }

    #[test]
    fn labels_have_no_markup_left() {
        assert_eq!(
            words(
                r"[loud-breath] [<x>] the *amortize* wo:rd !now ~~ `tis w(orld)- -(frag)ment cut- (fr)ag - ' , <two words> <Mr\.>"
            ),
            "<NOISE> <NOISE> THE AMORTIZE WORD NOW 'TIS TWO WORDS MR."
        );
        assert_eq!(letters("w(orld)- -(frag)ment cut- (fr)ag -(all)-"), "W MENT CUT AG");
    }

    #[test]
    fn verbalised_punctuation_is_a_word_or_what_was_spoken() {
        let text = r#"\,COMMA \.PERIOD \-HYPHEN \-\-DASH \"DOUBLE-QUOTE \:COLON \!EXCLAMATION\-POINT \(LEFT\-PAREN \)RIGHT\-PAREN \'SINGLE\-QUOTE \.\.\.ELLIPSIS \~PARAGRAPH \{LEFT\-BRACE \&AMPERSAND"#;
        let kept = r#",COMMA .PERIOD -HYPHEN -DASH "DOUBLE-QUOTE :COLON !EXCLAMATION-POINT (LEFT-PAREN )RIGHT-PAREN 'SINGLE-QUOTE ...ELLIPSIS ~PARAGRAPH {LEFT-BRACE &AMPERSAND"#;
        assert_eq!(words(text), kept);
        assert_eq!(
            letters(text),
            "COMMA PERIOD HYPHEN DASH DOUBLE QUOTE COLON EXCLAMATION POINT LEFT PAREN RIGHT PAREN SINGLE QUOTE ELLIPSIS PARAGRAPH LEFT BRACE AMPERSAND"
        );
        // Words that open with an apostrophe, and a cut-off word, are none.
        assert_eq!(words("'em -ment"), "'EM");
    }

    #[test]
    fn hyphens_and_points_inside_words_stay() {
        assert_eq!(words(r"so\-called U\. S\. 's"), "SO-CALLED U. S. 'S");
    }
}
