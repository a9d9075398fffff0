#!/usr/bin/env bash
# Linnet beside its peers, step by step in turn: a table on the terminal, with --json a line a case on stdout.
#
#   tools/bench/run.sh [CASE...] [--json] [--rounds N] [--corpus AN4] [--alone]
#   tools/bench/run.sh lengths|hour|paper [OPTION...]      # Linnet alone
#
# The peers live in a Python environment under target/bench-env, made on the first run (2 GB, PyTorch most of it; KenLM is
# built from source, with cmake and a C++ compiler). LINNET_BENCH_PYTHON names a Python that has them already. Nothing else
# should run on the machine.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
build() { cargo build --release --quiet --manifest-path "$root/Cargo.toml" -p linnet-bench; }
case ${1:-} in lengths | hour | paper) build && exec "$target/release/linnet-bench" "$@" ;; esac
python=${LINNET_BENCH_PYTHON:-}
case " $* " in *" --alone "*) python=python3 ;; esac
if [ -z "$python" ]; then
  env=$target/bench-env
  wanted=$(cat "$here"/peers/requirements*.txt)
  if [ "$(cat "$env/done" 2>/dev/null)" != "$wanted" ]; then
    echo "== the peers' Python environment, $env" >&2
    python3 -m venv "$env"
    whole=yes
    # One at a time, so that one which doesn't install costs its own cases alone.
    install() {
      while read -r package; do
        "$env/bin/python" -m pip install --quiet "${@:2}" "$package" >&2 && continue
        echo "== without $package: it doesn't install; the next run tries again" >&2
        whole=
      done < <(grep -v '^#' "$here/peers/$1")
    }
    install requirements.txt
    install requirements-alone.txt --no-deps
    [ -z "$whole" ] || echo "$wanted" >"$env/done"
  fi
  python=$env/bin/python
fi
build
exec "$target/release/linnet-bench" --python "$python" --peers "$here/peers" "$@"
