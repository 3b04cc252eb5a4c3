# SPDX-License-Identifier: GPL-3.0-or-later
"""Reciprocal rank fusion by hand-computed values."""

from __future__ import annotations

import numpy as np
import pytest

from retrieval.fusion import K, fuse, ranking

pytestmark = pytest.mark.unit


def test_ranking_drops_what_does_not_match_and_keeps_ties_in_order() -> None:
    assert ranking(np.array([0.0, 2.0, 1.0, 2.0, -1.0], dtype=np.float32)) == [1, 3, 2]
    assert ranking(np.array([3.0, 2.0, 1.0], dtype=np.float32), depth=2) == [0, 1]


def test_an_article_found_twice_beats_one_found_once_at_the_top() -> None:
    fused = fuse([[7, 1], [8, 1]])
    assert fused[1] == pytest.approx(2 / (K + 2))
    assert fused[7] == pytest.approx(1 / (K + 1))
    assert max(fused, key=lambda row: fused[row]) == 1


def test_weights_count_and_must_match() -> None:
    assert fuse([[1], [2]], [1.0, 3.0]) == {1: 1 / (K + 1), 2: 3 / (K + 1)}
    with pytest.raises(ValueError, match="2 rankings but 1 weights"):
        fuse([[1], [2]], [1.0])


def test_nothing_fused_is_nothing() -> None:
    assert fuse([]) == {}
