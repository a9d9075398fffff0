#!/usr/bin/env bash
# The encoder of "Transformers are RNNs" on the WSJ discs, once for each kind of attention: prepare, train, decode, compare.
#
#   recipes/wsj/run.sh --disc DIR... --lexicon FILE [--train si284|si84] [--kinds "softmax linear"] [--exp DIR]
#                      [--set KEY=VALUE]...
#
# --disc and --set may be repeated. Runs continue where they were interrupted.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
discs=() lexicon= train=si284 kinds="softmax linear" exp=$here/exp settings=()
usage() {
  echo "usage: recipes/wsj/run.sh --disc DIR... --lexicon FILE [--train si284|si84] [--kinds \"...\"] [--exp DIR] [--set KEY=VALUE]..." >&2
  exit 2
}
while [ $# -gt 1 ]; do
  case "$1" in
    --disc) discs+=("$2") ;;
    --lexicon) lexicon=$2 ;;
    --train) train=$2 ;;
    --kinds) kinds=$2 ;;
    --exp) exp=$2 ;;
    --set) settings+=(--set "$2") ;;
    *) usage ;;
  esac
  shift 2
done
[ $# -eq 0 ] && [ ${#discs[@]} -gt 0 ] && [ -n "$lexicon" ] || usage

# shellcheck source=../common.sh
. "$root/recipes/common.sh"
data=$exp/data

echo "== 1 prepare"
partly "$linnet" prepare wsj "${discs[@]}" --lexicon "$lexicon" --out "$data"

runs=()
for kind in $kinds; do
  out=$exp/$kind-$train
  runs+=("$out")
  echo "== 2 train $kind"
  train "$here/conf/paper-$kind.toml" "$out" "$data" "train_$train" test_dev93
  echo "== 3 decode $kind"
  partly "$linnet" --quiet decode "$out/model" "$data/test_dev93.jsonl" --out "$out/decode/test_dev93"
  partly "$linnet" --quiet decode "$out/model" "$data/test_eval92.jsonl" --out "$out/decode/test_eval92"
done

echo "== 4 compare"
"$linnet" compare "${runs[@]}" --out "$exp/report.html"
