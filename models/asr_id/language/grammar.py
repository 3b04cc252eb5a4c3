# SPDX-License-Identifier: GPL-3.0-or-later
"""A language model as a grammar FST in OpenFst's text form.

A state is a history that something was seen after; backing off is an arc of its own (`#0`) to the shorter history.
Unlike Kaldi's arpa2fst this makes no state for histories that only back off, which halves the file.
"""

from __future__ import annotations

import numpy as np

from models.asr_id.language.ngrams import BITS, Flags, Ids, LanguageModel, Ngrams, locate

STATE_BYTES, ARC_BYTES = 20, 16  # of OpenFst's const type


def grammar_lines(model: LanguageModel, labels: Ids, backoff_label: int) -> str:
    """Return the grammar; ``labels``: label by word id, the same on both sides of each arc."""
    states = _States(model)
    lines: list[str] = []
    order = ((states.singles, model.bigrams), (states.pairs, model.trigrams))
    for histories, table in reversed(order):
        sources = states.number(histories, table.history)
        lines += states.arcs(sources, table, labels)
    lines += states.arcs(np.zeros_like(model.unigrams.keys), model.unigrams, labels)
    backoffs = (
        (states.singles, model.unigrams.backoff[states.singles], np.zeros_like(states.singles)),
        (states.pairs, model.bigrams.backoff[model.bigrams.find(states.pairs)[0]], states.of_single(states.pairs)),
    )
    for histories, weights, targets in backoffs:
        columns = (states.number(histories, histories), targets, -np.log(weights))
        rows = zip(*(column.tolist() for column in columns), strict=True)
        lines += [f"{s} {t} {backoff_label} 0 {cost:.5f}\n" for s, t, cost in rows]
    begin = int(states.number(states.singles, np.array([model.begin]))[0])
    start = f"{begin} "
    first = next(place for place, line in enumerate(lines) if line.startswith(start))
    return lines[first] + "".join(lines[:first]) + "".join(lines[first + 1 :])  # OpenFst starts where the text starts


def grammar_bytes(pairs: Ids, triples: Ids, unigrams: int) -> int:
    """Return the size of the grammar file for these sorted n-grams (a little above the truth)."""
    states = 1 + _distinct(pairs >> BITS) + _distinct(triples >> BITS)
    return states * (STATE_BYTES + ARC_BYTES) + (pairs.size + triples.size + unigrams) * ARC_BYTES


def _distinct(values: Ids) -> int:
    return int(np.count_nonzero(values[1:] != values[:-1])) + bool(values.size)


class _States:
    """Numbers of the histories: 0 none, then single words, then pairs."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model
        begin = np.array([model.begin])
        self.singles = np.union1d(model.bigrams.history, begin)
        self.pairs = np.unique(model.trigrams.history)

    def number(self, histories: Ids, keys: Ids) -> Ids:
        """Return the states of histories that are known to be there."""
        at, _ = locate(histories, keys)
        return at + (1 if histories is self.singles else 1 + self.singles.size)

    def of_single(self, keys: Ids) -> Ids:
        """Return the state after the last word of each key, none where nothing was seen after it."""
        at, there = locate(self.singles, keys & (1 << BITS) - 1)
        return np.where(there, at + 1, 0)

    def after(self, keys: Ids) -> Ids:
        """Return the state after the last two words of each key, or after the last."""
        at, there = locate(self.pairs, keys & (1 << 2 * BITS) - 1)
        return np.where(there, at + 1 + self.singles.size, self.of_single(keys))

    def arcs(self, sources: Ids, table: Ngrams, labels: Ids) -> list[str]:
        """Return the lines of a table's n-grams; `</s>` makes its source final."""
        costs = -np.log(np.maximum(table.p, 1e-30))
        ends: Flags = table.last == self._model.end
        word: Flags = ~ends & (table.last != self._model.begin)
        target = self.of_single(table.keys) if table is self._model.unigrams else self.after(table.keys)
        columns = (sources[word], target[word], labels[table.last[word]], costs[word])
        rows = zip(*(column.tolist() for column in columns), strict=True)
        final = zip(sources[ends].tolist(), costs[ends].tolist(), strict=True)
        return [f"{s} {t} {w} {w} {cost:.5f}\n" for s, t, w, cost in rows] + [f"{s} {cost:.5f}\n" for s, cost in final]
