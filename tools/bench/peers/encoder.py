"""The speech encoder of Katharopoulos et al. (2020), section 4.3, in PyTorch: training steps, inference, memory.

encoder.py --work train|infer|memory --mixer linear|softmax|bi_lstm --batch 8 --frames 800 --threads 2
"""
import argparse
import resource
import time

import torch
from torch import nn
from torch.nn import functional as F

from serve import serve

LAYERS, HEADS, DIM, FEED_FORWARD, BANDS, TOKENS = 9, 6, 192, 768, 40, 45


class LinearAttention(nn.Module):
    """Equation 5 for all heads at once, by einsum as the authors' library writes it."""

    def forward(self, q, k, v):  # (batch, time, head, head_dim)
        q, k = F.elu(q) + 1, F.elu(k) + 1
        state = torch.einsum("nthd,nthe->nhde", k, v)
        normaliser = 1 / (torch.einsum("nthd,nhd->nth", q, k.sum(1)) + 1e-6)
        return torch.einsum("nthd,nhde,nth->nthe", q, state, normaliser)


class SoftmaxAttention(nn.Module):
    """PyTorch's fused attention."""

    def forward(self, q, k, v):
        heads_first = (x.transpose(1, 2) for x in (q, k, v))
        return F.scaled_dot_product_attention(*heads_first).transpose(1, 2)


class Block(nn.Module):
    def __init__(self, attention):
        super().__init__()
        self.attention = attention
        self.query, self.key, self.value, self.output = (nn.Linear(DIM, DIM) for _ in range(4))
        self.before_attention, self.before_feed_forward = nn.LayerNorm(DIM), nn.LayerNorm(DIM)
        self.feed_forward = nn.Sequential(nn.Linear(DIM, FEED_FORWARD), nn.ReLU(), nn.Linear(FEED_FORWARD, DIM))

    def forward(self, x):
        normal = self.before_attention(x)
        heads = [f(normal).unflatten(-1, (HEADS, -1)) for f in (self.query, self.key, self.value)]
        x = x + self.output(self.attention(*heads).flatten(-2))
        return x + self.feed_forward(self.before_feed_forward(x))


class BiLstm(nn.Module):
    """The paper's other baseline: three layers of 320 units in each direction, nothing else."""

    width = 640

    def __init__(self):
        super().__init__()
        self.layers = nn.LSTM(BANDS, self.width // 2, num_layers=3, bidirectional=True, batch_first=True)

    def forward(self, x):
        return self.layers(x)[0]


def encoder(mixer):
    """The layers, and the width of what they give."""
    if mixer == "bi_lstm":
        return [BiLstm()], BiLstm.width
    attention = {"linear": LinearAttention, "softmax": SoftmaxAttention}[mixer]
    return [nn.Linear(BANDS, DIM), *(Block(attention()) for _ in range(LAYERS))], DIM


def main():
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("--work", choices=["train", "infer", "memory"], required=True)
    cli.add_argument("--mixer", choices=["linear", "softmax", "bi_lstm"], required=True)
    cli.add_argument("--batch", type=int, required=True)
    cli.add_argument("--frames", type=int, required=True)
    cli.add_argument("--threads", type=int, required=True)
    args = cli.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    peak_mb = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    base_mb = peak_mb()

    layers, width = encoder(args.mixer)
    model = nn.Sequential(*layers, nn.LayerNorm(width), nn.Linear(width, TOKENS), nn.LogSoftmax(-1))
    features = torch.rand(args.batch, args.frames, BANDS) * 2 - 1
    weight = torch.rand(args.batch, args.frames, TOKENS) * 2 - 1
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)

    def train():
        optimizer.zero_grad()
        (model(features) * weight).mean().backward()
        optimizer.step()

    def infer():
        with torch.inference_mode():
            model(features)

    def timed(work):
        def step():
            start = time.perf_counter()
            work()
            return (time.perf_counter() - start) * 1e3
        return step

    def memory():
        train()
        return peak_mb() - base_mb

    serve({"train": timed(train), "infer": timed(infer), "memory": memory}[args.work])


main()
