//! Reads models from files, and keeps a compact form beside each ARPA file.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use linnet_files::write_beside;
use memmap2::Mmap;

use super::arpa;
use super::image::{Bytes, Header, MAGIC, Source, check_sum};
use super::lines::{Lines, io};
use super::model::NgramModel;
use crate::error::TextError;

/// What the name of a compact form ends in.
const EXTENSION: &str = ".linnet";
/// Files up to this size count as the same if all their bytes are, whatever their time.
const WHOLE: u64 = 4 << 20;
/// How many pieces of how many bytes are looked at in larger ones.
const PIECES: u64 = 64;
const PIECE: usize = 4096;

impl NgramModel {
    /// Reads a model: an ARPA file, compressed by gzip, bzip2 or xz or not, or a compact form.
    ///
    /// The first time that an ARPA file is read, its compact form is written beside it, as `FILE.linnet`; from then on
    /// this one is mapped into memory, which takes one look at its bytes and is shared by processes. It is made again
    /// if the ARPA file has changed or if it is damaged, and done without where the folder can't be written to.
    ///
    /// # Memory map
    ///
    /// While the model lives, the compact form's file must not be changed in place. Linnet itself replaces such files
    /// by new ones, which leaves the mapped one as it is. If another program overwrites the file, scores change; if it
    /// cuts the file off, the next score ends the process (`SIGBUS` on Unix). Where that can happen, as on a network
    /// drive that others write to, use [`NgramModel::read_owned`].
    ///
    /// # Errors
    ///
    /// A file that can't be read; the first line that is none of an ARPA file; a compact form that is damaged; a binary
    /// model of another toolkit, by its name.
    pub fn read(path: &Path) -> Result<Self, TextError> {
        Self::open(path, map, |model, beside| {
            // The next run is slower then, that is all.
            let _ = model.write(beside);
        })
    }

    /// Reads what [`NgramModel::read`] reads into memory of its own: nothing is mapped, and nothing written. A compact
    /// form beside an ARPA file is read in its place if it is current.
    ///
    /// # Errors
    ///
    /// Those of [`NgramModel::read`].
    pub fn read_owned(path: &Path) -> Result<Self, TextError> {
        let owned = |path: &Path| {
            let bytes = std::fs::read(path).map_err(|source| io(path, source))?;
            Ok(checked(Bytes::Owned(bytes)))
        };
        Self::open(path, owned, |_, _| {})
    }

    /// Reads a model, whose compact form `compact` reads; `keep` gets one that was read from an ARPA file, with the
    /// place of its compact form.
    fn open(
        path: &Path,
        compact: impl Fn(&Path) -> Result<Result<Self, &'static str>, TextError>,
        keep: impl FnOnce(&Self, &Path),
    ) -> Result<Self, TextError> {
        let mut file = File::open(path).map_err(|source| io(path, source))?;
        if !file.metadata().is_ok_and(|m| m.is_file()) {
            return Self::parse(file, path); // such as a pipe
        }
        let mut magic = Vec::new();
        file.by_ref().take(MAGIC.len() as u64).read_to_end(&mut magic).map_err(|source| io(path, source))?;
        if magic == MAGIC {
            return compact(path)?.map_err(|problem| TextError::File { path: path.to_path_buf(), problem });
        }
        let source = identify(&mut file).map_err(|source| io(path, source))?;
        let beside = compact_path(path);
        if let Ok(Ok(model)) = compact(&beside)
            && model.header().source == source
        {
            return Ok(model);
        }
        let model = arpa::parse(Lines::open(path)?, source)?;
        keep(&model, &beside);
        Ok(model)
    }

    /// Reads a compact form's bytes; errors name the path.
    ///
    /// # Errors
    ///
    /// Bytes that are no compact form, or damaged.
    pub fn parse_compact(bytes: Vec<u8>, name: &Path) -> Result<Self, TextError> {
        checked(Bytes::Owned(bytes)).map_err(|problem| TextError::File { path: name.to_path_buf(), problem })
    }

    /// Reads an ARPA file's bytes, compressed or not; errors name the path.
    ///
    /// # Errors
    ///
    /// The first line that is none of an ARPA file, or can't be read.
    pub fn parse(reader: impl Read, name: &Path) -> Result<Self, TextError> {
        arpa::parse(Lines::new(reader, name)?, Source::default())
    }

    /// Writes the compact form.
    ///
    /// # Errors
    ///
    /// A file that can't be written.
    pub fn write(&self, path: &Path) -> Result<(), TextError> {
        write_beside(path, |out| out.write_all(self.bytes())).map_err(|source| io(path, source))
    }
}

/// Where the compact form of an ARPA file lies.
fn compact_path(path: &Path) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(EXTENSION);
    PathBuf::from(beside)
}

/// Maps a compact form; the inner error says what is wrong with its bytes.
fn map(path: &Path) -> Result<Result<NgramModel, &'static str>, TextError> {
    let file = File::open(path).map_err(|source| io(path, source))?;
    // SAFETY: the map is only read, and nothing in it is trusted but by its checksum; every access is bounds-checked.
    // Linnet never changes such a file in place: it writes another one and renames it, and the map keeps the old one.
    // Whoever else overwrites or truncates a file that is in use breaks the promise that memory maps rest on.
    #[allow(unsafe_code)]
    let map = unsafe { Mmap::map(&file) }.map_err(|source| io(path, source))?;
    Ok(checked(Bytes::Mapped(map)))
}

/// The model of a compact form's bytes, or what is wrong with them.
fn checked(bytes: Bytes) -> Result<NgramModel, &'static str> {
    let (header, parts) = Header::read(&bytes)?;
    check_sum(&bytes)?;
    Ok(NgramModel::new(bytes, header, parts))
}

/// What tells a file from others and from its former self.
fn identify(file: &mut File) -> std::io::Result<Source> {
    let metadata = file.metadata()?;
    let bytes = metadata.len();
    file.seek(SeekFrom::Start(0))?;
    if bytes <= WHOLE {
        let mut content = Vec::with_capacity(bytes as usize);
        file.take(WHOLE).read_to_end(&mut content)?;
        return Ok(Source { bytes, fingerprint: crc32c::crc32c(&content).into() });
    }
    let (mut piece, mut sum) = (vec![0; PIECE], 0);
    for i in 0..PIECES {
        file.seek(SeekFrom::Start((bytes - PIECE as u64) / (PIECES - 1) * i))?;
        file.read_exact(&mut piece)?;
        sum = crc32c::crc32c_append(sum, &piece);
    }
    let time = metadata.modified()?.duration_since(UNIX_EPOCH).map_or(0, |t| t.as_nanos());
    let time = crc32c::crc32c(&time.to_le_bytes());
    Ok(Source { bytes, fingerprint: u64::from(time) << 32 | u64::from(sum) })
}
