#!/usr/bin/env python3
"""Makes data/golden/ngram: models by KenLM's lmplz and scores by KenLM, on sentences from a grammar of our own.

Made with KenLM 0.3.0, whose source package holds lmplz too:

    apt-get install cmake libboost-all-dev
    python3 -m venv VENV && VENV/bin/pip install wheel setuptools kenlm==0.3.0
    VENV/bin/pip download --no-binary :all: --no-deps --no-build-isolation kenlm==0.3.0
    tar xzf kenlm-0.3.0.tar.gz && cmake -S kenlm-0.3.0 -B build && make -C build lmplz
    VENV/bin/python tools/golden/ngram.py make build/bin/lmplz

train.txt and test.txt are the sentences; NAME.arpa.gz are lmplz's models; odd.arpa is a model by hand with whatever ARPA files
may lack; scores.json has, by model, the [log10 probability, order of the n-gram, unknown] of each word of test.txt and of the
sentence's end. Before it writes, the script compares every model that isn't pruned with its own plain computation of the
formulas of Chen and Goodman (1998).

    cargo build --release -p linnet-text --example ngram_scores
    VENV/bin/python tools/golden/ngram.py compare ARPA SENTENCES target/release/examples/ngram_scores

prints the largest difference of the scores of any model and text, and the time a word takes in either implementation.
"""
import argparse
import collections
import gzip
import json
import math
import pathlib
import random
import subprocess
import time

import kenlm

OUT = pathlib.Path(__file__).parents[2] / "data" / "golden" / "ngram"
# name, order, pruning thresholds
MODELS = [("order-1", 1, []), ("order-2", 2, []), ("order-3", 3, []), ("order-5", 5, []), ("pruned-4", 4, [0, 0, 1, 1])]

WHO = "the heron|a heron|the old ferry|our neighbour|the ferryman|every goose|nobody|the tide|a small boat".split("|")
DOES = "waits for|follows|passes|hears|carries|forgets|looks at|moves past|has seen".split("|")
WHAT = "the bridge|the lamp|two oars|the other bank|a basket of eels|the reeds|the evening train|the rain".split("|")
WHEN = "|at noon|before dawn|in the fog|every other day|while the river sleeps|until it is late".split("|")
RARE = "otter kingfisher weir lock sluice barge mooring towpath culvert ripple eddy shoal delta estuary".split()

ODD = r"""
\data\
ngram 1=8
ngram 2=7
ngram 3=4
ngram 4=2

\1-grams:
-99	<s>	-0.30103
-1.25	</s>
-0.9	the	-0.25
-1.1	heron	-0.5
-1.5	tide	0
-1.75	waits	0.125
-1.4	for	-0.0625
-2.5	old	-0.75

\2-grams:
-0.5	<s> the	-0.125
-0.375	the heron	-0.25
-0.625	the tide
-0.25	heron waits	0
-0.125	waits for	-0.5
-1	waits </s>
-0.75	for the	0.25

\3-grams:
-0.25	<s> the heron	-0.375
-0.125	the heron waits	-1
-0.0625	waits for the	0
-0.3125	for the old

\4-grams:
-0.03125	<s> the heron waits
-0.015625	waits for the tide

\end\
""".lstrip()


def sentence(rng, rare):
    words = [rng.choice(part) for part in (WHO, DOES, WHAT, WHEN)]
    if rng.random() < rare:
        words[rng.randrange(3)] = "the " + rng.choice(RARE)
    if rng.random() < 0.15:
        words += ["and", *(rng.choice(part) for part in (WHO, DOES, WHAT))]
    return " ".join(" ".join(words).split())


def read_arpa(text):
    order, grams = 0, {}
    for line in text.splitlines():
        if line.endswith("-grams:"):
            order = int(line[1:].split("-")[0])
        elif order and line and not line.startswith("\\"):
            fields = line.split("\t")
            grams[tuple(fields[1].split())] = (float(fields[0]), float(fields[2]) if len(fields) > 2 else 0.0)
    return grams


