"""Word errors of `linnet pronounce` beside Phonetisaurus and Sequitur, on a tenth of a lexicon held out by a hash.

    python tools/bench/peers/pronounce.py cmudict.dict --linnet target/release/linnet --work DIR
        [--only linnet,phonetisaurus,sequitur] [--sequitur-order 5]

All pronunciations of a word are on one side. A word is wrong if the first hypothesis is none of them, as both peers'
evaluations count. Each tool trains on the same file and says the same words; the figures without stress leave the digits
out of hypotheses and references. Phonetisaurus runs with what its Python package gives it: orders up to 8, deletions of
phones. Sequitur trains one order after the other, as its documentation has it, with a twentieth for its discounts.

phonetisaurus==0.3.0, sequitur-g2p==1.0.1668.30 (with numpy 2, `X.thisown = True` in its sequitur_.py wants to be `pass`, and
num.sometrue and num.alltrue are num.any and num.all).
"""
import argparse
import os
import pathlib
import resource
import subprocess
import sys
import zlib

cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
cli.add_argument("lexicon", type=pathlib.Path)
cli.add_argument("--linnet", required=True, type=pathlib.Path)
cli.add_argument("--work", required=True, type=pathlib.Path, help="a folder for what is written; results there stay")
cli.add_argument("--only", default="linnet,phonetisaurus,sequitur")
cli.add_argument("--sequitur-order", type=int, default=5)
args = cli.parse_args()
work = args.work.resolve()
work.mkdir(parents=True, exist_ok=True)


def entries():
    """Words with their phones, comments and numbers of variants left out."""
    for line in args.lexicon.read_text(encoding="utf-8").splitlines():
        word, *phones = line.split("#")[0].split() or [""]
        if phones and not line.startswith(";;;"):
            at = word.find("(", 1)
            yield (word[:at] if at > 0 and word.endswith(")") else word), " ".join(phones)


train, held_out = [], {}
for word, phones in entries():
    if zlib.crc32(word.encode()) % 10 == 0:
        held_out.setdefault(word, set()).add(phones)
    else:
        train.append((word, phones))
(work / "train.dict").write_text("".join(f"{word} {phones}\n" for word, phones in train), encoding="utf-8")
(work / "train.tsv").write_text("".join(f"{word}\t{phones}\n" for word, phones in train), encoding="utf-8")
(work / "words.txt").write_text("".join(f"{word}\n" for word in held_out), encoding="utf-8")


def run(command, out=None, env=None):
    with open(out or os.devnull, "w", encoding="utf-8") as file, open(work / "log.txt", "a", encoding="utf-8") as log:
        code = subprocess.run([str(word) for word in command], cwd=work, stdout=file, stderr=log, env=env).returncode
    # 3: linnet has left words out, which then are wrong.
    if code not in (0, 3):
        sys.exit(f"{command[0]} failed with {code}: see {work / 'log.txt'}")


def linnet():
    binary = args.linnet.resolve()
    yield lambda: run([binary, "pronounce", "train", "train.dict", "--out", "linnet.arpa.gz"])
    # The compact form beside the model is made once.
    yield lambda: run([binary, "pronounce", "linnet.arpa.gz", "a"])
    yield lambda: run([binary, "pronounce", "linnet.arpa.gz", "--list", "words.txt"], out=work / "linnet.txt")


def phonetisaurus():
    import phonetisaurus as package

    env = package.guess_environment()
    yield lambda: (
        run(["phonetisaurus-align", "--input=train.tsv", "--ofile=m.corpus", "--seq1_del=false", "--seq2_del=true"], env=env),
        run(["estimate-ngram", "-o", 8, "-t", "m.corpus", "-wl", "m.arpa"], env=env),
        run(["phonetisaurus-arpa2wfst", "--lm=m.arpa", "--ofile=m.fst"], env=env),
    )
    yield lambda: None
    yield lambda: run(["phonetisaurus-g2pfst", "--model=m.fst", "--nbest=1", "--beam=10000", "--thresh=99.0",
                       "--accumulate=false", "--pmass=0.0", "--nlog_probs=true", "--wordlist=words.txt"],
                      out=work / "phonetisaurus.txt", env=env)


def sequitur():
    g2p = [sys.executable, pathlib.Path(sys.executable).parent / "g2p.py", "--encoding=UTF-8"]

    def ramp():
        run([*g2p, "--train", "train.dict", "--devel", "5%", "--write-model", "sequitur-1"])
        for order in range(2, args.sequitur_order + 1):
            run([*g2p, "--model", f"sequitur-{order - 1}", "--ramp-up", "--train", "train.dict", "--devel", "5%",
                 "--write-model", f"sequitur-{order}"])

    yield ramp
    yield lambda: None
    yield lambda: run([*g2p, "--model", f"sequitur-{args.sequitur_order}", "--apply", "words.txt"],
                      out=work / "sequitur.txt")


def processor_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def first(tool):
    """The first hypothesis of each word: behind it stand phones, or a score and phones."""
    found = {}
    for line in (work / f"{tool}.txt").read_text(encoding="utf-8").splitlines():
        word, *phones = line.split()
        found.setdefault(word, " ".join(phones[1:] if tool != "sequitur" else phones))
    return found


def bare(phones):
    return " ".join(phone.rstrip("012") for phone in phones.split())


print(f"{len(train)} pronunciations to train on, {len(held_out)} words held out\n")
# Seconds are the processor's, so that other work beside it counts little.
print("| tool | word errors, % | without stress, % | training, s | words a second |\n|---|---|---|---|---|")
for tool in args.only.split(","):
    seconds = []
    for step in {"linnet": linnet, "phonetisaurus": phonetisaurus, "sequitur": sequitur}[tool]():
        begin = processor_seconds()
        step()
        seconds.append(processor_seconds() - begin)
    said = first(tool)
    wrong = sum(said.get(word) not in right for word, right in held_out.items())
    unstressed = sum(bare(said.get(word, "")) not in map(bare, right) for word, right in held_out.items())
    share = [f"{100 * count / len(held_out):.2f}" for count in (wrong, unstressed)]
    print(f"| {tool} | {share[0]} | {share[1]} | {seconds[0]:.0f} | {len(held_out) / seconds[-1]:.0f} |", flush=True)
