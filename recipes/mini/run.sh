#!/usr/bin/env bash
# Softmax against linear attention on the embedded miniature corpus: prepare, train, decode, compare.
#
#   recipes/mini/run.sh [--kinds "softmax linear"] [--exp DIR]
#   recipes/mini/run.sh --smoke
#
# --smoke trains one epoch of every kind in conf/ in a folder that is removed, to see that everything runs. Other runs continue
# where they were interrupted.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
exp= kinds= smoke= settings=()
usage() {
  echo "usage: recipes/mini/run.sh [--kinds \"softmax linear\"] [--exp DIR] | --smoke" >&2
  exit 2
}
while [ $# -gt 0 ]; do
  case "$1" in
    --smoke) smoke=yes; shift; continue ;;
  esac
  [ $# -gt 1 ] || usage
  case "$1" in
    --kinds) kinds=$2 ;;
    --exp) exp=$2 ;;
    *) usage ;;
  esac
  shift 2
done
if [ -n "$smoke" ]; then
  [ -z "$exp$kinds" ] || usage
  settings=(--set train.epochs=1 --set train.average=1)
  kinds=$(cd "$here/conf" && for f in *.toml; do [ "$f" = base.toml ] || echo "${f%.toml}"; done)
  exp=$(mktemp -d)
  # The folder's name of now, so that nothing else is ever removed.
  # shellcheck disable=SC2064
  trap "rm -rf '$exp'" EXIT
fi
exp=${exp:-$here/exp} kinds=${kinds:-softmax linear}

# shellcheck source=../common.sh
. "$root/recipes/common.sh"
data=$exp/data

echo "== 1 prepare"
partly "$linnet" prepare wsj "$root/data/mini" --lexicon "$root/data/mini/lexicon.txt" --out "$data"

runs=()
for kind in $kinds; do
  out=$exp/$kind
  runs+=("$out")
  echo "== 2 train $kind"
  train "$here/conf/$kind.toml" "$out" "$data" train_si84 test_dev93
  echo "== 3 decode $kind: new sentences by the training voices (eval92), by a voice never heard (eval93)"
  for set in eval92 eval93; do
    partly "$linnet" --quiet decode "$out/model" "$data/test_$set.jsonl" --out "$out/decode/$set"
  done
done

echo "== 4 compare"
"$linnet" compare "${runs[@]}" --out "$exp/report.html" --plot "$exp/per.svg"
