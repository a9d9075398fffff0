# Functions that the recipes' scripts share. They source it with `root`, the repository's folder, and `settings`, further
# arguments of `linnet train`.

cargo build --release --quiet --manifest-path "$root/Cargo.toml" -p linnet-cli
linnet=${CARGO_TARGET_DIR:-$root/target}/release/linnet

# partly COMMAND...: goes on too if the command has left items out, which it names (exit code 3).
partly() {
  "$@" || [ $? -eq 3 ]
}

# data_settings DATA TRAIN DEV: sets `data_settings` to the arguments by which `linnet train` takes a prepared corpus.
data_settings() {
  data_settings=(--set data.train="$1/$2.jsonl" --set data.dev="$1/$3.jsonl" --set data.tokens="$1/tokens.txt"
    --set data.lexicon="$1/lexicon.txt")
}

# train CONFIG OUT DATA TRAIN DEV: trains on DATA/TRAIN.jsonl, or goes on where it was interrupted. A run that is at its end
# stays as it is, also without its checkpoints, and one of other settings or data is an error that names them.
train() {
  local resume=()
  if [ -f "$2/checkpoints/latest.safetensors" ] || [ -f "$2/model/model.safetensors" ]; then resume=(--resume); fi
  data_settings "$3" "$4" "$5"
  "$linnet" train "$1" --out "$2" "${resume[@]}" "${settings[@]}" "${data_settings[@]}"
}
