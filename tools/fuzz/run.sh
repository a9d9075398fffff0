#!/usr/bin/env bash
# Builds all targets and runs each for some seconds, two at a time, from the seeds. Stops at the first that breaks.
#
#   tools/fuzz/run.sh [SECONDS] [TARGET...]      # 10 seconds of every target
#
# Targets of the crate above the encoder (`use linnet::`) run where they are named: with it comes candle, which takes minutes
# to build with these flags.
#
# FUZZ_SEED=1 FUZZ_RUNS=1500 makes the same inputs each time, so that CI doesn't fail by chance; without them each run has
# its own.
#
# It needs no cargo-fuzz and no nightly toolchain: the flags are those of cargo-fuzz for coverage, without the address
# sanitizer, which finds what only unsafe code does.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-10}
[ $# = 0 ] || shift
targets=("$@")
[ ${#targets[@]} -gt 0 ] || for file in $(grep -L '^use linnet::' targets/*.rs); do targets+=("$(basename "$file" .rs)"); done
features=()
for target in "${targets[@]}"; do ! grep -q '^use linnet::' "targets/$target.rs" || features=(--features model); done

host=$(rustc -vV | sed -n 's/^host: //p')
target_dir=${CARGO_TARGET_DIR:-$PWD/target}/fuzz
export CARGO_TARGET_DIR=$target_dir
coverage="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4"
coverage+=" -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table"
coverage+=" -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1"
# Naming the host as the target keeps the flags away from build scripts.
export RUSTFLAGS=$coverage CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS=true
cargo build --quiet --release --bins --example seeds --target "$host" "${features[@]}"
cargo run --quiet --release --example seeds --target "$host"

# fuzz TARGET: its last lines if it breaks.
fuzz() {
  local log
  log=$(mktemp)
  mkdir -p "corpus/$1" "artifacts/$1"
  local arguments=("-max_total_time=$seconds" "-seed=${FUZZ_SEED:-0}" "-runs=${FUZZ_RUNS:--1}" -rss_limit_mb=2048 -timeout=60 "-artifact_prefix=artifacts/$1/" "corpus/$1")
  [ ! -f "dictionaries/$1.dict" ] || arguments=("-dict=dictionaries/$1.dict" "${arguments[@]}")
  if ! "$target_dir/$host/release/$1" "${arguments[@]}" >"$log" 2>&1; then
    tail -n 30 "$log"
    echo "$1 breaks; the input is in tools/fuzz/artifacts/$1" >&2
    rm "$log"
    return 1
  fi
  echo "   $1: $(grep -o 'Done .* runs' "$log" | tail -n 1)"
  rm "$log"
}
export -f fuzz
export seconds target_dir host
# At 255 xargs begins no more of them.
printf '%s\n' "${targets[@]}" | xargs -P 2 -I {} bash -euo pipefail -c 'fuzz {} || exit 255'
