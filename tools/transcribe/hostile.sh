#!/usr/bin/env bash
# Transcribes 1,000 files of which 100 are no recordings: see README.md.
source "$(dirname "$0")/common.sh"
rm -rf "$place/in" "$place/out"
mkdir -p "$place/in"
cd "$place/in"

# Good ones: in 30 folders, also under odd names.
for ((i = 0; i < 900; i++)); do
    folder="speaker $((i % 30))"
    mkdir -p "$folder"
    from=${recordings[$((i % ${#recordings[@]}))]}
    case $((i % 9)) in
    0) name="it's \"$i\".wv1" ;;
    1) name="-n $i.sph" ;;
    2) name=$'tab\t'"$i.wv1" ;;
    3) name="überall $i.wav" ;;
    *) name="$i.wv1" ;;
    esac
    cp -- "$from" "./$folder/$name"
done

# The header of a WAV file: rate, channels, bits, coding, bytes of samples.
little() { local n=$1 i; for ((i = 0; i < $2; i++)); do printf "\\x$(printf %02x $((n & 255)))"; n=$((n >> 8)); done; }
wav() {
    printf RIFF; little $((36 + $5)) 4; printf 'WAVEfmt '; little 16 4; little "$4" 2; little "$2" 2
    little "$1" 4; little $(($1 * $2 * $3 / 8)) 4; little $(($2 * $3 / 8)) 2; little "$3" 2; printf data; little "$5" 4
}
sphere() { printf 'NIST_1A\n   1024\n%send_head\n' "$1" | dd bs=1024 conv=sync status=none; }
fields=$'channel_count -i 1\nsample_rate -i 16000\nsample_n_bytes -i 2\n'

for ((i = 0; i < 100; i++)); do
    name="speaker $((i % 30))/bad $i"
    case $((i % 20)) in
    0) : >"$name.wav" ;;
    1) head -c $((i * 97)) /dev/urandom >"$name.mp3" ;;
    2) echo "this is no audio" >"$name.flac" ;;
    3) wav 16000 1 16 1 0 >"$name.wav" ;;
    4) wav 0 1 16 1 3200 >"$name.wav"; head -c 3200 /dev/zero >>"$name.wav" ;;
    5) wav 16000 0 16 1 3200 >"$name.wav"; head -c 3200 /dev/zero >>"$name.wav" ;;
    6) wav 16000 1 16 4095 3200 >"$name.wav"; head -c 3200 /dev/zero >>"$name.wav" ;;
    7) wav 16000 1 32 3 64000 >"$name.wav"; for ((k = 0; k < 16000; k++)); do printf '\x00\x00\xc0\x7f'; done >>"$name.wav" ;;
    8) wav 16000 1 16 1 20 >"$name.wav"; head -c 20 /dev/zero >>"$name.wav" ;;
    9) sphere "${fields}sample_count -i 99999999"$'\n' >"$name.sph" ;;
    10) sphere "${fields}sample_coding -s3 gsm"$'\n' >"$name.sph"; head -c 9000 /dev/zero >>"$name.sph" ;;
    11) { sphere "${fields}sample_count -i 4000"$'\nsample_coding -s26 pcm,embedded-shorten-v2.00\n'; printf 'ajkg\x02'; head -c 900 /dev/urandom; } >"$name.wv1" ;;
    12) head -c 30 "${recordings[0]}" >"$name.wv1" ;;
    13) { printf 'fLaC\0\0\0\x22'; head -c 34 /dev/zero; head -c 4000 /dev/urandom; } >"$name.flac" ;;
    14) { printf 'OggS\0\x02'; head -c 5000 /dev/urandom; } >"$name.ogg" ;;
    15) { printf '\0\0\0\x18ftypM4A \0\0\0\0M4A mp42\xff\xff\xff\xf0moov'; head -c 5000 /dev/urandom; } >"$name.m4a" ;;
    16) { printf '\x1a\x45\xdf\xa3\x01\xff\xff\xff\xff\xff\xff\xff'; head -c 5000 /dev/urandom; } >"$name.webm" ;;
    17) { printf '\x30\x26\xb2\x75\x8e\x66\xcf\x11'; head -c 500 /dev/zero; } >"$name.wma" ;;
    18) ln -s "nowhere at all" "$name.wav" ;;
    19) { printf 'FORM\0\0\x10\0AIFFCOMM\xff\xff\xff\xff'; head -c 500 /dev/urandom; } >"$name.aiff" ;;
    esac
done

set +e
timeout 600 "$linnet" transcribe "$model" "$place/in" --format text,json --out "$place/out" --summary 2>"$place/log"
code=$?
set -e
results=$(find "$place/out" -name '*.txt' | wc -l)
named=$(grep -c '^warning: .*/bad [0-9]*\.' "$place/log" || true)
panics=$(grep -c 'panicked\|fault of the program' "$place/log" || true)
tail -2 "$place/log"
echo "$results results, $named files named, exit code $code, $panics faults of the program"
[ "$code" = 3 ] && [ "$results" = 900 ] && [ "$named" = 100 ] || fail "see $place/log"
again=$(timeout 600 "$linnet" transcribe "$model" "$place/in" --format text,json --out "$place/out" 2>&1 >/dev/null || true)
grep -q '900 recordings were done before' <<<"$again" || fail "a rerun does again what is done"
