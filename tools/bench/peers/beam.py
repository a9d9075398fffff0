"""Prefix beam search over tokens alone, by four other decoders at the same cut.

Token 0 is the blank. flashlight-text knows no least probability of a token: it gets as many of a frame's best tokens as the
fullest frame of an utterance has above the cut.
"""
import argparse
import logging
import math
import time

import numpy as np

import emissions
from serve import serve

cli = argparse.ArgumentParser(description=__doc__)
cli.add_argument("--peer", choices=["fast-ctc-decode", "ctc-beam-decoder", "flashlight-text", "pyctcdecode"],
                 required=True)
cli.add_argument("--data", required=True)
cli.add_argument("--beam", type=int, required=True)
cli.add_argument("--cut", type=float, required=True, help="least probability of a token")
cli.add_argument("--score-cut", type=float, required=True, help="greatest distance from the best prefix")
cli.add_argument("--threads", type=int, choices=[1], required=True)
args = cli.parse_args()
logging.disable(logging.WARNING)
utterances = emissions.read(args.data)
tokens = utterances[0].shape[1]
# One character a token, so that a text tells the tokens.
symbols = [chr(0x4E00 + token) for token in range(tokens)]


def ids(text):
    return [ord(symbol) - 0x4E00 for symbol in text]


def fast_ctc_decode():
    from fast_ctc_decode import beam_search

    probabilities, alphabet = [np.exp(u) for u in utterances], "".join(symbols)
    return lambda: [ids(beam_search(p, alphabet, beam_size=args.beam, beam_cut_threshold=args.cut)[0])
                    for p in probabilities]


def like_pyctcdecode(package):
    decoder = package.build_ctcdecoder([""] + symbols[1:])
    return lambda: [ids(decoder.decode(u, beam_width=args.beam, token_min_logp=math.log(args.cut),
                                       beam_prune_logp=-args.score_cut)) for u in utterances]


def ctc_beam_decoder():
    import ctc_beam_decoder as package

    return like_pyctcdecode(package)


def pyctcdecode():
    import pyctcdecode as package

    return like_pyctcdecode(package)


def flashlight_text():
    from flashlight.lib.text.decoder import CriterionType, LexiconFreeDecoder, LexiconFreeDecoderOptions, ZeroLM

    def decoder(log_probs):
        most = max(1, int((log_probs >= math.log(args.cut)).sum(1).max()))
        options = LexiconFreeDecoderOptions(
            beam_size=args.beam, beam_size_token=most, beam_threshold=args.score_cut, lm_weight=0.0, sil_score=0.0,
            log_add=True, criterion_type=CriterionType.CTC)
        return LexiconFreeDecoder(options, ZeroLM(), -1, 0, [])

    decoders = [decoder(u) for u in utterances]

    def one(decoder, log_probs):
        path = decoder.decode(log_probs.ctypes.data, *log_probs.shape)[0].tokens[1:-1]
        return [token for token, before in zip(path, [-1, *path]) if token not in (0, before)]

    return lambda: [one(d, u) for d, u in zip(decoders, utterances)]


decode = {"fast-ctc-decode": fast_ctc_decode, "ctc-beam-decoder": ctc_beam_decoder,
          "flashlight-text": flashlight_text, "pyctcdecode": pyctcdecode}[args.peer]()


def step():
    start = time.perf_counter()
    decode()
    return (time.perf_counter() - start) * 1e3 / len(utterances)


serve(step, decode)
