//! Numbers as they are read aloud.

const ONES: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 10] =
    ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const SCALES: [(u64, &str); 4] = [
    (1_000_000_000_000, "trillion"),
    (1_000_000_000, "billion"),
    (1_000_000, "million"),
    (1_000, "thousand"),
];

/// The most digits of a number; more are read one by one.
pub(super) const MOST_DIGITS: usize = 15;

/// `105`: one hundred five.
pub(super) fn cardinal(number: u64) -> String {
    let mut words: Vec<&str> = Vec::new();
    push_cardinal(number, &mut words);
    words.join(" ")
}

fn push_cardinal(number: u64, words: &mut Vec<&'static str>) {
    for (scale, name) in SCALES {
        if number >= scale {
            push_cardinal(number / scale, words);
            words.push(name);
            return push_rest(number % scale, words);
        }
    }
    match number {
        100.. => {
            words.extend([ONES[(number / 100) as usize], "hundred"]);
            push_rest(number % 100, words);
        }
        20.. => {
            words.push(TENS[(number / 10) as usize]);
            push_rest(number % 10, words);
        }
        _ => words.push(ONES[number as usize]),
    }
}

fn push_rest(number: u64, words: &mut Vec<&'static str>) {
    if number > 0 {
        push_cardinal(number, words);
    }
}

/// `21`: twenty first.
pub(super) fn ordinal(number: u64) -> String {
    with_last(&cardinal(number), |last| match last {
        "one" => "first".into(),
        "two" => "second".into(),
        "three" => "third".into(),
        "five" => "fifth".into(),
        "eight" => "eighth".into(),
        "nine" => "ninth".into(),
        "twelve" => "twelfth".into(),
        _ => match last.strip_suffix('y') {
            Some(stem) => format!("{stem}ieth"),
            None => format!("{last}th"),
        },
    })
}

/// The plural of a number in words: `eighteen fifties`, `sixes`.
pub(super) fn plural(words: &str) -> String {
    with_last(words, |last| match last.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None if last.ends_with('x') => format!("{last}es"),
        None => format!("{last}s"),
    })
}

fn with_last(words: &str, change: impl Fn(&str) -> String) -> String {
    match words.rsplit_once(' ') {
        Some((before, last)) => format!("{before} {}", change(last)),
        None => change(words),
    }
}

/// A year from 1100 to 2099: `1905`, nineteen oh five; `2005`, two thousand five. `None` for other numbers.
pub(super) fn year(number: u64) -> Option<String> {
    let (century, rest) = (number / 100, number % 100);
    match (number, rest) {
        (2000..=2009, _) => Some(cardinal(number)),
        (1100..=2099, 0) => Some(format!("{} hundred", cardinal(century))),
        (1100..=2099, 1..10) => Some(format!("{} oh {}", cardinal(century), cardinal(rest))),
        (1100..=2099, _) => Some(format!("{} {}", cardinal(century), cardinal(rest))),
        _ => None,
    }
}

/// Digits one by one.
pub(super) fn digits(number: &str) -> String {
    let words: Vec<&str> =
        number.bytes().filter(u8::is_ascii_digit).map(|digit| ONES[usize::from(digit - b'0')]).collect();
    words.join(" ")
}

/// Roman numerals from II to XXXIX in upper case, as chapters have them: `None` for other words, and for I, V and X
/// alone, which are words or initials too.
pub(super) fn roman(numeral: &str) -> Option<u64> {
    const ROMAN_TENS: [&str; 4] = ["", "X", "XX", "XXX"];
    const ROMAN_ONES: [&str; 10] = ["", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"];
    let found = |number: &u64| {
        let (tens, ones) = (ROMAN_TENS[(number / 10) as usize], ROMAN_ONES[(number % 10) as usize]);
        numeral.strip_prefix(tens).is_some_and(|rest| rest == ones)
    };
    (numeral.len() > 1).then(|| (2..40).find(found)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_read_them() {
        for (number, words) in [
            (0, "zero"),
            (13, "thirteen"),
            (40, "forty"),
            (99, "ninety nine"),
            (100, "one hundred"),
            (105, "one hundred five"),
            (1_000, "one thousand"),
            (12_345, "twelve thousand three hundred forty five"),
            (2_000_001, "two million one"),
            (
                999_999_999_999_999,
                "nine hundred ninety nine trillion nine hundred ninety nine billion nine hundred \
              ninety nine million nine hundred ninety nine thousand nine hundred ninety nine",
            ),
        ] {
            assert_eq!(cardinal(number), words);
        }
        for (number, words) in
            [(1, "first"), (12, "twelfth"), (20, "twentieth"), (23, "twenty third"), (100, "one hundredth")]
        {
            assert_eq!(ordinal(number), words);
        }
        for (number, words) in [
            (1066, None),
            (1100, Some("eleven hundred")),
            (1815, Some("eighteen fifteen")),
            (1905, Some("nineteen oh five")),
            (2000, Some("two thousand")),
            (2026, Some("twenty twenty six")),
            (2100, None),
        ] {
            assert_eq!(year(number).as_deref(), words);
        }
        assert_eq!(plural("eighteen fifty"), "eighteen fifties");
        assert_eq!((plural("six"), plural("ten")), ("sixes".into(), "tens".into()));
        assert_eq!(digits("007"), "zero zero seven");
        let numerals = ["II", "IV", "IX", "XIV", "XXX", "XXXIX", "I", "X", "IIII", "MIX", ""];
        let numbers = [2, 4, 9, 14, 30, 39].map(Some).into_iter().chain([None; 5]);
        assert!(numerals.into_iter().map(roman).eq(numbers));
    }
}
