//! Sets of phones and maps between them.

use std::collections::BTreeMap;

/// The 39 phones of CMUdict without stress, in alphabetical order.
pub fn arpabet39() -> Vec<&'static str> {
    include_str!("../../../data/phones/arpabet39.txt").split_whitespace().collect()
}

/// The vowels among the 39 phones: those that CMUdict marks with stress.
const VOWELS: [&str; 15] =
    ["AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"];

/// A vowel of the 39 phones without its stress digit: `AH0` → `AH`. Other phones stay, as digits may be tones in them.
pub fn strip_stress(phone: &str) -> &str {
    match phone.strip_suffix(['0', '1', '2']) {
        Some(bare) if VOWELS.contains(&bare) => bare,
        _ => phone,
    }
}

/// Whether a phone is one of the vowels with the digit of primary stress: `AH1`.
pub(crate) fn has_primary_stress(phone: &str) -> bool {
    phone.ends_with('1') && strip_stress(phone) != phone
}

/// A map from one set of phones onto a smaller one; some phones map to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneMap {
    map: BTreeMap<&'static str, Option<&'static str>>,
}

const TIMIT: &str = include_str!("../../../data/phones/timit61-48-39.txt");

impl PhoneMap {
    /// TIMIT's 61 phones onto the 48 that are trained (Lee and Hon, 1989, table I).
    pub fn timit_61_to_48() -> Self {
        Self::timit(0, 1)
    }

    /// The 48 phones onto the 39 that are scored (Lee and Hon, 1989, section IV).
    pub fn timit_48_to_39() -> Self {
        Self::timit(1, 2)
    }

    /// TIMIT's 61 phones onto the 39 that are scored.
    pub fn timit_61_to_39() -> Self {
        Self::timit(0, 2)
    }

    fn timit(from: usize, to: usize) -> Self {
        let map = TIMIT
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| {
                let columns: Vec<&str> = line.split_whitespace().collect();
                let key = *columns.get(from)?;
                Some((key, columns.get(to).copied()))
            })
            .collect();
        Self { map }
    }

    /// The image of a phone: `None` if the map doesn't know it, `Some(None)` if it maps to nothing.
    pub fn get(&self, phone: &str) -> Option<Option<&'static str>> {
        self.map.get(phone).copied()
    }

    /// A sequence's image; `Err` holds the first phone that the map doesn't know.
    ///
    /// # Errors
    ///
    /// The first phone that the map doesn't know.
    pub fn apply<'a>(&self, phones: impl IntoIterator<Item = &'a str>) -> Result<Vec<&'static str>, &'a str> {
        let images = phones.into_iter().map(|phone| self.get(phone).ok_or(phone));
        images.filter_map(Result::transpose).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_sets_have_their_sizes() {
        assert_eq!(arpabet39().len(), 39);
        let images = |m: &PhoneMap| m.map.values().flatten().copied().collect::<BTreeSet<_>>().len();
        let (to48, to39) = (PhoneMap::timit_61_to_48(), PhoneMap::timit_61_to_39());
        assert_eq!((to48.map.len(), images(&to48), images(&to39)), (61, 48, 39));
        assert_eq!((PhoneMap::timit_48_to_39().map.len(), images(&PhoneMap::timit_48_to_39())), (48, 39));
    }

    #[test]
    fn maps_agree_with_their_composition() {
        let (first, second, whole) =
            (PhoneMap::timit_61_to_48(), PhoneMap::timit_48_to_39(), PhoneMap::timit_61_to_39());
        for phone in whole.map.keys() {
            let two = first.get(phone).flatten().and_then(|p| second.get(p).flatten());
            assert_eq!(two, whole.get(phone).flatten(), "{phone}");
        }
        assert_eq!(whole.apply(["h#", "sh", "ix", "q", "zh"]), Ok(vec!["sil", "sh", "ih", "sh"]));
        assert_eq!(whole.apply(["sh", "qq"]), Err("qq"));
    }

    #[test]
    fn stress_is_stripped_and_nothing_else() {
        let stripped: Vec<_> = ["AH0", "EY1", "IY2", "IY3", "B", "0", "a1", "X2"].map(strip_stress).into();
        assert_eq!(stripped, ["AH", "EY", "IY", "IY3", "B", "0", "a1", "X2"]);
        assert!(VOWELS.iter().all(|vowel| arpabet39().contains(vowel)));
        assert_eq!(
            ["AH1", "AH0", "AH", "B1", "1"].map(has_primary_stress),
            [true, false, false, false, false]
        );
    }
}
