//! Lists of recordings to transcribe.
#![no_main]

use std::path::{Component, Path};

use libfuzzer_sys::fuzz_target;
use linnet_corpus::Listed;

fuzz_target!(|bytes: &[u8]| {
    match Listed::parse(bytes, Path::new("/lists")) {
        Ok(all) => {
            assert!(all.len() <= 1 + bytes.iter().filter(|&&byte| byte == b'\n').count());
            for one in &all {
                assert!(!one.named.as_os_str().is_empty() && !one.audio.as_os_str().is_empty());
                for seconds in [one.offset_s, one.duration_s].into_iter().flatten() {
                    assert!(seconds >= 0.0 && seconds.is_finite());
                }
                assert!(
                    one.hotwords.iter().all(|(_, weight)| weight.is_none_or(|w| w > 0.0 && w.is_finite()))
                );
                if let Some(id) = &one.id {
                    let parts: Vec<Component> = Path::new(id).components().collect();
                    assert!(matches!(parts[..], [Component::Normal(_)]) && !id.contains('\0'), "{id:?}");
                }
            }
        }
        Err(bad) => {
            let lines = 1 + bytes.iter().filter(|&&byte| byte == b'\n').count();
            assert!((1..=lines).contains(&bad.line) && !bad.problem.contains(['\n', '\r']), "{bad:?}");
        }
    }
});
