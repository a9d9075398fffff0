# Stages of a recipe that run alone and only where their inputs have changed. Scripts source it with `exp`, the folder that all
# is written to, and `first` and `last`, the numbers of the stages that are asked for.

# contents FILE|FOLDER...: a line for each file: its name, size and checksum. Of a recording, which may be one of
# thousands, the size stands for both.
contents() {
  local sounds=(-name '*.flac' -o -name '*.wav' -o -name '*.sph')
  find -L "$@" -type f \( "${sounds[@]}" \) -exec wc -c {} + | sed '/^ *[0-9]* total$/d' | LC_ALL=C sort
  find -L "$@" -type f ! \( "${sounds[@]}" \) -exec cksum {} + | LC_ALL=C sort
}

# stage NUMBER NAME INPUT... [-- SETTING...]: whether a stage is to run: it is asked for, and wasn't finished with these files,
# folders and settings. From here on it is unfinished.
stage() {
  local number=$1
  name=$2
  shift 2
  [ "$number" -ge "$first" ] && [ "$number" -le "$last" ] || return 1
  local files=()
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    [ -e "$1" ] || {
      echo "$1: this isn't there; run the stages before $number $name, or check the path" >&2
      exit 1
    }
    files+=("$1")
    shift
  done
  key=$(set -o pipefail; { contents "${files[@]}" && printf '%s\n' "$@"; } | cksum) || {
    echo "the inputs of $number $name can't be read; see the message above" >&2
    exit 1
  }
  if [ "$(cat "$exp/done/$name" 2>/dev/null)" = "$key" ]; then
    echo "== $number $name: done"
    return 1
  fi
  echo "== $number $name"
  rm -f "$exp/done/$name"
}

# finished: the stage at hand is.
finished() {
  mkdir -p "$exp/done"
  echo "$key" >"$exp/done/$name"
}
