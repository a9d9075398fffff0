//! Matrices of log-probabilities, and decoding them.

use std::path::Path;

use serde_json::Value;

use super::linnet;

/// A file in NumPy's format, of a version and with a header of one's own.
pub(crate) fn npy(version: u8, header: &str, values: &[u8]) -> Vec<u8> {
    let mut file = vec![0x93];
    file.extend(b"NUMPY");
    file.extend([version, 0]);
    match version {
        1 => file.extend((header.len() as u16).to_le_bytes()),
        _ => file.extend((header.len() as u32).to_le_bytes()),
    }
    file.extend(header.as_bytes());
    file.extend(values);
    file
}

pub(crate) fn header(kind: &str, order: &str, shape: &str) -> String {
    format!("{{'descr': '{kind}', 'fortran_order': {order}, 'shape': {shape}, }}\n")
}

pub(crate) fn f32s(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

pub(crate) fn decode(folder: &Path, more: &[&str]) -> Value {
    let run = linnet(folder, &[&["decode", "--logits", "m.npy", "--tokens", "tokens.txt"], more].concat());
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{more:?}");
    serde_json::from_str(&run.out).unwrap()
}

/// The text that decoding a matrix with a table gives, and the notes.
pub(crate) fn said(place: &Path, more: &[&str]) -> (String, String) {
    let run = linnet(place, &[&["decode", "--logits", "m.npy", "--tokens", "tokens.txt"], more].concat());
    assert_eq!(run.code, 0, "{more:?}: {}", run.err);
    let json: Value = serde_json::from_str(&run.out).unwrap();
    (json["hypotheses"][0]["text"].as_str().unwrap().to_string(), run.err)
}

/// A matrix that is nearly sure of a path through these columns.
pub(crate) fn sure(path: &[usize], columns: usize) -> Vec<u8> {
    let other = (0.1 / (columns - 1) as f32).ln();
    let row =
        |&best: &usize| (0..columns).map(move |column| if column == best { 0.9f32.ln() } else { other });
    let values: Vec<f32> = path.iter().flat_map(row).collect();
    npy(1, &header("<f4", "False", &format!("({}, {columns})", path.len())), &f32s(&values))
}
