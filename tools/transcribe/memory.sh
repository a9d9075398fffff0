#!/usr/bin/env bash
# Peak memory on recordings of 10 minutes, 1 hour and 10 hours in several formats: see README.md.
source "$(dirname "$0")/common.sh"
formats=${FORMATS:-wav flac mp3 ogg opus sph m4a}
"$linnet" --quiet convert "${recordings[5]}" --out "$place/piece.wav"
for seconds in ${LENGTHS:-600 3600 36000}; do
    for format in $formats; do
        file="$place/long.$format"
        case $format in
        sph) sox "$place/piece.wav" -t sph "$file" repeat $((seconds / 4)) trim 0 "$seconds" ;;
        *) ffmpeg -loglevel error -y -stream_loop -1 -i "$place/piece.wav" -t "$seconds" "$file" ;;
        esac
        /usr/bin/time -f '%M %e' -o "$place/time" "$linnet" --quiet transcribe "$model" "$file" --format json --greedy >"$place/json"
        read -r kilobytes took <"$place/time"
        bytes=$(stat -c %s "$file")
        echo "$format $seconds s: $((kilobytes / 1024)) MB at most, $took s; the file has $((bytes >> 20)) MB"
        rm "$file"
    done
done
