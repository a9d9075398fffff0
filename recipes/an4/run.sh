#!/usr/bin/env bash
# AN4 from the corpus to error rates on its 130 test utterances: models of phones and of characters, greedy, and phones to words
# by the lexicon and a 3-gram of the training transcripts, whose weights are chosen on dev.
#
#   recipes/an4/run.sh --corpus DIR [--units "phone char"] [--seeds "0 1 2"] [--exp DIR] [--set KEY=VALUE]...
#
# DIR holds etc/ and wav/ of the official archive (.sph, .raw, .wav or .flac). Runs continue where they were interrupted.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
corpus= units="phone char" seeds=0 exp="$here/exp" settings=()
usage() {
  echo "usage: recipes/an4/run.sh --corpus DIR [--units \"phone char\"] [--seeds \"0 1 2\"] [--exp DIR] [--set KEY=VALUE]..." >&2
  exit 2
}
while [ $# -gt 0 ]; do
  [ $# -gt 1 ] || usage
  case "$1" in
    --corpus) corpus=$2 ;;
    --units) units=$2 ;;
    --seeds) seeds=$2 ;;
    --exp) exp=$2 ;;
    --set) settings+=(--set "$2") ;;
    *) usage ;;
  esac
  shift 2
done
[ -n "$corpus" ] || { echo "run.sh: give --corpus DIR, the folder with etc/ and wav/ of AN4" >&2; exit 2; }

# shellcheck source=../common.sh
. "$root/recipes/common.sh"
base_settings=("${settings[@]}")
for unit in $units; do
  data=$exp/data-$unit
  echo "== $unit: prepare"
  partly "$linnet" prepare an4 "$corpus" --unit "$unit" --out "$data"
  for seed in $seeds; do
    out=$exp/$unit-$seed
    settings=("${base_settings[@]}" --set train.seed="$seed")
    echo "== $unit, seed $seed: train"
    train "$here/conf/$unit.toml" "$out" "$data" train dev
    echo "== $unit, seed $seed: decode dev, then test"
    partly "$linnet" decode "$out/model" "$data/dev.jsonl" --out "$out/decode/dev"
    partly "$linnet" decode "$out/model" "$data/test.jsonl" --out "$out/decode/test"
    [ "$unit" = phone ] || continue
    echo "== $unit, seed $seed: words, with the weights that are best on dev"
    partly "$linnet" ngram "$data/train.jsonl" --order 3 --out "$exp/train.arpa"
    flags=$(partly "$linnet" --quiet tune "$out/model" "$data/dev.jsonl" --lm "$exp/train.arpa" --out "$out/tune.json" | tail -n 1)
    eval "flags=($flags)" # they are quoted for a shell
    for set in dev test; do
      partly "$linnet" decode "$out/model" "$data/$set.jsonl" "${flags[@]}" --out "$out/decode/$set-words"
    done
  done
done
