# SPDX-License-Identifier: GPL-3.0-or-later
"""What the search says to each test question, and the figures made of it.

Figures are flat (``recall_at_3.clean``, ``bm25.recall_at_3.clean``, ...), so that runs can be compared line by line.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from retrieval.evaluation.questions import Question
from retrieval.search import SearchEngine
from retrieval.snapshot import Mode

DEPTH = 10  # an article below this place counts as not found
MODES: tuple[tuple[Mode, str], ...] = (("hybrid", ""), ("bm25", "bm25."), ("dense", "dense."))
RECALLS = (1, 3, 5)
RESAMPLES = 2000
_SEED = 1

Reciprocals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Answered:
    """One question and what the search made of it.

    Parameters:
        reciprocal: way of searching -> 1 / place of the first right article; 0 when it is not among the first DEPTH.
        no_answer: the probability that SIKP has no answer, as hybrid search states it.
        searched_ms: how long the hybrid search took, encoder included.
    """

    question: Question
    reciprocal: dict[Mode, float]
    no_answer: float
    searched_ms: float


@dataclass(frozen=True, slots=True)
class Figures:
    """``values``: name -> figure; ``intervals``: name -> (low, high), 95 % by bootstrap over the questions."""

    values: dict[str, float] = field(default_factory=dict)
    intervals: dict[str, tuple[float, float]] = field(default_factory=dict)

    def add(self, name: str, samples: NDArray[np.float64]) -> None:
        """Take in the mean of ``samples`` and its interval."""
        self.values[name] = float(samples.mean())
        self.intervals[name] = interval(samples)


def ask(engine: SearchEngine, questions: Iterable[Question]) -> list[Answered]:
    """Search for every question in each way there is; without encoder there is no dense search."""
    modes = [mode for mode, _ in MODES if mode != "dense" or engine.status().mode == "hybrid"]
    answered = []
    for question in questions:
        began_s = time.perf_counter()
        result = engine.search(question.question, limit=DEPTH)
        took_ms = (time.perf_counter() - began_s) * 1000.0
        places: dict[Mode, float] = {"hybrid": _reciprocal(question, [hit.article_id for hit in result.hits])}
        for mode in modes[1:]:
            hits = engine.search(question.question, limit=DEPTH, mode=mode).hits
            places[mode] = _reciprocal(question, [hit.article_id for hit in hits])
        answered.append(Answered(question, places, result.no_answer_probability, took_ms))
    return answered


def rank_figures(answered: Sequence[Answered], style_of: Callable[[Answered], str]) -> Figures:
    """Return recall@1/3/5 and MRR of every way of searching by style; questions without an answer do not count."""
    figures = Figures()
    styles = sorted({style_of(one) for one in answered if one.question.articles})
    for mode, prefix in MODES:
        for style in styles:
            values = np.array(
                [
                    one.reciprocal[mode]
                    for one in answered
                    if one.question.articles and style_of(one) == style and mode in one.reciprocal
                ]
            )
            if not values.size:
                continue
            for depth in RECALLS:
                figures.add(f"{prefix}recall_at_{depth}.{style}", (values >= 1.0 / depth - 1e-9).astype(np.float64))
            figures.add(f"{prefix}mrr.{style}", values)
    return figures


def interval(samples: NDArray[np.float64]) -> tuple[float, float]:
    """Return the 95 % interval of the mean, by bootstrap over the samples (the same samples give the same)."""
    rng = np.random.default_rng(_SEED)
    means = samples[rng.integers(0, samples.size, (RESAMPLES, samples.size))].mean(axis=1)
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)


def latency(answered: Sequence[Answered], articles: int) -> dict[str, float]:
    """Return p50 and p95 of one hybrid search in milliseconds."""
    spent_ms = [one.searched_ms for one in answered]
    return {f"search_ms.p{percent}.n{articles}": float(np.percentile(spent_ms, percent)) for percent in (50, 95)}


def _reciprocal(question: Question, found: Sequence[str]) -> float:
    place = next((place for place, article in enumerate(found, 1) if article in question.articles), None)
    return 1.0 / place if place else 0.0
