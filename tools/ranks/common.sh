# Functions that the scripts here share. They source it with `root`, the repository's folder. LINNET_PROGRAM names a program that was
# built with the feature mpi; without it, it is built.

linnet=${LINNET_PROGRAM:-}
if [ -z "$linnet" ]; then
  cargo build --release --quiet --manifest-path "$root/Cargo.toml" --workspace --bin linnet --features linnet-cli/mpi
  linnet=${CARGO_TARGET_DIR:-$root/target}/release/linnet
fi
# Open MPI starts nothing as root, and no more ranks than there are cores, unless it is told to. Each rank has one
# thread.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
export RAYON_NUM_THREADS=1

# ranks N COMMAND…: runs a command on so many ranks. One alone is an ordinary process.
ranks() {
  if [ "$1" -eq 1 ]; then
    "${@:2}"
  else
    mpirun -n "$@"
  fi
}

# victim EXP: a process, drawn at random, of those that train in a folder.
victim() {
  local process
  for process in /proc/[0-9]*; do
    if [ "$(readlink "$process/exe" 2>/dev/null)" = "$linnet" ] &&
      tr '\0' '\n' <"$process/cmdline" 2>/dev/null | grep -qxF -- "$1"; then
      basename "$process"
    fi
  done | shuf -n 1
}
