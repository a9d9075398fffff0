//! From frames to seconds.

/// How long a frame lasts, and when the recording ends: the last frame may reach beyond.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clock {
    /// Seconds of a frame.
    pub frame_s: f64,
    /// Seconds of the recording, or of the utterance in it, where that is known.
    pub end_s: Option<f64>,
}

impl Clock {
    /// When a frame begins, at the latest when the recording ends.
    pub fn seconds(&self, frame: usize) -> f64 {
        let seconds = frame as f64 * self.frame_s;
        self.end_s.map_or(seconds, |end| seconds.min(end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_time_lies_behind_the_end() {
        let clock = Clock { frame_s: 0.04, end_s: Some(1.01) };
        assert_eq!([0, 25, 26, 40].map(|frame| clock.seconds(frame)), [0.0, 1.0, 1.01, 1.01]);
        assert_eq!(Clock { end_s: None, ..clock }.seconds(50), 2.0);
    }
}
