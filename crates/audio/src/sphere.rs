//! NIST SPHERE files.

use std::collections::HashMap;
use std::path::Path;

use crate::error::AudioError;
use crate::raw::{ByteOrder, samples};
use crate::samples::Audio;
use crate::{g711, shorten};

const MAGIC: &[u8] = b"NIST_1A\n";

/// The longest header that is read, in bytes.
const MOST_HEADER: usize = 1 << 20;

/// Whether a file's first bytes are those of a SPHERE file.
pub(crate) fn is_sphere(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// What a header says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Header {
    /// Where the samples start, in bytes.
    pub(crate) len: usize,
    pub(crate) sample_rate: u32,
    pub(crate) channels: usize,
    /// Samples a channel, where it is told.
    pub(crate) samples: Option<usize>,
    pub(crate) bytes: usize,
    pub(crate) order: ByteOrder,
    /// `pcm`, `ulaw`, `alaw`, …, without what is embedded.
    pub(crate) coding: String,
    /// `shorten-v2.00`, where something is embedded.
    pub(crate) embedded: Option<String>,
    checksum: Option<u32>,
}

/// Reads a header from a file's first bytes.
pub(crate) fn header(bytes: &[u8], path: &Path) -> Result<Header, AudioError> {
    let fail = |problem: String| AudioError::content(path, format!("SPHERE header: {problem}"));
    let length = bytes.get(8..16).and_then(|b| std::str::from_utf8(b).ok()).map(str::trim);
    let len: usize = length
        .and_then(|l| l.parse().ok())
        .ok_or_else(|| fail("bytes 8 to 15 are no header length; the file is damaged".into()))?;
    if !(16..=MOST_HEADER).contains(&len) {
        return Err(fail(format!("a length of {len} bytes is out of range; the file is damaged")));
    }
    let text = bytes.get(16..len).ok_or_else(|| {
        fail(format!("it should have {len} bytes and the file has {}; the file is cut off", bytes.len()))
    })?;
    let fields = fields(text).map_err(|at| fail(format!("byte {}: no `name -type value`", 16 + at)))?;
    let number = |name: &str| -> Result<Option<i64>, AudioError> {
        let value = |text: &String| {
            let whole = text.trim().parse::<i64>().ok();
            whole.or_else(|| text.trim().parse::<f64>().ok().filter(|x| x.fract() == 0.0).map(|x| x as i64))
        };
        let text = fields.get(name);
        match text.map(|text| value(text).ok_or(text)) {
            None => Ok(None),
            Some(Ok(number)) => Ok(Some(number)),
            Some(Err(text)) => Err(fail(format!("{name} is {text}, no number"))),
        }
    };
    let needed = |name: &str| number(name)?.ok_or_else(|| fail(format!("{name} is missing")));
    let within = |name: &str, value: i64, most: i64| {
        if (1..=most).contains(&value) {
            Ok(value as usize)
        } else {
            Err(fail(format!("{name} is {value}; it must be from 1 to {most}")))
        }
    };
    let coding = fields.get("sample_coding").map_or("pcm", String::as_str);
    let mut parts = coding.split(",embedded-");
    let base = parts.next().unwrap_or("pcm").trim().to_lowercase();
    let coding = match base.as_str() {
        "" | "pcm" => "pcm",
        "ulaw" | "mu-law" => "ulaw",
        "alaw" | "a-law" => "alaw",
        other => {
            return Err(fail(format!("sample_coding {other} is not read; pcm, ulaw, alaw and Shorten are")));
        }
    };
    let default_bytes = if coding == "pcm" { 2 } else { 1 };
    let order = match fields.get("sample_byte_format").map(|f| f.trim()) {
        Some("10") => ByteOrder::Big,
        _ => ByteOrder::Little,
    };
    let samples = number("sample_count")?.map(|n| within("sample_count", n, 1 << 40)).transpose();
    let samples = match number("sample_count")? {
        Some(0) => Some(0),
        _ => samples?,
    };
    Ok(Header {
        len,
        sample_rate: within("sample_rate", needed("sample_rate")?, 768_000)? as u32,
        channels: within("channel_count", number("channel_count")?.unwrap_or(1), 64)?,
        samples,
        bytes: within("sample_n_bytes", number("sample_n_bytes")?.unwrap_or(default_bytes), 4)?,
        order,
        coding: coding.to_string(),
        embedded: parts.next().map(|e| e.trim().to_lowercase()),
        checksum: number("sample_checksum")?.map(|n| n as u32),
    })
}

