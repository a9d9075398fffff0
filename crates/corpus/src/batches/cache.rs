//! Features kept in memory.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use linnet_frontend::Features;

/// Features by slot, as many as a number of bytes holds. Which ones are kept depends on who comes first; what they are
/// does not.
pub(super) struct Cache {
    slots: Vec<OnceLock<Arc<Features>>>,
    left: AtomicUsize,
}

impl Cache {
    pub(super) fn new(slots: usize, bytes: usize) -> Self {
        Self { slots: (0..slots).map(|_| OnceLock::new()).collect(), left: AtomicUsize::new(bytes) }
    }

    pub(super) fn get(&self, slot: usize) -> Option<Arc<Features>> {
        self.slots[slot].get().cloned()
    }

    /// Keeps features where there is room for them.
    pub(super) fn put(&self, slot: usize, features: &Arc<Features>) {
        let bytes = size_of_val(features.data.as_slice());
        let take = |left: usize| left.checked_sub(bytes);
        if self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
            && self.slots[slot].set(Arc::clone(features)).is_err()
        {
            self.left.fetch_add(bytes, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_not_kept() {
        let features = |frames: usize| Arc::new(Features { data: vec![1.0; 2 * frames], dim: 2 });
        let cache = Cache::new(4, 100);
        cache.put(0, &features(10));
        cache.put(1, &features(10));
        cache.put(2, &features(2));
        cache.put(2, &features(2));
        cache.put(3, &features(1));
        let kept: Vec<_> = (0..4).map(|slot| cache.get(slot).map(|f| f.frames())).collect();
        assert_eq!(kept, [Some(10), None, Some(2), None]);
    }
}
