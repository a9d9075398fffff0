#!/usr/bin/env bash
# Runs a command as a step of a Slurm job and, when the job's time is nearly over, puts the job back into the queue, where
# the command goes on. A batch script ends with it, by `exec`, so that it gets the script's signals:
#
#   #SBATCH --signal=USR1@120    Slurm signals the command, so many seconds before the limit
#   exec step.sh [--OPTION-OF-SRUN …] COMMAND [ARGUMENT …]
#
# A command that has left out items, as a damaged recording, ends with 3; again it would leave out the same, so that the job
# counts as done.
set -u
cancelled=
trap 'cancelled=yes' TERM # what was cancelled is not to come back
srun "$@"
code=$?
# Training has saved its work and says so by 130; transcription needs no farewell, and USR1 has ended it.
case $code$cancelled in
  130 | 138)
    echo "the time is over: job $SLURM_JOB_ID goes back into the queue"
    exec scontrol requeue "$SLURM_JOB_ID"
    ;;
  3)
    echo "the step is done, but for the items that its messages name"
    exit 0
    ;;
esac
exit "$code"
