//! From frames to seconds.

/// When frames of log-probabilities are, in seconds of the recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clock {
    /// Seconds of a frame.
    frame_s: f64,
    /// The frame of the recording that is called 0.
    first: usize,
    /// Seconds of the recording, or of the utterance in it, where that is known.
    end_s: Option<f64>,
}

impl Clock {
    /// Frames of so many seconds each.
    pub fn new(frame_s: f64) -> Self {
        Self { frame_s, first: 0, end_s: None }
    }

    /// No time lies behind the recording's end, though its last frame may reach beyond.
    pub fn until(self, end_s: impl Into<Option<f64>>) -> Self {
        Self { end_s: end_s.into(), ..self }
    }

    /// Frames are counted from this one of the recording.
    pub fn from_frame(self, first: usize) -> Self {
        Self { first, ..self }
    }

    /// When a frame begins, at the latest when the recording ends, to the microsecond: 3 · 0.04 is 0.12.
    pub fn seconds(&self, frame: usize) -> f64 {
        let seconds = ((self.first + frame) as f64 * self.frame_s * 1e6).round() / 1e6;
        self.end_s.map_or(seconds, |end| seconds.min(end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_time_lies_behind_the_end() {
        let clock = Clock::new(0.04).until(1.01);
        assert_eq!([0, 3, 25, 26, 40].map(|frame| clock.seconds(frame)), [0.0, 0.12, 1.0, 1.01, 1.01]);
        assert_eq!(Clock::new(0.04).seconds(50), 2.0);
    }

    #[test]
    fn frames_of_a_part_have_the_recordings_times() {
        let clock = Clock::new(0.04).from_frame(1000).until(50.0);
        assert_eq!([0, 25, 400].map(|frame| clock.seconds(frame)), [40.0, 41.0, 50.0]);
    }
}
