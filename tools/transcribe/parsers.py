"""Reads what `linnet transcribe` has written with public parsers and compares it with the JSON of the same run.

Versions: srt 3.5.3, webvtt-py 0.5.1, pysubs2 1.8.1, praatio 6.2.2, textgrid 1.6.1.
"""

import json
import sys
from pathlib import Path

import pysubs2
import srt
import textgrid
import webvtt
from praatio import textgrid as praat


def words(text):
    return text.replace("\n", " ").split()


def check(folder):
    for file in sorted(folder.rglob("*.json")):
        told = json.loads(file.read_text())
        # Cues of several channels are in the order of their starts.
        each = any("channel" in segment for segment in told["segments"])
        said = words(told["text"])
        subtitles = list(srt.parse(file.with_suffix(".srt").read_text()))
        assert srt.compose(subtitles, reindex=False).strip() == file.with_suffix(".srt").read_text().strip(), file
        cues = [(cue.start.total_seconds(), cue.end.total_seconds(), cue.content) for cue in subtitles]
        captions = webvtt.read(str(file.with_suffix(".vtt")))
        others = [(cue.start_in_seconds, cue.end_in_seconds) for cue in captions]
        ssa = pysubs2.load(str(file.with_suffix(".srt")), format_="srt")
        assert [(round(a, 3), round(b, 3)) for a, b, _ in cues] == [(e.start / 1000, e.end / 1000) for e in ssa], file
        assert len(others) == len(cues), file
        for start, end, text in cues:
            assert 0 <= start < end <= told.get("offset", 0) + told["duration"] + 1e-3, (file, start, end)
            lines = text.split("\n")
            assert len(lines) <= 2 and (each or all(len(line) <= 42 for line in lines)), (file, text)
        if not each:
            assert words(" ".join(text for *_, text in cues)) == said, file
            assert words(" ".join(cue.text for cue in captions)) == said, file
            assert all(a[1] <= b[0] + 1e-9 for a, b in zip(cues, cues[1:])), file
        grid = file.with_suffix(".TextGrid")
        tiers = praat.openTextgrid(str(grid), includeEmptyIntervals=False)
        names = [name for name in tiers.tierNames if name.startswith("words")]
        found = [entry.label for name in names for entry in tiers.getTier(name).entries]
        assert sorted(found) == sorted(said), (file, found)
        other = textgrid.TextGrid.fromFile(str(grid))
        assert {tier.name for tier in other} == set(tiers.tierNames), file
        print(f"{file.name}: {len(said)} words, {len(cues)} cues")


check(Path(sys.argv[1]))
