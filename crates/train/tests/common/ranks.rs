//! Ranks that are threads of one process.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use linnet_train::Communicator;

/// A rank among the threads: how it reaches each rank, and hears from each. Where one ends early, the others fail.
#[derive(Debug)]
pub(crate) struct Thread {
    rank: usize,
    to: Vec<Sender<Vec<u8>>>,
    from: Vec<Receiver<Vec<u8>>>,
}

/// Runs a task on so many ranks, and returns each one's result.
pub(crate) fn on_ranks<T: Send>(ranks: usize, task: impl Fn(&Thread) -> T + Sync) -> Vec<T> {
    let mut threads: Vec<Thread> =
        (0..ranks).map(|rank| Thread { rank, to: Vec::new(), from: Vec::new() }).collect();
    for (from, to) in (0..ranks).flat_map(|from| (0..ranks).map(move |to| (from, to))) {
        let (sender, receiver) = channel();
        threads[from].to.push(sender);
        threads[to].from.push(receiver);
    }
    thread::scope(|scope| {
        let task = &task;
        let handles: Vec<_> = threads.into_iter().map(|thread| scope.spawn(move || task(&thread))).collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).collect()
    })
}

impl Thread {
    /// Sends each rank its message, and receives one from each.
    fn pass(&self, messages: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        self.to.iter().zip(messages).for_each(|(to, message)| to.send(message).unwrap());
        self.from.iter().map(|from| from.recv().unwrap()).collect()
    }
}

fn bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn values(bytes: &[Vec<u8>]) -> Vec<f32> {
    let bytes = bytes.concat();
    bytes.chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()
}

impl Communicator for Thread {
    fn rank(&self) -> usize {
        self.rank
    }

    fn ranks(&self) -> usize {
        self.to.len()
    }

    fn gather(&self, message: &[u8]) -> Vec<Vec<u8>> {
        self.pass(vec![message.to_vec(); self.ranks()])
    }

    fn exchange(&self, sent: &[f32], lengths: &[usize], incoming: &[usize], received: &mut Vec<f32>) {
        let mut rest = sent;
        let mut part = |&length: &usize| {
            let (part, others) = rest.split_at(length);
            rest = others;
            bytes(part)
        };
        let parts = self.pass(lengths.iter().map(&mut part).collect());
        assert!(parts.iter().zip(incoming).all(|(part, &length)| part.len() == 4 * length));
        *received = values(&parts);
    }

    fn collect(&self, own: &[f32], lengths: &[usize], all: &mut [f32]) {
        assert_eq!(own.len(), lengths[self.rank]);
        all.copy_from_slice(&values(&self.gather(&bytes(own))));
    }
}
