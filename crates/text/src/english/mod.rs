//! Running English text as it is read aloud: numbers and abbreviations in words, a sentence at a time.

mod abbreviations;
mod numbers;
mod sentences;

use numbers::{MOST_DIGITS, cardinal, digits, ordinal, plural, roman, year};
pub(crate) use sentences::Sentences;

/// The currencies, what one is called and its hundredth part.
const CURRENCIES: [(char, &str, &str); 3] =
    [('$', "dollar", "cent"), ('£', "pound", "penny"), ('€', "euro", "cent")];

/// The words before which a currency's amount goes on: `$2 million`.
const SCALES: [&str; 5] = ["hundred", "thousand", "million", "billion", "trillion"];

/// The words behind which a Roman numeral is a number.
const NUMBERED: [&str; 8] = ["chapter", "book", "volume", "part", "act", "scene", "canto", "section"];

/// A text with its numbers and abbreviations in words, parted by single blanks.
fn spoken(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut spoken = String::with_capacity(text.len());
    let mut skip = false;
    for (at, word) in words.iter().enumerate() {
        if std::mem::take(&mut skip) {
            continue;
        }
        let (before, next) = (at.checked_sub(1).map(|at| words[at]), words.get(at + 1).copied());
        let (head, core, tail) = parts(word);
        if !spoken.is_empty() {
            spoken.push(' ');
        }
        let is_numbered = before.is_some_and(|before| NUMBERED.contains(&before.to_lowercase().as_str()));
        let reading = if let Some(numeral) = roman(core).filter(|_| is_numbered) {
            cardinal(numeral) + tail
        } else if let Some((amount, scale)) = amount_of(core, tail, next) {
            skip = scale;
            let tail = if scale { next.map_or("", |next| parts(next).2) } else { tail };
            amount + tail
        } else if let Some(number) = number(core) {
            number + tail
        } else if let Some((reading, tail)) =
            tail.strip_prefix('.').and_then(|tail| Some((abbreviations::expanded(core, next)?, tail)))
        {
            // A sign behind the full stop says that the sentence goes on.
            let goes_on = tail.starts_with([',', ';', ':']);
            reading.strip_suffix('.').filter(|_| goes_on).unwrap_or(&reading).to_owned() + tail
        } else {
            word_in(core) + tail
        };
        // A sentence that began with a capital or a number goes on beginning with one, or its bound is lost.
        let ended = spoken.trim_end().trim_end_matches(is_quote).ends_with(['.', '!', '?']);
        let is_first =
            core.starts_with(char::is_uppercase) || ended && !core.starts_with(char::is_alphabetic);
        let (head, sign) = match head.strip_suffix(['-', '\u{2212}']) {
            Some(head) if core.starts_with(|c: char| c.is_ascii_digit()) => (head, "minus "),
            _ => (head, ""),
        };
        spoken += head;
        spoken += &if is_first { capitalised(sign, &reading) } else { sign.to_owned() + &reading };
    }
    spoken
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'' | ')' | ']' | '\u{201d}' | '\u{2019}' | '\u{bb}')
}

