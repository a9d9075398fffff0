#!/usr/bin/env bash
# The page of a transcript, and those of `score` and `compare`, in a browser: see README.md.
source "$(dirname "$0")/common.sh"
rm -rf "$place/in" "$place/out"
mkdir -p "$place/in"
"$linnet" --quiet convert "${recordings[5]}" --out "$place/piece.wav"
python3 - "$place/piece.wav" "$place/in/four.wav" <<'PYTHON'
import sys, wave
piece, out = sys.argv[1:]
with wave.open(piece) as source:
    samples, kind = source.readframes(source.getnframes()), source.getparams()
with wave.open(out, "wb") as target:
    target.setparams(kind)
    target.writeframes((samples + bytes(48000)) * 4)
PYTHON
[ -d "$place/venv" ] || { python3 -m venv "$place/venv"; "$place/venv/bin/pip" -q install playwright==1.65.2; }
export CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
[ -n "$CHROMIUM" ] || { "$place/venv/bin/playwright" install chromium; unset CHROMIUM; }
"$linnet" --quiet transcribe "$model" "$place/in" --beam 50 --nbest 8 --format html,json,trn --out "$place/out"
# A text with an error or two to score against.
sed 's/^\([A-Z]*\) /\1X /' "$place/out/four.trn" >"$place/ref.trn"
"$linnet" --quiet score --ref "$place/ref.trn" --hyp "$place/out/four.trn" --html "$place/score.html" >"$place/score.txt"
"$linnet" --quiet compare "$here/recipes/an4/studies/kinds.toml" --no-train --out "$place/compare.html" >"$place/compare.txt"
"$place/venv/bin/python" "$(dirname "$0")/page.py" "$place/out/four.html" "$place/out/four.json" "$place/pictures" \
    "$place/score.html" "$place/compare.html" || fail "see above"
echo "the pages work by keyboard and pointer, light, dark and narrow: see $place/pictures"
