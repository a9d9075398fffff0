//! TensorBoard's event files: scalars as protocol buffers in TFRecord frames.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::TrainError;

/// Appends scalars to an event file.
#[derive(Debug)]
pub(crate) struct EventWriter {
    file: File,
    path: std::path::PathBuf,
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64())
}

impl EventWriter {
    /// Starts a new event file in a folder.
    pub(crate) fn create(folder: &Path) -> Result<Self, TrainError> {
        let mut number = 0;
        let (path, file) = loop {
            let path = folder.join(format!("events.out.tfevents.{:010}.linnet.{number}", now() as u64));
            match File::create_new(&path) {
                Ok(file) => break (path, file),
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists && number < 1000 => number += 1,
                Err(e) => return Err(TrainError::io(&path, e)),
            }
        };
        let mut writer = Self { file, path };
        writer.write(&first_frame(now()))?;
        Ok(writer)
    }

    /// Writes one value of each named curve at a step.
    pub(crate) fn scalars(&mut self, step: u64, values: &[(&str, f64)]) -> Result<(), TrainError> {
        self.write(&scalars_frame(now(), step, values))
    }

    fn write(&mut self, frame: &[u8]) -> Result<(), TrainError> {
        self.file.write_all(frame).map_err(|e| TrainError::io(&self.path, e))
    }
}

/// The event that begins a file, at a time in seconds.
fn first_frame(wall_time: f64) -> Vec<u8> {
    let mut event = Vec::new();
    double(&mut event, 1, wall_time);
    bytes(&mut event, 3, b"brain.Event:2");
    frame(&event)
}

/// The event of some values at a step.
fn scalars_frame(wall_time: f64, step: u64, values: &[(&str, f64)]) -> Vec<u8> {
    let mut summary = Vec::new();
    for (tag, value) in values {
        let mut v = Vec::new();
        bytes(&mut v, 1, tag.as_bytes());
        key(&mut v, 2, 5);
        v.extend((*value as f32).to_le_bytes());
        bytes(&mut summary, 1, &v);
    }
    let mut event = Vec::new();
    double(&mut event, 1, wall_time);
    key(&mut event, 2, 0);
    varint(&mut event, step);
    bytes(&mut event, 5, &summary);
    frame(&event)
}

/// One frame: length, its checksum, the data, its checksum.
fn frame(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    let checksums = [&length[..], data].map(|part| masked_checksum(part).to_le_bytes());
    [&length[..], &checksums[0], data, &checksums[1]].concat()
}

fn masked_checksum(data: &[u8]) -> u32 {
    crc32c::crc32c(data).rotate_right(15).wrapping_add(0xa282_ead8)
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A field's number and wire type.
fn key(out: &mut Vec<u8>, field: u64, wire: u64) {
    varint(out, field << 3 | wire);
}

fn double(out: &mut Vec<u8>, field: u64, value: f64) {
    key(out, field, 1);
    out.extend(value.to_le_bytes());
}

fn bytes(out: &mut Vec<u8>, field: u64, value: &[u8]) {
    key(out, field, 2);
    varint(out, value.len() as u64);
    out.extend(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_those_of_tensorboards_own_writer() {
        let golden = include_bytes!("../../../data/golden/events/scalars");
        let scalars = scalars_frame(2.75, 300, &[("loss/train", 0.25), ("error_rate/dev", -1.5)]);
        assert!([first_frame(1.5), scalars].concat() == golden);
    }
}
