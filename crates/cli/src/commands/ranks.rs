//! The processes that train one model together, where a launcher has started several.

use linnet_train::{Alone, Communicator, TrainError};

/// Joins the processes that mpirun or srun has started together, if there are several and this program has MPI.
pub(super) fn join() -> Box<dyn Communicator> {
    #[cfg(feature = "mpi")]
    if launched() > 1
        && let Some(ranks) = linnet_train::Mpi::join()
    {
        return Box::new(ranks);
    }
    Box::new(Alone)
}

/// Advice where several processes are at one folder since they don't know of each other.
pub(super) fn hint(error: TrainError, ranks: &dyn Communicator) -> Box<dyn std::error::Error> {
    let launched = launched();
    if ranks.ranks() > 1 || launched == 1 || !matches!(error, TrainError::Busy { .. }) {
        return error.into();
    }
    let mend = if cfg!(feature = "mpi") {
        "and MPI doesn't connect them: start them with the mpirun of the MPI that this program was built with, or srun \
         --mpi=pmix"
    } else {
        "and this program has no MPI to connect them: build it with --features mpi"
    };
    format!("{error}; {launched} processes were started together, {mend}").into()
}

/// How many processes of a command were started together, as launchers tell each of them; 1 where none does.
fn launched() -> usize {
    // Open MPI's and PRRTE's mpirun, MPICH's and Intel's, srun.
    let names = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"];
    names.iter().find_map(|name| std::env::var(name).ok()?.parse().ok()).unwrap_or(1)
}
