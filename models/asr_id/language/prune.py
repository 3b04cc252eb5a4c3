# SPDX-License-Identifier: GPL-3.0-or-later
"""Leaves out the n-grams that the model misses least, until it has a given size.

What is lost by leaving an n-gram out is its probability times how much more likely it is than what backing off would
give for it (weighted difference). Counting the change of the back-off weight too would be a little better and twice
the code; it made no difference that we could measure.
"""

from __future__ import annotations

import numpy as np

from models.asr_id.language.grammar import grammar_bytes
from models.asr_id.language.ngrams import BITS, Flags, Floats, Ids, LanguageModel, with_backoff

_STEPS = 40


def prune(model: LanguageModel, most_bytes: int) -> LanguageModel:
    """Return the model with so few bigrams and trigrams that its grammar file has at most ``most_bytes``.

    Unigrams all stay, whatever the limit.
    """
    bigrams, trigrams = model.bigrams, model.trigrams
    unigrams = model.unigrams.keys.size
    if grammar_bytes(bigrams.keys, trigrams.keys, unigrams) <= most_bytes:
        return model
    first_p = model.unigrams.p.copy()
    first_p[model.begin] = first_p[model.end]  # a sentence begins as often as it ends
    pair_p = first_p[bigrams.history] * bigrams.p
    pair_loss = _loss(pair_p, bigrams.p, model.unigrams.backoff[bigrams.history] * model.unigrams.p[bigrams.last])
    before, _ = bigrams.find(trigrams.history)
    lower = bigrams.backoff[before] * model.bigram_p(trigrams.keys & (1 << 2 * BITS) - 1)
    triple_loss = _loss(pair_p[before] * trigrams.p, trigrams.p, lower)

    high = float(max(pair_loss.max(initial=0), triple_loss.max(initial=0))) + 1.0
    low_log, high_log = np.log(1e-15), np.log(high)
    kept = _kept(pair_loss, triple_loss, before, high)
    for _ in range(_STEPS):
        middle = (low_log + high_log) / 2
        found = _kept(pair_loss, triple_loss, before, float(np.exp(middle)))
        if grammar_bytes(bigrams.keys[found[0]], trigrams.keys[found[1]], unigrams) > most_bytes:
            low_log = middle
        else:
            high_log, kept = middle, found
    pairs, triples = kept
    return with_backoff(
        model.words,
        model.unigrams.p,
        (bigrams.keys[pairs], bigrams.p[pairs]),
        (trigrams.keys[triples], trigrams.p[triples]),
    )


def _loss(p: Floats, conditional: Floats, backed_off: Floats) -> Floats:
    return p * np.log(np.maximum(conditional, 1e-30) / np.maximum(backed_off, 1e-30))


def _kept(pair_loss: Floats, triple_loss: Floats, before: Ids, least: float) -> tuple[Flags, Flags]:
    """Return which pairs and triples lose at least so much; a kept triple keeps its first two words."""
    triples = triple_loss >= least
    pairs = pair_loss >= least
    pairs[before[triples]] = True
    return pairs, triples
