#!/usr/bin/env bash
# Transcribes recordings, each task of a job array a share of them:
#
#   sbatch --array=1-100 --cpus-per-task=4 --time=4:00:00 "$LINNET/recipes/slurm/transcribe.sh" MODEL RECORDINGS --out texts
#   linnet transcribe MODEL RECORDINGS --out texts --check    # what is left; the same sbatch does it
#
# All arguments are those of `linnet transcribe`.
#SBATCH --job-name=linnet-transcribe
#SBATCH --signal=USR1@60
#SBATCH --requeue
#SBATCH --open-mode=append
set -eu
export RAYON_NUM_THREADS=${SLURM_CPUS_PER_TASK:-1}
exec "$LINNET/recipes/slurm/step.sh" --ntasks=1 "${LINNET_PROGRAM:-$LINNET/target/release/linnet}" transcribe "$@" --shard auto
