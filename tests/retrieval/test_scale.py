# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures by size, with few articles and an encoder without a model; made-up articles."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.distractors import distractors
from retrieval.errors import ArticleNotFoundError, RetrievalError
from retrieval.scale import GrowingStore, findable_s, scale
from retrieval.search import REFRESH_S, SearchEngine
from tests.retrieval.fakes import EFIN, SANDI, UMKM, BagEncoder

pytestmark = pytest.mark.unit


def test_made_up_articles_are_the_same_again_and_valid_and_different() -> None:
    made = list(distractors([EFIN, SANDI, UMKM], 40))
    assert made == list(distractors([EFIN, SANDI, UMKM], 40))
    assert made != list(distractors([EFIN, SANDI, UMKM], 40, seed=5))
    assert len({one.id for one in made}) == 40
    assert len({one.questions for one in made}) == 40


def test_every_size_has_its_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("retrieval.indexer.SMALL", 5)
    figures = scale(
        lambda store: SearchEngine(store, Path("model"), load_encoder=lambda _folder: BagEncoder()),
        [EFIN, SANDI, UMKM],
        ["lupa efin", "tarif umkm"],
        sizes=(4, 12),
    )
    names = {f"{name}.n{size}" for size in (4, 12) for name in ("search_ms.p50", "search_ms.p95", "rss_mb", "index_s")}
    assert figures.keys() == names | {"findable_s", "findable_s.n4", "findable_s.n12"}
    assert all(value > 0 for value in figures.values())
    assert figures["findable_s"] == max(figures["findable_s.n4"], figures["findable_s.n12"]) > REFRESH_S


def test_an_engine_that_does_not_take_up_publications_is_found_out() -> None:
    store = GrowingStore([EFIN])
    engine = SearchEngine(store, None)
    engine.start()
    engine.refresh = lambda: False  # type: ignore[method-assign]
    with pytest.raises(RetrievalError, match="terbit-0"):
        findable_s(engine, store)
    with pytest.raises(ArticleNotFoundError):
        store.get("tidak-ada")
