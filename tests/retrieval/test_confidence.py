# SPDX-License-Identifier: GPL-3.0-or-later
"""Scores are probabilities that go the right way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.confidence import Evidence, no_answer, relevance

pytestmark = pytest.mark.unit

SHARE = st.floats(0, 1)
FIT = st.one_of(st.none(), st.floats(0, 100))


@given(FIT, SHARE, st.floats(-1, 1), st.integers(0, 9))
def test_they_are_probabilities(fit: float | None, coverage: float, elsewhere: float, words: int) -> None:
    assert 0.0 <= no_answer(Evidence(fit, coverage, elsewhere, words, words)) <= 1.0
    assert 0.0 <= relevance(coverage, fit) <= 1.0


@given(st.floats(0, 20), st.floats(0, 20), SHARE)
def test_a_better_fit_is_a_higher_score_and_less_doubt(one: float, other: float, share: float) -> None:
    worse, better = sorted((one, other))
    assert relevance(share, worse) <= relevance(share, better)
    assert no_answer(Evidence(worse, share, share, 1, 5)) >= no_answer(Evidence(better, share, share, 1, 5))


@given(st.floats(0, 10), st.floats(-1, 1), st.floats(-1, 1))
def test_the_nearer_to_something_else_the_more_doubt(fit: float, one: float, other: float) -> None:
    near, far = max(one, other), min(one, other)
    assert no_answer(Evidence(fit, 0.5, near, 1, 5)) >= no_answer(Evidence(fit, 0.5, far, 1, 5))
