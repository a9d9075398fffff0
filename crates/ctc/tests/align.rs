//! The aligned path against the best of every path.
#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use linnet_ctc::{forced_align, required_frames};

#[test]
fn is_the_best_of_every_path() {
    let mut rng = rng(1);
    for labels in [vec![], vec![2], vec![1, 1], vec![1, 2, 2], vec![2, 1, 2]] {
        for frames in required_frames(&labels).max(1)..=7 {
            let log_probs = random_log_probs(&mut rng, frames, 3, 4.0);
            let alignment = forced_align(&log_probs, 3, &labels, 0).unwrap();
            let paths = all_paths(frames, 3, &labels, 0);
            let best = paths
                .iter()
                .max_by(|a, b| path_score(&log_probs, 3, a).total_cmp(&path_score(&log_probs, 3, b)));
            assert_eq!(&alignment.frame_tokens, best.unwrap());
            assert!((alignment.score - path_score(&log_probs, 3, best.unwrap())).abs() < 1e-9);
            let spans: Vec<u32> = alignment.spans.iter().map(|span| span.token).collect();
            assert_eq!(spans, labels);
            for span in &alignment.spans {
                assert!(alignment.frame_tokens[span.start..span.end].iter().all(|&t| t == span.token));
                let sum: f64 = (span.start..span.end)
                    .map(|t| path_score(&log_probs[t * 3..], 3, &[span.token]).exp())
                    .sum();
                assert!((f64::from(span.posterior) - sum / (span.end - span.start) as f64).abs() < 1e-6);
            }
            let covered: usize = alignment.spans.iter().map(|span| span.end - span.start).sum();
            assert_eq!(covered, alignment.frame_tokens.iter().filter(|&&t| t != 0).count());
        }
    }
}

#[test]
fn of_equal_paths_the_earliest_changes_win() {
    let alignment = forced_align(&[-1.0; 3 * 5], 3, &[1, 2], 0).unwrap();
    assert_eq!(alignment.frame_tokens, [1, 2, 0, 0, 0]);
    assert_eq!(alignment.score, -5.0);
    assert!(forced_align(&[], 3, &[], 0).unwrap().frame_tokens.is_empty());
}
