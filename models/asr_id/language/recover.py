# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the language model back out of a model folder's Gr.fst, so that nothing else has to be shipped for a refresh.

Possible because :mod:`models.asr_id.language.grammar` makes the states: one for each history and nothing else. Which
history a state stands for follows from the arcs that lead to it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.asr_id.language.errors import LanguageError
from models.asr_id.language.ngrams import BEGIN, BITS, END, Floats, Ids, LanguageModel, with_backoff
from pipeline.catalog import text

_MAGIC = 2125659606
_ALIGNED = 4
_STATE = np.dtype([("final", "<f4"), ("first", "<u4"), ("arcs", "<u4"), ("in", "<u4"), ("out", "<u4")])
_ARC = np.dtype([("label", "<i4"), ("output", "<i4"), ("cost", "<f4"), ("target", "<i4")])


@dataclass(frozen=True)
class _Fst:
    start: int
    states: NDArray[Any]
    arcs: NDArray[Any]

    @property
    def sources(self) -> Ids:
        """The state that each arc leaves."""
        return np.repeat(np.arange(self.states.size), self.states["arcs"])


def read_words(graph: Path) -> dict[str, int]:
    """Return the ids of words.txt."""
    try:
        pairs = (line.split() for line in (graph / "words.txt").read_text(encoding="utf-8").splitlines())
        return {word: int(number) for word, number in pairs}
    except (OSError, ValueError) as error:
        raise LanguageError(text("language.not_ours", file=graph / "words.txt", detail=error)) from error


def read_grammar(graph: Path) -> LanguageModel:
    """Return the language model of a `graph/` folder that this recipe built.

    Raises:
        LanguageError: the files are missing or were built in another way.
    """
    path = graph / "Gr.fst"
    word_ids = read_words(graph)
    try:
        return _model(_read(path.read_bytes()), word_ids)
    except (OSError, ValueError, IndexError, KeyError, struct.error) as error:
        remedy = text("language.not_ours_remedy")
        raise LanguageError(text("language.not_ours", file=path, detail=error), remedy=remedy) from error


def _read(data: bytes) -> _Fst:
    magic, offset = struct.unpack_from("<i", data)[0], 4
    names = []
    for _ in range(2):
        (length,) = struct.unpack_from("<i", data, offset)
        names.append(data[offset + 4 : offset + 4 + length])
        offset += 4 + length
    if magic != _MAGIC or names != [b"const", b"standard"]:
        raise ValueError("no const/standard FST")
    _, flags, _, start, states, arcs = struct.unpack_from("<iiQqqq", data, offset)
    offset += struct.calcsize("<iiQqqq")

    def table(kind: np.dtype[Any], count: int) -> NDArray[Any]:
        nonlocal offset
        if flags & _ALIGNED:
            offset += -offset % 16
        found = np.frombuffer(data, kind, count, offset)
        offset += found.nbytes
        return found

    return _Fst(start, table(_STATE, states), table(_ARC, arcs))


def _model(fst: _Fst, word_ids: dict[str, int]) -> LanguageModel:
    words = tuple(sorted(word for word in word_ids if word not in ("<eps>", "#0", BEGIN, END)))
    end, begin = len(words), len(words) + 1
    number = np.full(max(word_ids.values()) + 1, -1, np.int64)  # label -> our id
    number[[word_ids[word] for word in words]] = np.arange(len(words))

    back = fst.arcs["label"] == word_ids["#0"]
    sources, arcs = fst.sources[~back], fst.arcs[~back]
    root = int(np.setdiff1d(np.arange(fst.states.size), fst.sources[back])[0])
    word, p = number[arcs["label"]], np.exp(-arcs["cost"].astype(np.float64))
    if (word < 0).any():
        raise ValueError("a label is no word")

    history = np.full(fst.states.size, -1, np.int64)  # of single words and pairs; which of them: `level`
    level = np.zeros(fst.states.size, np.int64)
    from_root = (sources == root) & (arcs["target"] != root)
    history[arcs["target"][from_root]] = word[from_root]
    history[fst.start] = begin
    level[arcs["target"][from_root]] = level[fst.start] = 1
    from_single = (level[sources] == 1) & (level[arcs["target"]] == 0) & (arcs["target"] != root)
    target = arcs["target"][from_single]
    history[target] = history[sources[from_single]] << BITS | word[from_single]
    level[target] = 2

    final_p = np.exp(-fst.states["final"].astype(np.float64))
    ends = np.flatnonzero(np.isfinite(fst.states["final"]))
    tables = [
        _table(order, (root, history, level), (sources, word, p), (ends, final_p[ends], end)) for order in range(3)
    ]
    unigram_p = np.zeros(len(words) + 2)
    unigram_p[tables[0][0]] = tables[0][1]
    return with_backoff(words, unigram_p, tables[1], tables[2])


def _table(
    order: int, histories: tuple[int, Ids, Ids], arcs: tuple[Ids, Ids, Floats], ends: tuple[Ids, Floats, int]
) -> tuple[Ids, Floats]:
    """Return the sorted keys and probabilities of what is said after histories of ``order`` words."""
    root, history, level = histories
    here = level == order
    if order == 0:
        here = np.zeros_like(here)
        here[root] = True
    sources, word, p = arcs
    states, final_p, end = ends
    mine, last = here[sources], here[states]
    before = np.r_[history[sources[mine]], history[states[last]]]
    final = np.r_[word[mine], np.full(int(last.sum()), end, np.int64)]
    keys = final if order == 0 else before << BITS | final
    order_of = np.argsort(keys, kind="stable")
    return keys[order_of], np.r_[p[mine], final_p[last]][order_of]
