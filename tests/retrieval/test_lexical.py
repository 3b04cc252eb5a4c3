# SPDX-License-Identifier: GPL-3.0-or-later
"""BM25, which document has which word, and a small index beside a big one."""

from __future__ import annotations

import numpy as np
import pytest

from retrieval.lexical import LexicalIndex, document_of
from retrieval.normalize import content_stems
from tests.retrieval.fakes import EFIN, SANDI, UMKM

pytestmark = pytest.mark.unit


@pytest.fixture
def index() -> LexicalIndex:
    return LexicalIndex([document_of(one) for one in (EFIN, SANDI, UMKM)])


def test_the_article_with_the_rare_word_scores_highest(index: LexicalIndex) -> None:
    scores = index.scores(content_stems("saya lupa efin"))
    assert scores.argmax() == 0
    assert scores[1] > 0, "'lupa' is shared"
    assert scores[2] == 0


@pytest.mark.parametrize("documents", [[], [""], ["", ""]])
def test_unknown_words_and_no_articles_score_nothing(index: LexicalIndex, documents: list[str]) -> None:
    assert not index.scores(["kereta", "tiket"]).any()
    assert not index.scores([]).any()
    empty = LexicalIndex(documents)
    assert empty.scores(["efin"]).tolist() == [0.0] * len(documents)
    assert empty.documents_with("efin") == 0
    assert not empty.contains(["efin"], np.arange(len(documents))).any()


def test_it_knows_which_document_has_which_word(index: LexicalIndex) -> None:
    rows = np.array([2, 0, 1])
    assert index.contains(["lupa", "kereta", "umkm", ""], rows).tolist() == [
        [False, True, True],
        [False, False, False],
        [True, False, False],
        [False, False, False],
    ]
    assert [index.documents_with(stem) for stem in ("lupa", "umkm", "kereta")] == [2, 1, 0]


def test_a_small_index_beside_a_big_one_scores_about_as_if_it_were_in_it() -> None:
    rest = [f"pajak kata{number} lapor kata{number % 7}" for number in range(200)]
    new = ["pajak baru efin efin lapor", "pajak lapor kata3"]
    together = LexicalIndex([*rest, *new])
    big = LexicalIndex(rest)
    small = LexicalIndex(new, beside=big)
    for query in (["efin"], ["pajak"], ["pajak", "kata3", "lapor"]):
        np.testing.assert_allclose(small.scores(query), together.scores(query)[200:], rtol=0.1)
    assert LexicalIndex(new).scores(["efin"])[0] < 0.5 * small.scores(["efin"])[0]
