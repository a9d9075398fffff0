#!/usr/bin/env bash
# LibriSpeech from its archives to word error rates: an encoder of linear cost on phones, greedy and with a word model whose
# weights are chosen on the development set, and beside it softmax attention with the same additions.
#
#   recipes/librispeech/run.sh --corpus DIR... --lexicon FILE (--text FILE... | --lm FILE) [OPTION VALUE]...
#
#     --corpus DIR          a folder that holds a set, as LibriSpeech/train-clean-100; may be repeated
#     --lexicon FILE        CMUdict, or another lexicon of its phones
#     --text FILE           running text for a language model, as books are: a file, or a quoted pattern as "books/*.txt";
#                           may be repeated
#     --lm FILE             a language model over upper-case words instead, as OpenSLR 11 has them
#     --train SET           the set to train on: train-clean-5 unless given
#     --dev SET             the development set: dev, which --dev-speakers makes, unless given
#     --dev-speakers "A,B"  speakers of the training set whose utterances become the set dev instead
#     --test SET            the set to test on: test-clean unless given
#     --kinds "A B"         configurations in conf to train: gated_decay and softmax unless given
#     --seed N              0 unless given
#     --stage N             the first stage to run; --stop-stage N: the last one
#     --exp DIR             where everything is written: exp in this folder unless given
#     --set KEY=VALUE       a key of the configuration; may be repeated
#     --time SECONDS        how long steps are measured, to tell how long training takes: 60 unless given
#
# Stages: 1 pronunciations, 2 data, 3 language model, 4 train, 5 decode dev, 6 test, 7 compare. A stage that was done with the
# same inputs is passed over, and training goes on where it was interrupted: give the same command again.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
corpus=() lexicon= text=() lm= train=train-clean-5 dev=dev dev_speakers= test=test-clean kinds="gated_decay softmax"
seed=0 first=1 last=7 exp=$here/exp time=60 settings=()
usage() {
  sed -n '5,26s/^# \{0,1\}//p' "$0" >&2
  exit 2
}
while [ $# -gt 0 ]; do
  [ $# -gt 1 ] || usage
  case "$1" in
    --corpus) corpus+=("$2") ;;
    --lexicon) lexicon=$2 ;;
    --text)
      before=${#text[@]}
      mapfile -t -O "$before" text < <(compgen -G "$2")
      [ ${#text[@]} -gt "$before" ] || { echo "run.sh: --text $2: there is no such file" >&2; exit 2; }
      ;;
    --lm) lm=$2 ;;
    --train) train=$2 ;;
    --dev) dev=$2 ;;
    --dev-speakers) dev_speakers=$2 ;;
    --test) test=$2 ;;
    --kinds) kinds=$2 ;;
    --seed) seed=$2 ;;
    --stage) first=$2 ;;
    --stop-stage) last=$2 ;;
    --exp) exp=$2 ;;
    --time) time=$2 ;;
    --set) settings+=(--set "$2") ;;
    *) usage ;;
  esac
  shift 2
