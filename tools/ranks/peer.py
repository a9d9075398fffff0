"""Epochs of AN4 in PyTorch, in one process or with DistributedDataParallel over gloo: tools/ranks/speed.sh runs it.

peer.py DATA --ranks 2 --threads 1 [--epochs 3] [--batch-seconds 40]

DATA is a corpus that `linnet prepare` has made. The model is that of tools/bench/peers/an4.py, which is Linnet's by
default. Batches are cut as Linnet's: by length, of so many seconds. Features are noise, since a step takes the same time
on any, and cost nothing here; labels are as many as the words of the text have phones. Of two ranks each has every second
utterance of a batch. Prints the seconds of each epoch but the first.
"""
import argparse
import json
import os
import random
import sys
import time
from pathlib import Path

import torch
import torch.distributed as dist
import torch.multiprocessing as multiprocessing
from torch import nn
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

sys.path.insert(0, str(Path(__file__).parent.parent / "bench" / "peers"))
from an4 import Encoder, masked  # noqa: E402

BANDS, NOISE_FRAMES = 80, 60


def utterances(data):
    """(seconds, number of phones) of each utterance."""
    phones = {}
    for line in (data / "lexicon.txt").read_text().splitlines():
        word, *pronunciation = line.split()
        phones.setdefault(word, len(pronunciation))
    lines = map(json.loads, (data / "train.jsonl").read_text().splitlines())
    return [(line["duration"], sum(phones.get(word, 3) for word in line["text"].split())) for line in lines]


def batches(items, budget):
    """An epoch's batches of (frames, number of labels)."""
    made = [(int(100 * seconds), labels) for seconds, labels in items]
    made.sort(key=lambda item: item[0] + NOISE_FRAMES * random.random())
    cut, batch, filled = [], [], 0
    for item in made:
        if batch and filled + item[0] > budget:
            cut.append(batch)
            batch, filled = [], 0
        batch.append(item)
        filled += item[0]
    cut.append(batch)
    random.shuffle(cut)
    return cut


def train(rank, args):
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    random.seed(0)  # the same batches on all ranks
    model = Encoder(BANDS, args.tokens)
    if args.ranks > 1:
        os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(args.port))
        dist.init_process_group("gloo", rank=rank, world_size=args.ranks)
        model = DistributedDataParallel(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
    items = utterances(args.data)
    for epoch in range(args.epochs + 1):
        plan = batches(items, 100 * args.batch_seconds)
        # A rank without an utterance would leave the others waiting.
        plan = [batch[rank :: args.ranks] for batch in plan if len(batch) >= args.ranks]
        made = [[(torch.randn(frames, BANDS), torch.randint(1, args.tokens, (labels,))) for frames, labels in own]
                for own in plan]
        if args.ranks > 1:
            dist.barrier()
        start = time.perf_counter()
        for own in made:
            lengths = torch.tensor([len(features) for features, _ in own])
            padded = nn.utils.rnn.pad_sequence([masked(features) for features, _ in own], batch_first=True)
            log_probs, lengths = model(padded, lengths)
            counts = torch.tensor([len(labels) for _, labels in own])
            flat = torch.cat([labels for _, labels in own])
            loss = F.ctc_loss(log_probs.transpose(0, 1), flat, lengths, counts, zero_infinity=True)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimizer.step()
            loss.item()
        if rank == 0 and epoch > 0:
            print(f"{time.perf_counter() - start:.3f}", flush=True)
    if args.ranks > 1:
        dist.destroy_process_group()


def main():
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("data", type=Path)
    cli.add_argument("--ranks", type=int, default=1)
    cli.add_argument("--threads", type=int, default=1)
    cli.add_argument("--epochs", type=int, default=3)
    cli.add_argument("--batch-seconds", type=int, default=40)
    cli.add_argument("--port", type=int, default=29511)
    args = cli.parse_args()
    args.tokens = len((args.data / "tokens.txt").read_text().splitlines())
    if args.ranks > 1:
        multiprocessing.spawn(train, (args,), args.ranks)
    else:
        train(0, args)


if __name__ == "__main__":
    main()
