//! The kind of a file by its first bytes: text, compressed text, or something that isn't read.

use std::io::{BufRead, BufReader};
use std::path::Path;

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;
use lzma_rust2::XzReader;

use super::lines::io;
use crate::error::TextError;

pub(super) const BUFFER: usize = 1 << 18;

/// The most memory that unpacking xz may ask for, in KiB: four times what `xz -9` wants.
const MOST_KIB: u32 = 1 << 18;

/// The first bytes of files that are no text, each with its name and the mend.
const OTHERS: [(&[u8], &str); 9] = [
    (
        b"mmap lm http://kheafield.com/code",
        "this is a binary model of KenLM, which only KenLM reads; give the ARPA file that build_binary made it from",
    ),
    (
        b"SRILM_BINARY_NGRAM",
        "this is a binary model of SRILM; write it as ARPA, by `ngram -lm FILE -write-lm FILE.arpa`",
    ),
    (
        b"blmt",
        "this is a binary model of IRSTLM; write it as ARPA, by `compile-lm FILE FILE.arpa --text=yes`",
    ),
    (
        b"Qblmt",
        "this is a binary model of IRSTLM; write it as ARPA, by `compile-lm FILE FILE.arpa --text=yes`",
    ),
    (
        b"\xd6\xfd\xb2\x7e",
        "this is an automaton of OpenFst, such as Kaldi's G.fst; give the ARPA file that it was made from",
    ),
    (b"\0B<ConstArpaLm>", "this is Kaldi's G.carpa; give the ARPA file that it was made from"),
    (b"\x28\xb5\x2f\xfd", "it is compressed by zstd; unpack it, by `zstd -d FILE`"),
    (b"PK\x03\x04", "it is a zip archive; unpack it, by `unzip FILE`"),
    (b"7z\xbc\xaf\x27\x1c", "it is a 7z archive; unpack it, by `7z x FILE`"),
];

/// The text that a reader gives, decompressed if it is compressed; several compressed streams in a row are one text.
pub(super) fn unpacked<'a>(
    mut reader: BufReader<impl std::io::Read + 'a>,
    name: &Path,
) -> Result<Box<dyn BufRead + 'a>, TextError> {
    let begin = reader.fill_buf().map_err(|source| io(name, source))?;
    if let Some(&(_, problem)) = OTHERS.iter().find(|(magic, _)| begin.starts_with(magic)) {
        return Err(TextError::File { path: name.to_path_buf(), problem });
    }
    Ok(match begin {
        [0x1f, 0x8b, ..] => buffered(MultiGzDecoder::new(reader)),
        [b'B', b'Z', b'h', b'1'..=b'9', ..] => buffered(MultiBzDecoder::new(reader)),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => buffered(XzReader::new_mem_limit(reader, true, MOST_KIB)),
        _ => Box::new(reader),
    })
}

fn buffered<'a>(reader: impl std::io::Read + 'a) -> Box<dyn BufRead + 'a> {
    Box::new(BufReader::with_capacity(BUFFER, reader))
}
