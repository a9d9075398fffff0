//! Work on many items at once, whose results come in the items' order.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The state that the workers share.
struct Shared<R> {
    /// The next item to take.
    next: usize,
    /// The next item whose result is due.
    due: usize,
    /// Results that others come before.
    results: BTreeMap<usize, R>,
    /// Whether nobody wants more results.
    stopped: bool,
}

/// Does `work` on each item, so many at once, and hands the results to `done` in the items' order, with the item's
/// place. Workers are at most `ahead` items before the one that is due, so that results don't pile up behind a long one.
///
/// # Errors
///
/// The first error of `done`; no item is begun after it.
pub(super) fn in_order<T: Sync, R: Send, E>(
    items: &[T],
    jobs: usize,
    ahead: usize,
    work: impl Fn(&T) -> R + Sync,
    mut done: impl FnMut(usize, R) -> Result<(), E>,
) -> Result<(), E> {
    let shared = Mutex::new(Shared { next: 0, due: 0, results: BTreeMap::new(), stopped: false });
    let changed = Condvar::new();
    let lock = || -> MutexGuard<'_, Shared<R>> { shared.lock().unwrap_or_else(PoisonError::into_inner) };
    let wait = |guard| changed.wait(guard).unwrap_or_else(PoisonError::into_inner);
    let worker = || {
        loop {
            let mut guard = lock();
            while !guard.stopped && guard.next < items.len() && guard.next >= guard.due + ahead.max(1) {
                guard = wait(guard);
            }
            if guard.stopped || guard.next >= items.len() {
                return;
            }
            let place = guard.next;
            guard.next += 1;
            drop(guard);
            let whole = Whole { shared: &shared, changed: &changed };
            let result = work(&items[place]);
            lock().results.insert(place, result);
            std::mem::forget(whole);
            changed.notify_all();
        }
    };
    std::thread::scope(|scope| {
        (0..jobs.clamp(1, items.len().max(1))).for_each(|_| drop(scope.spawn(worker)));
        for place in 0..items.len() {
            let mut guard = lock();
            let result = loop {
                if let Some(result) = guard.results.remove(&place) {
                    break Some(result);
                }
                if guard.stopped {
                    break None;
                }
                guard = wait(guard);
            };
            guard.due = place + 1;
            drop(guard);
            changed.notify_all();
            let outcome = match result {
                Some(result) => done(place, result),
                None => break,
            };
            if let Err(error) = outcome {
                lock().stopped = true;
                changed.notify_all();
                return Err(error);
            }
        }
        Ok(())
    })
}

/// Stops all others if a worker panics, so that nobody waits for its result; the scope then panics, too.
struct Whole<'a, R> {
    shared: &'a Mutex<Shared<R>>,
    changed: &'a Condvar,
}

impl<R> Drop for Whole<'_, R> {
    fn drop(&mut self) {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).stopped = true;
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[test]
    fn results_come_in_order_and_no_worker_is_far_ahead() {
        let items: Vec<usize> = (0..60).collect();
        let (due, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let mut found = Vec::new();
        let work = |&item: &usize| {
            most.fetch_max(item - due.load(Ordering::SeqCst).min(item), Ordering::SeqCst);
            // The first of ten takes long.
            std::thread::sleep(Duration::from_micros(if item % 10 == 0 { 5000 } else { 50 }));
            item * item
        };
        let done = |place: usize, result: usize| -> Result<(), ()> {
            due.store(place, Ordering::SeqCst);
            found.push(result);
            Ok(())
        };
        in_order(&items, 4, 8, work, done).unwrap();
        assert_eq!(found, items.iter().map(|item| item * item).collect::<Vec<_>>());
        assert!(most.load(Ordering::SeqCst) <= 9, "{most:?}");
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_panic_is_not_waited_for() {
        let items: Vec<usize> = (0..100).collect();
        let work = |&item: &usize| assert_ne!(item, 3);
        let _ = in_order(&items, 3, 5, work, |_, ()| -> Result<(), ()> { Ok(()) });
    }

    #[test]
    fn an_error_ends_it() {
        let begun = AtomicUsize::new(0);
        let items: Vec<usize> = (0..1000).collect();
        let work = |&item: &usize| {
            begun.fetch_add(1, Ordering::SeqCst);
            item
        };
        let error = in_order(&items, 3, 5, work, |_, item| if item == 7 { Err("seven") } else { Ok(()) });
        assert_eq!(error, Err("seven"));
        assert!(begun.load(Ordering::SeqCst) < 20);
        assert_eq!(in_order(&[], 3, 5, |(): &()| (), |_, ()| Err(())), Ok(()));
    }
}
