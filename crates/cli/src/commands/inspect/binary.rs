//! Files that aren't text: weights, matrices, compact or compressed language models, and what Linnet doesn't read.

use std::error::Error;
use std::path::Path;

use linnet_files::{io_problem, json_problem};
use linnet_text::ngram::NgramModel;
use serde_json::{Map, Value};

use super::counted;
use crate::npy;

/// The most bytes that a safetensors header may have, as in its own library.
const LONGEST_HEADER: u64 = 100_000_000;

/// The first bytes of files compressed by gzip, xz and bzip2: only language models are read from such.
const PACKED: [&[u8]; 3] = [b"\x1f\x8b", b"\xfd7zXZ", b"BZh"];

/// Describes a file whose first bytes tell its kind; `None` where they don't.
pub(super) fn describe(path: &Path, head: &[u8]) -> Result<Option<String>, Box<dyn Error>> {
    let described = if head.starts_with(b"\x93NUMPY") {
        let matrix = npy::read(path)?;
        format!("NumPy matrix of {} rows and {} columns", matrix.rows, matrix.columns)
    } else if is_safetensors(head) {
        weights(path)?
    } else if PACKED.iter().any(|magic| head.starts_with(magic))
        || path.extension().is_some_and(|e| e == "linnet")
    {
        language_model(path)?
    } else {
        return Ok(None);
    };
    Ok(Some(described))
}

/// A language model's orders.
pub(super) fn language_model(path: &Path) -> Result<String, Box<dyn Error>> {
    let model = NgramModel::read(path)?;
    let mut lines = vec![format!(
        "n-gram language model of order {}, {}",
        model.order(),
        counted(model.ngrams(1) as usize, "word")
    )];
    lines.extend((1..=model.order()).map(|order| format!("{order}-grams {:>12}", model.ngrams(order))));
    if !model.has_unknown() {
        lines.push("without <unk>: only its words can be recognised".into());
    }
    Ok(lines.join("\n"))
}

fn is_safetensors(head: &[u8]) -> bool {
    let Some((length, rest)) = head.split_first_chunk::<8>() else { return false };
    u64::from_le_bytes(*length) <= LONGEST_HEADER && rest.starts_with(b"{\"")
}

/// The tensors of a safetensors file, by its header.
fn weights(path: &Path) -> Result<String, Box<dyn Error>> {
    let fail = |problem: String| format!("{}: {problem}", path.display());
    let bytes = std::fs::read(path).map_err(|error| fail(io_problem(&error)))?;
    let (length, rest) =
        bytes.split_first_chunk::<8>().ok_or_else(|| fail("it ends early; copy it again".into()))?;
    let header = usize::try_from(u64::from_le_bytes(*length)).ok().and_then(|length| rest.get(..length));
    let header = header.ok_or_else(|| fail("it ends within its header; copy it again".into()))?;
    let tensors: Map<String, Value> = serde_json::from_slice(header)
        .map_err(|error| fail(format!("its header is damaged ({}); copy it again", json_problem(&error))))?;
    let mut lines = Vec::new();
    let mut values = 0;
    for (name, tensor) in tensors.iter().filter(|(name, _)| *name != "__metadata__") {
        let sizes: Option<Vec<u64>> =
            tensor["shape"].as_array().map(|sizes| sizes.iter().filter_map(Value::as_u64).collect());
        let sizes = sizes.ok_or_else(|| fail(format!("tensor {name} has no shape; copy it again")))?;
        let size = sizes.iter().fold(1, |product: u64, &size| product.saturating_mul(size));
        values = size.saturating_add(values);
        let shape: Vec<String> = sizes.iter().map(u64::to_string).collect();
        lines.push(format!(
            "{name:40} {:>5} ({})",
            tensor["dtype"].as_str().unwrap_or("?"),
            shape.join(", ")
        ));
    }
    let sum =
        format!("safetensors: {} with {}", counted(lines.len(), "tensor"), counted(values as usize, "value"));
    Ok([vec![sum], lines].concat().join("\n"))
}

/// Whether a file's beginning is text: UTF-8, perhaps cut within a character, or a Latin alphabet's bytes, without
/// control characters; or UTF-16 by its mark.
pub(super) fn is_text(head: &[u8]) -> bool {
    if [b"\xff\xfe", b"\xfe\xff"].iter().any(|mark| head.starts_with(*mark)) {
        return true;
    }
    let control = |byte: &u8| *byte < b' ' && !b"\t\n\r\x0b\x0c".contains(byte);
    let high = head.iter().filter(|&&byte| byte >= 0x80).count();
    let utf8 = std::str::from_utf8(head).map_or_else(|error| error.valid_up_to() + 4 > head.len(), |_| true);
    !head.iter().any(control) && (utf8 || 4 * high < head.len())
}

/// A kind of file that Linnet doesn't read, with its article.
pub(super) fn foreign(head: &[u8]) -> Option<&'static str> {
    const KINDS: [(&[u8], &str); 6] = [
        (b"\x89PNG", "a PNG image"),
        (b"\xff\xd8\xff", "a JPEG image"),
        (b"GIF8", "a GIF image"),
        (b"%PDF", "a PDF document"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"\x7fELF", "a program"),
    ];
    KINDS.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, kind)| *kind)
}
