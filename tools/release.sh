#!/usr/bin/env bash
# Packs one static program, with a model folder or without, into OUT/linnet-VERSION-TARGET.tar.gz with its checksums.
#
#     tools/release.sh OUT [MODEL]
#
# The program needs no library of the system it runs on. TARGET is x86_64-unknown-linux-gnu unless given;
# `rustup target add` and a linker for it are needed for another one, as aarch64-unknown-linux-gnu.
set -euo pipefail
[ $# -ge 1 ] || { echo "usage: $0 OUT [MODEL]" >&2; exit 2; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
model=${2:+$(cd "$2" && pwd)}
cd "$(dirname "$0")/.."
command -v readelf >/dev/null || { echo "readelf, which tells whether the program is static, is missing; install binutils" >&2; exit 1; }
target=${TARGET:-x86_64-unknown-linux-gnu}

RUSTFLAGS="${RUSTFLAGS:-} -C target-feature=+crt-static" \
    cargo build --release --locked -p linnet-cli --bin linnet --target "$target"
program=${CARGO_TARGET_DIR:-target}/$target/release/linnet
! readelf -d "$program" | grep -q NEEDED || { echo "$program needs libraries of the system" >&2; exit 1; }

version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
name=linnet-$version-$target
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/$name"
cp "$program" README.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE "$work/$name"
strip "$work/$name/linnet" 2>/dev/null || true
if [ -n "$model" ]; then
    cp -r "$model" "$work/$name/model"
fi
(cd "$work/$name" && find . -type f ! -name SHA256SUMS -print0 | sort -z | xargs -0 sha256sum >SHA256SUMS)
# The same files make the same archive.
tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$work" -cf - "$name" | gzip -9n >"$out/$name.tar.gz"
(cd "$out" && sha256sum "$name.tar.gz" | tee "$name.tar.gz.sha256")
