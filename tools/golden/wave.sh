#!/bin/sh
# Writes crates/audio/tests/data/wave: files of other programs, and their samples as those decode them.
#
# FFmpeg 5.1 and SoX 14.4.2. Run from the repository's root. The sound is the first 1,000 samples of chord.pcm; with two
# channels the second has the samples from the 1,000th on.
set -eu
data=crates/audio/tests/data
out=$data/wave
mkdir -p "$out"
mono="-f s16le -ar 16000 -ac 1 -t 0.0625 -i $data/chord.pcm"
stereo="$mono -f s16le -ar 16000 -ac 1 -ss 0.0625 -t 0.0625 -i $data/chord.pcm -filter_complex amerge=inputs=2"
bitexact="-map_metadata -1 -fflags +bitexact -flags:a +bitexact"
encode() { # NAME, ARGUMENTS
    name=$1
    shift
    ffmpeg -v error -y "$@" $bitexact "$out/$name.wav"
    ffmpeg -v error -y -i "$out/$name.wav" -f s16le "$out/$name.pcm"
}
encode ima $mono -c:a adpcm_ima_wav -block_size 256
encode ima_stereo $stereo -c:a adpcm_ima_wav -block_size 256
encode ms $mono -c:a adpcm_ms -block_size 256
encode ms_stereo $stereo -c:a adpcm_ms -block_size 256
ffmpeg -v error -y $mono $bitexact -rf64 always "$out/rf64.wav"
ffmpeg -v error -y $mono $bitexact -f wav - | cat > "$out/ffmpeg_pipe.wav"
sox="sox -t raw -r 16000 -e signed -b 16 -c 1 $data/chord.pcm"
$sox "$out/sox.w64" trim 0 1000s
$sox -B "$out/rifx.wav" trim 0 1000s
$sox -t wav - trim 0 1000s | cat > "$out/sox_pipe.wav"
$sox -e ima-adpcm "$out/sox_ima.wav" trim 0 1000s
sox "$out/sox_ima.wav" -t raw -e signed -b 16 "$out/sox_ima.pcm"
