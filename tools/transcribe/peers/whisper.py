"""Transcribes a recording with faster-whisper; prints its seconds, without those of loading, to standard error.

usage: whisper.py MODEL_FOLDER RECORDING THREADS
"""
import sys
import time

from faster_whisper import WhisperModel

model = WhisperModel(sys.argv[1], device="cpu", compute_type="int8", cpu_threads=int(sys.argv[3]), num_workers=1)
begun = time.monotonic()
segments, _ = model.transcribe(sys.argv[2], language="en", beam_size=1)
print(" ".join(segment.text.strip() for segment in segments))
print(f"{time.monotonic() - begun:.1f} s", file=sys.stderr)
