//! Shares of the recordings, for machines that share the work without talking to each other.

use std::fmt::{self, Display, Formatter};
use std::path::Path;

use crate::args::Sharding;

/// One share of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shard {
    /// From 1.
    number: u32,
    of: u32,
}

impl Shard {
    /// The share that is asked for. `variable` reads a variable of the environment.
    pub(super) fn new(asked: Sharding, variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        match asked {
            Sharding::Given { number, of } => Ok(Self { number, of }),
            Sharding::Auto { of } => Array::running(&variable)?.share(of, &variable),
        }
    }

    /// Whether a recording that is named so belongs to it. The hash is one that every version and machine computes
    /// alike.
    pub(super) fn has(self, key: &Path) -> bool {
        crc32c::crc32c(key.as_os_str().as_encoded_bytes()) % self.of == self.number - 1
    }

    /// Number and count as a part of a file's name.
    pub(super) fn file_part(self) -> String {
        format!("{}-of-{}", self.number, self.of)
    }
}

impl Display for Shard {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

/// The variables in which a scheduler tells a task of a job array which one it is.
struct Array {
    /// The task's number.
    index: &'static str,
    /// The number of the first and of the last task; without these variables they count from 0.
    range: Option<[&'static str; 2]>,
    /// How many tasks there are.
    count: Option<&'static str>,
}

const ARRAYS: [Array; 3] = [
    Array {
        index: "SLURM_ARRAY_TASK_ID",
        range: Some(["SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_MAX"]),
        count: Some("SLURM_ARRAY_TASK_COUNT"),
    },
    Array { index: "AWS_BATCH_JOB_ARRAY_INDEX", range: None, count: Some("AWS_BATCH_JOB_ARRAY_SIZE") },
    Array { index: "JOB_COMPLETION_INDEX", range: None, count: None },
];

impl Array {
    /// The one that this process is a task of.
    fn running(variable: &impl Fn(&str) -> Option<String>) -> Result<&'static Self, String> {
        let mut set = ARRAYS.iter().filter(|array| variable(array.index).is_some());
        match (set.next(), set.next()) {
            (Some(array), None) => Ok(array),
            (Some(one), Some(other)) => {
                Err(format!("{} and {} are both set; give --shard I/N", one.index, other.index))
            }
            (None, _) => {
                let [slurm, aws, kubernetes] = ARRAYS.map(|array| array.index);
                Err(format!(
                    "--shard auto is for a task of a job array, but none of {slurm}, {aws} and {kubernetes} is set; \
                     give --shard I/N"
                ))
            }
        }
    }

