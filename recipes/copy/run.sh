#!/usr/bin/env bash
# The copy task: train each causal kind of attention on the same batches, then a table and the curves of the losses.
#
#   recipes/copy/run.sh [--kinds "causal_softmax causal_linear causal_lsh"] [--threads N] [--exp DIR] [--keep] [-- OPTIONS]
#
# OPTIONS go to `linnet-copy-task train`, as `--updates 400 --max-symbols 20 --layers 2` for a try. Runs continue where they were
# interrupted. --keep puts what is worth keeping of the runs into results/, without weights.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
exp=$here/exp kinds="causal_softmax causal_linear causal_lsh" threads=1 keep=
usage() {
  echo "usage: recipes/copy/run.sh [--kinds \"causal_softmax causal_linear causal_lsh\"] [--threads N] [--exp DIR] [--keep] [-- OPTIONS]" >&2
  exit 2
}
while [ $# -gt 0 ]; do
  case "$1" in
    --keep) keep=yes; shift; continue ;;
    --) shift; break ;;
  esac
  [ $# -gt 1 ] || usage
  case "$1" in
    --kinds) kinds=$2 ;;
    --threads) threads=$2 ;;
    --exp) exp=$2 ;;
    *) usage ;;
  esac
  shift 2
done

cargo build --release --quiet --manifest-path "$root/Cargo.toml" -p linnet-copy-task
copy=${CARGO_TARGET_DIR:-$root/target}/release/linnet-copy-task

runs=()
for kind in $kinds; do
  runs+=("$exp/$kind")
  echo "== 1 train $kind"
  "$copy" train "$kind" --out "$exp/$kind" --threads "$threads" "$@"
done

echo "== 2 report"
"$copy" report "${runs[@]}" --svg "$exp/loss.svg" | tee "$exp/table.md"

if [ -n "$keep" ]; then
  for run in "${runs[@]}"; do
    mkdir -p "$here/results/$(basename "$run")"
    cp "$run/config.toml" "$run/metrics.jsonl" "$here/results/$(basename "$run")/"
  done
  cp "$exp/loss.svg" "$exp/table.md" "$here/results/"
fi
