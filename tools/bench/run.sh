#!/usr/bin/env bash
# Linnet beside its peers, step by step in turn: a table on the terminal, with --json a line a case on stdout.
#
#   tools/bench/run.sh [CASE...] [--json] [--rounds N] [--corpus AN4] [--alone]
#
# The peers live in a Python environment under target/bench-env, made on the first run (2 GB, PyTorch most of it).
# LINNET_BENCH_PYTHON names a Python that has them already. Nothing else should run on the machine.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
python=${LINNET_BENCH_PYTHON:-}
case " $* " in *" --alone "*) python=python3 ;; esac
if [ -z "$python" ]; then
  env=$root/target/bench-env
  if [ ! -f "$env/done" ]; then
    echo "== the peers' Python environment, $env" >&2
    python3 -m venv "$env"
    "$env/bin/pip" install --quiet --requirement "$here/peers/requirements.txt" >&2
    touch "$env/done"
  fi
  python=$env/bin/python
fi
cargo build --release --quiet --manifest-path "$root/Cargo.toml" -p linnet-bench
exec "$root/target/release/linnet-bench" --python "$python" --peers "$here/peers" "$@"
