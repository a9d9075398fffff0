#!/usr/bin/env bash
# Subtitles and TextGrids of short, long, two-channel and silent recordings, read by public parsers: see README.md.
source "$(dirname "$0")/common.sh"
rm -rf "$place/in" "$place/out"
mkdir -p "$place/in"
cp -- "${recordings[@]}" "$place/in"
"$linnet" --quiet convert "${recordings[5]}" --out "$place/piece.wav"
python3 - "$place/piece.wav" "$place/in" <<'PYTHON'
import sys, wave
piece, folder = sys.argv[1:]
with wave.open(piece) as source:
    samples, kind = source.readframes(source.getnframes()), source.getparams()
def write(name, frames, channels=1):
    with wave.open(f"{folder}/{name}", "wb") as target:
        target.setparams(kind._replace(nchannels=channels))
        target.writeframes(frames)
write("long.wav", (samples + bytes(9000)) * 60)
write("silence.wav", bytes(160000))
both = b"".join(samples[i:i + 2] + samples[-i - 2:len(samples) - i] for i in range(0, len(samples), 2))
write("call.wav", both, 2)
PYTHON
[ -d "$place/venv" ] || { python3 -m venv "$place/venv"; "$place/venv/bin/pip" -q install srt==3.5.3 webvtt-py==0.5.1 pysubs2==1.8.1 praatio==6.2.2 TextGrid==1.6.1; }
formats=json,srt,vtt,TextGrid
"$linnet" --quiet transcribe "$model" "$place/in" --format $formats --out "$place/out/mix"
"$linnet" --quiet transcribe "$model" "$place/in/call.wav" --channels each --format $formats --out "$place/out/each"
"$linnet" --quiet transcribe "$model" "$place/in/long.wav" --offset 60 --duration 30 --format $formats --out "$place/out/part"
"$place/venv/bin/python" "$(dirname "$0")/parsers.py" "$place/out"
echo "all parsers read all files and agree"
