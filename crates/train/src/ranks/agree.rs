//! Messages of ranks between the sums: values, and whether something failed.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::communicator::Communicator;
use crate::error::TrainError;

impl dyn Communicator + '_ {
    /// Whether this rank is the one that writes files and tells the observer.
    pub(crate) fn leads(&self) -> bool {
        self.rank() == 0
    }

    /// Every rank's value, in the order of the ranks.
    pub(crate) fn all<T: Serialize + DeserializeOwned>(&self, own: &T) -> Result<Vec<T>, TrainError> {
        self.results(Ok(own))
    }

    /// Whether it is so on any rank.
    pub(crate) fn any(&self, own: bool) -> bool {
        self.gather(&[u8::from(own)]).iter().any(|message| message == &[1])
    }

    /// Fails on all ranks if it has failed on one: there with its own error, elsewhere with that one's message.
    ///
    /// # Errors
    ///
    /// The own error, or [`TrainError::Rank`].
    pub fn agree<T>(&self, own: Result<T, TrainError>) -> Result<T, TrainError> {
        let message = own.as_ref().err().map(TrainError::to_string).unwrap_or_default();
        let messages = self.gather(message.as_bytes());
        match messages.iter().position(|message| !message.is_empty()) {
            Some(rank) if rank != self.rank() => {
                Err(TrainError::Rank { rank, problem: String::from_utf8_lossy(&messages[rank]).into_owned() })
            }
            _ => own,
        }
    }

    /// Every rank's value, in the order of the ranks. Fails on all ranks if it has failed on one.
    pub(crate) fn agree_all<T: Serialize + DeserializeOwned>(
        &self,
        own: Result<T, TrainError>,
    ) -> Result<Vec<T>, TrainError> {
        match (self.results(own.as_ref().map_err(TrainError::to_string)), own) {
            (Err(TrainError::Rank { rank, .. }), Err(error)) if rank == self.rank() => Err(error),
            (all, _) => all,
        }
    }

    /// Every rank's value, or the first error of one.
    fn results<T: Serialize + DeserializeOwned>(
        &self,
        own: Result<&T, String>,
    ) -> Result<Vec<T>, TrainError> {
        let message = serde_json::to_vec(&own).map_err(|error| unread(self.rank(), &error))?;
        let read = |(rank, message): (usize, Vec<u8>)| {
            let one: Result<T, String> =
                serde_json::from_slice(&message).map_err(|error| unread(rank, &error))?;
            one.map_err(|problem| TrainError::Rank { rank, problem })
        };
        self.gather(&message).into_iter().enumerate().map(read).collect()
    }

    /// Fails on all ranks unless they have the same.
    pub(crate) fn same(&self, what: &str, own: &str) -> Result<(), TrainError> {
        let all = self.gather(own.as_bytes());
        match all.iter().position(|other| *other != all[0]) {
            None => Ok(()),
            Some(rank) => {
                let problem = format!(
                    "its {what} is not that of rank 0; start all ranks with one command, one program and the same files"
                );
                Err(TrainError::Rank { rank, problem })
            }
        }
    }

    /// The first rank does something, which gives it a value; all fail if it fails.
    pub(crate) fn lead<T>(
        &self,
        task: impl FnOnce() -> Result<T, TrainError>,
    ) -> Result<Option<T>, TrainError> {
        self.agree(self.leads().then(task).transpose())
    }

    /// Gives all ranks the first one's values.
    pub(crate) fn spread(&self, values: &mut [f32]) {
        if self.ranks() > 1 {
            let mut lengths = vec![0; self.ranks()];
            lengths[0] = values.len();
            let own = if self.leads() { values.to_vec() } else { Vec::new() };
            self.collect(&own, &lengths, values);
        }
    }
}

fn unread(rank: usize, error: &serde_json::Error) -> TrainError {
    TrainError::Rank { rank, problem: format!("its message can't be read: {error}") }
}
