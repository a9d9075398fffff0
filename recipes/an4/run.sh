#!/usr/bin/env bash
# AN4 from the corpus to error rates on its 130 test utterances: one model of phones, one of characters.
#
#   recipes/an4/run.sh --corpus DIR [--units "phone char"] [--exp DIR] [--set KEY=VALUE]...
#
# DIR holds etc/ and wav/ of the official archive (.sph, .raw, .wav or .flac). Runs continue where they were interrupted.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
corpus= units="phone char" exp="$here/exp" settings=()
while [ $# -gt 0 ]; do
  case "$1" in
    --corpus) corpus=$2; shift 2 ;;
    --units) units=$2; shift 2 ;;
    --exp) exp=$2; shift 2 ;;
    --set) settings+=(--set "$2"); shift 2 ;;
    *) echo "usage: recipes/an4/run.sh --corpus DIR [--units \"phone char\"] [--exp DIR] [--set KEY=VALUE]..." >&2; exit 2 ;;
  esac
done
[ -n "$corpus" ] || { echo "run.sh: give --corpus DIR, the folder with etc/ and wav/ of AN4" >&2; exit 2; }

# shellcheck source=../common.sh
. "$root/recipes/common.sh"
for unit in $units; do
  data=$exp/data-$unit out=$exp/$unit
  echo "== $unit: prepare"
  partly "$linnet" prepare an4 "$corpus" --unit "$unit" --out "$data"
  echo "== $unit: train"
  train "$here/conf/$unit.toml" "$out" "$data" train dev
  echo "== $unit: decode dev, then test"
  partly "$linnet" decode "$out/model" "$data/dev.jsonl" --out "$out/decode/dev"
  partly "$linnet" decode "$out/model" "$data/test.jsonl" --out "$out/decode/test"
done
