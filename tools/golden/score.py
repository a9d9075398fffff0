"""Makes data/golden/score: jiwer's error rates and sclite's alignments of random pairs of sentences.

    python3 -m venv VENV && VENV/bin/pip install jiwer==4.0.0 rapidfuzz==3.14.6
    VENV/bin/python tools/golden/score.py                  cases.json, by jiwer
    VENV/bin/python tools/golden/score.py --sclite DIR     sclite.json, by sclite and sc_stats in DIR
    python3 tools/golden/score.py --choices DIR            choices.json, by sclite in DIR

cases.json: sentences are drawn from a few words, so that matches abound; their letters are of several scripts. jiwer says
errors and rates (as fractions) for each pair and for all of them together, by words and by characters.

sclite.json: alignments of pairs, two systems with the matched-pairs test, and words with times in segments, by sclite 2.10
and sc_stats of SCTK (github.com/usnistgov/SCTK, commit 9688a26), built with `gcc -O1 -std=gnu89 -fcommon`.

choices.json: references with alternations, and with optional words (sclite's -D), by sclite 2.10 of Debian's package sctk
2.4.10. Braces stand between spaces in some and beside letters in others.
"""
import argparse
import json
import pathlib
import random
import re
import subprocess
import tempfile

folder = pathlib.Path(__file__).resolve().parents[2] / "data/golden/score"
WORDS = ["a", "the", "then", "them", "ça", "ñandú", "дом", "домой", "東京", "it's", "x-ray", "हिन्दी"]


def sentence(rng, words, least, most):
    return " ".join(rng.choice(words) for _ in range(rng.randint(least, most)))


def damaged(rng, words, text):
    """The sentence with some of its words left out, changed or repeated."""
    other = []
    for word in text.split():
        fate = rng.random()
        if fate < 0.15:
            continue
        other.append(rng.choice(words) if fate < 0.3 else word)
        if fate > 0.9:
            other.append(rng.choice(words))
    return " ".join(other)


def lines(items):
    return "[\n" + ",\n".join(json.dumps(item, ensure_ascii=False) for item in items) + "\n]"


def jiwers_rates():
    import jiwer

    rng = random.Random(20)

    def measures(references, hypotheses):
        words = jiwer.process_words(references, hypotheses)
        characters = jiwer.process_characters(references, hypotheses)
        errors = lambda o: o.substitutions + o.deletions + o.insertions
        return {"words": {"errors": errors(words), "rate": words.wer},
                "characters": {"errors": errors(characters), "rate": characters.cer}}

    pairs = []
    for i in range(200):
        reference = sentence(rng, WORDS, 1, 25)
        pairs.append((reference, damaged(rng, WORDS, reference) if i % 4 else sentence(rng, WORDS, 0, 25)))
    pairs += [("a", ""), ("the then", "the then"), ("a", "the then them a"), ("", ""), ("", "the then")]
    cases = lines({"reference": r, "hypothesis": h, **measures([r], [h])} for r, h in pairs)
    everything = json.dumps(measures([r for r, _ in pairs], [h for _, h in pairs]))
    text = '{"pairs": ' + cases + ',\n"all": ' + everything + "}\n"
    (folder / "cases.json").write_text(text, encoding="utf-8")


