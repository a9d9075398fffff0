"""Word error rates in percent of texts against a reference, with the spellings made alike by Whisper's normaliser: it
knows numbers, British and American English, contractions and titles.

usage: wer.py REFERENCE.txt HYPOTHESIS.txt...
"""
import sys

import jiwer
from whisper_normalizer.english import EnglishTextNormalizer

normalise = EnglishTextNormalizer()
text = lambda name: normalise(" ".join(open(name).read().split()))
reference = text(sys.argv[1])
for name in sys.argv[2:]:
    found = jiwer.process_words(reference, text(name))
    print(f"{name}: {100 * found.wer:.2f} % ({found.substitutions} substitutions, {found.deletions} deletions, {found.insertions} insertions)")
