#!/usr/bin/env bash
# The speed of ranks beside that of threads, and of PyTorch's DistributedDataParallel over gloo: seconds of an epoch of a
# third of AN4, each setting in turn. Nothing else should run on the machine.
#
#   linnet prepare an4 AN4 --unit phone --out data
#   tools/ranks/speed.sh data [--rounds 3] [--cores 2] [--batch-seconds 40] [--conf CONF.toml]
#
# Other work on the machine makes epochs longer, never shorter: the least seconds count, the medians tell of it.
#
# The model is Linnet's by default, or CONF's, of which there is no peer. LINNET_BENCH_PYTHON names a Python that has
# PyTorch; without it there is no peer either.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
usage() {
  echo "usage: tools/ranks/speed.sh DATA [--rounds N] [--cores N] [--batch-seconds S] [--conf CONF.toml]" >&2
  exit 2
}
[ $# -ge 1 ] || usage
data=$1 rounds=3 cores=2 seconds=40 conf=
shift
while [ $# -gt 1 ]; do
  case "$1" in
    --rounds) rounds=$2 ;;
    --cores) cores=$2 ;;
    --batch-seconds) seconds=$2 ;;
    --conf) conf=$2 ;;
    *) usage ;;
  esac
  shift 2
done
# shellcheck source=common.sh
. "$here/common.sh"
work=$(mktemp -d /tmp/ranks.XXXXXX)
# shellcheck disable=SC2064
trap "rm -rf '$work'" EXIT
cp "$data"/{tokens,lexicon}.txt "$work"
awk 'NR % 3 == 0' "$data/train.jsonl" >"$work/train.jsonl"
head -n 4 "$data/dev.jsonl" >"$work/dev.jsonl"
sides=(ours)
if [ -z "$conf" ]; then
  conf=$work/conf.toml
  # The peer has its features in memory: ours are kept after the first epoch.
  printf '[augment.spec_augment]\n' >"$conf"
  [ -z "${LINNET_BENCH_PYTHON:-}" ] || sides+=(peer)
fi
settings=("1 1" "1 $cores" "$cores 1") # ranks and threads

# ours RANKS THREADS: seconds of epochs.
ours() {
  rm -rf "$work/exp"
  RAYON_NUM_THREADS=$2 ranks "$1" "$linnet" --quiet train "$conf" --out "$work/exp" --set train.pieces="$1" \
    --set data.train="$work/train.jsonl" --set data.dev="$work/dev.jsonl" --set data.tokens="$work/tokens.txt" \
    --set data.lexicon="$work/lexicon.txt" --set train.epochs=5 --set augment.speeds=[1.0] \
    --set train.batch_seconds="$seconds"
  tail -n 4 "$work/exp/metrics.jsonl" | sed -E 's/.*"seconds":([0-9.]+).*/\1/'
}
peer() {
  "$LINNET_BENCH_PYTHON" "$here/peer.py" "$work" --ranks "$1" --threads "$2" --epochs 2 --batch-seconds "$seconds"
}
for _ in $(seq "$rounds"); do
  for side in "${sides[@]}"; do
    for setting in "${settings[@]}"; do
      # shellcheck disable=SC2086
      $side $setting | sed "s/^/$side $setting /" | tee -a "$work/seconds"
    done
  done
done
echo
echo "side, ranks, threads: least and median seconds of an epoch"
for side in "${sides[@]}"; do
  for setting in "${settings[@]}"; do
    echo "$side $setting: $(awk -v key="$side $setting " 'index($0, key) == 1 { print $4 }' "$work/seconds" | sort -n |
      awk '{ v[NR] = $1 } END { printf "%.2f %.2f", v[1], v[int((NR + 1) / 2)] }')"
  done
done
