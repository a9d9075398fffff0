#!/usr/bin/env bash
# Shows that any number of ranks trains the same model, to the bit, whatever ends them on the way. Needs mpirun and a
# prepared corpus:
#
#   linnet prepare an4 AN4 --unit phone --out data
#   tools/ranks/check.sh data OUT [--kills 20] [--conf CONF.toml] [--set KEY=VALUE]...
#
# 1, 2 and 4 ranks train the same epochs. Then, 20 times, 2 or 4 ranks train them again and one of them, drawn at random,
# is killed (kill -9) at a random moment; 1, 2 or 4 ranks train on to the end, from the last checkpoint or, before the
# first one, anew. All models must be equal. The model is a small one unless --conf names another.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
usage() {
  echo "usage: tools/ranks/check.sh DATA OUT [--kills N] [--conf CONF.toml] [--set KEY=VALUE]..." >&2
  exit 2
}
[ $# -ge 2 ] || usage
data=$1 out=$2 kills=20 conf=$here/small.toml more=()
shift 2
while [ $# -gt 1 ]; do
  case "$1" in
    --kills) kills=$2 ;;
    --conf) conf=$2 ;;
    --set) more+=(--set "$2") ;;
    *) usage ;;
  esac
  shift 2
done
# shellcheck source=common.sh
. "$here/common.sh"
mkdir -p "$out"
settings=(--set train.epochs=2 --set train.pieces=4 --set train.checkpoint_steps=5 --set data.train="$data/train.jsonl"
  --set data.dev="$data/dev.jsonl" --set data.tokens="$data/tokens.txt" --set data.lexicon="$data/lexicon.txt" "${more[@]}")

# train RANKS EXP [--resume]
train() {
  ranks "$1" "$linnet" --quiet train "$conf" --out "$2" "${@:3}" "${settings[@]}"
}
# same EXP: whether its model and its metrics are those of one rank, but for what the clock changes.
same() {
  cmp "$out/1/model/model.safetensors" "$1/model/model.safetensors"
  diff <(signature "$out/1/metrics.jsonl") <(signature "$1/metrics.jsonl")
}
signature() {
  sed -E 's/"(seconds|total_seconds|frames_per_s|data_wait|data_work|subsampling|ranks_wait|ranks_sum|peak_mb)":[^,}]*,?//g' "$1"
}
now() { date +%s%3N; }

for count in 1 2 4; do
  start=$(now)
  [ -f "$out/$count/model/model.safetensors" ] || train "$count" "$out/$count"
  [ "$count" -ne 2 ] || took=$(($(now) - start))
  same "$out/$count"
  echo "$count ranks: the model and the metrics of 1"
done
# Milliseconds within which a run is killed; a corpus of seconds is read by then.
[ "$took" -gt 2000 ] || took=10000

killed=0 begun=0
while [ "$killed" -lt "$kills" ]; do
  broken=$out/broken
  rm -rf "$broken"
  before=$((2 << RANDOM % 2)) after=$((1 << RANDOM % 3)) moment=$((RANDOM * took / 32768))
  train "$before" "$broken" 2>>"$out/broken.log" &
  run=$!
  sleep "$((moment / 1000)).$(printf %03d $((moment % 1000)))"
  victim=$(victim "$broken")
  if [ -z "$victim" ] || ! kill -9 "$victim" 2>/dev/null; then # it had not begun, or was over
    wait "$run" || true
    continue
  fi
  wait "$run" && { echo "a run whose rank was killed has not failed" >&2; exit 1; }
  # mpirun may return before the ranks that it ends have ended, and one of them may still hold the folder.
  while [ -n "$(victim "$broken")" ]; do sleep 0.1; done
  killed=$((killed + 1)) resume=()
  if [ -f "$broken/checkpoints/latest.safetensors" ]; then
    resume=(--resume) begun=$((begun + 1))
  fi
  train "$after" "$broken" "${resume[@]}"
  same "$broken"
  echo "kill $killed of $kills: after ${moment} ms of $before ranks, ${resume[0]:-anew} with $after: the model of 1"
done
echo "$killed kills, $begun of them after a checkpoint: every run ends with the model of the undisturbed one"
