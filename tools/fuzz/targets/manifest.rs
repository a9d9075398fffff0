//! Manifests: JSON lines and arrays.
#![no_main]

use std::collections::HashSet;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use linnet_corpus::Manifest;

fuzz_target!(|bytes: &[u8]| {
    let (manifest, bad) = Manifest::parse(bytes, Path::new("/data"));
    let lines = 1 + bytes.iter().filter(|&&b| b == b'\n').count();
    let records = 2 + bytes.iter().filter(|b| b"\n,".contains(b)).count();
    assert!(manifest.utterances.len() + bad.len() <= records);
    let ids: HashSet<&str> = manifest.utterances.iter().map(|u| u.id.as_str()).collect();
    assert_eq!(ids.len(), manifest.utterances.len(), "ids repeat");
    for utterance in &manifest.utterances {
        assert!(!utterance.id.is_empty() && utterance.offset_s >= 0.0);
        assert!(utterance.duration_s.is_none_or(|d| d > 0.0 && d.is_finite()));
    }
    for line in &bad {
        assert!((1..=lines).contains(&line.line) && !line.problem.contains('\n'), "{line:?}");
    }
});
