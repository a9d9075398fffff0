#!/usr/bin/env bash
# Trains and decodes the runs of a study that are missing, each a task of a job array:
#
#   linnet compare STUDY.toml --list > runs
#   sbatch --array=1-$(wc -l < runs) --cpus-per-task=8 --time=12:00:00 "$LINNET/recipes/slurm/study.sh" runs STUDY.toml
#   linnet compare STUDY.toml --no-train --out report.html    # in the end
#
# What follows STUDY.toml goes to `linnet compare`, and must be given to --list, too.
#SBATCH --job-name=linnet-study
#SBATCH --signal=USR1@120
#SBATCH --requeue
#SBATCH --open-mode=append
set -eu
runs=$1
shift
run=$(sed -n "${SLURM_ARRAY_TASK_ID}p" "$runs")
[ -n "$run" ] || { echo "$runs has no line $SLURM_ARRAY_TASK_ID" >&2; exit 1; }
export RAYON_NUM_THREADS=${SLURM_CPUS_PER_TASK:-1}
exec "$LINNET/recipes/slurm/step.sh" --ntasks=1 "${LINNET_PROGRAM:-$LINNET/target/release/linnet}" compare "$@" --only "$run"
