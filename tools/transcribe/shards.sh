#!/usr/bin/env bash
# Transcribes 568 recordings by an array of 8 shards, three of which are killed and started again: see README.md.
source "$(dirname "$0")/common.sh"
count=568 shards=8
rm -rf "$place/in" "$place/out" "$place/whole" "$place/parallel"
mkdir -p "$place/in"
(cd "$here/data/mini" && find . -name '*.wv1' | sort | head -n $count | tar -c -T -) | tar -x -C "$place/in"
run=("$linnet" --threads 1 --quiet transcribe "$model" "$place/in" --format text,json --jobs 1 --out)
RANDOM=${SEED:-1}

# A task of a Slurm array, from 0 as it may be.
task() {
    SLURM_ARRAY_TASK_ID=$1 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=$((shards - 1)) \
        SLURM_ARRAY_TASK_COUNT=$shards exec "${run[@]}" "$place/out" --shard auto
}
# What a journal notes, or all do.
# A recording is noted before its files are written, too, as failed.
noted() { cat "$place/out"/done.$1.jsonl 2>/dev/null | grep -vc '"failed":' || true; }
# What `--check` says must agree with its exit code.
check() {
    local code=0
    "${run[@]}" "$1" --check >"$place/left" || code=$?
    local left
    left=$(wc -l <"$place/left")
    [ $code -eq $((left > 0 ? 3 : 0)) ] || fail "--check ends with $code and lists $left"
    echo "$left"
}

[ "$(check "$place/out")" -eq $count ] || fail "before the first run not all are missing"
[ ! -e "$place/out" ] || fail "--check has written"
declare -A process
for ((i = 0; i < shards; i++)); do
    task $i &
    process[$i]=$!
done
# kill_after SHARD N: kills it when it has done so many of its about 71.
kill_after() {
    while [ "$(noted $(($1 + 1))-of-$shards)" -lt "$2" ] && kill -0 "${process[$1]}" 2>/dev/null; do sleep 0.01; done
    kill -9 "${process[$1]}"
}
mapfile -t again < <(shuf -i 0-$((shards - 1)) -n 3 --random-source=<(yes "${SEED:-1}"))
killers=()
for i in "${again[@]}"; do
    kill_after "$i" $((1 + RANDOM % 40)) &
    killers+=($!)
done
for killer in "${killers[@]}"; do wait "$killer" || fail "a shard was over before it could be killed"; done
for ((i = 0; i < shards; i++)); do
    wait "${process[$i]}" 2>/dev/null || [[ " ${again[*]} " = *" $i "* ]] || fail "shard $i ended with $?"
done
left=$(check "$place/out")
[ "$left" -gt 0 ] || fail "the shards that were killed have left nothing"
[ "$left" -eq $((count - $(noted '*'))) ] || fail "--check lists $left, but the journals note $(noted '*')"
! cut -f 1 "$place/left" | grep -qvx missing || fail "something is stale, or has failed"
for i in "${again[@]}"; do
    task "$i" &
done
for _ in "${again[@]}"; do wait -n || fail "a shard that was started again ended with $?"; done
[ "$(check "$place/out")" -eq 0 ] || fail "in the end some are missing"

# Once each: in the journals, and as what one process writes.
twice=$(cat "$place/out"/done.*.jsonl | grep -v '"failed":' | grep -o '"input":"[^"]*"' | sort | uniq -d | wc -l)
[ "$(noted '*')" -eq $count ] && [ "$twice" -eq 0 ] || fail "$(noted '*') are noted, $twice of them twice"
"${run[@]}" "$place/whole"
diff -rq -x 'done.*' "$place/whole" "$place/out" || fail "the results differ from those of one process"
echo "$count recordings, $shards shards, ${#again[@]} killed when $left were left: each is transcribed once, none is missing"

if command -v parallel >/dev/null; then
    seq $shards | parallel -j 2 "${run[@]@Q}" "${place@Q}/parallel" --shard {}/$shards
    [ "$(check "$place/parallel")" -eq 0 ] || fail "after GNU parallel some are missing"
    diff -rq -x 'done.*' "$place/whole" "$place/parallel" || fail "the results of GNU parallel differ"
    echo "GNU parallel: the same"
fi
