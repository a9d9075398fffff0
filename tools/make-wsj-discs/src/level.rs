//! A synthesizer's samples made into a recording: silence trimmed, quieter, with a little noise.

use rand::RngExt;

use crate::preset::Level;

/// Frame in which speech is looked for, in seconds.
const FRAME_S: f64 = 0.01;
/// A frame is speech when its mean square is above this part of the loudest frame's (−40 dB).
const SPEECH: f64 = 1e-4;

/// Trims, scales and adds noise; `None` when nothing is heard.
pub(crate) fn record(samples: &[i16], rate: u32, level: &Level, rng: &mut impl RngExt) -> Option<Vec<i16>> {
    let frame = (f64::from(rate) * FRAME_S) as usize;
    let power: Vec<f64> = samples.chunks(frame.max(1)).map(mean_square).collect();
    let loudest = power.iter().copied().fold(0.0, f64::max);
    let is_speech = |p: &f64| *p > loudest * SPEECH;
    let first = power.iter().position(is_speech)?;
    let last = power.iter().rposition(is_speech)?;
    let edge = (f64::from(rate) * level.edge_silence_s) as usize;
    let speech = &samples[first * frame..samples.len().min((last + 1) * frame)];

    let peak = speech.iter().map(|x| x.unsigned_abs()).max().filter(|p| *p > 0)?;
    // Evenly on a logarithmic scale, as loudness is heard.
    let wanted = level.peak[0] * (level.peak[1] / level.peak[0]).powf(rng.random_range(0.0..1.0));
    let gain = wanted / f64::from(peak);
    // The synthesizer's own silence at the edges is kept as far as it goes; noise alone fills up the rest.
    let start = (first * frame) as i64 - edge as i64;
    let end = (first * frame + speech.len() + edge) as i64;
    let sample = |t: i64| usize::try_from(t).ok().and_then(|t| samples.get(t)).copied().unwrap_or(0);
    let mut noisy = |x: i16| (f64::from(x) * gain + level.noise * normal(rng)).round() as i16;
    Some((start..end).map(|t| noisy(sample(t))).collect())
}

fn mean_square(frame: &[i16]) -> f64 {
    frame.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / frame.len() as f64
}

/// Nearly normal, from twelve uniform numbers: the same to the bit on every machine, unlike `ln` and `cos`.
fn normal(rng: &mut impl RngExt) -> f64 {
    (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    const LEVEL: Level = Level { peak: [2000.0, 4000.0], noise: 1.5, edge_silence_s: 0.1 };

    #[test]
    fn silence_is_trimmed_to_the_edge_and_the_peak_is_in_range() {
        let mut samples = vec![0i16; 16_000];
        for (t, x) in samples[4_000..8_000].iter_mut().enumerate() {
            *x = if t % 100 < 50 { 20_000 } else { -20_000 };
        }
        let out = record(&samples, 16_000, &LEVEL, &mut ChaCha8Rng::seed_from_u64(1)).unwrap();
        assert_eq!(out.len(), 4_000 + 2 * 1_600);
        let peak = out.iter().map(|x| x.unsigned_abs()).max().unwrap();
        assert!((1_990..=4_010).contains(&peak), "{peak}");
        let edge = mean_square(&out[..1_500]).sqrt();
        assert!((1.3..1.7).contains(&edge), "noise of {edge}");
    }

    #[test]
    fn speech_at_the_very_ends_still_gets_edges() {
        let out = record(&[9_000; 1_600], 16_000, &LEVEL, &mut ChaCha8Rng::seed_from_u64(1)).unwrap();
        assert_eq!(out.len(), 1_600 + 2 * 1_600);
    }

    #[test]
    fn nothing_heard_is_none() {
        assert!(record(&[0; 1_600], 16_000, &LEVEL, &mut ChaCha8Rng::seed_from_u64(1)).is_none());
        assert!(record(&[], 16_000, &LEVEL, &mut ChaCha8Rng::seed_from_u64(1)).is_none());
    }
}
