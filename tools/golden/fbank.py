#!/usr/bin/env python3
"""Golden filterbanks from kaldi-native-fbank, and Linnet's distance to it on real speech.

Made with Python 3.11 and
    pip install numpy==2.3.4 kaldi-native-fbank==1.22.4 soundfile==0.14.0

    tools/golden/fbank.py make [data/golden/fbank]
        writes the synthetic signals (16-bit little-endian PCM), their filterbanks (little-endian f32, frame by
        frame) and cases.json, which says which configuration of linnet-frontend made which file.

    cargo build --release -p linnet-frontend --example pcm_fbank
    tools/golden/fbank.py compare CORPUS target/release/examples/pcm_fbank
        runs both over every FLAC file under CORPUS, beside the same formulas in f64, and prints the largest
        differences.
"""

import argparse
import json
import subprocess
from pathlib import Path

import kaldi_native_fbank as knf
import numpy as np

DEFAULTS = dict(sample_rate=16000, bands=80, frame_length_ms=25.0, frame_shift_ms=10.0, preemphasis=0.97,
                remove_dc=True, window="povey", low_hz=20.0, high_hz=0.0, snip_edges=False)

CASES = {
    "16k-80": dict(),
    "16k-40-snipped": dict(bands=40, snip_edges=True),
    "16k-plain": dict(bands=64, preemphasis=0.0, remove_dc=False, window="rectangular", low_hz=100.0, high_hz=-400.0),
    "16k-long": dict(bands=80, frame_length_ms=50.0, frame_shift_ms=12.5, window="hann", high_hz=7600.0),
    "8k-40": dict(sample_rate=8000, bands=40),
    "11k-23-snipped": dict(sample_rate=11025, bands=23, window="hamming", snip_edges=True),
    "48k-80": dict(sample_rate=48000, bands=80, window="blackman"),
}

KALDI_WINDOWS = dict(hann="hanning")


