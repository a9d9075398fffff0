#!/usr/bin/env bash
# Runs every stage of the recipe once, small and quick, to see that they run: on the embedded miniature corpus in
# LibriSpeech's layout, and twice, to see that finished stages are passed over.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=../common.sh
. "$root/recipes/common.sh"
place=$(mktemp -d)
# The folder's name of now, so that nothing else is ever removed.
# shellcheck disable=SC2064
trap "rm -rf '$place'" EXIT
partly "$linnet" --quiet prepare wsj "$root/data/mini" --lexicon "$root/data/mini/lexicon.txt" --out "$place/mini"

# set_of NAME MANIFEST COUNT: so many utterances of each speaker as a set, speakers by numbers.
set_of() {
  sed -nE 's/.*"audio_filepath":"([^"]*)".*"text":"([^"]*)".*"speaker":"([^"]*)".*/\3\t\1\t\2/p' "$2" | sort |
    awk -F '\t' -v count="$3" '$1 != last { last = $1; speaker++; n = 0 } n < count && speaker <= 3 { print speaker "\t" n++ "\t" $2 "\t" $3 }' |
    while IFS=$'\t' read -r speaker number audio text; do
      folder=$place/$1/$speaker/1 id=$speaker-1-$(printf %04d "$number")
      mkdir -p "$folder"
      "$linnet" --quiet convert "$audio" --out "$folder/$id.wav"
      echo "$id $text" >>"$folder/$speaker-1.trans.txt"
    done
}
set_of train-clean-5 "$place/mini/train_si84.jsonl" 20
set_of test-clean "$place/mini/test_eval92.jsonl" 5
cat "$place"/train-clean-5/*/*/*.trans.txt | cut -d ' ' -f 2- | sed 's/$/. The shops of the town are new./' >"$place/book.txt"

recipe() {
  "$here/run.sh" --corpus "$place/train-clean-5" --corpus "$place/test-clean" --dev-speakers 3 --lexicon "$root/data/mini/lexicon.txt" \
    --text "$place/*.txt" --exp "$place/exp" --kinds "gated_decay softmax gated_decay_lf_mmi" --time 1 \
    --set train.epochs=1 --set train.average=1 --set train.batch_seconds=20 --set model.layers=1 --set model.dim=16 \
    --set model.heads=2 --set model.feed_forward=32 --set model.channels=4 --set criterion.histories=100
}
recipe
# A recipe that trained again, or decoded again, would say more.
again=$(recipe)
echo "$again"
[ "$(echo "$again" | grep -vc ': done$')" -eq 0 ] || { echo "smoke.sh: a finished stage ran again" >&2; exit 1; }
for kind in gated_decay softmax gated_decay_lf_mmi; do
  grep -q WER "$place/exp/$kind-0/decode/test-clean-words/score.txt"
done
