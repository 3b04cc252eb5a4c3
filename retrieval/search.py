# SPDX-License-Identifier: GPL-3.0-or-later
"""The search over SIKP: BM25 and sentence vectors, fused.

:class:`SearchEngine` answers from BM25 alone from the first moment, loads the encoder in a background thread and
then answers from both; when the encoder is missing or broken it says so in its status and goes on with BM25.
Searching is synchronous and thread-safe: the desk calls it in a worker thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal

import numpy as np
import structlog

from pipeline.catalog import text
from pipeline.clock import Clock, SystemClock, office_date
from pipeline.errors import KringError
from retrieval.articles import Article, ArticleStore
from retrieval.dense import Encoder, SentenceEncoder
from retrieval.errors import EncoderError, QueryError
from retrieval.hits import Hit, expired_later, hit_of
from retrieval.indexer import Indexer, needs_merging
from retrieval.normalize import analyse
from retrieval.snapshot import Mode, Snapshot

__all__ = ["MAX_QUERY_CHARS", "REFRESH_S", "EngineStatus", "Hit", "SearchEngine", "SearchResult"]

MAX_QUERY_CHARS = 2000  # more is refused: nobody types it, and the suggester sends the last ones
REFRESH_S = 0.5  # how often the service should call refresh(): a publication is found that much later at most
EncoderState = Literal["off", "loading", "ready", "failed"]
EncoderLoader = Callable[[Path], Encoder]

_log = structlog.get_logger("retrieval")


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Hits, best first. ``no_answer_probability``: 0..1 that SIKP does not answer the query."""

    query: str
    hits: tuple[Hit, ...]
    no_answer_probability: float
    mode: Mode


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """What the search works with now; ``problem`` is for people and empty when all is well."""

    articles: int
    mode: Mode
    encoder_state: EncoderState
    encoder_id: str
    problem: str


