"""A chord in containers and codecs, and what FFmpeg decodes it to, for linnet-audio.

Reads crates/audio/tests/data/chord.pcm (16-bit samples at 16 kHz), writes chord.* beside it, and of each lossy one
every 16th sample as FFmpeg decodes it to 16 bits (`NAME.decoded`, little-endian). libopus decodes Opus.

FFmpeg 5.1.9 (Debian 12) with its own AAC, ALAC and MP2 encoders, libopus 1.3.1, libvorbis 1.3.7, libspeex 1.2.1.

    python3 tools/golden/containers.py
"""

import subprocess
from pathlib import Path

DATA = Path(__file__).parents[2] / "crates/audio/tests/data"
EXACT = "-map_metadata -1 -fflags +bitexact -flags:a +bitexact"
FILES = {
    "chord.m4a": "-c:a aac -b:a 48k",
    "chord_fragments.mp4": "-c:a aac -b:a 48k -movflags +frag_keyframe+empty_moov",
    "chord_opus.mp4": "-c:a libopus -b:a 24k",
    "chord_alac.m4a": "-c:a alac",
    "chord_alac.caf": "-c:a alac",
    "chord.aac": "-c:a aac -b:a 48k",
    "chord.mkv": "-c:a aac -b:a 48k",
    "chord.webm": "-c:a libopus -b:a 24k",
    "chord_vorbis.webm": "-c:a libvorbis -q:a 0",
    "chord.opus": "-c:a libopus -b:a 24k",
    "chord.mp2": "-c:a mp2 -b:a 48k",
    "chord.spx": "-c:a libspeex",
}
LOSSLESS = {"chord_alac.m4a", "chord_alac.caf"}
UNREAD = {"chord.spx"}


def ffmpeg(*arguments, **options):
    return subprocess.run(["ffmpeg", "-v", "error", "-y", *arguments], check=True, **options)


for name, coding in FILES.items():
    path = DATA / name
    source = "-f s16le -ar 16000 -ac 1 -i".split() + [str(DATA / "chord.pcm")]
    ffmpeg(*source, *EXACT.split(), *coding.split(), str(path))
    if name in LOSSLESS or name in UNREAD:
        continue
    decoder = "-c:a libopus".split() if "opus" in coding else []
    decoded = ffmpeg(*decoder, "-i", str(path), "-f", "s16le", "-", capture_output=True).stdout
    pairs = [decoded[i : i + 2] for i in range(0, len(decoded), 2)]
    path.with_name(name + ".decoded").write_bytes(b"".join(pairs[::16]))
    print(f"{name}: {path.stat().st_size} bytes, {len(pairs)} samples")
