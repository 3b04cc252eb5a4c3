# SPDX-License-Identifier: GPL-3.0-or-later
"""Best rows, places in a ranking, and the sum that orders hybrid search."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.fusion import Signals, best_rows, by_rank, fused, ranks_of

pytestmark = pytest.mark.unit


def ints(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def signals(bm25: tuple[float, ...], cosine: tuple[float, ...]) -> Signals:
    count = len(bm25)
    return Signals(
        rows=np.arange(count),
        bm25=np.array(bm25, dtype=np.float32),
        bm25_rank=ints(*[1] * count),
        coverage=np.zeros(count),
        cosine=np.array(cosine, dtype=np.float32),
        centre=np.array(cosine, dtype=np.float32),
        cosine_rank=ints(*[1] * count),
        passage=ints(*[0] * count),
    )


def test_best_rows_are_sorted_positive_and_no_more_than_asked_for() -> None:
    scores = np.array([0.0, 3.0, 1.0, 3.0, -1.0, 2.0], dtype=np.float32)
    assert best_rows(scores).tolist() == [1, 3, 5, 2]
    assert best_rows(scores, depth=2).tolist() == [1, 3]
    assert best_rows(np.zeros(0, dtype=np.float32)).tolist() == []


@given(st.lists(st.integers(-3, 9), max_size=40), st.integers(1, 12))
def test_best_rows_are_those_of_a_full_sort(values: list[int], depth: int) -> None:
    expected = sorted((row for row, value in enumerate(values) if value > 0), key=lambda row: (-values[row], row))
    assert best_rows(np.array(values, dtype=np.float32), depth).tolist() == expected[:depth]


def test_ranks_count_from_one_and_zero_is_not_ranked() -> None:
    assert ranks_of(ints(2, 5, 7), ints(7, 2)).tolist() == [2, 0, 1]
    assert ranks_of(ints(2), ints()).tolist() == [0]
    assert by_rank(ints(1, 4, 0)).tolist() == [1.0, 0.25, 0.0]


def test_an_article_that_both_ways_find_comes_before_one_that_only_one_finds_first() -> None:
    scores = fused(signals(bm25=(9.0, 10.0, 0.0), cosine=(0.75, 0.0, 0.8)))
    assert scores.argmax() == 0


def test_without_vectors_words_decide_alone() -> None:
    scores = fused(signals(bm25=(1.0, 3.0, 2.0), cosine=(np.nan, np.nan, np.nan)))
    assert np.argsort(-scores).tolist() == [1, 2, 0]
    assert fused(signals(bm25=(), cosine=())).size == 0
