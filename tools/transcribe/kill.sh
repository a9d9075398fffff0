#!/usr/bin/env bash
# Kills a run at 20 random moments and compares what it has written with what an undisturbed run writes: see README.md.
source "$(dirname "$0")/common.sh"
rm -rf "$place/in" "$place/out" "$place/whole"
mkdir -p "$place/in/short"
cp -- "${recordings[@]}" "$place/in/short"
# Long ones: what `convert` makes of one recording's samples, many times over.
"$linnet" --quiet convert "${recordings[5]}" --out "$place/piece.wav"
for minutes in ${MINUTES:-30 90}; do
    python3 - "$place/piece.wav" "$place/in/long $minutes.wav" "$minutes" <<'PYTHON'
import sys, wave
piece, out, minutes = sys.argv[1], sys.argv[2], int(sys.argv[3])
with wave.open(piece) as source:
    samples, kind = source.readframes(source.getnframes()), source.getparams()
with wave.open(out, "wb") as target:
    target.setparams(kind)
    for number in range(int(60 * minutes * kind.framerate / (len(samples) / 2 + 9000))):
        target.writeframes(samples + bytes(2 * (6000 + number % 7 * 1000)))
PYTHON
done
run=("$linnet" --quiet transcribe "$model" "$place/in" --format "text,json,srt,ctm" --jobs 2 --out)
begun=$(date +%s.%N)
"${run[@]}" "$place/whole"
took=$(echo "$(date +%s.%N) - $begun" | bc)
RANDOM=${SEED:-1}
kept=0
mkdir -p "$place/out"
for ((i = 1; i <= 20; i++)); do
    "${run[@]}" "$place/out" 2>/dev/null &
    pid=$!
    # At most a fifth of the whole at a time, so that the last still meets work.
    sleep "$(echo "scale=4; $took * $RANDOM / 32767 / 5" | bc)"
    kill -9 $pid 2>/dev/null || true
    wait $pid 2>/dev/null || true
    kept=$((kept + $(find "$place/out" -name '*.resume' 2>/dev/null | wc -l)))
done
"${run[@]}" "$place/out"
# The order in which they were done may be another.
for folder in whole out; do sort "$place/$folder/done.jsonl" | uniq >"$place/$folder.done"; rm "$place/$folder/done.jsonl"; done
diff -rq "$place/whole" "$place/out" || fail "the results differ"
echo "20 times killed within ${took} s of work, $kept times within a long recording: the results are the same"
