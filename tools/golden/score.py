"""Makes data/golden/score/cases.json: jiwer's error rates on random pairs of sentences.

    python3 -m venv VENV && VENV/bin/pip install jiwer==4.0.0 rapidfuzz==3.14.6
    VENV/bin/python tools/golden/score.py

Sentences are drawn from a few words, so that matches abound; their letters are of several scripts. jiwer says errors
and rates (as fractions) for each pair and for all of them together, by words and by characters.
"""
import json
import pathlib
import random

import jiwer

WORDS = ["a", "the", "then", "them", "ça", "ñandú", "дом", "домой", "東京", "it's", "x-ray", "हिन्दी"]
rng = random.Random(20)


def sentence(least, most):
    return " ".join(rng.choice(WORDS) for _ in range(rng.randint(least, most)))


def damaged(text):
    """The sentence with some of its words left out, changed or repeated."""
    words = []
    for word in text.split():
        fate = rng.random()
        if fate < 0.15:
            continue
        words.append(rng.choice(WORDS) if fate < 0.3 else word)
        if fate > 0.9:
            words.append(rng.choice(WORDS))
    return " ".join(words)


def measures(references, hypotheses):
    words = jiwer.process_words(references, hypotheses)
    characters = jiwer.process_characters(references, hypotheses)
    errors = lambda o: o.substitutions + o.deletions + o.insertions
    return {"words": {"errors": errors(words), "rate": words.wer},
            "characters": {"errors": errors(characters), "rate": characters.cer}}


pairs = []
for i in range(200):
    reference = sentence(1, 25)
    hypothesis = damaged(reference) if i % 4 else sentence(0, 25)
    pairs.append((reference, hypothesis))
pairs += [("a", ""), ("the then", "the then"), ("a", "the then them a")]

folder = pathlib.Path(__file__).resolve().parents[2] / "data/golden/score"
folder.mkdir(parents=True, exist_ok=True)
cases = {
    "pairs": [{"reference": r, "hypothesis": h, **measures([r], [h])} for r, h in pairs],
    "all": measures([r for r, _ in pairs], [h for _, h in pairs]),
}
lines = ",\n".join(json.dumps(pair, ensure_ascii=False) for pair in cases["pairs"])
text = '{"pairs": [\n' + lines + '\n],\n"all": ' + json.dumps(cases["all"]) + "}\n"
(folder / "cases.json").write_text(text, encoding="utf-8")
