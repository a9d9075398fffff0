//! Errors where any listed pronunciation of a word is right.

/// The fewest errors between a hypothesis and any choice of one variant for each word of the reference.
///
/// `reference`: for each word its variants, each a sequence of phones. A word without variants counts as nothing.
pub fn fewest_errors<T: Eq>(reference: &[Vec<Vec<T>>], hypothesis: &[T]) -> usize {
    // row[j]: fewest errors between the words so far and the first j tokens of the hypothesis
    let mut row: Vec<usize> = (0..=hypothesis.len()).collect();
    for variants in reference.iter().filter(|variants| !variants.is_empty()) {
        let ends = variants
            .iter()
            .map(|variant| variant.iter().fold(row.clone(), |row, phone| next(&row, phone, hypothesis)));
        row = ends.reduce(|a, b| a.into_iter().zip(b).map(|(a, b)| a.min(b)).collect()).unwrap_or_default();
    }
    row[hypothesis.len()]
}

/// The row after one more reference token.
fn next<T: Eq>(row: &[usize], token: &T, hypothesis: &[T]) -> Vec<usize> {
    let mut new = Vec::with_capacity(row.len());
    new.push(row[0] + 1);
    for (j, h) in hypothesis.iter().enumerate() {
        new.push((row[j] + usize::from(h != token)).min(row[j + 1] + 1).min(new[j] + 1));
    }
    new
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alignment::align;

    #[test]
    fn it_is_the_least_over_all_choices() {
        let word =
            |variants: &[&str]| variants.iter().map(|v| v.chars().collect()).collect::<Vec<Vec<char>>>();
        let reference = [word(&["ab", "b", "cab"]), word(&["x"]), word(&["yy", "z"])];
        for hypothesis in ["abxz", "bxyy", "cabx", "", "zzzzzz", "caxz"] {
            let hypothesis: Vec<char> = hypothesis.chars().collect();
            let mut least = usize::MAX;
            for first in &reference[0] {
                for last in &reference[2] {
                    let whole = [first.as_slice(), &['x'], last].concat();
                    least = least.min(align(&whole, &hypothesis).counts().errors());
                }
            }
            assert_eq!(fewest_errors(&reference, &hypothesis), least);
        }
    }
}