def speech_like(rate, seconds, seed):
    """Vowels (pulses through three resonances), hiss, a hum on an offset, digital silence, a clipped burst."""
    rng = np.random.default_rng(seed)
    total = int(rate * seconds)
    time = np.arange(total) / rate
    pitch = 120 + 40 * np.sin(2 * np.pi * 1.5 * time)
    pulses = np.diff(np.floor(np.cumsum(pitch / rate)), prepend=0.0)
    vowel = np.zeros(total)
    for centre, width, gain in ((600, 90, 1.0), (1400, 120, 0.6), (2600, 180, 0.3)):
        centre = min(centre, 0.45 * rate) * (1 + 0.2 * np.sin(2 * np.pi * 0.7 * time))
        radius = np.exp(-np.pi * width / rate)
        one = two = 0.0
        for i in range(total):
            now = pulses[i] + 2 * radius * np.cos(2 * np.pi * centre[i] / rate) * one - radius**2 * two
            one, two = now, one
            vowel[i] += gain * now
    signal = 6000 * vowel / np.abs(vowel).max() + rng.normal(0, 8, total)
    part = total // 6
    signal[part : 2 * part] += 800 * np.diff(rng.normal(0, 1, part + 1))
    signal[2 * part : 3 * part] = 700 + 20 * np.sin(2 * np.pi * 50 * time[:part])
    signal[3 * part : 4 * part - part // 4] = 0
    signal[-part // 2 :] *= 20
    return np.clip(np.round(signal), -32768, 32767).astype("<i2")


def kaldi(pcm, config):
    """Filterbanks of 16-bit samples by kaldi-native-fbank, (frames, bands)."""
    options = knf.FbankOptions()
    frame, mel = options.frame_opts, options.mel_opts
    frame.samp_freq = config["sample_rate"]
    frame.frame_length_ms = config["frame_length_ms"]
    frame.frame_shift_ms = config["frame_shift_ms"]
    frame.dither = 0.0
    frame.preemph_coeff = config["preemphasis"]
    frame.remove_dc_offset = config["remove_dc"]
    frame.window_type = KALDI_WINDOWS.get(config["window"], config["window"])
    frame.snip_edges = config["snip_edges"]
    mel.num_bins = config["bands"]
    mel.low_freq = config["low_hz"]
    mel.high_freq = config["high_hz"]
    fbank = knf.OnlineFbank(options)
    fbank.accept_waveform(config["sample_rate"], pcm.astype(np.float32).tolist())
    fbank.input_finished()
    rows = [fbank.get_frame(i) for i in range(fbank.num_frames_ready)]
    return np.array(rows, np.float32).reshape(-1, config["bands"])


def exact(pcm, config):
    """The default configuration's formulas in f64, (frames, bands)."""
    rate, length, shift, points = config["sample_rate"], 400, 160, 512
    frames = (len(pcm) + shift // 2) // shift
    index = shift * np.arange(frames)[:, None] + shift // 2 - length // 2 + np.arange(length)
    index %= 2 * len(pcm)
    index = np.where(index < len(pcm), index, 2 * len(pcm) - 1 - index)
    frame = pcm.astype(np.float64)[index]
    frame -= frame.mean(1, keepdims=True)
    frame -= 0.97 * np.concatenate([frame[:, :1], frame[:, :-1]], 1)
    frame *= (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / (length - 1))) ** 0.85
    power = np.abs(np.fft.rfft(frame, points)[:, :-1]) ** 2
    mel = lambda hz: 1127 * np.log1p(hz / 700)
    edges = np.linspace(mel(config["low_hz"]), mel(rate / 2), config["bands"] + 2)
    place = mel(np.arange(points // 2) * rate / points)[:, None]
    rise = (place - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - place) / (edges[2:] - edges[1:-1])
    weights = np.maximum(0, np.minimum(rise, fall))
    return np.log(np.maximum(power @ weights, np.finfo(np.float32).eps))


def make(folder):
    folder.mkdir(parents=True, exist_ok=True)
    cases = []
    for name, changes in CASES.items():
        config = DEFAULTS | changes
        rate = config["sample_rate"]
        signal = f"signal-{rate}.i16"
        pcm = speech_like(rate, 0.6 if rate > 16000 else 0.9, seed=rate)
        pcm.tofile(folder / signal)
        kaldi(pcm, config).astype("<f4").tofile(folder / f"{name}.f32")
        cases.append(dict(name=name, signal=signal, config=config))
    (folder / "cases.json").write_text(json.dumps(cases, indent=1) + "\n")


def describe(name, difference):
    flat = np.concatenate([d.ravel() for d in difference])
    print(f"{name}: largest {flat.max():.2e}, 99.9 % within {np.quantile(flat, 0.999):.2e}, "
          f"within 1e-3 {100 * np.mean(flat <= 1e-3):.4f} %, root mean square {np.sqrt(np.mean(flat**2)):.2e}")


def compare(corpus, program):
    import soundfile

    for bands in (80, 40):
        config = DEFAULTS | dict(bands=bands)
        to_kaldi, ours_to_exact, kaldi_to_exact = [], [], []
        files = sorted(corpus.rglob("*.flac"))
        for path in files:
            pcm, rate = soundfile.read(path, dtype="int16")
            assert rate == config["sample_rate"] and pcm.ndim == 1, path
            done = subprocess.run([program, json.dumps(config)], input=pcm.astype("<i2").tobytes(),
                                  stdout=subprocess.PIPE, check=True)
            ours = np.frombuffer(done.stdout, "<f4").reshape(-1, bands)
            theirs, truth = kaldi(pcm, config), exact(pcm, config)
            assert ours.shape == theirs.shape == truth.shape, path
            to_kaldi.append(np.abs(ours.astype(np.float64) - theirs))
            ours_to_exact.append(np.abs(ours - truth))
            kaldi_to_exact.append(np.abs(theirs - truth))
        frames = sum(len(d) for d in to_kaldi)
        print(f"{len(files)} files, {frames} frames, {bands} bands")
        describe("  linnet to kaldi-native-fbank", to_kaldi)
        describe("  linnet to f64", ours_to_exact)
        describe("  kaldi-native-fbank to f64", kaldi_to_exact)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("make")
    command.add_argument("folder", nargs="?", type=Path, default=Path("data/golden/fbank"))
    command.set_defaults(run=lambda given: make(given.folder))
    command = commands.add_parser("compare")
    command.add_argument("corpus", type=Path)
    command.add_argument("program")
    command.set_defaults(run=lambda given: compare(given.corpus, given.program))
    given = parser.parse_args()
    given.run(given)


if __name__ == "__main__":
    main()