done
[ ${#corpus[@]} -gt 0 ] && [ -n "$lexicon" ] || usage
[ ${#text[@]} -gt 0 ] || [ -n "$lm" ] || [ "$last" -lt 3 ] || usage
[ ${#text[@]} -eq 0 ] || [ -z "$lm" ] || {
  echo "run.sh: --text and --lm are both given; give the text to make a language model of, or the language model" >&2
  exit 2
}
[ "$dev" != dev ] || [ -n "$dev_speakers" ] || {
  echo "run.sh: there is no development set; give --dev dev-clean, or --dev-speakers to take speakers of $train" >&2
  exit 2
}

for number in "$first" "$last"; do
  [[ $number =~ ^[1-7]$ ]] || { echo "run.sh: there is no stage $number; they are 1 to 7" >&2; exit 2; }
done

# shellcheck source=../common.sh
. "$root/recipes/common.sh"
# shellcheck source=../stages.sh
. "$root/recipes/stages.sh"
data=$exp/data test_data=$exp/data-test g2p=$exp/g2p.arpa.gz
mkdir -p "$exp"
# Another program may give other results. A training goes on with a newer one, which its env.json tells.
program=$(cksum <"$linnet")

if stage 1 pronunciations "$lexicon" -- "$program"; then
  "$linnet" pronounce train "$lexicon" --out "$g2p"
  finished
fi

if stage 2 data "$lexicon" "$g2p" "${corpus[@]}" -- "$program" "$train" "$dev" "$dev_speakers"; then
  sets=$train speakers=()
  if [ -n "$dev_speakers" ]; then speakers=(--dev-speakers "$dev_speakers"); else sets=$train,$dev; fi
  partly "$linnet" prepare librispeech "${corpus[@]}" --sets "$sets" "${speakers[@]}" --lexicon "$lexicon" --pronounce "$g2p" --out "$data"
  finished
fi

# The test set lies apart, so that its words come into no lexicon that is searched, and another one changes no training.
if stage 2 test-data "$lexicon" "$g2p" "${corpus[@]}" -- "$program" "$test"; then
  partly "$linnet" prepare librispeech "${corpus[@]}" --sets "$test" --lexicon "$lexicon" --pronounce "$g2p" --out "$test_data"
  finished
fi

# The search knows the lexicon's words and those of the training transcripts and the text, or of the given model.
words=$exp/lm/lexicon.txt
# Texts that the development or the test set was read from are left out.
held_out=(--held-out "$data/$dev.jsonl" --held-out "$test_data/$test.jsonl")
if stage 3 language-model "$data" "$test_data" "$lexicon" "$g2p" "${text[@]}" ${lm:+"$lm"} -- "$program" "$train"; then
  mkdir -p "$exp/lm"
  "$linnet" ngram "$data/$train.jsonl" --counts "$exp/lm/train.txt"
  if [ -n "$lm" ]; then
    case "$lm" in *.gz) gzip -dc "$lm" ;; *.bz2) bzip2 -dc "$lm" ;; *.xz) xz -dc "$lm" ;; *) cat "$lm" ;; esac |
      awk '/^\\2-grams:/ { over = 1 } !over && NF >= 2 && $1 ~ /^-?[0-9.]+$/ { print $2, 1 }' | grep -v '^[<[]' >"$exp/lm/counts.txt"
  else
    "$linnet" ngram "${text[@]}" --normalise english --case upper --punctuation drop "${held_out[@]}" \
      --counts "$exp/lm/counts.txt"
  fi
  # In upper case, as transcripts and text are. Words of a text that occur once are often misprints; all others count.
  {
    awk '{ print toupper($1) }' "$lexicon" "$exp/lm/train.txt"
    awk -v least="$([ -n "$lm" ] && echo 1 || echo 2)" '$2 >= least { print $1 }' "$exp/lm/counts.txt"
  } >"$exp/lm/words.txt"
  partly "$linnet" pronounce "$g2p" --list "$exp/lm/words.txt" --lexicon "$lexicon" >"$words.part"
  mv "$words.part" "$words"
  if [ -z "$lm" ]; then
    "$linnet" ngram "$data/$train.jsonl" "${text[@]}" --normalise english "${held_out[@]}" --vocab "$words" --order 4 \
      --prune 0,0,1 --out "$exp/lm/4gram.arpa.gz" --eval "$data/$dev.jsonl"
  fi
  finished
fi
lm=${lm:-$exp/lm/4gram.arpa.gz}
# With so many words 100 prefixes lose a point of WER on dev that 200 find, and 1,000 find no more. A prefix that has
# fallen 14 below the best doesn't come back.
search=(--beam 200 --score-threshold 14 --lm "$lm" --lexicon "$words")

settings+=(--set "train.seed=$seed")
# A configuration and those that it extends.
extended() {
  local conf=$1 base
  while [ -n "$conf" ]; do
    echo "$conf"
    base=$(sed -n 's/^extends *= *"\(.*\)"/\1/p' "$conf")
    conf=${base:+$here/conf/$base}
  done
}
for kind in $kinds; do
  out=$exp/$kind-$seed
  mapfile -t confs < <(extended "$here/conf/$kind.toml")
  if stage 4 "train-$kind-$seed" "$data/$train.jsonl" "$data/$dev.jsonl" "$data/tokens.txt" "$data/lexicon.txt" \
    "${confs[@]}" -- "${settings[@]}"; then
    data_settings "$data" "$train" "$dev"
    [ -d "$out/checkpoints" ] || "$linnet" train "$here/conf/$kind.toml" --time="$time" "${settings[@]}" "${data_settings[@]}"
    train "$here/conf/$kind.toml" "$out" "$data" "$train" "$dev"
    finished
  fi
done

for kind in $kinds; do
  out=$exp/$kind-$seed
  if stage 5 "dev-$kind-$seed" "$out/model" "$lm" "$words" "$data/$dev.jsonl" -- "$program"; then
    partly "$linnet" decode "$out/model" "$data/$dev.jsonl" --out "$out/decode/dev"
    flags=$(partly "$linnet" tune "$out/model" "$data/$dev.jsonl" "${search[@]}" --cache-logits "$out/logits" \
      --out "$out/tune.json" --calibration "$out/calibration.json" | tail -n 1)
    echo "$flags" >"$out/flags.txt"
    eval "flags=($flags)" # they are quoted for a shell
    partly "$linnet" decode "$out/model" "$data/$dev.jsonl" "${flags[@]}" --out "$out/decode/dev-words"
    finished
  fi
done

for kind in $kinds; do
  out=$exp/$kind-$seed
  calibration=()
  [ ! -f "$out/calibration.json" ] || calibration=("$out/calibration.json")
  if stage 6 "test-$kind-$seed" "$out/model" "$out/flags.txt" "${calibration[@]}" "$lm" "$words" "$test_data/$test.jsonl" -- "$program"; then
    partly "$linnet" decode "$out/model" "$test_data/$test.jsonl" --out "$out/decode/$test"
    eval "flags=($(cat "$out/flags.txt"))"
    partly "$linnet" decode "$out/model" "$test_data/$test.jsonl" "${flags[@]}" --out "$out/decode/$test-words"
    finished
  fi
done

runs=() compared=()
for kind in $kinds; do
  run=$exp/$kind-$seed
  runs+=("$run")
  compared+=("$run/config.toml" "$run/metrics.jsonl" "$run/env.json" "$run/decode")
done
if stage 7 compare "${compared[@]}" -- "$program"; then
  "$linnet" compare "${runs[@]}" --out "$exp/report.html"
  finished
fi
