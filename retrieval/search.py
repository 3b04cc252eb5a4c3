# SPDX-License-Identifier: GPL-3.0-or-later
"""The search over SIKP: BM25 and sentence vectors, fused.

:class:`SearchEngine` answers from BM25 alone from the first moment, loads the encoder in a background thread and
then answers from both; when the encoder is missing or broken it says so in its status and goes on with BM25.
Searching is synchronous and thread-safe: the desk calls it in a worker thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import numpy as np
import structlog
from numpy.typing import NDArray

from pipeline.catalog import text
from pipeline.clock import Clock, SystemClock
from pipeline.errors import KringError
from retrieval.articles import Article, ArticleStore, LegalBasis
from retrieval.dense import Encoder, SentenceEncoder
from retrieval.errors import QueryError
from retrieval.normalize import Token, analyse
from retrieval.snapshot import Candidate, Mode, Snapshot

MAX_QUERY_CHARS = 2000
QUOTE_CHARS = 90
EncoderState = Literal["off", "loading", "ready", "failed"]
EncoderLoader = Callable[[Path], Encoder]

_log = structlog.get_logger("retrieval")


@dataclass(frozen=True, slots=True)
class Hit:
    """One article found, and why.

    Parameters:
        score: 0..1, how sure the search is that the article fits.
        matched_words: the query's own words that the article shares.
        quote: the part of the query around those words.
        question: the article's question form nearest in meaning ("" while only BM25 answers).
        in_force: False when the rule is not valid on the day asked for; the page must say so.
    """

    article_id: str
    version: int
    title: str
    topic: str
    score: float
    matched_words: tuple[str, ...]
    quote: str
    question: str
    verification: str
    effective_from: date | None
    effective_to: date | None
    in_force: bool
    legal_basis: tuple[LegalBasis, ...] = ()


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
        load_encoder: for tests.
        clock: tells today's date for validity.
    """

    def __init__(
        self,
        store: ArticleStore,
        encoder_folder: Path | None,
        *,
        load_encoder: EncoderLoader = SentenceEncoder,
        clock: Clock | None = None,
    ) -> None:
        self._store = store
        self._encoder_folder = encoder_folder
        self._load_encoder = load_encoder
        self._clock = clock or SystemClock()
        self._build_lock = threading.Lock()
        self._encoder_state: EncoderState = "off"
        self._problem = ""
        self._snapshot = Snapshot.build("", (), None)
        self._thread: threading.Thread | None = None

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
        """Wait for the loading thread: an interpreter must not end in the middle of loading a native library."""
        if self._thread is not None:
            self._thread.join(timeout_s)

    def refresh(self) -> bool:
        """Take over changed articles; returns whether there was a change. The old ones serve until then.

        Raises:
            RetrievalError: the new articles cannot be read; the old ones stay in service.
        """
        if self._store.revision() == self._snapshot.revision:
            return False
        self._rebuild()
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
                after those in force.

        Raises:
            QueryError: longer than ``MAX_QUERY_CHARS`` characters.
        """
        if len(query) > MAX_QUERY_CHARS:
            raise QueryError(
                text("retrieval.query_too_long", chars=len(query), most=MAX_QUERY_CHARS),
                remedy=text("retrieval.query_too_long_remedy"),
            )
        snapshot = self._snapshot
        tokens = analyse(query)
        used: Mode = "bm25" if mode == "hybrid" and snapshot.encoder is None else mode
        if all(token.stop for token in tokens):
            return SearchResult(query, (), 0.0, used)
        found = snapshot.candidates(tokens, query, mode)
        day = on or self._clock.now().date()
        shown = found[: max(limit, 1) * 2]
        rows = np.array([one.row for one in shown], dtype=np.int64)
        shared = snapshot.contains([token.stem for token in tokens], rows)
        shared &= np.array([[not token.stop] for token in tokens])
        hits = [_hit(snapshot, one, tokens, shared[:, place], day) for place, one in enumerate(shown)]
        hits.sort(key=lambda hit: not hit.in_force)  # stable: keeps the order within each group
        return SearchResult(query, tuple(hits[:limit]), round(snapshot.no_answer_probability(found, tokens), 4), used)

    def _bring_encoder(self) -> None:
        folder = self._encoder_folder
        if folder is None:
            return
        try:
            encoder = self._load_encoder(folder)
        except KringError as error:
            self._encoder_state, self._problem = "failed", str(error)
            _log.warning("encoder_unavailable", code=error.code, problem=error.message)
            return
        with self._build_lock:  # the articles in service; files that broke meanwhile are not our trouble here
            self._snapshot = Snapshot.build(self._snapshot.revision, self._snapshot.published, encoder)
            self._encoder_state = "ready"

    def _rebuild(self) -> None:
        with self._build_lock:
            revision = self._store.revision()
            self._snapshot = Snapshot.build(revision, self._store.published(), self._snapshot.encoder)


def _hit(
    snapshot: Snapshot, candidate: Candidate, tokens: tuple[Token, ...], shared: NDArray[np.bool_], day: date
) -> Hit:
    article = snapshot.articles[candidate.row]
    matched = [bool(yes) for yes in shared]
    return Hit(
        article_id=article.id,
        version=article.version,
        title=article.title,
        topic=article.topic,
        score=round(candidate.score, 4),
        matched_words=tuple(dict.fromkeys(t.said for t, yes in zip(tokens, matched, strict=True) if yes)),
        quote=_quote(tokens, matched),
        question=article.questions[candidate.passage - 1] if candidate.passage > 0 else "",
        verification=article.verification,
        effective_from=article.effective_from,
        effective_to=article.effective_to,
        in_force=article.in_force(day),
        legal_basis=article.legal_basis,
    )


def _quote(tokens: tuple[Token, ...], matched: list[bool]) -> str:
    """Return the stretch of the query, at most ``QUOTE_CHARS`` long, that holds most matched words."""
    best, best_count = "", 0
    for start in (index for index, yes in enumerate(matched) if yes):
        words: list[str] = []
        count = end = 0
        for index in range(start, len(tokens)):
            said = tokens[index].said
            if index > start and said == tokens[index - 1].said:
                continue  # one spoken phrase became several written words
            if len(" ".join([*words, said])) > QUOTE_CHARS:
                break
            words.append(said)
            if matched[index]:
                count, end = count + 1, len(words)
        if count > best_count:
            best, best_count = " ".join(words[:end]), count
    return best
