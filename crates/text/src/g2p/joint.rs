//! Joint tokens as the words of an n-gram model: `TH=TH`, `X=K+S`, `E=`; read from the word's end, `<TH=TH`.

/// Letters, and the phones that they are said as.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Joint {
    /// One or two, in upper case.
    pub(super) letters: String,
    /// None to two.
    pub(super) phones: Vec<String>,
}

/// From which end of words a row of tokens begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Forward,
    Backward,
}

/// Between letters and phones, between phones, and before tokens of rows that begin at the end.
const PARTS: char = '=';
const PHONES: char = '+';
const BACKWARD: char = '<';
/// What stands for these signs within letters and phones.
const ESCAPES: [(char, &str); 4] = [('%', "%25"), (PARTS, "%3D"), (PHONES, "%2B"), (BACKWARD, "%3C")];

impl Joint {
    /// The token's spelling, without blanks.
    pub(super) fn spelt(&self, direction: Direction) -> String {
        let phones: Vec<String> = self.phones.iter().map(|phone| escaped(phone)).collect();
        let mark = if direction == Direction::Backward { BACKWARD.to_string() } else { String::new() };
        format!("{mark}{}{PARTS}{}", escaped(&self.letters), phones.join(&PHONES.to_string()))
    }

    /// A token by its spelling; `None` for one that has another form.
    pub(super) fn parse(token: &str) -> Option<(Direction, Self)> {
        let (direction, token) = match token.strip_prefix(BACKWARD) {
            Some(rest) => (Direction::Backward, rest),
            None => (Direction::Forward, token),
        };
        let (letters, phones) = token.split_once(PARTS)?;
        let letters = unescaped(letters)?;
        let phones: Vec<String> = match phones {
            "" => Vec::new(),
            phones => phones.split(PHONES).map(unescaped).collect::<Option<_>>()?,
        };
        let is_one = (1..=super::align::MOST_LETTERS).contains(&letters.chars().count())
            && phones.len() <= super::align::MOST_PHONES
            && phones.iter().all(|phone| !phone.is_empty());
        is_one.then_some((direction, Self { letters, phones }))
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match ESCAPES.iter().find(|(sign, _)| *sign == c) {
            Some((_, escape)) => escaped += escape,
            None => escaped.push(c),
        }
    }
    escaped
}

/// `None` for signs that should stand escaped.
fn unescaped(text: &str) -> Option<String> {
    let mut unescaped = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        match ESCAPES.iter().find(|(sign, _)| *sign == c) {
            None => {
                unescaped.push(c);
                rest = &rest[c.len_utf8()..];
            }
            Some(_) => {
                let (sign, escape) = ESCAPES.iter().find(|(_, escape)| rest.starts_with(escape))?;
                unescaped.push(*sign);
                rest = &rest[escape.len()..];
            }
        }
    }
    Some(unescaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_read_as_they_are_written() {
        for (letters, phones, spelling) in [
            ("TH", &["TH"][..], "TH=TH"),
            ("X", &["K", "S"], "X=K+S"),
            ("E", &[], "E="),
            ("=", &["+", "n_="], "%3D=%2B+n_%3D"),
            ("<", &["<p"], "%3C=%3Cp"),
            ("%2", &["%2B"], "%252=%252B"),
            ("Ä", &["E:"], "Ä=E:"),
        ] {
            let joint =
                Joint { letters: letters.into(), phones: phones.iter().map(|p| p.to_string()).collect() };
            assert_eq!(joint.spelt(Direction::Forward), spelling);
            assert_eq!(joint.spelt(Direction::Backward), format!("<{spelling}"));
            assert_eq!(Joint::parse(&format!("<{spelling}")), Some((Direction::Backward, joint.clone())));
            assert_eq!(Joint::parse(spelling), Some((Direction::Forward, joint)));
        }
        for other in [
            "<unk>", "<s>", "a", "", "=", "=A", "ABC=A", "A=B+C+D", "A=B+", "A=+", "%=A", "A=B=C", "%2b=A",
            "<<A=A",
        ] {
            assert_eq!(Joint::parse(other), None, "{other}");
        }
    }
}
