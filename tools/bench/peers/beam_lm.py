"""Beam search with a lexicon and a trigram model, by flashlight-text or pyctcdecode, both with KenLM.

The tokens are the blank, the space and the letters. flashlight-text is given spellings that end in a space: without, it
would take two words in a row for one that is spelt as both.
"""
import argparse
import logging
import math
import time
from pathlib import Path

import emissions
from serve import serve

cli = argparse.ArgumentParser(description=__doc__)
cli.add_argument("--peer", choices=["flashlight-text", "pyctcdecode"], required=True)
cli.add_argument("--data", type=Path, required=True)
cli.add_argument("--beam", type=int, required=True)
cli.add_argument("--cut", type=float, required=True, help="least probability of a token")
cli.add_argument("--score-cut", type=float, required=True, help="greatest distance from the best prefix")
cli.add_argument("--lm-weight", type=float, required=True, help="of natural logarithms")
cli.add_argument("--word-bonus", type=float, required=True)
cli.add_argument("--threads", type=int, choices=[1], required=True)
args = cli.parse_args()
logging.disable(logging.WARNING)
utterances = emissions.read(args.data)
words = (args.data / "words.txt").read_text().split()
arpa = str(args.data / "lm.arpa")
letters = [chr(ord("a") + i) for i in range(26)]


def flashlight_text():
    from flashlight.lib.text.decoder import CriterionType, LexiconDecoder, LexiconDecoderOptions, SmearingMode, Trie
    from flashlight.lib.text.decoder.kenlm import KenLM
    from flashlight.lib.text.dictionary import Dictionary

    dictionary = Dictionary(words + ["<unk>"])
    model = KenLM(arpa, dictionary)
    trie, start = Trie(2 + len(letters), 1), model.start(False)
    for word in words:
        index = dictionary.get_index(word)
        trie.insert([2 + letters.index(letter) for letter in word] + [1], index, model.score(start, index)[1])
    trie.smear(SmearingMode.MAX)

    def decoder(log_probs):
        most = max(1, int((log_probs >= math.log(args.cut)).sum(1).max()))
        # KenLM's scores are decimal logarithms.
        options = LexiconDecoderOptions(
            beam_size=args.beam, beam_size_token=most, beam_threshold=args.score_cut,
            lm_weight=args.lm_weight * math.log(10), word_score=args.word_bonus, unk_score=-math.inf, sil_score=0.0,
            log_add=True, criterion_type=CriterionType.CTC)
        return LexiconDecoder(options, trie, model, 1, 0, dictionary.get_index("<unk>"), [], False)

    decoders = [decoder(u) for u in utterances]

    def one(decoder, log_probs):
        best = decoder.decode(log_probs.ctypes.data, *log_probs.shape)[0]
        return " ".join(words[index] for index in best.words if 0 <= index < len(words))

    return lambda: [one(d, u) for d, u in zip(decoders, utterances)]


def pyctcdecode():
    from pyctcdecode import build_ctcdecoder

    # It brings KenLM's scores to natural logarithms itself.
    decoder = build_ctcdecoder(["", " ", *letters], arpa, words, alpha=args.lm_weight, beta=args.word_bonus)
    return lambda: [decoder.decode(u, beam_width=args.beam, token_min_logp=math.log(args.cut),
                                   beam_prune_logp=-args.score_cut) for u in utterances]


decode = {"flashlight-text": flashlight_text, "pyctcdecode": pyctcdecode}[args.peer]()


def step():
    start = time.perf_counter()
    decode()
    return (time.perf_counter() - start) * 1e3 / len(utterances)


serve(step, decode)
