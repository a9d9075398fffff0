"""Alignments and word error rate of pairs of sentences by jiwer."""
import argparse
import json
import time
from pathlib import Path

import jiwer

from serve import serve

cli = argparse.ArgumentParser(description=__doc__)
cli.add_argument("--data", type=Path, required=True)
cli.add_argument("--threads", type=int, choices=[1], required=True)
args = cli.parse_args()
sentences = json.loads((args.data / "sentences.json").read_text())


def step():
    start = time.perf_counter()
    jiwer.process_words(sentences["references"], sentences["hypotheses"])
    return (time.perf_counter() - start) * 1e3


serve(step, lambda: 100 * jiwer.process_words(sentences["references"], sentences["hypotheses"]).wer)
