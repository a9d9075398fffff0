"""Filterbanks of ten minutes of noise by torchaudio (Kaldi's definition) or asrfront."""
import argparse
import time

import numpy as np

from serve import serve

cli = argparse.ArgumentParser(description=__doc__)
cli.add_argument("--peer", choices=["torchaudio", "asrfront"], required=True)
cli.add_argument("--bands", type=int, required=True)
cli.add_argument("--threads", type=int, required=True)
args = cli.parse_args()
samples = np.random.default_rng(0).uniform(-1, 1, 600 * 16000).astype(np.float32)

if args.peer == "torchaudio":
    import torch

    # The two packages on PyPI were built with different CUDA versions, of which nothing is used here.
    torch.version.cuda = None
    import torchaudio

    torch.set_num_threads(args.threads)
    waveform = torch.from_numpy(samples)[None] * 32768

    def compute():
        torchaudio.compliance.kaldi.fbank(waveform, num_mel_bins=args.bands, dither=0.0, snip_edges=False)
else:
    from asrfront import sensevoice

    def compute():
        sensevoice.fbank_raw(samples, n_mels=args.bands)


def step():
    start = time.perf_counter()
    compute()
    return (time.perf_counter() - start) * 1e3


serve(step)
