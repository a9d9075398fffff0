"""Measures on this machine what model.py computes the cost of many ranks from.

cost.py DATA OUT.json [--threads 1]

DATA is a corpus that `linnet prepare` has made, of phones. Before:

    cargo build --release --workspace --bin linnet --example ranks --features linnet-cli/mpi

LINNET_PROGRAM and LINNET_RANKS name the two programs if they lie elsewhere. Nothing else should run on the machine.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RELEASE = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
LINNET = os.environ.get("LINNET_PROGRAM", str(RELEASE / "linnet"))
PROBE = os.environ.get("LINNET_RANKS", str(RELEASE / "examples" / "ranks"))
# Names, configurations, seconds of a recipe's batch, and of the batch that is timed.
MODELS = [
    ("AN4", ROOT / "recipes/an4/conf/phone.toml", 30, 30),
    ("LibriSpeech", ROOT / "recipes/librispeech/conf/gated_decay.toml", 70, 70),
    ("100 M", HERE / "large.toml", 70, 12),
]
UNITS = {"seconds": 1, "minutes": 60, "hours": 3600}


def probe(transport, *more):
    """What two ranks take for an exchange, a sum and updates of so many million parameters."""
    command = ["mpirun", "-n", "2", "--mca", "btl", f"self,{transport}", PROBE, *more]
    environment = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1", RAYON_NUM_THREADS="1")
    lines = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [json.loads(line) for line in lines.splitlines()]


def constants():
    memory, network = probe("vader", "1.6", "100"), probe("tcp")
    return {
        "latency_s": next(line["gather_s"] for line in network if "gather_s" in line),
        "sum": [[line["sum_bytes"], line["sum_s"]] for line in memory if "sum_s" in line],
        "update": [[line["parameters"], line["update_s"]] for line in memory if "update_s" in line],
    }


def settings(data, batch):
    keys = {"train": data / "train.jsonl", "dev": data / "dev.jsonl", "tokens": data / "tokens.txt",
            "lexicon": data / "lexicon.txt"}
    made = [f"data.{key}={path}" for key, path in keys.items()] + [f"train.batch_seconds={batch}"]
    return [word for setting in made for word in ("--set", setting)]


def parameters(conf, more):
    """How many a model has, as training says before its first epoch."""
    with tempfile.TemporaryDirectory() as folder:
        command = [LINNET, "train", str(conf), "--out", f"{folder}/exp", *more]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as run:
            for line in run.stderr:
                if " parameters; " in line:
                    run.kill()
                    return int(line.split()[0].replace(",", ""))
    sys.exit(f"{conf}: training doesn't begin")


def passes(conf, more, audio, threads):
    """Seconds of a step for a second of audio, and steps for one."""
    command = [LINNET, "--threads", str(threads), "train", str(conf), "--time=30", *more]
    told = subprocess.run(command, check=True, stderr=subprocess.PIPE, text=True).stderr
    # N steps in 30.1 seconds: an epoch takes 12.3 minutes, …
    words = told.split(" steps in ")[1].split()
    steps, took = int(told.split(" steps in ")[0].split()[-1]), float(words[0]) * UNITS[words[1].strip(":")]
    epoch = float(words[5]) * UNITS[words[6].strip(",")]
    return epoch / audio, steps / (took * audio / epoch)


def main():
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("data", type=Path)
    cli.add_argument("out", type=Path)
    cli.add_argument("--threads", type=int, default=1)
    args = cli.parse_args()
    data = args.data.resolve()
    audio = sum(json.loads(line)["duration"] for line in (data / "train.jsonl").read_text().splitlines())
    measured = constants()
    count, seconds = max(measured["update"])
    measured["models"] = []
    for name, conf, recipe, batch in MODELS:
        more = settings(data, batch)
        own = parameters(conf, more)
        a_second, steps = passes(conf, more, audio, args.threads)
        # A step has its update, too.
        measured["models"].append({"name": name, "parameters": own, "batch_seconds": recipe,
                                   "passes": a_second - steps * own * seconds / count})
        print(json.dumps(measured["models"][-1]), flush=True)
    args.out.write_text(json.dumps(measured, indent=1) + "\n")


main()
