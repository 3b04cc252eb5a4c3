# SPDX-License-Identifier: GPL-3.0-or-later
"""The vector index (real FAISS): nearest form per article, saving, and refusing what does not belong together."""

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
    best, passage = index.similarities(encoder.encode(["omzet 500 juta kena pajak"]), encoder.encoder_id)
    assert best.argmax() == 2
    assert best[2] > 0.9
    assert UMKM.questions[passage[2] - 1] == "omzet 500 juta kena pajak atau tidak"
    exact, _ = index.similarities(encoder.encode([SANDI.title]), encoder.encoder_id)
    assert exact[1] == pytest.approx(1.0, abs=1e-5)


def test_best_is_the_maximum_over_the_passages(index: DenseIndex) -> None:
    encoder = BagEncoder()
    query = encoder.encode(["lupa kata sandi"])
    best, _ = index.similarities(query, encoder.encoder_id)
    for row, one in enumerate([EFIN, SANDI, UMKM]):
        forms = encoder.encode([one.title, *one.questions])
        assert best[row] == pytest.approx(float((forms @ query.T).max()), abs=1e-5)


def test_a_query_of_another_encoder_is_refused(index: DenseIndex) -> None:
    with pytest.raises(IndexMismatchError, match="bag"):
        index.similarities(BagEncoder().encode(["efin"]), "lain")


def test_an_index_comes_back_from_disk(index: DenseIndex, tmp_path: Path) -> None:
    path = tmp_path / "sikp.faiss"
    index.save(path)
    query = BagEncoder().encode(["tarif umkm berapa"])
    for mine, stored in zip(
        index.similarities(query, "bag"), DenseIndex.load(path, "bag").similarities(query, "bag"), strict=True
    ):
        np.testing.assert_allclose(mine, stored, atol=1e-6)


def test_a_stored_index_of_another_encoder_is_refused(index: DenseIndex, tmp_path: Path) -> None:
    index.save(tmp_path / "i")
    with pytest.raises(IndexMismatchError, match="model-baru"):
        DenseIndex.load(tmp_path / "i", "model-baru")


@pytest.mark.parametrize("harm", ["missing", "truncated", "header", "flipped"])
def test_a_damaged_index_is_refused(index: DenseIndex, tmp_path: Path, harm: str) -> None:
    path = tmp_path / "i"
    index.save(path)
    content = path.read_bytes()
    if harm == "missing":
        path.unlink()
    elif harm == "truncated":
        path.write_bytes(content[: len(content) // 2])
    elif harm == "header":
        (tmp_path / "i.json").write_text("{", encoding="utf-8")
    else:
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(IndexMismatchError):
        DenseIndex.load(path, "bag")


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