def estimate(sentences, order):
    """{n-gram: (log10 probability, log10 back-off)} by the formulas, nothing clever."""
    texts = [["<s>", *s.split(), "</s>"] for s in sentences]
    rank = {"<unk>": 0, "<s>": 1, "</s>": 2}
    for text in texts:
        for word in text:
            rank.setdefault(word, len(rank))
    raw, left = collections.Counter(), collections.defaultdict(set)
    for text in texts:
        for n in range(1, order + 1):
            for i in range(len(text) - n + 1):
                raw[tuple(text[i:i + n])] += 1
                if i:
                    left[tuple(text[i:i + n])].add(text[i - 1])
    del raw["<s>",]
    adjusted = {g: c if len(g) == order or g[0] == "<s>" else len(left[g]) for g, c in raw.items()}
    discounts = {}
    for n in range(1, order + 1):
        counts = {g: a for g, a in adjusted.items() if len(g) == n}
        if n < order:  # lmplz counts the last one otherwise
            last = max((g for g in raw if len(g) <= n and (len(g) == n or g[0] == "<s>")),
                       key=lambda g: [rank[w] for w in reversed(g)])
            if len(last) == n:
                counts[last] = raw[last]
        t = collections.Counter(counts.values())
        found = [0.5, 1.0, 1.5]
        if all(t[k] for k in (1, 2, 3)):
            y = t[1] / (t[1] + 2 * t[2])
            d = [k - (k + 1) * y * t[k + 1] / t[k] for k in (1, 2, 3)]
            if all(0 <= x <= k for k, x in enumerate(d, 1)):
                found = d
        discounts[n] = found

    def off(n, count):
        return discounts[n][min(count, 3) - 1]

    followers = collections.defaultdict(list)
    for gram in raw:
        followers[gram[:-1]].append(gram)

    def weight(context):
        grams = followers[context]
        if not grams:
            return 1.0
        return sum(off(len(g), adjusted[g]) for g in grams) / sum(adjusted[g] for g in grams)

    total = {c: sum(adjusted[g] for g in grams) for c, grams in followers.items()}
    uniform = 1 / (len(rank) - 1)

    def probability(gram):
        if not gram:
            return uniform
        own = 0.0
        if gram in raw:
            own = (adjusted[gram] - off(len(gram), adjusted[gram])) / total[gram[:-1]]
        return own + weight(gram[:-1]) * probability(gram[1:])

    model = {g: (math.log10(probability(g)), math.log10(weight(g)) if len(g) < order else 0.0)
             for g in [*raw, ("<unk>",)]}
    model["<s>",] = (0.0, math.log10(weight(("<s>",))) if order > 1 else 0.0)
    return model


def largest_difference(a, b):
    assert a.keys() == b.keys(), a.keys() ^ b.keys()
    return max(abs(x - y) for g in a for x, y in zip(a[g], b[g]))


def make(arguments):
    rng = random.Random(2)  # a seed with which the last n-gram of lmplz makes a difference
    OUT.mkdir(parents=True, exist_ok=True)
    train = [sentence(rng, 0.2) for _ in range(300)]
    test = [sentence(rng, 0.3) for _ in range(40)] + ["the heron waits for the tide", "zebra the heron zebra", "old old"]
    (OUT / "train.txt").write_text("".join(s + "\n" for s in train))
    (OUT / "test.txt").write_text("".join(s + "\n" for s in test))
    (OUT / "odd.arpa").write_text(ODD)
    paths = [OUT / "odd.arpa"]
    for name, order, prune in MODELS:
        command = [arguments.lmplz, "-o", str(order), "-S", "100M", "--discount_fallback"]
        command += ["--prune", *map(str, prune)] if prune else []
        arpa = subprocess.run(command, input="\n".join(train) + "\n", text=True, check=True, capture_output=True).stdout
        if not prune:
            difference = largest_difference(read_arpa(arpa), estimate(train, order))
            print(f"{name}: the formulas give lmplz's numbers within {difference:.1e}")
            assert difference < 2e-6
        path = OUT / f"{name}.arpa.gz"
        path.write_bytes(gzip.compress(arpa.encode(), mtime=0))
        if order > 1:  # KenLM doesn't score with unigrams alone
            paths.append(path)
    scores = {}
    for path in paths:
        model = kenlm.Model(str(path))
        scores[path.name] = [[[round(p, 6), n, int(oov)] for p, n, oov in model.full_scores(s)] for s in test]
    lines = [f"{json.dumps(name)}: {json.dumps(rows, separators=(',', ':'))}" for name, rows in scores.items()]
    (OUT / "scores.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


def compare(arguments):
    model = kenlm.Model(arguments.arpa)
    with open(arguments.sentences) as file:
        sentences = file.read().splitlines()
    with open(arguments.sentences) as file:
        ours = subprocess.run([arguments.example, arguments.arpa], stdin=file, text=True, check=True, capture_output=True)
    ours = [line.split() for line in ours.stdout.splitlines()]
    theirs = [score for s in sentences for score in model.full_scores(s)]
    assert len(ours) == len(theirs)
    print("largest difference", max(abs(float(a[0]) - b[0]) for a, b in zip(ours, theirs)),
          "orders or unknown words that differ", sum((int(a[1]), int(a[2])) != (b[1], b[2]) for a, b in zip(ours, theirs)))
    best = math.inf
    for _ in range(5):
        begin = time.perf_counter()
        for s in sentences:
            model.score(s)
        best = min(best, time.perf_counter() - begin)
    print(f"kenlm.Model.score: {1e9 * best / len(theirs):.1f} ns a word at best")
    with open(arguments.sentences) as file:
        print(subprocess.run([arguments.example, arguments.arpa, "time"], stdin=file, text=True, check=True,
                             capture_output=True).stdout.splitlines()[-1])


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
commands = parser.add_subparsers(required=True)
command = commands.add_parser("make")
command.add_argument("lmplz")
command.set_defaults(run=make)
command = commands.add_parser("compare")
for argument in ("arpa", "sentences", "example"):
    command.add_argument(argument)
command.set_defaults(run=compare)
arguments = parser.parse_args()
arguments.run(arguments)
