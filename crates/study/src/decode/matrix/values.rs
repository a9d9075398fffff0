//! Values of a matrix as natural logarithms of probabilities.

use linnet_ctc::log_softmax_rows;

/// How far rounding may carry a sum of probabilities away from one: half precision adds up to this.
const MOST_ROUNDING: f64 = 0.02;

/// How far rounding may lift a probability above one.
const HIGHEST: f32 = 1.001;

/// Checks `(frames, columns)`, row-major, and makes log-probabilities of it, without the rows of padding at its end.
/// Returns also what is worth knowing.
///
/// # Errors
///
/// The fault of a value, with its row and column, and the mend.
pub(super) fn log_probs(mut values: Vec<f32>, columns: usize) -> Result<(Vec<f32>, Vec<String>), String> {
    if let Some(place) = values.iter().position(|value| value.is_nan() || *value == f32::INFINITY) {
        let (row, column, value) = (place / columns, place % columns, values[place]);
        return Err(format!(
            "the value {value} in row {row}, column {column} (both from 0) is no log-probability; leave this utterance \
             out, or look for the fault in the network that made it"
        ));
    }
    let mut notes = Vec::new();
    let rows = values.len() / columns;
    let kept = rows - trailing(&values, columns, f32::NEG_INFINITY);
    values.truncate(kept * columns);
    let nothing = values.chunks_exact(columns).position(|row| row.iter().all(|&v| v == f32::NEG_INFINITY));
    if let Some(row) = nothing {
        return Err(format!(
            "row {row} (from 0) is −∞ throughout, though rows follow that are not; save the matrix of one utterance"
        ));
    }
    let mut padding = rows - kept;
    // Zeros are padding too, where the rows before them are none that zeros could be among.
    let zeros = trailing(&values, columns, 0.0);
    let spoken = &values[..values.len() - zeros * columns];
    let is_scaled = !spoken.is_empty() && columns > 1;
    let is_cost = |value: &f32| *value >= 0.0;
    if is_scaled && rows_are(spoken, columns, is_cost, |value| f64::from(-value).exp()) {
        return Err("its values are negated log-probabilities; save -log_probs".into());
    }
    let probabilities = is_scaled && rows_are(spoken, columns, is_probability, |value| f64::from(*value));
    let normalised = is_scaled && rows_are(spoken, columns, |_| true, |value| f64::from(*value).exp());
    if probabilities || normalised {
        padding += zeros;
        values.truncate(values.len() - zeros * columns);
    }
    if padding > 0 {
        let what = if padding == 1 { "row is".into() } else { format!("{padding} rows are") };
        notes.push(format!("the last {what} padding, −∞ or 0 throughout, and left out"));
    }
    if probabilities {
        values.iter_mut().for_each(|value| *value = value.ln());
        notes.push("the values are probabilities; their logarithms are taken".into());
    } else if !normalised && !values.is_empty() {
        log_softmax_rows(&mut values, columns);
        notes.push(
            "the probabilities of its rows don't sum to 1; it is taken for logits and normalised by a log-softmax".into(),
        );
    }
    Ok((values, notes))
}

/// The rows at the end that are `value` throughout.
fn trailing(values: &[f32], columns: usize, value: f32) -> usize {
    values.chunks_exact(columns).rev().take_while(|row| row.iter().all(|&v| v == value)).count()
}

fn is_probability(value: &f32) -> bool {
    (0.0..=HIGHEST).contains(value)
}

/// Whether each row has such values, and their probabilities sum to one.
fn rows_are(
    values: &[f32],
    columns: usize,
    is: impl Fn(&f32) -> bool,
    probability: impl Fn(&f32) -> f64,
) -> bool {
    values.chunks_exact(columns).all(|row| {
        let sum: f64 = row.iter().map(&probability).sum();
        row.iter().all(&is) && (sum - 1.0).abs() <= MOST_ROUNDING
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const P: [f32; 6] = [0.5, 0.25, 0.25, 0.125, 0.75, 0.125];

    fn logs() -> Vec<f32> {
        P.iter().map(|p| p.ln()).collect()
    }

    fn close(a: &[f32], b: &[f32]) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5)
    }

    #[test]
    fn whatever_they_were_they_become_log_probabilities() {
        let (same, notes) = log_probs(logs(), 3).unwrap();
        assert_eq!((same, notes.len()), (logs(), 0));
        let logits: Vec<f32> = logs().iter().enumerate().map(|(i, v)| v + 3.0 + (i / 3) as f32).collect();
        for (values, word) in [(logits, "log-softmax"), (P.to_vec(), "are probabilities")] {
            let (found, notes) = log_probs(values, 3).unwrap();
            assert!(close(&found, &logs()) && notes.len() == 1 && notes[0].contains(word), "{notes:?}");
        }
        // One-hot rows and rows that are only nearly normalised are as they should be.
        let exact = [0.0, f32::NEG_INFINITY, f32::NEG_INFINITY, -0.69, -0.7, -30.0];
        assert_eq!(log_probs(exact.to_vec(), 3).unwrap(), (exact.to_vec(), vec![]));
    }

    #[test]
    fn padding_is_left_out() {
        let inf = f32::NEG_INFINITY;
        for (before, pad) in [(logs(), inf), (logs(), 0.0), (P.to_vec(), 0.0)] {
            let (found, notes) = log_probs([before, vec![pad; 6]].concat(), 3).unwrap();
            assert!(close(&found, &logs()) && notes[0].contains("the last 2 rows are padding"), "{notes:?}");
        }
        // Logits may be all zeros.
        let (found, notes) = log_probs([&[2.0, 1.0, 0.0][..], &[0.0; 3]].concat(), 3).unwrap();
        assert!(found.len() == 6 && (found[3] - (1.0f32 / 3.0).ln()).abs() < 1e-6 && notes.len() == 1);
        assert!(log_probs(vec![inf; 6], 3).unwrap().0.is_empty());
        assert_eq!(log_probs(vec![], 3).unwrap(), (vec![], vec![]));
        let between = log_probs([vec![inf; 3], logs()].concat(), 3).unwrap_err();
        assert!(between.contains("row 0 (from 0) is −∞ throughout"), "{between}");
    }

    #[test]
    fn negated_ones_are_not_taken_for_logits() {
        let negated: Vec<f32> = logs().iter().map(|value| -value).collect();
        for padded in [negated.clone(), [&negated[..], &[0.0; 3]].concat()] {
            assert!(log_probs(padded, 3).unwrap_err().contains("negated log-probabilities; save -log_probs"));
        }
    }

    #[test]
    fn what_is_no_number_is_named_with_its_place() {
        for bad in [f32::NAN, f32::INFINITY] {
            let mut values = logs();
            values[4] = bad;
            let message = log_probs(values, 3).unwrap_err();
            assert!(message.contains("in row 1, column 1 (both from 0)"), "{message}");
        }
    }
}
