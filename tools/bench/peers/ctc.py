"""PyTorch's CTC loss with its gradient at the logits, log-softmax included."""
import argparse
import time

import torch
from torch.nn import functional as F

from serve import serve

cli = argparse.ArgumentParser(description=__doc__)
for name in ("batch", "frames", "tokens", "labels", "threads"):
    cli.add_argument(f"--{name}", type=int, required=True)
args = cli.parse_args()
torch.set_num_threads(args.threads)
torch.manual_seed(0)
logits = (torch.rand(args.frames, args.batch, args.tokens) * 2 - 1).requires_grad_()
labels = torch.randint(1, args.tokens, (args.batch, args.labels))
frame_counts = torch.full((args.batch,), args.frames)
label_counts = torch.full((args.batch,), args.labels)


def step():
    start = time.perf_counter()
    logits.grad = None
    F.ctc_loss(F.log_softmax(logits, -1), labels, frame_counts, label_counts).backward()
    return (time.perf_counter() - start) * 1e3


serve(step)
