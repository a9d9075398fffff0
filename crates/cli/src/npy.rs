//! NumPy's file format, version 1.0, for matrices of f32.

use std::path::Path;

use linnet_text::write_beside;

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

#[cfg(test)]
mod tests {
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
