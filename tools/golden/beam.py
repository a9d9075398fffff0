"""Makes data/golden/beam/cases.json: n-best lists of pyctcdecode, and fast-ctc-decode's best.

    python3 -m venv VENV && VENV/bin/pip install numpy==1.26.4 pyctcdecode==0.5.0 fast-ctc-decode==0.3.7
    VENV/bin/python tools/golden/beam.py

Logits are multiples of 1/16, so that every float type holds them exactly. The beams are wide and nothing else is cut, so
that only rounding is left; pyctcdecode computes in float64 on log-probabilities that it clips to float32.
"""
import json
import pathlib

import fast_ctc_decode
import numpy as np
import pyctcdecode

random = np.random.default_rng(7)
BEAM = 3000

# name, frames, tokens, how sharp
CASES = [("even", 6, 4, 24), ("random", 9, 4, 48), ("sharp", 30, 6, 240), ("long", 40, 3, 200), ("two tokens", 16, 2, 64)]

cases = []
for name, frames, tokens, range_ in CASES:
    sixteenths = random.integers(-range_, range_ + 1, (frames, tokens))
    logits = sixteenths / 16.0
    log_probs = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    alphabet = [""] + [chr(ord("a") + i) for i in range(tokens - 1)]
    decoder = pyctcdecode.build_ctcdecoder(alphabet)
    beams = decoder.decode_beams(log_probs, beam_width=BEAM, beam_prune_logp=-1e9, token_min_logp=-1e9)
    ids = lambda text: [ord(letter) - ord("a") + 1 for letter in text]
    probabilities = np.exp(log_probs).astype(np.float32)
    fast, _ = fast_ctc_decode.beam_search(
        probabilities, "".join(["-"] + alphabet[1:]), beam_size=BEAM, beam_cut_threshold=0.0
    )
    cases.append({
        "name": name,
        "tokens": tokens,
        "logits_sixteenths": sixteenths.flatten().tolist(),
        "nbest": [{"tokens": ids(beam[0]), "score": float(f"{beam[3]:.9g}")} for beam in beams[:8]],
        "fast_ctc_decode": ids(fast),
    })

out = pathlib.Path(__file__).resolve().parents[2] / "data/golden/beam/cases.json"
out.parent.mkdir(parents=True, exist_ok=True)
lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
out.write_text(f'{{"pyctcdecode":"0.5.0","fast_ctc_decode":"0.3.7","cases":[\n{lines}\n]}}\n')
