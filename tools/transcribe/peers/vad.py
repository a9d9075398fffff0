"""Seconds of speech that were missed and seconds without speech that were taken for it, beside silero-vad.

usage: vad.py DIR (as noise.py has written it, with RECORDING.json of each recording as `linnet transcribe` writes it)

Ours is where words were recognised, 0.2 s around each and gaps of up to 0.3 s between them included; silero-vad's are
its stretches of speech with its defaults.
"""
import json
import pathlib
import sys

import numpy as np
import soundfile
import torch
from silero_vad import get_speech_timestamps, load_silero_vad

FRAMES = 100  # a second
place = pathlib.Path(sys.argv[1])
torch.set_num_threads(1)
model = load_silero_vad(onnx=True)


def frames(spans, count):
    marks = np.zeros(count, bool)
    for start, end in spans:
        marks[max(round(start * FRAMES), 0):round(end * FRAMES)] = True
    return marks


def of_words(transcript, around=0.2, gap=0.3):
    spans = []
    for word in (word for segment in transcript["segments"] for word in segment["words"]):
        start, end = word["start"] - around, word["end"] + around
        if spans and start - spans[-1][1] <= gap:
            spans[-1][1] = end
        else:
            spans.append([start, end])
    return spans


print("| recording | Linnet's words: missed, false | silero-vad: missed, false |\n|---|---|---|")
for name in ["clean", "noise-20", "noise-10", "noise-0", "music-20", "music-10", "music-0"]:
    audio, rate = soundfile.read(place / f"{name}.wav", dtype="float32")
    count = len(audio) * FRAMES // rate
    truth = frames([map(float, line.split()) for line in open(place / "speech.txt")], count)
    theirs = get_speech_timestamps(torch.from_numpy(audio), model, sampling_rate=rate, return_seconds=True)
    theirs = frames([(span["start"], span["end"]) for span in theirs], count)
    ours = frames(of_words(json.loads((place / f"{name}.json").read_text())), count)
    cells = [f"{np.sum(truth & ~found) / FRAMES:.0f} s, {np.sum(~truth & found) / FRAMES:.0f} s" for found in (ours, theirs)]
    print(f"| {name} | {' | '.join(cells)} |")
print(f"\n{np.sum(truth) / FRAMES:.0f} s of speech, {np.sum(~truth) / FRAMES:.0f} s without")
