# Stages of a recipe that run alone and only where their inputs have changed. Scripts source it with `exp`, the folder that all
# is written to, and `first` and `last`, the numbers of the stages that are asked for.

# stage NUMBER NAME INPUT... [-- SETTING...]: whether a stage is to run: it is asked for, and wasn't finished with these files,
# folders and settings.
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
  key=$({ find -L "${files[@]}" -type f -exec stat -L -c '%n %s %Y' {} + | sort; printf '%s\n' "$@"; } | cksum)
  if [ "$(cat "$exp/done/$name" 2>/dev/null)" = "$key" ]; then
    echo "== $number $name: done"
    return 1
  fi
  echo "== $number $name"
}

# finished: the stage at hand is.
finished() {
  mkdir -p "$exp/done"
  echo "$key" >"$exp/done/$name"
}

# changed FOLDER: ends the recipe if the stage at hand was finished with other inputs, whose results FOLDER holds.
changed() {
  [ ! -f "$exp/done/$name" ] || {
    echo "$1 was made with other inputs or settings; take another --exp, or remove it and $exp/done/$name" >&2
    exit 1
  }
}
