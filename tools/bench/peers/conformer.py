"""The encoder that Linnet's recipes train, in PyTorch, on batches of real utterances' lengths.

conformer.py --work train|infer --mixer gated_decay|softmax --threads 2 --data DIR [--autocast]

DIR/batches.json: [{"lengths": [frames, …], "labels": [[token, …], …]}, …]. Utterances are padded to the longest of their
batch. A step takes all batches. Gated decay is written as the masked matrix of its weights, which at these lengths is faster
than a loop over chunks; softmax is PyTorch's fused attention.
"""
import argparse
import json
import math
import time
from contextlib import nullcontext
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from serve import serve

LAYERS, HEADS, DIM, FEED_FORWARD, BANDS, CHANNELS, TOKENS, KERNEL, DROPOUT = 8, 4, 144, 576, 80, 32, 45, 15, 0.1


def rotated(x):
    """Rotary positions, pairs of halves: (batch, head, time, width)."""
    half = x.shape[-1] // 2
    angles = torch.arange(x.shape[2])[:, None] * torch.exp(torch.arange(half) * (-math.log(1e4) / half))
    (a, b), sin, cos = x.split(half, -1), angles.sin(), angles.cos()
    return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)


class Mixer(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.kind, self.norm = kind, nn.LayerNorm(DIM)
        self.projections, self.output = nn.Linear(DIM, 4 * DIM), nn.Linear(DIM, DIM)
        self.local = nn.Conv1d(DIM, DIM, 3, padding=1, groups=DIM)
        if kind == "gated_decay":
            self.decay, self.bias = nn.Parameter(torch.zeros(HEADS, DIM // HEADS)), nn.Parameter(torch.zeros(HEADS))
            self.register_buffer("rates", 0.25 * 64.0 ** (-torch.arange(HEADS) / (HEADS - 1)))

    def attend(self, q, k, v, inside):
        if self.kind == "softmax":
            return F.scaled_dot_product_attention(rotated(q), rotated(k), v, attn_mask=inside)
        gates = F.softplus(torch.einsum("bhtd,hd->bht", k, self.decay) + self.bias[:, None])
        sums = (gates * (self.rates / math.log(2))[:, None]).cumsum(-1)
        weights = (F.elu(q) + 1) @ (F.elu(k) + 1).transpose(-1, -2)
        weights = weights * torch.exp(-(sums[..., :, None] - sums[..., None, :]).abs()) * inside
        return weights @ v / (weights.sum(-1, keepdim=True) + 1e-6)

    def forward(self, x, inside):  # (batch, time, DIM), (batch, time)
        q, k, v, gate = self.projections(self.norm(x)).chunk(4, -1)
        heads = [y.unflatten(-1, (HEADS, -1)).transpose(1, 2) for y in (q, k, v)]
        y = self.attend(*heads, inside[:, None, None, :]).transpose(1, 2).flatten(2)
        local = self.local((v * inside[..., None]).transpose(1, 2)).transpose(1, 2)
        return self.output((y + local) * F.silu(gate))


class Convolution(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm, self.expand = nn.LayerNorm(DIM), nn.Linear(DIM, 2 * DIM)
        self.depthwise = nn.Conv1d(DIM, DIM, KERNEL, padding=KERNEL // 2, groups=DIM)
        self.inner_norm, self.output = nn.LayerNorm(DIM), nn.Linear(DIM, DIM)

    def forward(self, x, inside):
        y = F.glu(self.expand(self.norm(x)), -1) * inside[..., None]
        y = self.depthwise(y.transpose(1, 2)).transpose(1, 2)
        return self.output(F.silu(self.inner_norm(y)))


class FeedForward(nn.Sequential):
    def __init__(self):
        super().__init__(nn.LayerNorm(DIM), nn.Linear(DIM, FEED_FORWARD), nn.SiLU(), nn.Dropout(DROPOUT),
                         nn.Linear(FEED_FORWARD, DIM))


class Encoder(nn.Module):
    def __init__(self, mixer):
        super().__init__()
        self.subsampling = nn.Sequential(
            nn.Conv2d(1, CHANNELS, 3, 2, 1), nn.ReLU(), nn.Conv2d(CHANNELS, CHANNELS, 3, 2, 1), nn.ReLU())
        self.input = nn.Linear(CHANNELS * BANDS // 4, DIM)
        self.mixers = nn.ModuleList(Mixer(mixer) for _ in range(LAYERS))
        self.convolutions = nn.ModuleList(Convolution() for _ in range(LAYERS))
        self.feed_forwards = nn.ModuleList(FeedForward() for _ in range(LAYERS))
        self.dropout = nn.Dropout(DROPOUT)
        self.head = nn.Sequential(nn.LayerNorm(DIM), nn.Linear(DIM, TOKENS), nn.LogSoftmax(-1))

    def forward(self, x, lengths):  # (batch, time, BANDS), (batch,)
        x = self.input(self.subsampling(x[:, None]).transpose(1, 2).flatten(2))
        lengths = -(-lengths // 4)
        time_, rates = torch.arange(x.shape[1]), torch.exp(torch.arange(0, DIM, 2) * (-math.log(1e4) / DIM))
        angles = time_[:, None] * rates
        x = self.dropout(x + 0.3 * torch.stack([angles.sin(), angles.cos()], -1).flatten(1))
        inside = time_ < lengths[:, None]
        for mixer, convolution, feed_forward in zip(self.mixers, self.convolutions, self.feed_forwards):
            x = x + self.dropout(mixer(x, inside))
            x = x + self.dropout(convolution(x, inside))
            x = x + self.dropout(feed_forward(x))
        return self.head(x), lengths


def main():
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("--work", choices=["train", "infer"], required=True)
    cli.add_argument("--mixer", choices=["gated_decay", "softmax"], required=True)
    cli.add_argument("--threads", type=int, required=True)
    cli.add_argument("--data", type=Path, required=True)
    cli.add_argument("--autocast", action="store_true")
    args = cli.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    model = Encoder(args.mixer)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
    batches = []
    for batch in json.loads((args.data / "batches.json").read_text()):
        lengths = torch.tensor(batch["lengths"])
        features = nn.utils.rnn.pad_sequence([torch.rand(n, BANDS) * 2 - 1 for n in batch["lengths"]], batch_first=True)
        counts = torch.tensor([len(row) for row in batch["labels"]])
        batches.append((features, lengths, torch.tensor([x for row in batch["labels"] for x in row]), counts))
    precision = lambda: torch.autocast("cpu", torch.bfloat16) if args.autocast else nullcontext()

    def train():
        for features, lengths, labels, counts in batches:
            with precision():
                log_probs, lengths = model(features, lengths)
            loss = F.ctc_loss(log_probs.float().transpose(0, 1), labels, lengths, counts, zero_infinity=True)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimizer.step()

    def infer():
        model.eval()
        with torch.inference_mode(), precision():
            for features, lengths, *_ in batches:
                model(features, lengths)

    def step():
        start = time.perf_counter()
        (train if args.work == "train" else infer)()
        return (time.perf_counter() - start) * 1e3

    serve(step)


main()
