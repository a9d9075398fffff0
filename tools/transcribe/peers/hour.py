"""Joins a manifest's utterances in their order, until they last so many seconds, as WAV at 16 kHz, and their texts.

usage: hour.py MANIFEST.jsonl SECONDS OUT.wav OUT.txt

Utterances of a LibriSpeech chapter are pieces of one reading, cut at pauses: joined, they have the reader's own pauses.
"""
import json
import sys

import numpy as np
import soundfile

manifest, seconds, wav, text = sys.argv[1], float(sys.argv[2]), sys.argv[3], sys.argv[4]
samples, lines, total = [], [], 0.0
for line in open(manifest):
    entry = json.loads(line)
    audio, rate = soundfile.read(entry["audio_filepath"], dtype="float32")
    assert rate == 16000 and audio.ndim == 1, entry["audio_filepath"]
    samples.append(audio)
    lines.append(entry["text"])
    total += len(audio) / rate
    if total >= seconds:
        break
soundfile.write(wav, np.concatenate(samples), 16000, subtype="PCM_16")
open(text, "w").write("\n".join(lines) + "\n")
print(f"{len(lines)} utterances, {total:.1f} s, {sum(len(line.split()) for line in lines)} words")
