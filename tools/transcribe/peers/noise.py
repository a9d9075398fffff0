"""Joins a manifest's utterances with gaps of 1 to 4 s over noise or music that this script makes, at several levels.

usage: noise.py MANIFEST.jsonl SECONDS DIR

Writes DIR/{noise,music}-{20,10,0}.wav, and DIR/speech.txt: where speech is, a start and an end in seconds a line. The
level is that of the utterances' speech over the noise, in dB. Speech is where the clean recording is louder than 40 dB
below its loudest tenth of a second, gaps of up to 0.3 s within it included.
"""
import json
import pathlib
import sys

import numpy as np
import soundfile

RATE = 16000
manifest, seconds, place = sys.argv[1], float(sys.argv[2]), pathlib.Path(sys.argv[3])
place.mkdir(parents=True, exist_ok=True)
chance = np.random.default_rng(1)


def pink(count):
    """Noise whose power falls by 3 dB an octave."""
    spectrum = np.fft.rfft(chance.standard_normal(count))
    return np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 50)), count)


def tone(hertz, count):
    """A plucked string: twelve harmonics that die away, the higher ones sooner."""
    t = np.arange(count) / RATE
    parts = [np.sin(2 * np.pi * hertz * n * t) * np.exp(-t * (1.5 + n)) / n for n in range(1, 13) if hertz * n < RATE / 2]
    return np.sum(parts, axis=0)


def music(count):
    """Chords of four bars, a bass, a melody of chance, and a drum on each beat of half a second."""
    out, beat = np.zeros(count + 4 * RATE), RATE // 2
    chords = [(0, 4, 7), (9, 12, 16), (5, 9, 12), (7, 11, 14)]
    note = lambda semitone: 220 * 2 ** (semitone / 12)
    for number, at in enumerate(range(0, count, beat)):
        chord = chords[number // 4 % 4]
        sounds = [tone(note(chord[0] - 12), 3 * beat)] if number % 2 == 0 else []
        sounds += [tone(note(step), 4 * beat) for step in chord] if number % 4 == 0 else []
        sounds.append(tone(note(12 + chance.choice(chord)), beat))
        drum = chance.standard_normal(beat // 4) * np.exp(-np.arange(beat // 4) / 400)
        for sound in [*sounds, drum]:
            out[at:at + len(sound)] += sound
    return out[:count]


def speech(audio):
    """The stretches of speech of a clean recording, in samples."""
    frame = RATE // 100
    power = np.convolve(np.add.reduceat(audio ** 2, range(0, len(audio), frame)) / frame, np.ones(5) / 5, "same")
    loud = np.mean(np.sort(power)[-10:])
    spoken = np.flatnonzero(power > loud * 1e-4)
    ends = np.flatnonzero(np.diff(spoken) > 30)
    starts = [spoken[0], *spoken[ends + 1]]
    return [(a * frame, (b + 1) * frame) for a, b in zip(starts, [*spoken[ends], spoken[-1]])]


pieces, spans, at, power, spoken = [], [], 0, 0.0, 0
for line in open(manifest):
    audio, _ = soundfile.read(json.loads(line)["audio_filepath"], dtype="float32")
    gap = int(chance.uniform(1, 4) * RATE)
    pieces += [np.zeros(gap, np.float32), audio]
    at += gap
    for a, b in speech(audio):
        spans.append(((at + a) / RATE, (at + b) / RATE))
        power += float(np.sum(audio[a:b] ** 2))
        spoken += b - a
    at += len(audio)
    if at >= seconds * RATE:
        break
clean = np.concatenate(pieces)
for name, behind in [("noise", pink(len(clean))), ("music", music(len(clean)))]:
    behind *= np.sqrt(power / spoken / np.mean(behind ** 2))
    for level in [20, 10, 0]:
        mixed = clean + behind * 10 ** (-level / 20)
        soundfile.write(place / f"{name}-{level}.wav", mixed * min(1, 0.99 / np.abs(mixed).max()), RATE, subtype="PCM_16")
soundfile.write(place / "clean.wav", clean, RATE, subtype="PCM_16")
(place / "speech.txt").write_text("".join(f"{a:.3f} {b:.3f}\n" for a, b in spans))
print(f"{at / RATE:.0f} s, {spoken / RATE:.0f} s of them speech")
