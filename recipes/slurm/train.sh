#!/usr/bin/env bash
# Trains one model on several processes, over one node or many:
#
#   sbatch --nodes=4 --ntasks-per-node=2 --cpus-per-task=8 --time=12:00:00 \
#     "$LINNET/recipes/slurm/train.sh" conf.toml exp --set train.pieces=8
#
# The configuration, the experiment folder and all that follows are as for `linnet train`. Other numbers of processes give
# the same model, also when the job goes on from a checkpoint.
#SBATCH --job-name=linnet-train
#SBATCH --signal=USR1@120
#SBATCH --requeue
#SBATCH --open-mode=append
set -eu
conf=$1 exp=$2
shift 2
export RAYON_NUM_THREADS=${SLURM_CPUS_PER_TASK:-1}
resume=()
if [ -f "$exp/checkpoints/latest.safetensors" ] || [ -f "$exp/model/model.safetensors" ]; then resume=(--resume); fi
# One process that is killed ends all, and the job.
exec "$LINNET/recipes/slurm/step.sh" --kill-on-bad-exit=1 --mpi="${LINNET_MPI:-pmix}" \
  "${LINNET_PROGRAM:-$LINNET/target/release/linnet}" train "$conf" --out "$exp" ${resume[@]+"${resume[@]}"} "$@"
