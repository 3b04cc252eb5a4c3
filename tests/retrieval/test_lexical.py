# SPDX-License-Identifier: GPL-3.0-or-later
"""BM25 and the share of a question's information that an article has."""

from __future__ import annotations

import pytest

from retrieval.lexical import LexicalIndex
from retrieval.normalize import content_stems
from tests.retrieval.fakes import EFIN, SANDI, UMKM

pytestmark = pytest.mark.unit


@pytest.fixture
def index() -> LexicalIndex:
    return LexicalIndex([EFIN, SANDI, UMKM])


def test_the_article_with_the_rare_word_scores_highest(index: LexicalIndex) -> None:
    scores = index.scores(content_stems("saya lupa efin"))
    assert scores.argmax() == 0
    assert scores[1] > 0, "'lupa' is shared"
    assert scores[2] == 0


def test_unknown_words_and_no_articles_score_nothing(index: LexicalIndex) -> None:
    assert not index.scores(["kereta", "tiket"]).any()
    assert not index.scores([]).any()
    assert LexicalIndex([]).scores(["efin"]).shape == (0,)


def test_coverage_is_one_for_all_words_zero_for_none_and_falls_with_foreign_words(index: LexicalIndex) -> None:
    assert index.coverage(["lupa", "efin"], 0) == pytest.approx(1.0)
    assert index.coverage(["umkm"], 0) == 0.0
    assert index.coverage([], 0) == 0.0
    assert index.coverage(["efin", "kereta", "tiket"], 0) == pytest.approx(1 / 3)
