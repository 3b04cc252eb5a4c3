# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast the search is, how much memory it takes and how soon it finds a new article, by the number of articles.

Figures: ``search_ms.p50.n300`` and ``.p95`` (hybrid, encoder included, one core), ``rss_mb.n300`` (the whole process
with PyTorch), ``index_s.n300`` (from start until both indexes serve), ``findable_s.n300`` (publish, change or retire
until a search shows it, at worst) and ``findable_s``, the worst of all sizes.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence

import numpy as np
import psutil

from pipeline.catalog import text
from retrieval.articles import Article, ArticleStore
from retrieval.distractors import distractors
from retrieval.errors import ArticleNotFoundError, RetrievalError
from retrieval.search import REFRESH_S, SearchEngine

SIZES = (300, 3_000, 30_000)
READY_S = 1800.0
WARM_UP = 20  # searches that are not counted
PUBLICATIONS = 5
EngineOf = Callable[[ArticleStore], SearchEngine]


class GrowingStore:
    """Articles in memory; used by one thread at a time."""

    def __init__(self, articles: Sequence[Article]) -> None:
        self._articles = {article.id: article for article in articles}
        self._changes = 0

    def put(self, article: Article) -> None:
        """Publish ``article``."""
        self._articles[article.id] = article
        self._changes += 1

    def drop(self, article_id: str) -> None:
        """Retire an article."""
        del self._articles[article_id]
        self._changes += 1

    def revision(self) -> str:
        """Return the number of changes."""
        return str(self._changes)

    def published(self) -> Sequence[Article]:
        """Return the articles in the order in which they came."""
        return list(self._articles.values())

    def get(self, article_id: str, version: int | None = None) -> Article:
        """Return an article; versions are not kept."""
        article = self._articles.get(article_id)
        if article is None or version not in (None, article.version):
            raise ArticleNotFoundError(text("retrieval.article_not_found", article=article_id))
        return article


def scale(
    engine_of: EngineOf, articles: Sequence[Article], queries: Sequence[str], sizes: Sequence[int] = SIZES
) -> dict[str, float]:
    """Return the figures for every size; articles beyond the real ones are made up.

    Parameters:
        engine_of: makes an engine over a store; it is started, awaited and closed here.
        articles: the real ones; with more of them than a size asks for, the first ones are taken.
        queries: what is searched for.
    """
    made = list(distractors(articles, max(0, max(sizes) - len(articles))))
    figures: dict[str, float] = {}
    for size in sorted(sizes):
        store = GrowingStore([*articles, *made][:size])
        engine = engine_of(store)
        started_s = time.perf_counter()
        engine.start()
        engine.wait_ready(READY_S)
        figures[f"index_s.n{size}"] = time.perf_counter() - started_s
        for percent, value in zip((50, 95), search_ms(engine, queries), strict=True):
            figures[f"search_ms.p{percent}.n{size}"] = value
        figures[f"findable_s.n{size}"] = findable_s(engine, store)
        gc.collect()
        figures[f"rss_mb.n{size}"] = rss_mb()
        engine.close()
        del engine, store
        gc.collect()
    figures["findable_s"] = max(figures[f"findable_s.n{size}"] for size in sizes)
    return figures


def search_ms(engine: SearchEngine, queries: Sequence[str]) -> tuple[float, float]:
    """Return p50 and p95 of one search as people get it, in milliseconds."""
    for query in queries[:WARM_UP]:
        engine.search(query)
    spent_ms = []
    for query in queries:
        started_s = time.perf_counter()
        engine.search(query)
        spent_ms.append((time.perf_counter() - started_s) * 1000.0)
    return float(np.percentile(spent_ms, 50)), float(np.percentile(spent_ms, 95))


def findable_s(engine: SearchEngine, store: GrowingStore) -> float:
    """Return the longest time from a publication until a search shows it; the service looks every ``REFRESH_S``.

    Raises:
        RetrievalError: an article is not found at all, or a retired one still is.
    """
    longest_s = 0.0
    for number in range(PUBLICATIONS):
        name, word, other = f"terbit-{number}", f"xylotarif{number}q", f"wukhobea{number}q"
        changes: tuple[tuple[Article | None, str], ...] = (
            (_article(name, 1, word), word),
            (_article(name, 2, other), other),
            (None, other),
        )
        for article, searched in changes:
            started_s = time.perf_counter()
            store.drop(name) if article is None else store.put(article)
            engine.refresh()
            first = [hit.article_id for hit in engine.search(f"berapa tarif {searched}").hits[:1]]
            longest_s = max(longest_s, time.perf_counter() - started_s)
            if (first == [name]) != (article is not None):
                raise RetrievalError(text("retrieval.not_findable", article=name))
    return longest_s + REFRESH_S


def rss_mb() -> float:
    """Return the process's resident memory in MB."""
    return float(psutil.Process().memory_info().rss / 1e6)


def _article(name: str, version: int, word: str) -> Article:
    return Article(
        id=name,
        title=f"Tarif {word}",
        version=version,
        status="published",
        topic="Uji",
        questions=tuple(f"berapa tarif {word} bentuk {number}" for number in range(8)),
        body=f"Tarif {word} tidak ada; artikel ini hanya untuk mengukur pencarian.",
    )
