"""Makes data/golden/ctc/cases.json: PyTorch's CTC loss and its gradient by the logits.

    python3 -m venv VENV && VENV/bin/pip install torch==2.15.0
    VENV/bin/python tools/golden/ctc.py

Logits are multiples of 1/16, so that every float type holds them exactly. PyTorch computes in float64 on
one thread.
"""
import json
import pathlib

import torch
import torch.nn.functional as F

torch.set_num_threads(1)
generator = torch.Generator().manual_seed(20)

# name, frames (None: just enough), tokens, labels, blank
CASES = [
    ("random", 30, 12, 10, 0),
    ("repeats", 40, 4, 14, 0),
    ("repeats, just long enough", None, 3, 12, 0),
    ("just long enough", None, 20, 15, 0),
    ("one frame, one label", 1, 5, 1, 0),
    ("one frame, no label", 1, 5, 0, 0),
    ("no label", 25, 8, 0, 0),
    ("blank in the middle", 30, 9, 8, 4),
    ("blank last", 33, 7, 9, 6),
    ("sharp", 40, 10, 12, 0),
    ("long", 120, 12, 30, 0),
    ("two tokens", 24, 2, 9, 0),
]


def integers(low, high, shape):
    return torch.randint(low, high, shape, generator=generator)


def labels_of(count, tokens, blank, repeats):
    labels = []
    while len(labels) < count:
        token = int(integers(0, tokens, (1,)))
        if repeats and labels and int(integers(0, 3, (1,))) == 0:
            token = labels[-1]
        if token != blank:
            labels.append(token)
    return labels


def loss_of(log_probs, labels, blank):
    """The loss of one utterance; log_probs is (frames, tokens)."""
    lengths = torch.tensor([len(log_probs)]), torch.tensor([len(labels)])
    targets = torch.tensor([labels], dtype=torch.long)
    return F.ctc_loss(log_probs[:, None], targets, *lengths, blank=blank, reduction="sum")


cases = []
for name, frames, tokens, count, blank in CASES:
    labels = labels_of(count, tokens, blank, "repeats" in name)
    repeats = sum(a == b for a, b in zip(labels, labels[1:]))
    frames = frames or count + repeats
    sixteenths = integers(-48, 49, (frames, tokens)) * (10 if name == "sharp" else 1)
    logits = (sixteenths.double() / 16).requires_grad_()
    loss = loss_of(F.log_softmax(logits, -1), labels, blank)
    loss.backward()
    cases.append({
        "name": name,
        "tokens": tokens,
        "blank": blank,
        "labels": labels,
        "logits_sixteenths": sixteenths.flatten().tolist(),
        "loss": loss.item(),
        "gradient": [float(f"{g:.9g}") for g in logits.grad.flatten().tolist()],
    })

out = pathlib.Path(__file__).resolve().parents[2] / "data/golden/ctc/cases.json"
out.parent.mkdir(parents=True, exist_ok=True)
lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
out.write_text(f'{{"torch":"{torch.__version__.split("+")[0]}","cases":[\n{lines}\n]}}\n')