    /// The task's share, of as many as there are tasks unless `of` says another number. Shares are then numbered as the
    /// tasks are, so that some of these can be started again by themselves.
    fn share(&self, of: Option<u32>, variable: &impl Fn(&str) -> Option<String>) -> Result<Shard, String> {
        let number = |name: &str| match variable(name) {
            Some(text) => match text.parse::<u32>() {
                Ok(number) => Ok(Some(number)),
                Err(_) => Err(format!("{name} is {text:?}, no number; give --shard I/N")),
            },
            None => Ok(None),
        };
        let missing = |name: &str| format!("{name} isn't set, nor is --shard auto/N given; give it");
        let index = self.index;
        // It was set when the array was chosen.
        let task = number(index)?.ok_or_else(|| missing(index))?;
        let tasks = match of {
            Some(of) => of,
            None => {
                let name = self.count.ok_or_else(|| {
                    format!("{index} is {task}, but no variable tells of how many; give --shard auto/N")
                })?;
                number(name)?.ok_or_else(|| missing(name))?
            }
        };
        let (first, last, step) = match (self.range, of) {
            (None, _) => (0, tasks.saturating_sub(1), 1),
            (Some(_), Some(of)) => (1, of, 1),
            (Some([first, last]), None) => {
                let first = number(first)?.ok_or_else(|| missing(first))?;
                let last = number(last)?.ok_or_else(|| missing(last))?;
                (first, last, (last.saturating_sub(first) / tasks.saturating_sub(1).max(1)).max(1))
            }
        };
        let steps =
            |task: u32| task.checked_sub(first).filter(|from| from % step == 0).map(|from| from / step);
        let in_row = tasks > 0 && steps(last) == Some(tasks - 1);
        match steps(task).filter(|&place| in_row && place < tasks) {
            Some(place) => Ok(Shard { number: place + 1, of: tasks }),
            None if in_row => Err(format!(
                "{index} is {task}, but the {tasks} tasks are {first} to {last}; give --shard I/N"
            )),
            None => Err(format!(
                "{index} is {task} of {tasks} tasks from {first} to {last}, which aren't in a row; give --shard auto/N"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn auto(of: Option<u32>, variables: &[(&str, &str)]) -> Result<String, String> {
        let variable =
            |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Shard::new(Sharding::Auto { of }, variable).map(|shard| shard.to_string())
    }

    fn slurm(of: Option<u32>, task: &str, count: &str, first: &str, last: &str) -> Result<String, String> {
        let names = ["ID", "COUNT", "MIN", "MAX"].map(|name| format!("SLURM_ARRAY_TASK_{name}"));
        let values = [task, count, first, last];
        let set: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(values).collect();
        auto(of, &set)
    }

    #[test]
    fn each_recording_belongs_to_one_share_and_always_to_the_same() {
        let names: Vec<String> = (0..4000).map(|n| format!("speaker {}/call-{n}.wav", n % 7)).collect();
        for of in [1, 2, 3, 8, 100] {
            let mut counts = vec![0; of as usize];
            for name in &names {
                let own: Vec<u32> =
                    (1..=of).filter(|&number| Shard { number, of }.has(Path::new(name))).collect();
                assert_eq!(own.len(), 1);
                counts[own[0] as usize - 1] += 1;
            }
            let mean = 4000 / of;
            assert!(counts.iter().all(|&count| count > mean / 3 && count < 2 * mean), "{of}: {counts:?}");
        }
        // The check value of CRC-32C: 0xe3069283.
        assert!(Shard { number: 0xe306_9283 % 8 + 1, of: 8 }.has(Path::new("123456789")));
    }

    #[test]
    fn the_tasks_of_an_array_are_counted_from_any_number_and_in_any_step() {
        assert_eq!(slurm(None, "1", "8", "1", "8").unwrap(), "1/8");
        assert_eq!(slurm(None, "7", "8", "0", "7").unwrap(), "8/8");
        assert_eq!(slurm(None, "30", "3", "10", "30").unwrap(), "3/3");
        assert_eq!(slurm(None, "5", "1", "5", "5").unwrap(), "1/1");
        // Two of eight are started again.
        assert_eq!(slurm(Some(8), "5", "2", "3", "5").unwrap(), "5/8");
        let aws = |of, size: &str| {
            auto(of, &[("AWS_BATCH_JOB_ARRAY_INDEX", "2"), ("AWS_BATCH_JOB_ARRAY_SIZE", size)])
        };
        assert_eq!(aws(None, "4").unwrap(), "3/4");
        assert_eq!(auto(Some(3), &[("JOB_COMPLETION_INDEX", "2")]).unwrap(), "3/3");
    }

    #[test]
    fn what_the_variables_lack_is_said() {
        let fails = |found: Result<String, String>, part: &str| {
            let error = found.unwrap_err();
            assert!(error.contains(part) && error.contains("give "), "{error}");
        };
        fails(
            auto(None, &[]),
            "none of SLURM_ARRAY_TASK_ID, AWS_BATCH_JOB_ARRAY_INDEX and JOB_COMPLETION_INDEX",
        );
        fails(
            auto(None, &[("JOB_COMPLETION_INDEX", "0")]),
            "no variable tells of how many; give --shard auto/N",
        );
        fails(auto(None, &[("AWS_BATCH_JOB_ARRAY_INDEX", "0")]), "AWS_BATCH_JOB_ARRAY_SIZE isn't set");
        fails(auto(None, &[("SLURM_ARRAY_TASK_ID", "1")]), "SLURM_ARRAY_TASK_COUNT isn't set");
        fails(auto(Some(2), &[("JOB_COMPLETION_INDEX", "x")]), "JOB_COMPLETION_INDEX is \"x\", no number");
        fails(auto(Some(2), &[("JOB_COMPLETION_INDEX", "2")]), "is 2, but the 2 tasks are 0 to 1");
        fails(slurm(Some(8), "0", "8", "0", "7"), "is 0, but the 8 tasks are 1 to 8");
        fails(slurm(None, "9", "8", "1", "8"), "is 9, but the 8 tasks are 1 to 8");
        fails(slurm(None, "3", "3", "1", "4"), "is 3 of 3 tasks from 1 to 4, which aren't in a row");
        fails(slurm(None, "1", "0", "1", "1"), "aren't in a row");
        let both = [("JOB_COMPLETION_INDEX", "0"), ("SLURM_ARRAY_TASK_ID", "1")];
        fails(auto(Some(2), &both), "SLURM_ARRAY_TASK_ID and JOB_COMPLETION_INDEX are both set");
    }
}