/// Two parts of one reading, with a capital in front.
fn capitalised(sign: &str, reading: &str) -> String {
    let mut letters = sign.chars().chain(reading.chars());
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

/// A word without number or abbreviation: signs that are read, and hyphens, which part what is said as words.
fn word_in(core: &str) -> String {
    match core {
        "&" => "and".to_owned(),
        _ => core.replace(['-', '\u{2010}', '\u{2011}'], " "),
    }
}

/// The signs before a word, the word, and the signs behind it.
fn parts(word: &str) -> (&str, &str, &str) {
    let is_core = |c: char| c.is_alphanumeric() || matches!(c, '&' | '%' | '°');
    let is_begin = |c: char| is_core(c) || c == '#' || CURRENCIES.iter().any(|(sign, ..)| c == *sign);
    let start = word.find(is_begin).unwrap_or(word.len());
    let end =
        word.rfind(is_core).map_or(start, |at| at + word[at..].chars().next().map_or(0, char::len_utf8));
    let end = end.max(start);
    (&word[..start], &word[start..end], &word[end..])
}

/// An amount of money, and whether the next word belongs to it.
fn amount_of(core: &str, tail: &str, next: Option<&str>) -> Option<(String, bool)> {
    let (_, unit, part) = CURRENCIES.into_iter().find(|(sign, ..)| core.starts_with(*sign))?;
    let number = core.trim_start_matches(|c: char| !c.is_ascii_digit() && c != '.');
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole = if whole.is_empty() && !fraction.is_empty() { "0" } else { whole };
    let units = whole_number(whole)?;
    let scale = next.map(|next| parts(next).1).filter(|next| tail.is_empty() && SCALES.contains(next));
    if let Some(scale) = scale {
        return Some((format!("{} {scale} {unit}s", decimal(whole, fraction)?), true));
    }
    let count = |number: u64, unit: &str| match number {
        1 => format!("one {unit}"),
        _ if unit == "penny" => format!("{} pence", cardinal(number)),
        _ => format!("{} {unit}s", cardinal(number)),
    };
    let amount = match fraction.len() {
        0 => count(units, unit),
        2 => match (units, fraction.parse().ok()?) {
            (_, 0) => count(units, unit),
            (0, parts) => count(parts, part),
            (_, parts) => format!("{} and {}", count(units, unit), count(parts, part)),
        },
        _ => format!("{} {unit}s", decimal(whole, fraction)?),
    };
    Some((amount, false))
}

/// The longest number that is read by its form, bytes.
const LONGEST: usize = 200;

/// A number of any form in words; `None` for a word without digits.
fn number(core: &str) -> Option<String> {
    if !core.bytes().any(|c| c.is_ascii_digit()) {
        return None;
    }
    // No number is so long, and each sign would be a call within the last.
    if core.len() > LONGEST {
        return Some(by_runs(core));
    }
    if let Some(rest) = core.strip_prefix('#') {
        return Some(format!("number {}", number(rest)?));
    }
    if let Some(rest) = core.strip_suffix('%') {
        return Some(format!("{} percent", number(rest)?));
    }
    if let Some((from, to)) = core.split_once(['-', '\u{2013}']) {
        let are_numbers = [from, to].iter().all(|part| part.bytes().all(|c| c.is_ascii_digit()));
        let link = if are_numbers { " to " } else { " " };
        let part = |part: &str| number(part).unwrap_or_else(|| word_in(part));
        return Some(format!("{}{link}{}", part(from), part(to)));
    }
    if let Some((hours, minutes)) = core.split_once(':') {
        return time(hours, minutes).or_else(|| Some(by_runs(core)));
    }
    if let Some((whole, unit)) = core.split_once('°') {
        let scale = match unit {
            "" => "",
            "C" => " celsius",
            "F" => " fahrenheit",
            _ => return Some(by_runs(core)),
        };
        return Some(format!("{} degrees{scale}", number(whole)?));
    }
    if let Some((part, whole)) = core.split_once('/') {
        return fraction(part, whole).or_else(|| Some(by_runs(core)));
    }
    for (sign, reading) in [('½', "a half"), ('¼', "a quarter"), ('¾', "three quarters")] {
        if let Some(whole) = core.strip_suffix(sign).and_then(whole_number) {
            return Some(format!("{} and {reading}", cardinal(whole)));
        }
    }
    let (stem, suffix) = core.split_at(core.trim_end_matches(|c: char| c.is_ascii_alphabetic()).len());
    match suffix {
        "" => {
            let (whole, fraction) = stem.split_once('.').unwrap_or((stem, ""));
            Some(decimal(whole, fraction).unwrap_or_else(|| by_runs(core)))
        }
        "st" | "nd" | "rd" | "th" => Some(whole_number(stem).map_or_else(|| by_runs(core), ordinal)),
        "s" => {
            // 1920s, or 1920's as it was written.
            let stem = stem.strip_suffix(['\'', '\u{2019}']).unwrap_or(stem);
            Some(whole_number(stem).map_or_else(|| by_runs(core), |number| plural(&read(stem, number))))
        }
        _ => Some(by_runs(core)),
    }
}

/// A fraction of small numbers: `3/4`, three quarters.
fn fraction(part: &str, whole: &str) -> Option<String> {
    let (part, whole) = (whole_number(part)?, whole_number(whole)?);
    let unit = match whole {
        2 => "half".to_owned(),
        4 => "quarter".to_owned(),
        3..=100 => ordinal(whole),
        _ => return None,
    };
    Some(match (part, unit.as_str()) {
        (1, _) => format!("one {unit}"),
        (2..100, "half") => format!("{} halves", cardinal(part)),
        (2..100, _) => format!("{} {}", cardinal(part), plural(&unit)),
        _ => return None,
    })
}

/// Hours and minutes of a clock.
fn time(hours: &str, minutes: &str) -> Option<String> {
    let (hour, minute) = (whole_number(hours)?, whole_number(minutes)?);
    if hour > 24 || minute > 59 || minutes.len() != 2 {
        return None;
    }
    Some(match minute {
        0 => format!("{} o'clock", cardinal(hour)),
        1..10 => format!("{} oh {}", cardinal(hour), cardinal(minute)),
        _ => format!("{} {}", cardinal(hour), cardinal(minute)),
    })
}

/// A number with the digits behind its point.
fn decimal(whole: &str, fraction: &str) -> Option<String> {
    let count = whole.bytes().filter(u8::is_ascii_digit).count();
    if whole.len() > 1 && whole.starts_with('0') || count > MOST_DIGITS {
        return whole
            .bytes()
            .all(|c| c.is_ascii_digit())
            .then(|| digits(whole))
            .filter(|_| fraction.is_empty());
    }
    let number = whole_number(whole)?;
    match fraction {
        "" => Some(read(whole, number)),
        _ if fraction.bytes().all(|c| c.is_ascii_digit()) => {
            Some(format!("{} point {}", cardinal(number), digits(fraction)))
        }
        _ => None,
    }
}

/// A whole number: a year where it has four digits without a comma.
fn read(text: &str, number: u64) -> String {
    match text.len() {
        4 if !text.contains(',') => year(number).unwrap_or_else(|| cardinal(number)),
        _ => cardinal(number),
    }
}

/// A number of digits, with commas between thousands or without.
fn whole_number(text: &str) -> Option<u64> {
    let groups: Vec<&str> = text.split(',').collect();
    let are_digits =
        groups.iter().all(|group| !group.is_empty() && group.bytes().all(|c| c.is_ascii_digit()));
    let are_thousands = groups.iter().skip(1).all(|group| group.len() == 3);
    let digits = groups.concat();
    (are_digits && are_thousands && digits.len() <= MOST_DIGITS).then(|| digits.parse().ok()).flatten()
}

/// Runs of digits as numbers, and the letters between them: `B12`, b twelve.
fn by_runs(core: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut rest = core;
    while let Some(first) = rest.chars().next() {
        let is_digit = first.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != is_digit).unwrap_or(rest.len());
        let (run, behind) = rest.split_at(end);
        match whole_number(run).filter(|_| !run.starts_with('0')) {
            Some(number) => words.push(read(run, number)),
            None if is_digit => words.push(digits(run)),
            None => words
                .extend(run.split(|c: char| !c.is_alphabetic()).filter(|w| !w.is_empty()).map(String::from)),
        }
        rest = behind;
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_spoken_by_their_form() {
        for (text, words) in [
            (
                "the 1920's, $.50 of $1,000,000,000,000",
                "the nineteen twenties, fifty cents of one trillion dollars",
            ),
            ("1,000,000,000,000 stars", "one trillion stars"),
            ("in 1815, at 3,000 feet", "in eighteen fifteen, at three thousand feet"),
            ("the 21st of May", "the twenty first of May"),
            ("the 1850s; his 20s", "the eighteen fifties; his twenties"),
            ("$5 and £1.50", "five dollars and one pound and fifty pence"),
            ("$0.99, $2 million.", "ninety nine cents, two million dollars."),
            ("$1.5 billion", "one point five billion dollars"),
            ("3.14 or 50%", "three point one four or fifty percent"),
            ("at 10:05, not 10:00", "at ten oh five, not ten o'clock"),
            ("1914-1918", "nineteen fourteen to nineteen eighteen"),
            ("2½ miles (20)", "two and a half miles (twenty)"),
            ("agent 007", "agent zero zero seven"),
            ("room B12", "room B twelve"),
            ("Chapter XIV. It began", "Chapter Fourteen. It began"),
            ("XIV", "XIV"),
            ("#5", "number five"),
            (
                "3/4, 1/2 and 5/3; 1/2/1900",
                "three quarters, one half and five thirds; one two nineteen hundred",
            ),
            ("at -5 or 25°C", "at minus five or twenty five degrees celsius"),
            ("He left. 5 came", "He left. Five came"),
            (
                "12345678901234567890",
                "one two three four five six seven eight nine zero one two three four five six \
              seven eight nine zero",
            ),
            ("a well-known 3-year-old", "a well known three year old"),
        ] {
            assert_eq!(spoken(text), words);
        }
    }

    #[test]
    fn abbreviations_are_spoken_by_where_they_stand() {
        for (text, words) in [
            ("Mr. and Mrs. Smith", "Mister and Missus Smith"),
            ("“Mr. Smith,” said Dr. J. R. Brown.", "“Mister Smith,” said Doctor J R Brown."),
            ("apples, pears, etc. He left", "apples, pears, et cetera. He left"),
            ("No. 5, St. James's", "Number five, Saint James's"),
            ("No. He left", "No. He left"),
            ("Smith & Co., Ltd.", "Smith and Company, Limited."),
        ] {
            assert_eq!(spoken(text), words);
        }
    }

    #[test]
    fn nothing_that_comes_ends_in_a_panic() {
        for text in [
            "", "$", "$x", "#", "%", "½", "1,", ",1", "1.2.3", "1:2:3", "-5", "5-", "é9é", "٣", "...", "“”",
            "$5.é",
        ] {
            spoken(text);
        }
        for sign in ["-", "#", "%", "1-"] {
            spoken(&format!("1{}2", sign.repeat(300_000)));
        }
    }
}
