#!/usr/bin/env bash
# Tries the scripts here on a Slurm of one node (one-node.sh), with the embedded corpus. A training on two ranks meets its
# limit, is put back into the queue, has a rank killed and is cancelled, and ends with the model of one undisturbed
# process. A study is an array, one of whose tasks meets its limit. An array transcribes, one task meets its limit, one is
# put back, one is killed, and the same array does the rest. Minutes; as root.
#
#   recipes/slurm/check.sh FOLDER
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
folder=$(mkdir -p "${1:?usage: recipes/slurm/check.sh FOLDER}" && cd "$1" && pwd)
# shellcheck source=../../tools/ranks/common.sh
. "$root/tools/ranks/common.sh"
export LINNET=$root LINNET_PROGRAM=$linnet
settings=$("$here/one-node.sh" "$folder/slurm" 8)
eval "$settings"
# shellcheck disable=SC2064
trap "'$here/one-node.sh' '$folder/slurm' --stop" EXIT
cd "$folder"
[ -f data/tokens.txt ] ||
  "$linnet" --quiet prepare wsj "$root/data/mini" --lexicon "$root/data/mini/lexicon.txt" --out data || [ $? -eq 3 ]
mkdir -p conf studies
cat >conf/base.toml <<TOML
[data]
train = "$folder/data/train_si84.jsonl"
dev = "$folder/data/test_dev93.jsonl"
tokens = "$folder/data/tokens.txt"
lexicon = "$folder/data/lexicon.txt"
[features]
bands = 40
[model]
subsampling = 4
channels = 8
layers = 2
dim = 48
heads = 4
feed_forward = 96
[train]
epochs = 12
average = 2
pieces = 2
batch_seconds = 60
TOML
cat >studies/kinds.toml <<TOML
base = "../conf/base.toml"
sets = { train = "train_si84", dev = "test_dev93" }
seeds = [0, 1]
[[kind]]
name = "softmax"
model.mixer = "softmax"
[[kind]]
name = "linear"
model.mixer = "linear"
TOML
epochs() { cat "$1/metrics.jsonl" 2>/dev/null | wc -l; }
# until_epoch EXP N: waits until a run has done so many epochs.
until_epoch() {
  for _ in $(seq 1200); do
    [ "$(epochs "$1")" -lt "$2" ] || return 0
    sleep 0.1
  done
  echo "$1 doesn't come to epoch $2" >&2
  exit 1
}
# finished JOB: waits until a job is over, and prints how.
finished() {
  for _ in $(seq 600); do
    state=$(scontrol show job "$1" -o | grep -oE 'JobState=[A-Z]+' | sort -u | tr '\n' ' ')
    case $state in *PENDING* | *RUNNING* | *COMPLETING* | *REQUEUE*) sleep 0.5 ;; *) break ;; esac
  done
  echo "$state"
}

# submit SCRIPT-AND-OPTIONS…: the job's number.
submit() { sbatch --parsable "$@"; }
# expect JOB STATE: fails unless a job ends so.
expect() {
  local state
  state=$(finished "$1")
  [ "$state" = "JobState=$2 " ] || { echo "job $1 is $state, not $2" >&2; exit 1; }
}

echo "== a training on two ranks"
rm -rf straight shared train.log
"$linnet" --quiet train conf/base.toml --out straight
training=(--ntasks=2 --output=train.log "$here/train.sh" conf/base.toml shared)
job=$(submit "${training[@]}")
until_epoch shared 2
scancel --signal=USR1 "$job" # as the limit does
until_epoch shared 4
scontrol requeue "$job" # as a node that fails does
until_epoch shared 6
kill -9 "$(victim shared)"
expect "$job" FAILED
job=$(submit "${training[@]}")
until_epoch shared 8
scancel "$job"
expect "$job" CANCELLED
job=$(submit "${training[@]}")
expect "$job" COMPLETED
cmp straight/model/model.safetensors shared/model/model.safetensors
[ "$(grep -c "goes back into the queue" train.log)" -eq 1 ]
echo "   the model of one process"

echo "== a study as an array"
rm -rf exp results study-*.log
"$linnet" --quiet compare studies/kinds.toml --data data --list >runs
[ "$(wc -l <runs)" -eq 4 ]
job=$(submit --array=1-4 --output=study-%a.log "$here/study.sh" runs studies/kinds.toml --data data)
until_epoch exp/kinds/linear-seed0 2
scancel --signal=USR1 "${job}_3"
expect "$job" COMPLETED
[ -z "$("$linnet" --quiet compare studies/kinds.toml --data data --list)" ]
grep -q "goes back into the queue" study-3.log
"$linnet" --quiet compare studies/kinds.toml --data data --no-train
echo "   every run is done"

echo "== transcription as an array"
rm -rf texts whole transcribe-*.log
model=$root/data/golden/recognizer recordings=$root/data/mini
# done_in JOURNAL...: the recordings that journals note as done; before its files are written, each is noted as failed.
done_in() { cat "$@" 2>/dev/null | grep -vc '"failed":' || true; }
# noted SHARD N: waits until a shard has done so many.
noted() {
  for _ in $(seq 1200); do
    [ "$(done_in "texts/done.$1-of-4.jsonl")" -lt "$2" ] || return 0
    sleep 0.05
  done
  echo "shard $1 doesn't come to $2 recordings" >&2
  exit 1
}
transcription=("$here/transcribe.sh" --quiet "$model" "$recordings" --out texts --jobs 1)
job=$(submit --array=0-3 --output=transcribe-%a.log "${transcription[@]}")
noted 2 10
scancel --signal=USR1 "${job}_1"
noted 3 10
scontrol requeue "${job}_2"
noted 4 10
kill -9 "$(victim "$recordings" | head -n 1)"
finished "$job"
left=$("$linnet" --quiet transcribe "$model" "$recordings" --out texts --check) && code=0 || code=$?
[ "$code" -eq 3 ] || { echo "after a task was killed --check ends with $code" >&2; exit 1; }
echo "   a task was killed: $(wc -l <<<"$left") recordings are left"
job=$(submit --array=0-3 --output=transcribe-%a.log "${transcription[@]}")
expect "$job" COMPLETED
"$linnet" --quiet transcribe "$model" "$recordings" --out texts --check
[ "$(done_in texts/done.*.jsonl)" -eq "$(find texts -name '*.txt' | wc -l)" ]
"$linnet" --quiet transcribe "$model" "$recordings" --out whole
diff -rq -x 'done.*' whole texts
echo "   each recording once, the texts of one process"