def sclites_alignments(sctk):
    rng = random.Random(21)
    few = ["a", "b", "c", "d", "e"]
    many = [f"w{i}" for i in range(40)]
    work = pathlib.Path(tempfile.mkdtemp())

    def write(name, text):
        (work / name).write_text(text + "\n")
        return str(work / name)

    def sclite(*options):
        out = subprocess.run([f"{sctk}/sclite", *options, "-o", "sgml", "stdout"], capture_output=True, text=True, check=True)
        return out.stdout

    def paths(sgml):
        """For each utterance, by speaker and number, its steps as letters."""
        found = {}
        for id, body in re.findall(r'<PATH id="\((.*?)\)".*?>\n(.*?)\n?</PATH>', sgml, re.S):
            found[id] = "".join(step[0] for step in body.split(":") if step)
        return found

    def trn(texts):
        return "\n".join(f"{text} (s_{i:04})" for i, text in enumerate(texts))

    references = [sentence(rng, few if i % 2 else many, 0, 12) for i in range(200)]
    hypotheses = [damaged(rng, few if i % 2 else many, r) if i % 4 else sentence(rng, few, 0, 12)
                  for i, r in enumerate(references)]
    found = paths(sclite("-r", write("r.trn", trn(references)), "trn", "-h", write("h.trn", trn(hypotheses)), "trn", "-i", "rm"))
    pairs = [{"reference": r, "hypothesis": h, "steps": found[f"s_{i:04}"]}
             for i, (r, h) in enumerate(zip(references, hypotheses))]

    references = [sentence(rng, many, 5, 20) for _ in range(120)]
    systems = [[damaged(rng, many, r) if rng.random() < share else r for r in references] for share in (0.8, 0.5)]
    reports = ""
    for name, texts in zip("ab", systems):
        reports += sclite("-r", write("r.trn", trn(references)), "trn", "-h", write(name, trn(texts)), "trn", name, "-i", "rm")
    out = subprocess.run([f"{sctk}/sc_stats", "-p", "-t", "mapsswe", "-v", "-n", "-"], input=reports, capture_output=True,
                         text=True, check=True).stdout
    found = re.search(r"# segs: (\d+)\).*mean: *([-.\d]+)\) \(std dev: *([-.\d]+)\) \(Z Stat: *([-.\d]+)\)", out)
    segments, mean, deviation, statistic = found.groups()
    mapsswe = {"segments": int(segments), "mean": float(mean), "deviation": float(deviation), "statistic": float(statistic)}

    stm, ctm = [], []
    for file in ("f1", "f2"):
        for channel in ("a", "b"):
            at = 0.0
            for i in range(12):
                at += rng.choice([0, 0, 0.4])
                text = sentence(rng, many, 0, 8)
                end = at + 0.3 * len(text.split()) + 0.2
                said = "IGNORE_TIME_SEGMENT_IN_SCORING" if i == 5 else text
                stm.append(f"{file} {channel} {file}{channel}{i % 2} {at:.2f} {end:.2f} {said}".rstrip())
                for j, word in enumerate(damaged(rng, many, text).split()):
                    start = max(0.0, at + 0.3 * j + rng.uniform(-0.3, 0.3))
                    ctm.append((file, channel, round(start, 2), f"{file} {channel.upper()} {start:.2f} 0.25 {word}"))
                at = end
    ctm = [line for *_, line in sorted(ctm)]
    files = [write("r.stm", "\n".join(stm)), "stm", "-h", write("h.ctm", "\n".join(ctm)), "ctm"]
    steps = paths(sclite("-r", *files))
    timed = {"stm": stm, "ctm": ctm, "steps": steps}

    text = '{"pairs": ' + lines(pairs) + ',\n"systems": ' + lines(
        {"reference": r, "a": a, "b": b} for r, a, b in zip(references, *systems)) + ',\n"mapsswe": ' + json.dumps(mapsswe)
    text += ',\n"timed": ' + json.dumps(timed).replace(", \"f", ",\n\"f") + "}\n"
    (folder / "sclite.json").write_text(text, encoding="utf-8")


def sclites_choices(sctk):
    rng = random.Random(22)
    words = ["a", "b", "c", "d", "e"]
    work = pathlib.Path(tempfile.mkdtemp())

    def alternation(depth):
        def alternative():
            if rng.random() < 0.2:
                return "@"
            parts = [rng.choice(words) for _ in range(rng.randint(1, 3))]
            if depth < 2 and rng.random() < 0.3:
                parts.insert(rng.randint(0, len(parts)), alternation(depth + 1))
            return " ".join(parts)

        gap = rng.choice([" ", " ", ""])
        return "{" + gap + f"{gap}/{gap}".join(alternative() for _ in range(rng.randint(2, 3))) + gap + "}"

    def reference(optional):
        parts = []
        for _ in range(rng.randint(1, 6)):
            fate = rng.random()
            word = rng.choice(words)
            parts.append(word if fate < 0.6 else f"({word})" if optional else alternation(0))
        return " ".join(parts)

    def steps(reference, hypothesis, options):
        (work / "r.trn").write_text(f"{reference} (s_1)\n")
        (work / "h.trn").write_text(f"{hypothesis} (s_1)\n")
        out = subprocess.run([f"{sctk}/sclite", "-r", "r.trn", "trn", "-h", "h.trn", "trn", "-i", "rm", "-o", "sgml", "stdout", *options],
                             capture_output=True, text=True, check=True, cwd=work).stdout
        body = re.search(r'<PATH id="\(.*?\)".*?>\n(.*?)\n?</PATH>', out, re.S).group(1)
        return [step for step in body.split(":") if step]

    cases = []
    for i in range(300):
        optional = i % 3 == 0
        r = reference(optional)
        spoken = re.sub(r"[{}()/@]", " ", r)
        h = damaged(rng, words, spoken) if i % 2 else sentence(rng, words, 0, 8)
        found = steps(r, h, ["-D"] if optional else [])
        # An optional word that is left out is right for sclite, opposite an empty one.
        skipped = sum(step == step.split(",")[0] + "," + step.split(",")[1] + ',""' and step[0] == "C" for step in found)
        cases.append({"reference": r, "hypothesis": h, "steps": "".join(step[0] for step in found), "skipped": skipped})
    (folder / "choices.json").write_text(lines(cases) + "\n", encoding="utf-8")


parser = argparse.ArgumentParser()
parser.add_argument("--choices", metavar="DIR")
parser.add_argument("--sclite", metavar="DIR")
args = parser.parse_args()
folder.mkdir(parents=True, exist_ok=True)
if args.choices:
    sclites_choices(args.choices)
elif args.sclite:
    sclites_alignments(args.sclite)
else:
    jiwers_rates()
