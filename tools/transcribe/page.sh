#!/usr/bin/env bash
# The page of a transcript, and those of `score` and `compare`, in a browser: see README.md.
source "$(dirname "$0")/common.sh"
rm -rf "$place/in" "$place/pieces" "$place/out"
mkdir -p "$place/in" "$place/pieces"
for recording in "${recordings[@]}"; do
    "$linnet" --quiet convert "$recording" --out "$place/pieces/$(basename "$recording" .wv1).wav"
done
python3 - "$place/in/news.wav" "$place"/pieces/*.wav <<'PYTHON'
import sys, wave
with wave.open(sys.argv[1], "wb") as target:
    for number, piece in enumerate(sys.argv[2:]):
        with wave.open(piece) as source:
            if number == 0:
                target.setparams(source.getparams())
            target.writeframes(source.readframes(source.getnframes()) + bytes(48000))
PYTHON
[ -d "$place/venv" ] || { python3 -m venv "$place/venv"; "$place/venv/bin/pip" -q install playwright==1.65.2; }
export CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
[ -n "$CHROMIUM" ] || { "$place/venv/bin/playwright" install chromium; unset CHROMIUM; }
model=$(realpath "$model") linnet=$(realpath "$linnet")
(cd "$place" && "$linnet" --quiet transcribe "$model" in --beam 50 --nbest 8 --format html,json,trn --out out)
# A text with an error or two to score against.
sed 's/^\([A-Z]*\) /\1X /' "$place/out/news.trn" >"$place/ref.trn"
"$linnet" --quiet score --ref "$place/ref.trn" --hyp "$place/out/news.trn" --html "$place/score.html" >"$place/score.txt"
"$linnet" --quiet compare "$here/recipes/an4/studies/kinds.toml" --no-train --out "$place/compare.html" >"$place/compare.txt"
"$place/venv/bin/python" "$(dirname "$0")/page.py" "$place/out/news.html" "$place/out/news.json" "$place/pictures" \
    "$place/score.html" "$place/compare.html" || fail "see above"
echo "the pages work by keyboard and pointer, light, dark and narrow: see $place/pictures"
