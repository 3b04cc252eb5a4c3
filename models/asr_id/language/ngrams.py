# SPDX-License-Identifier: GPL-3.0-or-later
"""A trigram model with back-off as sorted arrays, so that millions of n-grams are handled without Python loops.

An n-gram is one integer of 20 bits a word, the first word highest; the n-grams of an order are sorted, and all that
begin with the same history are neighbours. Word ids: the vocabulary's words in order, then `</s>`, then `<s>`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

BITS = 20
MASK = (1 << BITS) - 1
MOST_WORDS = MASK - 2
BEGIN, END = "<s>", "</s>"
TINY = 1e-9  # of a context's probability: less is rounding


@dataclass(frozen=True)
class Ngrams:
    """The n-grams of one order: sorted keys, probability of the last word, weight of backing off *after* them."""

    keys: Ids
    p: Floats
    backoff: Floats

    @cached_property
    def last(self) -> Ids:
        """The last word of each."""
        return self.keys & MASK

    @cached_property
    def history(self) -> Ids:
        """All but the last word of each; as a key of the order below."""
        return self.keys >> BITS

    def find(self, keys: Ids) -> tuple[Ids, Flags]:
        """Return the position of each key (any, where it is not there) and whether it is there."""
        return locate(self.keys, keys)


def locate(table: Ids, keys: Ids) -> tuple[Ids, Flags]:
    """Find keys in a sorted table: positions (any, where a key is not there) and whether it is there."""
    if not table.size:
        return np.zeros(keys.shape, np.int64), np.zeros(keys.shape, np.bool_)
    at = np.minimum(np.searchsorted(table, keys), table.size - 1)
    return at, table[at] == keys


@dataclass(frozen=True)
class LanguageModel:
    """Probabilities of words given the two before. ``words``: the vocabulary, without `<s>` and `</s>`."""

    words: tuple[str, ...]
    unigrams: Ngrams = field(repr=False)  # every id once, in order; `<s>` has the probability 0
    bigrams: Ngrams = field(repr=False)
    trigrams: Ngrams = field(repr=False)

    @property
    def end(self) -> int:
        """Id of `</s>`."""
        return len(self.words)

    @property
    def begin(self) -> int:
        """Id of `<s>`."""
        return len(self.words) + 1

    @property
    def size(self) -> int:
        """Number of n-grams of all orders."""
        return sum(table.keys.size for table in (self.unigrams, self.bigrams, self.trigrams))

    @cached_property
    def ids(self) -> dict[str, int]:
        """Id by word, `<s>` and `</s>` among them."""
        return {word: number for number, word in enumerate((*self.words, END, BEGIN))}

    def bigram_p(self, keys: Ids) -> Floats:
        """Return the probability of each pair's second word after its first."""
        at, there = self.bigrams.find(keys)
        lower = self.unigrams.backoff[keys >> BITS] * self.unigrams.p[keys & MASK]
        return np.where(there, self.bigrams.p[at] if self.bigrams.p.size else 0.0, lower)

    def trigram_p(self, keys: Ids) -> Floats:
        """Return the probability of each triple's last word after the first two."""
        at, there = self.trigrams.find(keys)
        before, known = self.bigrams.find(keys >> BITS)
        weight = np.where(known, self.bigrams.backoff[before] if self.bigrams.p.size else 1.0, 1.0)
        lower = weight * self.bigram_p(keys & MASK << BITS | keys & MASK)
        return np.where(there, self.trigrams.p[at] if self.trigrams.p.size else 0.0, lower)

    def probability(self, word: str, history: Sequence[str] = ()) -> float:
        """Return P(word | history); of a longer history the last two words count."""
        ids = [self.ids[one] for one in (*history[-2:], word)]
        key = np.array([pack(*ids)])
        if len(ids) == 1:
            return float(self.unigrams.p[ids[0]])
        return float((self.bigram_p if len(ids) == 2 else self.trigram_p)(key)[0])

    def log_probability(self, words: Sequence[str]) -> float:
        """Return the natural logarithm of a whole sentence's probability, its end included."""
        padded = [self.begin, *(self.ids[word] for word in words), self.end]
        first = self.bigram_p(np.array([pack(*padded[:2])]))
        rest = np.array([pack(*padded[i : i + 3]) for i in range(len(padded) - 2)], np.int64)
        return float(np.log(first).sum() + np.log(self.trigram_p(rest)).sum())


def pack(*ids: int) -> int:
    """Return an n-gram's key."""
    key = 0
    for number in ids:
        key = key << BITS | number
    return key


def save(model: LanguageModel, path: Path) -> None:
    """Write a model to a file that :func:`load` reads."""
    tables = {"1": model.unigrams, "2": model.bigrams, "3": model.trigrams}
    arrays = {f"{name}{n}": getattr(table, name) for n, table in tables.items() for name in ("keys", "p", "backoff")}
    np.savez(path, allow_pickle=False, words=np.array("\n".join(model.words)), **arrays)


def load(path: Path) -> LanguageModel:
    """Read what :func:`save` wrote."""
    with np.load(path, allow_pickle=False) as file:
        tables = [Ngrams(file[f"keys{n}"], file[f"p{n}"], file[f"backoff{n}"]) for n in "123"]
        words = str(file["words"])
    return LanguageModel(tuple(words.split("\n")) if words else (), *tables)


def group_sums(groups: Ids, values: Floats) -> tuple[Ids, Floats]:
    """Return the distinct groups (``groups`` is sorted) and the sum of the values of each."""
    if not groups.size:
        return groups, values
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    return groups[starts], np.add.reduceat(values, starts)


def with_backoff(words: tuple[str, ...], unigram_p: Floats, pairs: tuple[Ids, Floats], triples: tuple[Ids, Floats]
                 ) -> LanguageModel:  # fmt: skip
    """Return the model of these probabilities; back-off weights follow from them. Keys must be sorted.

    Every triple's first two words must be among the pairs.
    """
    ones = np.ones_like
    unigrams = Ngrams(np.arange(unigram_p.size, dtype=np.int64), unigram_p, ones(unigram_p))
    none = Ngrams(np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
    bigrams = Ngrams(pairs[0], pairs[1], ones(pairs[1]))
    histories, weights = _backoff_weights(bigrams, unigram_p[bigrams.last])
    unigrams.backoff[histories] = weights
    below = LanguageModel(words, unigrams, bigrams, none)
    trigrams = Ngrams(triples[0], triples[1], ones(triples[1]))
    lower = below.bigram_p(trigrams.keys & (1 << 2 * BITS) - 1)
    histories, weights = _backoff_weights(trigrams, lower)
    at, there = bigrams.find(histories)
    if not there.all():
        raise ValueError("a triple's history is no pair of the model")
    bigrams.backoff[at] = weights
    return LanguageModel(words, unigrams, bigrams, trigrams)


def _backoff_weights(table: Ngrams, lower_p: Floats) -> tuple[Ids, Floats]:
    histories, kept = group_sums(table.history, table.p)
    _, below = group_sums(table.history, lower_p)
    return histories, np.maximum(1 - kept, TINY) / np.maximum(1 - below, TINY)
