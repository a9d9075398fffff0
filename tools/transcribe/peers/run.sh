#!/usr/bin/env bash
# Speed and word errors on an hour of speech, and voice activity under noise and music, beside other programs.
#
#     tools/transcribe/peers/run.sh DIR MODEL MANIFEST LM LEXICON WHISPER [hour|quarter|vad]
#
# MODEL is a model folder, MANIFEST the utterances that are joined (LibriSpeech's test-clean), LM and LEXICON the word
# model, WHISPER a folder with faster-whisper's tiny.en. Peers are installed from PyPI into DIR/venv. All have THREADS
# threads (2) but pocketsphinx, which knows one.
set -euo pipefail
[ $# -ge 6 ] || { sed -n '4p' "$0" | cut -c3-; exit 2; }
mkdir -p "$1"
place=$(cd "$1" && pwd)
model=$(realpath "$2") manifest=$(realpath "$3") lm=$(realpath "$4") lexicon=$(realpath "$5") whisper=$(realpath "$6")
here=$(cd "$(dirname "$0")" && pwd)
linnet=$(realpath "${LINNET:-$here/../../../target/release/linnet}")
threads=${THREADS:-2}
weights=${WEIGHTS:---lm-weight 1.25 --word-bonus 1 --unknown-penalty -10 --token-threshold -7 --score-threshold 30}
[ -d "$place/venv" ] || { python3 -m venv "$place/venv"; "$place/venv/bin/pip" -q install -r "$here/requirements.txt"; }
python=$place/venv/bin/python
words=(--lm "$lm" --lexicon "$lexicon" $weights --beam "${BEAM:-100}")
timed() { /usr/bin/time -f "$1: %e s, %U s of processor time, %M kB" "${@:2}"; }

# The first so many seconds, under a name.
recording() { [ -f "$1.wav" ] || "$python" "$here/hour.py" "$manifest" "$2" "$1.wav" "$1.txt"; }
transcribe() { timed "Linnet, $1" "$linnet" --quiet --threads "$threads" transcribe "$model" "$2.wav" "${@:3}" | cut -f 2; }
whisper() { timed "faster-whisper tiny.en" "$python" "$here/whisper.py" "$whisper" "$1.wav" "$threads"; }

hour() {
    recording hour 3600
    transcribe greedy hour --greedy >hour.greedy
    transcribe "words of its lexicon" hour >hour.lexicon
    transcribe "word model" hour "${words[@]}" >hour.words
    whisper hour >hour.whisper
    "$python" "$here/wer.py" hour.txt hour.lexicon hour.words hour.whisper
}

quarter() {
    recording quarter 900
    transcribe "word model" quarter "${words[@]}" >quarter.words
    timed pocketsphinx "$python" "$here/sphinx.py" quarter.wav >quarter.sphinx
    whisper quarter >quarter.whisper
    "$python" "$here/wer.py" quarter.txt quarter.words quarter.sphinx quarter.whisper
}

vad() {
    [ -f vad/speech.txt ] || "$python" "$here/noise.py" "$manifest" 600 vad
    "$linnet" --quiet --threads "$threads" transcribe "$model" vad "${words[@]}" --format json --out vad
    "$python" "$here/vad.py" vad
}

cd "$place"
for part in ${7:-hour quarter vad}; do "$part"; done
