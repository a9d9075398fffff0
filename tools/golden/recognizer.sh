#!/usr/bin/env bash
# Makes data/golden/recognizer: a model of some 50 kB, and the words of one recording that it wasn't trained on with their
# times. The times are those of `linnet align`, which knows the text; the test compares the search's with them.
#
#   tools/golden/recognizer.sh        # a minute or two
#
# Another processor may give weights that differ in their last digits, and times that differ by a frame.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
utterance=011c0e06
# shellcheck source=../../recipes/common.sh
. "$root/recipes/common.sh"
work=$(mktemp -d)
# The folder's name of now, so that nothing else is ever removed.
# shellcheck disable=SC2064
trap "rm -rf '$work'" EXIT

data=$work/data golden=$root/data/golden/recognizer
partly "$linnet" prepare wsj "$root/data/mini" --lexicon "$root/data/mini/lexicon.txt" --out "$data"
# The two speakers of one voice: a model so small knows no more.
for set in train_si84 test_dev93; do
  grep -E '"speaker":"(011|014)"' "$data/$set.jsonl" > "$data/two-$set.jsonl"
done
settings=()
train "$root/tools/golden/recognizer.toml" "$work/exp" "$data" two-train_si84 two-test_dev93

mkdir -p "$golden"
(cd "$work/exp/model" && cp config.toml cmvn.json lexicon.txt model.safetensors tokens.txt "$golden")
grep "\"id\":\"$utterance\"" "$data/test_eval92.jsonl" > "$work/one.jsonl"
"$linnet" align "$golden" "$work/one.jsonl" --out "$golden/words.ctm"
