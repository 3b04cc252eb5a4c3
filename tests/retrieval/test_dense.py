# SPDX-License-Identifier: GPL-3.0-or-later
"""The vector index (real FAISS): nearest form per article, its type by size, and refusing another encoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from retrieval.dense import INPUT_FILE, DenseIndex, SentenceEncoder, prepare
from retrieval.errors import EncoderError, IndexMismatchError
from tests.retrieval.fakes import EFIN, SANDI, UMKM, BagEncoder

pytestmark = pytest.mark.integration


@pytest.fixture
def index() -> DenseIndex:
    return DenseIndex.build([EFIN, SANDI, UMKM], BagEncoder())


def test_the_nearest_form_of_each_article_is_found(index: DenseIndex) -> None:
    encoder = BagEncoder()
    query = encoder.encode(["omzet 500 juta kena pajak"])
    articles, cosines = index.nearest(query, "bag")
    assert articles[0] == 2
    assert sorted(articles.tolist()) == [0, 1, 2], "an article is named once"
    assert (np.diff(cosines) <= 0).all()
    best, passage = index.cosines(query, articles)
    np.testing.assert_allclose(best, cosines, atol=1e-6)
    assert best[0] > 0.9
    assert UMKM.questions[passage[0] - 1] == "omzet 500 juta kena pajak atau tidak"
    assert index.kind == "flat"


def test_an_articles_cosine_is_the_maximum_over_its_passages(index: DenseIndex) -> None:
    encoder = BagEncoder()
    query = encoder.encode(["lupa kata sandi"])
    best, passage = index.cosines(query, np.array([2, 0, 1]))
    for place, one in enumerate([UMKM, EFIN, SANDI]):
        forms = encoder.encode([one.title, *one.questions]) @ query[0]
        assert best[place] == pytest.approx(float(forms.max()), abs=1e-5)
        assert forms[passage[place]] == pytest.approx(float(forms.max()), abs=1e-5)
    none, _ = index.cosines(query, np.zeros(0, dtype=np.int64))
    assert none.shape == (0,)


def test_a_query_of_another_encoder_is_refused(index: DenseIndex) -> None:
    with pytest.raises(IndexMismatchError, match="bag"):
        index.nearest(BagEncoder().encode(["efin"]), "lain")


def test_a_big_index_is_an_inverted_file_that_finds_what_a_flat_one_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(4000, 24)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    counts = np.full(400, 10)
    flat = DenseIndex("a", vectors, counts)
    monkeypatch.setattr("retrieval.dense.FLAT_MOST", 1000)
    big = DenseIndex("a", vectors, counts)
    assert (flat.kind, big.kind) == ("flat", "ivf")
    for row in range(0, 4000, 400):
        query = vectors[row : row + 1]
        first = big.nearest(query, "a")[0][:10].tolist()
        assert first[0] == row // 10
        assert len(set(first) & set(flat.nearest(query, "a")[0][:10].tolist())) >= 7
        np.testing.assert_allclose(big.cosines(query, flat.nearest(query, "a")[0][:3])[0],
                                   flat.nearest(query, "a")[1][:3], atol=1e-6)  # fmt: skip


def test_a_missing_or_broken_encoder_folder_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=str(tmp_path)):
        SentenceEncoder(tmp_path)
    (tmp_path / "modules.json").write_text("[{}]", encoding="utf-8")
    with pytest.raises(EncoderError) as error:
        SentenceEncoder(tmp_path)
    assert error.value.remedy
    assert INPUT_FILE == "kring.json"


def test_our_encoder_reads_stems_and_others_words() -> None:
    assert prepare("gimana melaporkan SPT", "stems") == "lapor spt"
    assert prepare("gimana melaporkan SPT", "words") == "bagaimana melaporkan spt"
