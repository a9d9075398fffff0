//! Pages of OGG files.

/// Writes the checksum of each page of an OGG file.
pub(crate) fn sum_pages(bytes: &mut [u8]) {
    let mut at = 0;
    while bytes.len() >= at + 27 && bytes[at..].starts_with(b"OggS") {
        let table = at + 27..at + 27 + usize::from(bytes[at + 26]);
        let Some(segments) = bytes.get(table.clone()) else { return };
        let end = table.end + segments.iter().map(|&len| usize::from(len)).sum::<usize>();
        let Some(page) = bytes.get_mut(at..end) else { return };
        page[22..26].fill(0);
        let mut sum = 0u32;
        for &byte in page.iter() {
            sum ^= u32::from(byte) << 24;
            for _ in 0..8 {
                sum = sum << 1 ^ if sum >> 31 == 1 { 0x04c1_1db7 } else { 0 };
            }
        }
        page[22..26].copy_from_slice(&sum.to_le_bytes());
        at = end;
    }
}
