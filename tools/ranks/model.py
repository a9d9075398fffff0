"""What a training step costs on many ranks: a table and a picture, computed from what was measured.

model.py tools/ranks/results/measured.json    # writes cost.md and cost.svg beside it

A step of N ranks, each of C threads, takes

    seconds of audio / N · passes / C           each rank's share of forward and backward
    + parameters · update / C                   the gradient's length and AdamW, on each rank
    + 4 · parameters · copies                   what the sum costs on the machine itself, where MPI has one thread
    + 2 · (N − 1) / N · 4 · parameters / B      each rank's segment of all gradients over the network, then all segments
    + (2 · (N − 1) + 4 · ⌈log₂ N⌉) · latency    the messages of the two, and four short exchanges in a tree

The efficiency is the time of one rank by N times this. Pieces of whole utterances are not quite of one length, which is
not in it, and threads are taken to share the work perfectly.

The measured file has: `latency_s`, a short exchange's over TCP on one machine; `sum`, bytes and seconds of two ranks' sum
through its memory; `update`, parameters and seconds; `models`, each with its name, parameters, seconds of passes for a
second of audio on one thread, and the batch of its recipe in seconds. cost.py measures them.
"""
import json
import math
import sys
from pathlib import Path

RANKS, GBIT, THREADS, GOAL = (2, 8, 64, 1000), (10, 100), (1, 32), 0.8
COLOURS = "#000000", "#0072b2", "#d55e00"  # differ in print and for the colour-blind (Okabe and Ito, 2008)


class Model:
    """A model on ranks of so many threads."""

    def __init__(self, measured, model, threads):
        self.name, self.parameters, self.batch = model["name"], model["parameters"], model["batch_seconds"]
        self.passes = model["passes"] / threads
        self.latency = measured["latency_s"]
        parameters, seconds = max(measured["update"])
        self.update = self.parameters * seconds / parameters / threads
        size, seconds = max(measured["sum"])
        self.copies = 4 * self.parameters * seconds / size

    def sum(self, ranks, gbit):
        """Seconds of communication."""
        if ranks == 1:
            return 0.0
        values = 2 * (ranks - 1) / ranks * 4 * self.parameters / (gbit * 1e9 / 8)
        return self.copies + values + (2 * (ranks - 1) + 4 * math.ceil(math.log2(ranks))) * self.latency

    def step(self, ranks, audio, gbit):
        return audio / ranks * self.passes + self.update + self.sum(ranks, gbit)

    def efficiency(self, ranks, audio, gbit):
        return self.step(1, audio, gbit) / (ranks * self.step(ranks, audio, gbit))

    def least(self, ranks, gbit):
        """Seconds of audio of the smallest batch that keeps the efficiency."""
        beside = ranks * (self.update + self.sum(ranks, gbit))
        return max(0.0, (GOAL * beside - self.update) / ((1 - GOAL) * self.passes))


def table(columns):
    """Of lists of models, one for each number of threads."""
    heads = [f"efficiency, {threads} thread{'s' * (threads > 1)} a rank | batch for {GOAL}" for threads in THREADS]
    lines = ["| model | network | ranks | sum | " + " | ".join(heads) + " |", "|---" * (4 + 2 * len(THREADS)) + "|"]
    for models in zip(*columns):
        for gbit in GBIT:
            for ranks in RANKS:
                model = models[0]
                cells = [model.name, f"{gbit} Gbit/s", f"{ranks:,}", f"{1e3 * model.sum(ranks, gbit):.3g} ms"]
                for model in models:
                    cells.append(f"{model.efficiency(ranks, model.batch * ranks, gbit):.2f}")
                    cells.append(f"{model.least(ranks, gbit) / ranks:.3g} s")
                lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


WIDTH, HEIGHT, LEFT, TOP, BOTTOM, GAP = 340, 260, 56, 44, 46, 66


LOW, HIGH, TICKS = 0.5, 1000, (1, 10, 100, 1000)


def x(panel, ranks):
    return LEFT + panel * (WIDTH + GAP) + WIDTH * math.log(ranks / 2) / math.log(RANKS[-1] / 2)


def y(seconds):
    return TOP + HEIGHT * (1 - math.log(min(max(seconds, LOW), HIGH) / LOW) / math.log(HIGH / LOW))


def axes(panel, title):
    left, right, bottom = x(panel, 2), x(panel, RANKS[-1]), TOP + HEIGHT
    yield f'<text x="{left}" y="{TOP - 20}" font-weight="600">{title}</text>'
    for tick in TICKS:
        yield f'<line x1="{left}" x2="{right}" y1="{y(tick):.1f}" y2="{y(tick):.1f}" stroke="#ddd"/>'
        yield f'<text x="{left - 6}" y="{y(tick) + 4:.1f}" text-anchor="end">{tick:,}</text>'
    for ranks in RANKS:
        yield f'<text x="{x(panel, ranks):.1f}" y="{bottom + 18}" text-anchor="middle">{ranks:,}</text>'
    yield f'<text x="{(left + right) / 2}" y="{bottom + 38}" text-anchor="middle">ranks</text>'


def curve(panel, model, gbit, colour):
    ranks = [2 * (RANKS[-1] / 2) ** (i / 60) for i in range(61)]
    points = " ".join(f"{x(panel, n):.1f},{y(model.least(n, gbit) / n):.1f}" for n in ranks)
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"{dash(gbit)}/>'


def dash(gbit):
    return ' stroke-dasharray="6 4"' if gbit == GBIT[0] else ""


def picture(columns):
    rows = len(columns[0])
    width, height = LEFT + 2 * WIDTH + GAP + 24, TOP + HEIGHT + BOTTOM + 22 * rows + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="system-ui, sans-serif" '
        f'font-size="12" role="img" aria-label="The batch that many ranks want">',
        '<rect width="100%" height="100%" fill="#fff"/>',
    ]
    for panel, (models, threads) in enumerate(zip(columns, THREADS)):
        each = "one thread" if threads == 1 else f"{threads} threads"
        parts += axes(panel, f"s of audio a rank for {GOAL}, ranks of {each}")
        for model, colour in zip(models, COLOURS):
            parts += [curve(panel, model, gbit, colour) for gbit in GBIT]
    for row, (model, colour) in enumerate(zip(columns[0], COLOURS)):
        at = TOP + HEIGHT + BOTTOM + 14 + 22 * row
        for column, gbit in enumerate(reversed(GBIT)):
            left = LEFT + 290 * column
            parts.append(
                f'<line x1="{left}" x2="{left + 34}" y1="{at}" y2="{at}" stroke="{colour}" stroke-width="2"{dash(gbit)}/>')
            parts.append(f'<text x="{left + 42}" y="{at + 4}">{model.name}, {gbit} Gbit/s</text>')
    return "\n".join(parts) + "\n</svg>\n"


def main():
    path = Path(sys.argv[1])
    measured = json.loads(path.read_text())
    columns = [[Model(measured, model, threads) for model in measured["models"]] for threads in THREADS]
    (path.parent / "cost.md").write_text(table(columns))
    (path.parent / "cost.svg").write_text(picture(columns))


main()
