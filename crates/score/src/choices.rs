//! Choices in a reference's text, as NIST's formats have them: alternations and optional words.
//!
//! `{ him / her }` is right as either, `{ a b / c { d / @ } }` nests and `@` is nothing; `(uh)` may be left out. Spaces
//! around the signs may be missing, as in `{him/her}`. Braces without a slash between them are letters: Buckwalter's
//! transliteration of Arabic begins words with `{` and ends them with `}`.

/// A part of a text with choices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Item<'a> {
    Word(&'a str),
    /// Nothing is said: for `@`, or instead of a word that may be left out.
    Nothing {
        instead_of: Option<&'a str>,
    },
    /// One of these is said.
    Choice(Vec<Vec<Item<'a>>>),
}

/// The words that one choice may have in all, and how deep choices may nest.
const MOST_WORDS: usize = 1000;
const DEEPEST: usize = 16;

/// The parts of a text that has choices; `None` where it has none, which is found out fast.
pub(crate) fn items(text: &str) -> Option<Vec<Item<'_>>> {
    if !text.bytes().any(|byte| byte == b'{' || byte == b'(') {
        return None;
    }
    let signs = signs(text).found;
    let items = Parser { text, signs: &signs, at: 0, depth: 0 }.alternative();
    items.iter().any(|item| !matches!(item, Item::Word(_))).then_some(items)
}

/// Whether a text has an alternation.
pub(crate) fn has_alternation(text: &str) -> bool {
    text.contains('{') && !signs(text).found.is_empty()
}

/// The fault of a text's choices, and the mend.
pub(crate) fn problem(text: &str) -> Option<String> {
    if !text.contains(['{', '}']) {
        return None;
    }
    let Signs { found, most_words, deepest } = signs(text);
    if most_words > MOST_WORDS || deepest > DEEPEST {
        return Some(format!(
            "an alternation has more than {MOST_WORDS} words or {DEEPEST} levels; part the text where it begins"
        ));
    }
    let alone = |sign: &str| text.split_whitespace().filter(|word| *word == sign).count();
    let paired = found.iter().filter(|sign| sign.kind == Kind::Open && sign.alone).count();
    if alone("/") > 0 && (alone("{") > paired || alone("}") > paired) {
        return Some("the braces of an alternation don't pair; write `{ HIM / HER }`".into());
    }
    let empty = found.windows(2).any(|pair| {
        let between = &text[pair[0].at + 1..pair[1].at];
        let ends = pair[1].kind != Kind::Open && pair[0].kind != Kind::Close;
        ends && between.trim().is_empty()
    });
    empty.then(|| "an alternative is empty; write @ for nothing, as `{ UM / @ }`".into())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Open,
    Slash,
    Close,
}

/// A sign of an alternation, and where it stands in the text.
#[derive(Debug, Clone, Copy)]
struct Sign {
    at: usize,
    kind: Kind,
    /// Whether it stands between spaces.
    alone: bool,
}

#[derive(Debug, Default)]
struct Signs {
    /// In their order; they pair.
    found: Vec<Sign>,
    most_words: usize,
    deepest: usize,
}

/// The signs of a text's alternations. A brace opens where a word begins and closes where one ends; a pair counts with
/// a slash directly between them.
fn signs(text: &str) -> Signs {
    let bytes = text.as_bytes();
    // A place outside the text is as good as a space.
    let is = |at: Option<usize>, signs: &[u8]| {
        at.and_then(|at| bytes.get(at)).is_none_or(|byte| byte.is_ascii_whitespace() || signs.contains(byte))
    };
    let mut open: Vec<Vec<Sign>> = Vec::new(); // for each brace that is open, itself and its slashes
    let mut signs = Signs::default();
    for (at, byte) in bytes.iter().enumerate() {
        let (before, behind) = (at.checked_sub(1), Some(at + 1));
        let sign = |kind| Sign { at, kind, alone: is(before, b"") && is(behind, b"") };
        match byte {
            b'{' if is(before, b"{/") => open.push(vec![sign(Kind::Open)]),
            b'/' => {
                if let Some(inner) = open.last_mut() {
                    inner.push(sign(Kind::Slash));
                }
            }
            b'}' if is(behind, b"}/") => {
                let Some(inner) = open.pop().filter(|inner| inner.len() > 1) else { continue };
                signs.deepest = signs.deepest.max(open.len() + 1);
                // Deeper ones are refused anyway, and each would count the words of all within it.
                if open.len() < DEEPEST {
                    let words = text[inner[0].at..at].split_whitespace().count() + inner.len();
                    signs.most_words = signs.most_words.max(words);
                }
                signs.found.extend(inner);
                signs.found.push(sign(Kind::Close));
            }
            _ => {}
        }
    }
    if signs.most_words > MOST_WORDS || signs.deepest > DEEPEST {
        signs.found.clear();
    }
    signs.found.sort_unstable_by_key(|sign| sign.at);
    signs
}

/// Reads items from a place on.
struct Parser<'a, 's> {
    text: &'a str,
    /// The signs that are still to come.
    signs: &'s [Sign],
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a, '_> {
    /// The items before the next slash or closing brace, or the text's end.
    fn alternative(&mut self) -> Vec<Item<'a>> {
        let mut items = Vec::new();
        loop {
            let next = self.signs.first().copied();
            let end = next.map_or(self.text.len(), |sign| sign.at);
            items.extend(self.text[self.at..end].split_whitespace().map(|word| item(word, self.depth > 0)));
            match next {
                Some(sign) if sign.kind == Kind::Open => {
                    items.push(self.choice());
                }
                _ => return items,
            }
        }
    }

    /// A choice, whose opening brace comes next. Alternatives without anything are left out, as sclite does.
    fn choice(&mut self) -> Item<'a> {
        let mut alternatives = Vec::new();
        self.depth += 1;
        while let Some((sign, rest)) = self.signs.split_first() {
            (self.at, self.signs) = (sign.at + 1, rest);
            if sign.kind == Kind::Close {
                break;
            }
            alternatives.push(self.alternative());
        }
        self.depth -= 1;
        alternatives.retain(|alternative: &Vec<Item<'_>>| !alternative.is_empty());
        if alternatives.is_empty() {
            alternatives.push(vec![Item::Nothing { instead_of: None }]);
        }
        Item::Choice(alternatives)
    }
}

/// A word, which may be left out where it stands in parentheses.
fn item(word: &str, inside: bool) -> Item<'_> {
    let inner = word.strip_prefix('(').and_then(|word| word.strip_suffix(')'));
    match inner.filter(|inner| !inner.is_empty() && !inner.contains(['(', ')'])) {
        // The hypothesis may have the parentheses, too.
        Some(inner) => Item::Choice(vec![
            vec![Item::Word(inner)],
            vec![Item::Word(word)],
            vec![Item::Nothing { instead_of: Some(inner) }],
        ]),
        None if inside && word == "@" => Item::Nothing { instead_of: None },
        None => Item::Word(word),
    }
}
