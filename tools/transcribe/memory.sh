#!/usr/bin/env bash
# Peak memory on recordings of 10 minutes, 1 hour and 10 hours in several formats: see README.md.
#
# Own memory is what the process has written; mapped is what it has looked at of files, as the program itself and the compact
# form of an n-gram model, which the system may drop and which processes share. Both are looked at 20 times a second.
source "$(dirname "$0")/common.sh"
formats=${FORMATS:-wav flac mp3 ogg opus sph m4a}
read -ra search <<<"${SEARCH:---greedy}"

# peak COMMAND…: runs it and sets own and mapped, the most kilobytes of either.
peak() {
    local pid kind value
    own=0 mapped=0
    "$@" &
    pid=$!
    while kill -0 $pid 2>/dev/null; do
        while read -r kind value _; do
            case $kind in
            RssAnon:) own=$((value > own ? value : own)) ;;
            RssFile:) mapped=$((value > mapped ? value : mapped)) ;;
            esac
        done < <(cat "/proc/$pid/status" 2>/dev/null)
        sleep 0.05
    done
    wait $pid || fail "$*"
}
"$linnet" --quiet convert "${recordings[5]}" --out "$place/piece.wav"
for seconds in ${LENGTHS:-600 3600 36000}; do
    for format in $formats; do
        file="$place/long.$format"
        case $format in
        sph) sox "$place/piece.wav" -t sph "$file" repeat $((seconds / 4)) trim 0 "$seconds" ;;
        *) ffmpeg -loglevel error -y -stream_loop -1 -i "$place/piece.wav" -t "$seconds" "$file" ;;
        esac
        begun=$(date +%s.%N)
        peak "$linnet" --quiet transcribe "$model" "$file" --format json "${search[@]}" >"$place/json"
        took=$(printf '%.1f' "$(echo "$(date +%s.%N) - $begun" | bc)")
        bytes=$(stat -c %s "$file")
        echo "$format $seconds s: $((own / 1024)) MB of its own and $((mapped / 1024)) MB mapped at most, $took s; the file has $((bytes >> 20)) MB"
        rm "$file"
    done
done
