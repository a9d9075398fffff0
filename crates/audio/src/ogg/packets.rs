//! The packets of a stream in OGG pages, and of Opus in them (RFC 7845).

use std::collections::VecDeque;
use std::sync::Arc;

use super::pages::{CONTINUED, Page};
use crate::bytes::Bytes;
use crate::collect::Guarded;
use crate::error::AudioError;
use crate::opus;
use crate::packets::{Codec, Decoded, Span};

/// A packet, and the granule of the page that it is the last to end in.
pub(super) type Packet = (Vec<u8>, Option<i64>);

/// The packets of a stream, page by page.
pub(super) struct PagePackets {
    bytes: Bytes,
    pages: Arc<[Page]>,
    next: usize,
    /// Packets of the page at hand.
    ready: VecDeque<Packet>,
    /// The packet that goes on in the next page.
    open: Option<Vec<u8>>,
}

impl PagePackets {
    pub(super) fn new(bytes: &Bytes, pages: &Arc<[Page]>) -> Self {
        let (bytes, pages) = (bytes.clone(), Arc::clone(pages));
        Self { bytes, pages, next: 0, ready: VecDeque::new(), open: None }
    }

    fn page(&mut self, page: Page) -> Result<(), AudioError> {
        let (segments, body) = page.parts(&mut self.bytes)?;
        if page.flags & CONTINUED == 0 {
            self.open = None;
        }
        // A packet that is continued here may have begun in a page that is missing.
        let mut lost = page.flags & CONTINUED != 0 && self.open.is_none();
        let (mut start, mut end) = (0, 0);
        for &segment in segments {
            end += usize::from(segment);
            if segment == 255 {
                continue;
            }
            let part = &body[start..end];
            start = end;
            match self.open.take() {
                _ if lost => lost = false,
                Some(begun) => self.ready.push_back(([&begun, part].concat(), None)),
                None => self.ready.push_back((part.into(), None)),
            }
        }
        if end > start && !lost {
            self.open.get_or_insert_default().extend(&body[start..end]);
        }
        if let Some((_, granule)) = self.ready.back_mut() {
            *granule = Some(page.granule).filter(|&granule| granule >= 0);
        }
        Ok(())
    }
}

impl Iterator for PagePackets {
    type Item = Result<Packet, AudioError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(packet) = self.ready.pop_front() {
                return Some(Ok(packet));
            }
            let page = *self.pages.get(self.next)?;
            self.next += 1;
            if let Err(error) = self.page(page) {
                return Some(Err(error));
            }
        }
    }
}

/// Packets of Opus and the part of their samples that is the recording: behind what the header tells to leave out, up
/// to what the last page tells.
pub(super) fn opus_packets(
    bytes: &Bytes,
    pages: &Arc<[Page]>,
) -> Result<Guarded<Decoded<'static>>, AudioError> {
    let path = bytes.path();
    let mut packets = PagePackets::new(bytes, pages);
    let head = packets.next().transpose()?.map(|(packet, _)| packet).unwrap_or_default();
    let codec = Codec::opus(opus::Head::read(&head), path)?;
    let (mut decoded, mut start, mut end) = (0i64, None, None);
    // The second has comments.
    for packet in packets.skip(1) {
        let (packet, granule) = packet?;
        decoded += opus::frames(&packet) as i64;
        if let Some(granule) = granule {
            // The recording of a stream that was joined while it ran doesn't start at 0. A first page that ends
            // before its packets do is the last one, too.
            start = start.or(Some((granule - decoded).max(0)));
            end = Some(granule);
        }
    }
    let skip = if let Codec::Opus(head) = &codec { u64::from(head.pre_skip) } else { 0 };
    let frames = end.zip(start).map(|(end, start)| (end.saturating_sub(start) as u64).saturating_sub(skip));
    let packets = PagePackets::new(bytes, pages).skip(2).map(|packet| Ok(packet?.0.into()));
    Ok(Decoded::new(codec, Box::new(packets), Span { skip, frames, ..Span::default() }, path))
}
