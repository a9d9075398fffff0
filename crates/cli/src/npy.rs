//! NumPy's file format for matrices: f32 is written, floating-point numbers of any size are read.

use std::path::Path;

use half::f16;
use linnet_files::{io_problem, write_beside};

/// Writes a row-major matrix of `columns` values a row: beside the file first, then renamed.
pub(crate) fn write(path: &Path, values: &[f32], columns: usize) -> std::io::Result<()> {
    let rows = values.len() / columns.max(1);
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
    // Magic, version, length and header together are a multiple of 64 bytes.
    let padding = (64 - (10 + header.len() + 1) % 64) % 64;
    header += &(" ".repeat(padding) + "\n");
    write_beside(path, |out| {
        out.write_all(b"\x93NUMPY\x01\x00")?;
        out.write_all(&(header.len() as u16).to_le_bytes())?;
        out.write_all(header.as_bytes())?;
        values.iter().try_for_each(|value| out.write_all(&value.to_le_bytes()))
    })
}

/// A row-major matrix.
#[derive(Debug, PartialEq)]
pub(crate) struct Matrix {
    /// The values, row by row.
    pub(crate) values: Vec<f32>,
    /// The number of rows.
    pub(crate) rows: usize,
    /// The values of a row.
    pub(crate) columns: usize,
}

/// Reads a matrix of float16, float32 or float64 in C or Fortran order, of the format's versions 1.0 to 3.0; a batch of
/// one matrix, before or behind the time, is that matrix. The error names the file.
pub(crate) fn read(path: &Path) -> Result<Matrix, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {}", path.display(), io_problem(&error)))?;
    parse(&bytes).map_err(|problem| format!("{}: {problem}", path.display()))
}

fn parse(bytes: &[u8]) -> Result<Matrix, String> {
    const CUT: &str = "it ends within its header; copy it again";
    if bytes.starts_with(b"PK\x03\x04") {
        return Err("it is an archive of arrays (.npz); save one by numpy.save(FILE, log_probs)".into());
    }
    let rest = bytes
        .strip_prefix(b"\x93NUMPY")
        .ok_or("it is no NumPy file; write one by numpy.save(FILE, log_probs)")?;
    let (version, rest) = rest.split_first_chunk::<2>().ok_or(CUT)?;
    let (length, rest) = match version {
        [1, 0] => rest.split_first_chunk().map(|(length, rest)| (u16::from_le_bytes(*length).into(), rest)),
        [2 | 3, 0] => {
            rest.split_first_chunk().map(|(length, rest)| (u32::from_le_bytes(*length) as usize, rest))
        }
        [major, minor] => {
            return Err(format!(
                "NumPy's format {major}.{minor} is unknown; write it by numpy.save(FILE, log_probs)"
            ));
        }
    }
    .ok_or(CUT)?;
    let (header, data) = rest.split_at_checked(length).ok_or(CUT)?;
    let header =
        std::str::from_utf8(header).map_err(|_| "its header is no text; write it again by numpy.save")?;
    let value = |key: &str| {
        let (_, behind) = header.split_once(&format!("'{key}':"))?;
        Some(behind.trim_start())
    };
    let missing = |key| format!("its header has no {key}; write it again by numpy.save");
    let order = value("fortran_order").ok_or_else(|| missing("fortran_order"))?;
    let shape =
        value("shape").and_then(|v| v.strip_prefix('(')?.split_once(')')).ok_or_else(|| missing("shape"))?.0;
    let sizes: Option<Vec<usize>> =
        shape.split(',').map(str::trim).filter(|s| !s.is_empty()).map(|s| s.parse().ok()).collect();
    let (rows, columns) = match *sizes.as_deref().ok_or_else(|| missing("shape"))? {
        [rows, columns] | [1, rows, columns] | [rows, 1, columns] => (rows, columns),
        _ => {
            return Err(format!(
                "its shape is ({}), not (time, token); save one utterance's matrix, as log_probs[0]",
                shape.escape_debug()
            ));
        }
    };
    let shape = shape.escape_debug(); // It may hold line breaks.
    let kind = value("descr").ok_or_else(|| missing("descr"))?;
    let quoted = kind.strip_prefix('\'').and_then(|kind| kind.split_once('\'')).map(|(kind, _)| kind);
    let (big, size) = match quoted.map(|kind| kind.split_at_checked(1).unwrap_or_default()) {
        Some((order @ ("<" | ">"), "f2")) => (order == ">", 2),
        Some((order @ ("<" | ">"), "f4")) => (order == ">", 4),
        Some((order @ ("<" | ">"), "f8")) => (order == ">", 8),
        _ => {
            let kind = quoted.unwrap_or("a record").escape_debug();
            return Err(format!("its values are {kind}, not float32; save log_probs.astype(numpy.float32)"));
        }
    };
    let wanted = rows.checked_mul(columns).and_then(|count| count.checked_mul(size));
    let wanted =
        wanted.ok_or_else(|| format!("its shape ({shape}) is larger than any file; copy it again"))?;
    if wanted != data.len() {
        let found = data.len();
        return Err(format!("it has {found} bytes of values, ({shape}) needs {wanted}; copy it again"));
    }
    let values = match size {
        2 => numbers::<2>(data, |b| if big { f16::from_be_bytes(b) } else { f16::from_le_bytes(b) }.to_f32()),
        4 => numbers::<4>(data, |b| if big { f32::from_be_bytes(b) } else { f32::from_le_bytes(b) }),
        _ => numbers::<8>(data, |b| if big { f64::from_be_bytes(b) } else { f64::from_le_bytes(b) } as f32),
    };
    // In Fortran order columns follow one another.
    let values = match order.starts_with("True") {
        true if columns > 0 => {
            (0..rows).flat_map(|row| values.iter().skip(row).step_by(rows).copied()).collect()
        }
        _ => values,
    };
    Ok(Matrix { values, rows, columns })
}

fn numbers<const SIZE: usize>(data: &[u8], number: impl Fn([u8; SIZE]) -> f32) -> Vec<f32> {
    data.as_chunks().0.iter().map(|&bytes| number(bytes)).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_matrix_without_columns_has_no_values() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none.npy");
        let header = "{'descr': '<f4', 'fortran_order': True, 'shape': (1152921504606846976, 0), }";
        let bytes =
            [&b"\x93NUMPY\x01\x00"[..], &(header.len() as u16).to_le_bytes(), header.as_bytes()].concat();
        std::fs::write(&path, bytes).unwrap();
        assert!(super::read(&path).unwrap().values.is_empty());
    }

    #[test]
    fn the_header_is_aligned_and_the_values_follow() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        super::write(&path, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let start = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
        assert_eq!((start % 64, bytes.len() - start), (0, 24));
        assert!(String::from_utf8_lossy(&bytes[10..start]).contains("'shape': (2, 3)"));
        assert_eq!(bytes[start + 4..start + 8], 2.0f32.to_le_bytes());
    }
}
