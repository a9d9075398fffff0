"""Transcribes a WAV file at 16 kHz with pocketsphinx's own model, cut by its own detector of speech; prints its
seconds, without those of loading, to standard error. It has one thread.

usage: sphinx.py RECORDING
"""
import io
import sys
import time
import wave

from pocketsphinx import Decoder, Segmenter

with wave.open(sys.argv[1], "rb") as recording:
    rate, samples = recording.getframerate(), io.BytesIO(recording.readframes(recording.getnframes()))
decoder = Decoder(loglevel="FATAL")
begun = time.monotonic()
words = []
for segment in Segmenter(sample_rate=rate).segment(samples):
    decoder.start_utt()
    decoder.process_raw(segment.pcm, full_utt=True)
    decoder.end_utt()
    if decoder.hyp():
        words.append(decoder.hyp().hypstr)
print(" ".join(words))
print(f"{time.monotonic() - begun:.1f} s", file=sys.stderr)
