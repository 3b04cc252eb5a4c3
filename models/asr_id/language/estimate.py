# SPDX-License-Identifier: GPL-3.0-or-later
"""Trigram probabilities from weighted sentences: interpolated Kneser-Ney with modified discounts.

Two things differ from the textbook, because much of our text comes from templates: counts are sums of weights and
may be fractions (a discount then grows in proportion), and every context keeps at least a given share for words that
it was never seen with, since what a template always says is not what people always say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from models.asr_id.language.errors import LanguageError
from models.asr_id.language.ngrams import (
    BITS,
    MASK,
    MOST_WORDS,
    Floats,
    Ids,
    LanguageModel,
    group_sums,
    locate,
    with_backoff,
)
from pipeline.catalog import text

_LEAST_D = np.array([0.3, 0.5, 0.6])
_MOST_D = np.array([0.95, 1.6, 2.4])
_USUAL_D = np.array([0.7, 1.1, 1.4])


@dataclass(frozen=True)
class LmOptions:
    """How a model is estimated.

    Parameters:
        floor_share: share of the unigrams that comes from ``prior`` (or is spread evenly) instead of the text.
        least_backoff: smallest share that a context leaves to words that it was not seen with.
        prior: word -> relative weight; words without one get the smallest of them.
    """

    floor_share: float = 0.1
    least_backoff: float = 0.3
    prior: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class _Counts:
    keys: Ids
    values: Floats


def estimate(
    sentences: Iterable[tuple[str, float]], vocabulary: Sequence[str], options: LmOptions | None = None
) -> LanguageModel:
    """Return the model of the sentences (words separated by blanks, weight) over the vocabulary.

    A word outside the vocabulary breaks the sentence: no n-gram holds it or bridges it.

    Raises:
        LanguageError: there is no text, or the vocabulary is too large.
    """
    options = options or LmOptions()
    words = tuple(sorted(set(vocabulary)))
    if len(words) > MOST_WORDS:
        raise LanguageError(text("language.lm_too_many_words", count=len(words), most=MOST_WORDS))
    tokens, weights = _tokens(sentences, words)
    begin = len(words) + 1
    triples = _counts(tokens, weights, 3, begin)
    pairs = _continued(triples, _counts(tokens, weights, 2, begin), BITS, begin)
    singles = _continued(pairs, None, 0, begin)
    unigram_p = _unigrams(singles, words, options)
    pair_p = _interpolate(pairs, unigram_p[pairs.keys & MASK], options)
    at, _ = locate(pairs.keys, triples.keys & (1 << 2 * BITS) - 1)
    triple_p = _interpolate(triples, pair_p[at], options)
    return with_backoff(words, unigram_p, (pairs.keys, pair_p), (triples.keys, triple_p))


def _tokens(sentences: Iterable[tuple[str, float]], words: tuple[str, ...]) -> tuple[Ids, Floats]:
    ids = {word: number for number, word in enumerate(words)}
    end, begin = len(words), len(words) + 1
    tokens: list[int] = []
    lengths: list[int] = []
    weights: list[float] = []
    for sentence, weight in sentences:
        line = [ids.get(word, -1) for word in sentence.split()]
        if not line or weight <= 0:
            continue
        tokens += (begin, *line, end)
        lengths.append(len(line) + 2)
        weights.append(weight)
    if not tokens:
        raise LanguageError(text("language.lm_no_text"))
    return np.array(tokens, np.int64), np.repeat(np.array(weights, np.float64), np.array(lengths))


def _counts(tokens: Ids, weights: Floats, order: int, begin: int) -> _Counts:
    """Return the weights of the n-grams inside sentences that hold known words only."""
    parts = [tokens[i : tokens.size - order + 1 + i] for i in range(order)]
    good = np.all([part >= 0 for part in parts], axis=0)
    for part in parts[1:]:
        good &= part != begin
    key = np.zeros(parts[0].size, np.int64)
    for part in parts:
        key = key << BITS | np.maximum(part, 0)
    key, weight = key[good], weights[: good.size][good]
    order_of = np.argsort(key, kind="stable")
    return _Counts(*group_sums(key[order_of], weight[order_of]))


def _continued(above: _Counts, raw: _Counts | None, bits: int, begin: int) -> _Counts:
    """Return how many different words came before each n-gram (Kneser-Ney); sentence beginnings keep their counts.

    A word before that was seen less than once counts in part.
    """
    key = above.keys & (1 << bits + BITS) - 1
    order_of = np.argsort(key, kind="stable")
    keys, values = group_sums(key[order_of], np.minimum(above.values, 1.0)[order_of])
    if raw is None:
        return _Counts(keys, values)
    # Pairs that nothing came before begin a sentence; a broken sentence may also leave a pair without a triple.
    at, there = locate(keys, raw.keys)
    first = raw.keys >> BITS == begin
    value = np.where(first | ~there, raw.values, values[at] if values.size else 0.0)
    return _Counts(raw.keys, value)


def _discounts(values: Floats) -> Floats:
    """Return the discounts of n-grams seen once, twice, and three times or more."""
    n1, n2, n3, n4 = (float(np.count_nonzero(np.round(values) == k)) for k in (1, 2, 3, 4))
    if not (n1 and n2 and n3):
        return _USUAL_D
    y = n1 / (n1 + 2 * n2)
    found = np.array([1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3])
    kept: Floats = np.clip(found, _LEAST_D, _MOST_D)
    return kept


def _discounted(values: Floats) -> tuple[Floats, Floats]:
    """Return what is left of each count, and the discounts."""
    discounts = np.interp(values, [0, 1, 2, 3], np.r_[0.0, _discounts(values)])
    discounts = np.minimum(discounts, 0.95 * values)
    left: Floats = values - discounts
    return left, discounts


def _interpolate(counts: _Counts, lower_p: Floats, options: LmOptions) -> Floats:
    """Return discounted relative counts mixed with the order below, so that each context's sum is one."""
    left, discounts = _discounted(counts.values)
    history = counts.keys >> BITS
    starts, total = group_sums(history, counts.values)
    _, taken = group_sums(history, discounts)
    at, _ = locate(starts, history)
    share = np.maximum(taken / total, options.least_backoff)[at]
    mixed: Floats = (1 - share) * left / (total - taken)[at] + share * lower_p
    return mixed


def _unigrams(singles: _Counts, words: tuple[str, ...], options: LmOptions) -> Floats:
    """Return a probability for every word and `</s>` (and 0 for `<s>`), whether or not it was seen."""
    count = np.zeros(len(words) + 2)
    count[singles.keys] = singles.values
    left, _ = _discounted(count)
    share = max(options.floor_share, 1 - left.sum() / count.sum())
    prior = np.zeros_like(left)
    least = min((weight for weight in options.prior.values() if weight > 0), default=1.0)
    prior[: len(words)] = [max(options.prior.get(word, least), least) for word in words]
    if not words:
        prior[-2] = 1.0
    mixed: Floats = (1 - share) * left / left.sum() + share * prior / prior.sum()
    return mixed
