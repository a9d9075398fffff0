"""Makes data/golden/lstm/cases.json: outputs and gradients of PyTorch's bidirectional LSTM.

    python3 -m venv VENV && VENV/bin/pip install torch==2.15.0
    VENV/bin/python tools/golden/lstm.py

Inputs and weights are multiples of 1/16, so that every float type holds them exactly. PyTorch has two biases, the second
of which is 0 here. It computes in float64 on one thread, each utterance by itself.
"""
import json
import pathlib

import torch

torch.set_num_threads(1)
generator = torch.Generator().manual_seed(21)

# inputs, hidden, lengths
CASES = [(6, 9, [11, 1, 5, 5]), (3, 2, [1]), (2, 5, [2, 30, 17])]


def sixteenths(*shape):
    return torch.randint(-16, 17, shape, generator=generator).double() / 16


def flat(tensor):
    return [round(v, 10) for v in tensor.flatten().tolist()]


def case_of(inputs, hidden, lengths):
    lstm = torch.nn.LSTM(inputs, hidden, bidirectional=True, dtype=torch.float64)
    names = ["", "_reverse"]
    parameters = {}
    for kind in ["weight_ih", "weight_hh", "bias_ih"]:
        parameters[kind] = [getattr(lstm, f"{kind}_l0{name}") for name in names]
    with torch.no_grad():
        for both in parameters.values():
            for parameter in both:
                parameter.copy_(sixteenths(*parameter.shape))
        for name in names:
            getattr(lstm, f"bias_hh_l0{name}").zero_()
    x = sixteenths(sum(lengths), inputs).requires_grad_()
    dy = sixteenths(sum(lengths), 2 * hidden)
    y = torch.cat([lstm(utterance)[0] for utterance in x.split(lengths)])
    y.backward(dy)
    return {
        "inputs": inputs,
        "hidden": hidden,
        "lengths": lengths,
        "weights": [v for both in parameters.values() for p in both for v in flat(p)],
        "x": flat(x),
        "dy": flat(dy),
        "y": flat(y),
        "dx": flat(x.grad),
        "dweights": [v for both in parameters.values() for p in both for v in flat(p.grad)],
    }


cases = [case_of(*case) for case in CASES]
out = pathlib.Path(__file__).resolve().parents[2] / "data/golden/lstm/cases.json"
out.parent.mkdir(parents=True, exist_ok=True)
out.write_text(json.dumps(cases) + "\n")