class SearchEngine:
    """Search over an :class:`ArticleStore`.

    Parameters:
        encoder_folder: sentence-transformers model; None = BM25 alone, by choice.
        index_dir: where vectors are kept between runs; None = they are made anew at every start.
        load_encoder: for tests.
        clock: tells today's date for validity.
    """

    def __init__(
        self,
        store: ArticleStore,
        encoder_folder: Path | None,
        *,
        index_dir: Path | None = None,
        load_encoder: EncoderLoader = SentenceEncoder,
        clock: Clock | None = None,
    ) -> None:
        self._store = store
        self._encoder_folder = encoder_folder
        self._load_encoder = load_encoder
        self._clock = clock or SystemClock()
        self._indexer = Indexer(index_dir)
        self._build_lock = threading.Lock()  # around a new snapshot
        self._main_lock = threading.Lock()  # around a new main segment, which may take minutes; taken first
        self._encoder_state: EncoderState = "off"
        self._problem = ""
        self._snapshot = Snapshot.build("", (), None)
        self._thread: threading.Thread | None = None
        self._merging: threading.Thread | None = None

    def start(self) -> None:
        """Index the articles for BM25 now and load the encoder in the background.

        Raises:
            RetrievalError: the articles cannot be read; the message names file and line.
        """
        self._rebuild()
        if self._encoder_folder is not None and self._thread is None:
            self._encoder_state = "loading"
            self._thread = threading.Thread(target=self._bring_encoder, name="retrieval-encoder", daemon=True)
            self._thread.start()

    def wait_ready(self, timeout_s: float) -> bool:
        """Wait until the encoder is loaded or has failed; returns whether search is hybrid."""
        if self._thread is not None:
            self._thread.join(timeout_s)
        return self._snapshot.encoder is not None

    def close(self, timeout_s: float = 10.0) -> None:
        """Wait for threads at work: an interpreter must not end in the middle of loading a native library."""
        for thread in (self._thread, self._merging):
            if thread is not None:
                thread.join(timeout_s)

    def refresh(self) -> bool:
        """Take over changed articles; returns whether there was a change. The old ones serve until then.

        Raises:
            RetrievalError: the new articles cannot be read; the old ones stay in service.
        """
        if self._store.revision() == self._snapshot.revision:
            return False
        self._rebuild()
        self._merge_if_grown()
        return True

    def status(self) -> EngineStatus:
        """Return what the search works with now."""
        snapshot = self._snapshot
        return EngineStatus(
            articles=int(snapshot.alive.sum()),
            mode="bm25" if snapshot.encoder is None else "hybrid",
            encoder_state=self._encoder_state,
            encoder_id=snapshot.encoder_id,
            problem=self._problem,
        )

    def article(self, article_id: str, version: int | None = None) -> Article:
        """Return an article as it was published; raises ArticleNotFoundError."""
        return self._store.get(article_id, version)

    def search(self, query: str, *, limit: int = 5, mode: Mode = "hybrid", on: date | None = None) -> SearchResult:
        """Return the articles that answer ``query``.

        Parameters:
            limit: the most hits returned.
            mode: "bm25" and "dense" are for comparison; "hybrid" is what people get.
            on: the day whose rules are wanted; today when None. Rules not in force then are marked and come
                after those in force that fit nearly as well (:func:`retrieval.hits.expired_later`).

        Raises:
            QueryError: longer than ``MAX_QUERY_CHARS`` characters.
        """
        if len(query) > MAX_QUERY_CHARS:
            raise QueryError(
                text("retrieval.query_too_long", chars=len(query), most=MAX_QUERY_CHARS),
                remedy=text("retrieval.query_too_long_remedy"),
            )
        return self._search(self._snapshot, query, limit=limit, mode=mode, on=on)

    def encoder(self) -> Encoder | None:
        """Return the encoder; None until it is loaded, or without one."""
        return self._snapshot.encoder

    def trial(self, article: Article, queries: Sequence[str], *, limit: int = 3) -> list[SearchResult]:
        """Return what ``queries`` would find were ``article`` published; nothing that people see changes.

        An article whose rule begins later is looked for on that day.
        """
        with self._build_lock:
            now = self._snapshot
            others = [one for one in now.published if one.id != article.id]
            trial = self._indexer.beside("", [*others, article], now.encoder, now.segments[0])
        today = office_date(self._clock.now())
        day = max(today, article.effective_from or today)
        return [self._search(trial, query, limit=limit, on=day) for query in queries]

    def _search(
        self, snapshot: Snapshot, query: str, *, limit: int, mode: Mode = "hybrid", on: date | None = None
    ) -> SearchResult:
        tokens = analyse(query)
        used: Mode = "bm25" if mode == "hybrid" and snapshot.encoder is None else mode
        if all(token.stop for token in tokens):
            return SearchResult(query, (), 0.0, used)
        try:
            found = snapshot.candidates(tokens, query, mode)
        except Exception as error:  # an encoder may raise whatever its library raises
            if snapshot.encoder is None:
                raise
            _log.warning("encoder_failed", problem=_problem_of(error))
            snapshot, used = replace(snapshot, encoder=None), "bm25"
            found = snapshot.candidates(tokens, query, used)
        day = on or office_date(self._clock.now())
        shown = found[: max(limit, 1) * 2]
        rows = np.array([one.row for one in shown], dtype=np.int64)
        shared = snapshot.contains([token.stem for token in tokens], rows)
        shared &= np.array([[not token.stop] for token in tokens])
        hits = [hit_of(snapshot, one, tokens, shared[:, place], day) for place, one in enumerate(shown)]
        return SearchResult(
            query, tuple(expired_later(hits)[:limit]), round(snapshot.no_answer_probability(found, tokens), 4), used
        )

    def _bring_encoder(self) -> None:
        folder = self._encoder_folder
        if folder is None:
            return
        try:
            encoder = self._load_encoder(folder)
            with self._main_lock:
                self._swap_main(encoder)
        except KringError as error:
            self._encoder_lost(str(error), error.code)
        except Exception as error:  # the library raises whatever it raises, also on the first real text
            problem = text("retrieval.encoder_broken", path=folder, problem=_problem_of(error))
            self._encoder_lost(problem, EncoderError.code)
        else:
            self._encoder_state = "ready"
            self._merge_if_grown()

    def _encoder_lost(self, problem: str, code: str) -> None:
        self._encoder_state, self._problem = "failed", problem
        _log.warning("encoder_unavailable", code=code, problem=problem)

    def _swap_main(self, encoder: Encoder | None) -> None:
        """Build a new main segment while searches and publications go on, then take it into service."""
        segment = self._indexer.segment(self._snapshot.published, encoder)
        with self._build_lock:
            now = self._snapshot  # what was published meanwhile goes beside
            self._snapshot = self._indexer.beside(now.revision, now.published, encoder, segment)

    def _merge_if_grown(self) -> None:
        if needs_merging(self._snapshot) and not self._main_lock.locked():
            self._merging = threading.Thread(target=self._merge, name="retrieval-merge", daemon=True)
            self._merging.start()

    def _merge(self) -> None:
        with self._main_lock:
            if needs_merging(self._snapshot):  # another thread may have been first
                self._swap_main(self._snapshot.encoder)

    def _rebuild(self) -> None:
        with self._build_lock:
            revision = self._store.revision()
            if revision != self._snapshot.revision:
                self._snapshot = self._next(revision, self._store.published())

    def _next(self, revision: str, articles: Sequence[Article]) -> Snapshot:
        before = self._snapshot
        try:
            return self._indexer.snapshot(revision, articles, before.encoder, before)
        except Exception as error:
            if before.encoder is None:
                raise
            self._encoder_lost(
                text("retrieval.encoder_broken", path=self._encoder_folder, problem=_problem_of(error)),
                EncoderError.code,
            )
            return self._indexer.snapshot(revision, articles, None, before)


def _problem_of(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
