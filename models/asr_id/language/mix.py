# SPDX-License-Identifier: GPL-3.0-or-later
"""Joins two language models: a share of every probability comes from the second."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.asr_id.language.ngrams import BITS, MASK, Floats, Ids, LanguageModel, Ngrams, with_backoff


def mix(first: LanguageModel, second: LanguageModel, share: float) -> LanguageModel:
    """Return the model in which ``share`` of each probability is the second's, over the words of both.

    Exact for every n-gram that one of them holds; others back off as ever.
    """
    words = tuple(sorted({*first.words, *second.words}))
    one, two = over(first, words), over(second, words)
    unigrams = (1 - share) * one.unigrams.p + share * two.unigrams.p

    def both(keys: Ids, p: Callable[[LanguageModel], Floats]) -> tuple[Ids, Floats]:
        return keys, (1 - share) * p(one) + share * p(two)

    pairs = np.union1d(one.bigrams.keys, two.bigrams.keys)
    triples = np.union1d(one.trigrams.keys, two.trigrams.keys)
    return with_backoff(
        words,
        unigrams,
        both(pairs, lambda model: model.bigram_p(pairs)),
        both(triples, lambda model: model.trigram_p(triples)),
    )


def over(model: LanguageModel, words: tuple[str, ...]) -> LanguageModel:
    """Return the same model over more words (sorted); those that it does not know have no probability."""
    ids = {word: number for number, word in enumerate(words)}
    new = np.array([*(ids[word] for word in model.words), len(words), len(words) + 1], np.int64)
    p, backoff = np.zeros(len(words) + 2), np.ones(len(words) + 2)
    p[new], backoff[new] = model.unigrams.p, model.unigrams.backoff
    # Old and new ids are in the same order, so the keys stay sorted.
    tables = [
        Ngrams(_renumbered(table.keys, new, order), table.p, table.backoff)
        for order, table in ((2, model.bigrams), (3, model.trigrams))
    ]
    return LanguageModel(words, Ngrams(np.arange(p.size, dtype=np.int64), p, backoff), *tables)


def _renumbered(keys: Ids, new: Ids, order: int) -> Ids:
    result = np.zeros_like(keys)
    for place in range(order - 1, -1, -1):
        result = result << BITS | new[keys >> BITS * place & MASK]
    return result
