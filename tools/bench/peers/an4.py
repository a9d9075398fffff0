"""Parts of epochs of AN4 in PyTorch: the recipe's model on the batches that Linnet trains on.

an4.py --data DIR --threads 2

DIR holds index.json and epoch-N.f32: the batches of Linnet's first epochs, features at the speeds drawn there. So reading
audio and computing features cost nothing here; masks are drawn here. A step is a part of an epoch, its seconds scaled to
the epoch by its frames.
"""
import argparse
import json
import math
import random
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from serve import serve

LAYERS, HEADS, DIM, FEED_FORWARD, CHANNELS, DROPOUT = 6, 4, 144, 576, 32, 0.1
MASKS, MASK_BANDS, TIME_MASKS, MASK_FRAMES, MASK_SHARE = 2, 27, 10, 50, 0.05
STEPS_OF_WARM_UP = 250


class Mixer(nn.Module):
    """Linear attention within each utterance: padded keys count for nothing."""

    def __init__(self):
        super().__init__()
        self.norm, self.projections, self.output = nn.LayerNorm(DIM), nn.Linear(DIM, 3 * DIM), nn.Linear(DIM, DIM)

    def forward(self, x, inside):  # (batch, time, DIM), (batch, 1, time, 1)
        q, k, v = self.projections(self.norm(x)).unflatten(-1, (3, HEADS, -1)).permute(2, 0, 3, 1, 4)
        q, k = F.elu(q) + 1, (F.elu(k) + 1) * inside
        normaliser = (q * k.sum(2, keepdim=True)).sum(-1, keepdim=True) + 1e-6
        y = q @ (k.transpose(-1, -2) @ v) / normaliser
        return self.output(y.transpose(1, 2).flatten(2))


class FeedForward(nn.Sequential):
    def __init__(self):
        super().__init__(nn.LayerNorm(DIM), nn.Linear(DIM, FEED_FORWARD), nn.SiLU(), nn.Dropout(DROPOUT),
                         nn.Linear(FEED_FORWARD, DIM))


class Encoder(nn.Module):
    def __init__(self, bands, tokens):
        super().__init__()
        self.subsampling = nn.Sequential(
            nn.Conv2d(1, CHANNELS, 3, 2, 1), nn.ReLU(), nn.Conv2d(CHANNELS, CHANNELS, 3, 2, 1), nn.ReLU())
        self.input = nn.Linear(CHANNELS * -(-bands // 4), DIM)
        self.mixers = nn.ModuleList(Mixer() for _ in range(LAYERS))
        self.feed_forwards = nn.ModuleList(FeedForward() for _ in range(LAYERS))
        self.dropout = nn.Dropout(DROPOUT)
        self.head = nn.Sequential(nn.LayerNorm(DIM), nn.Linear(DIM, tokens), nn.LogSoftmax(-1))

    def forward(self, x, lengths):  # (batch, time, bands), (batch,)
        x = self.input(self.subsampling(x[:, None]).transpose(1, 2).flatten(2))
        lengths = -(-lengths // 4)
        time_, rates = torch.arange(x.shape[1]), torch.exp(torch.arange(0, DIM, 2) * (-math.log(1e4) / DIM))
        angles = time_[:, None] * rates
        x = self.dropout(x + 0.3 * torch.stack([angles.sin(), angles.cos()], -1).flatten(1))
        inside = (time_ < lengths[:, None]).to(x.dtype)[:, None, :, None]
        for mixer, feed_forward in zip(self.mixers, self.feed_forwards):
            x = x + self.dropout(mixer(x, inside))
            x = x + self.dropout(feed_forward(x))
        return self.head(x), lengths


def read_epochs(folder):
    """The index, and each epoch's batches as (utterances' features, labels)."""
    index = json.loads((folder / "index.json").read_text())
    epochs = []
    for number, batches in enumerate(index["epochs"]):
        frames = torch.from_numpy(np.fromfile(folder / f"epoch-{number}.f32", np.float32).reshape(-1, index["bands"]))
        counts = [n for batch in batches for n in batch["lengths"]]
        utterances = iter(frames.split(counts))
        epochs.append([([next(utterances) for _ in batch["lengths"]], batch["labels"]) for batch in batches])
    return index, epochs


def span(length, width):
    """A range of up to `width` within `length`."""
    width = random.randint(0, min(width, length))
    start = random.randint(0, length - width)
    return slice(start, start + width)


def masked(features):
    """SpecAugment as Linnet's default has it."""
    features, n = features.clone(), len(features)
    for _ in range(MASKS):
        features[:, span(features.shape[1], MASK_BANDS)] = 0
    for _ in range(min(TIME_MASKS, n // 100)):
        features[span(n, min(MASK_FRAMES, int(MASK_SHARE * n)))] = 0
    return features


def main():
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("--data", type=Path, required=True)
    cli.add_argument("--threads", type=int, required=True)
    args = cli.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    random.seed(0)
    index, epochs = read_epochs(args.data)
    model = Encoder(index["bands"], index["tokens"])
    optimizer = torch.optim.AdamW(model.parameters(), lr=1.5e-3, betas=(0.9, 0.98), weight_decay=0.01, fused=True)

    warm_up = iter(range(1, STEPS_OF_WARM_UP))

    def train(utterances, labels):
        for group in optimizer.param_groups:
            group["lr"] = 1.5e-3 * next(warm_up, STEPS_OF_WARM_UP) / STEPS_OF_WARM_UP
        lengths = torch.tensor([len(u) for u in utterances])
        batch = nn.utils.rnn.pad_sequence([masked(u) for u in utterances], batch_first=True)
        log_probs, lengths = model(batch, lengths)
        counts = torch.tensor([len(row) for row in labels])
        flat = torch.tensor([label for row in labels for label in row])
        loss = F.ctc_loss(log_probs.transpose(0, 1), flat, lengths, counts, zero_infinity=True)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        return loss.item()

    parts = []
    for batches in epochs:
        frames = [sum(len(u) for u in utterances) for utterances, _ in batches]
        for p in range(index["parts"]):
            part = slice(p * len(batches) // index["parts"], (p + 1) * len(batches) // index["parts"])
            parts.append((batches[part], sum(frames) / sum(frames[part])))
    rest = iter(parts)

    def step():
        batches, scale = next(rest)
        start = time.perf_counter()
        for utterances, labels in batches:
            train(utterances, labels)
        return scale * (time.perf_counter() - start)

    serve(step)


if __name__ == "__main__":
    main()
