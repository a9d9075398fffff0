# The beginning of all trials: sourced by each of them with its arguments, DIR [MODEL].
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
linnet=${LINNET:-$here/target/release/linnet}
[ $# -ge 1 ] || { echo "usage: $0 DIR [MODEL]" >&2; exit 2; }
# A folder of the script's own, in which it may remove what an earlier trial has left.
place=$1/$(basename "$0" .sh)
mkdir -p "$place"
place=$(cd "$place" && pwd)
model=${2:-$here/data/golden/recognizer}
recordings=("$here"/data/mini/11-14.1/wsj0/si_et_20/011/*.wv1)

fail() {
    echo "$(basename "$0"): $*" >&2
    exit 1
}