/// The fields up to `end_head`; the error is the place of a line that is none.
fn fields(text: &[u8]) -> Result<HashMap<String, String>, usize> {
    let (mut fields, mut at) = (HashMap::new(), 0);
    while at < text.len() {
        let rest = &text[at..];
        let line_len = rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
        let line = String::from_utf8_lossy(&rest[..line_len]);
        let line = line.trim_end_matches(['\r', '\0']);
        if line.trim() == "end_head" {
            return Ok(fields);
        }
        let mut parts = line.splitn(3, ' ');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(""), None, None) => {}
            (Some(comment), ..) if comment.starts_with(';') => {}
            (Some(name), Some(kind), Some(value)) if kind.starts_with('-') => {
                let length = kind.strip_prefix("-s").and_then(|n| n.parse::<usize>().ok());
                let value: String = length.map_or(value.to_string(), |n| value.chars().take(n).collect());
                fields.insert(name.to_string(), value);
            }
            _ => return Err(at),
        }
        at += line_len + 1;
    }
    Err(text.len())
}

/// Decodes a whole file and checks its checksum.
pub(crate) fn decode(bytes: &[u8], path: &Path) -> Result<Audio, AudioError> {
    let header = header(bytes, path)?;
    let body = &bytes[header.len..];
    let fail = |problem: String| Err(AudioError::content(path, problem));
    let channels = match header.embedded.as_deref() {
        Some(e) if e.starts_with("shorten") => {
            let decoded = shorten::decode(body).map_err(|e| {
                AudioError::content(path, format!("byte {}: {}", header.len + e.at, e.problem))
            })?;
            if decoded.len() != header.channels {
                return fail(format!(
                    "the header tells of {} channels, the Shorten stream has {}; the file is damaged",
                    header.channels,
                    decoded.len()
                ));
            }
            decoded
        }
        Some(other) => {
            return fail(format!("embedded coding {other} is not read; decode the file with sph2pipe"));
        }
        None => plain(&header, body, path)?,
    };
    let found = channels.first().map_or(0, Vec::len);
    if let Some(told) = header.samples.filter(|&told| told != found) {
        return fail(format!(
            "the header tells of {told} samples a channel, the file has {found}; it is cut off or its header is wrong"
        ));
    }
    verify(&header, &channels, body, path)?;
    let scaled = |c: Vec<i16>| c.into_iter().map(|s| f32::from(s) / 32768.0).collect();
    Ok(Audio { sample_rate: header.sample_rate, channels: channels.into_iter().map(scaled).collect() })
}

/// Samples that are not compressed.
fn plain(header: &Header, body: &[u8], path: &Path) -> Result<Vec<Vec<i16>>, AudioError> {
    let width = if header.coding == "pcm" { 2 } else { 1 };
    if header.bytes != width {
        let problem = format!(
            "{} of {} bytes a sample is not read; convert the file to 16 bits",
            header.coding, header.bytes
        );
        return Err(AudioError::content(path, problem));
    }
    // Files may be padded beyond their samples, not cut off before.
    let body = match header.samples {
        Some(told) => body.get(..told * width * header.channels).unwrap_or(body),
        None => &body[..body.len() - body.len() % (width * header.channels)],
    };
    let all: Vec<i16> = match header.coding.as_str() {
        "ulaw" => body.iter().map(|&b| g711::mu_law(b)).collect(),
        "alaw" => body.iter().map(|&b| g711::a_law(b)).collect(),
        _ => samples(body, header.order).collect(),
    };
    let channel = |c: usize| all.iter().skip(c).step_by(header.channels).copied().collect();
    Ok((0..header.channels).map(channel).collect())
}

/// The sum of all samples as unsigned 16-bit numbers, or of all codes, modulo 2¹⁶.
fn verify(header: &Header, channels: &[Vec<i16>], body: &[u8], path: &Path) -> Result<(), AudioError> {
    let Some(told) = header.checksum else { return Ok(()) };
    let found = if header.coding == "pcm" {
        channels.iter().flatten().fold(0u32, |sum, &s| sum.wrapping_add(u32::from(s as u16)))
    } else {
        let codes = header.samples.map_or(body.len(), |n| n * header.channels);
        body.iter().take(codes).fold(0u32, |sum, &b| sum.wrapping_add(u32::from(b)))
    } & 0xffff;
    if found == told & 0xffff {
        return Ok(());
    }
    let problem =
        format!("the samples' checksum is {found}, the header's {told}; the file is damaged, copy it again");
    Err(AudioError::content(path, problem))
}
