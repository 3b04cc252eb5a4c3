# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes snapshots: what did not change is taken over, so that a publication costs what it changes.

An article's stems and vectors are kept by a hash of its text. With up to ``SMALL`` articles every publication builds
the indexes anew from them (a fraction of a second). With more, the main segment stays, changed articles go into a
small segment beside it, and both are merged in the background when the small one has grown. Not thread-safe, except
that :meth:`Indexer.segment` may run beside the other methods.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import structlog
from numpy.typing import NDArray

from retrieval.articles import Article
from retrieval.dense import DenseIndex, Encoder, Vectors, counts_of, passages_of
from retrieval.errors import IndexMismatchError
from retrieval.lexical import Document, LexicalIndex, document_of
from retrieval.normalize import normalizer_id
from retrieval.segment import Segment
from retrieval.snapshot import Snapshot
from retrieval.vectorfile import read_vectors, write_vectors

SMALL = 1_000  # articles; up to here everything is built anew
MERGE_AT = 200  # changed articles beside the main segment
ENCODE_AT_ONCE = 2_000  # passages
FILE_NAME = "vectors.kring"

_log = structlog.get_logger("retrieval")


class Indexer:
    """Keeps stems and vectors of the articles in service; on disk in ``folder`` unless that is None."""

    def __init__(self, folder: Path | None = None) -> None:
        self._path = None if folder is None else folder / FILE_NAME
        self._documents: dict[str, Document] = {}
        self._vectors: dict[str, Vectors] = {}
        self._vectors_of = ""  # encoder
        self._stored: list[str] = []  # the keys of what is on disk, in its order
        self._mapped: Vectors | None = None

    def segment(self, articles: Sequence[Article], encoder: Encoder | None) -> Segment:
        """Return a main segment over ``articles``; with an encoder its vectors are stored on disk."""
        keys = [key_of(article) for article in articles]
        lexical = LexicalIndex(self._documents_of(articles, keys))
        self._documents = {key: self._documents[key] for key in keys}
        if encoder is None or not articles:
            return Segment(tuple(articles), lexical)
        counts = counts_of(articles)
        self._load(encoder)
        if keys == self._stored and self._mapped is not None:
            vectors = self._mapped
        else:
            vectors = self._store(keys, counts, self._encoded(articles, keys, encoder), encoder)
        ends = np.cumsum(counts)
        self._vectors = {key: vectors[end - count : end] for key, count, end in zip(keys, counts, ends, strict=True)}
        return Segment(tuple(articles), lexical, DenseIndex(encoder.encoder_id, vectors, counts))

    def snapshot(
        self, revision: str, articles: Sequence[Article], encoder: Encoder | None, before: Snapshot
    ) -> Snapshot:
        """Return the next snapshot after ``before``."""
        if len(articles) <= SMALL or not before.segments[0].articles:
            return whole(revision, self.segment(articles, encoder), encoder)
        return self.beside(revision, articles, encoder, before.segments[0])

    def beside(self, revision: str, articles: Sequence[Article], encoder: Encoder | None, main: Segment) -> Snapshot:
        """Return a snapshot of ``articles`` that keeps ``main`` and has what differs from it in a second segment."""
        current: Mapping[str, Article] = {article.id: article for article in articles}
        alive = [_same(article, current.get(article.id)) for article in main.articles]
        kept = {article.id for article, lives in zip(main.articles, alive, strict=True) if lives}
        changed = [article for article in articles if article.id not in kept]
        if not changed:
            return Snapshot(revision, (main,), np.array(alive, dtype=np.bool_), encoder)
        keys = [key_of(article) for article in changed]
        lexical = LexicalIndex(self._documents_of(changed, keys), beside=main.lexical)
        dense = None
        if encoder is not None:
            self._load(encoder)
            dense = DenseIndex(encoder.encoder_id, self._encoded(changed, keys, encoder), counts_of(changed))
        small = Segment(tuple(changed), lexical, dense)
        return Snapshot(revision, (main, small), np.array(alive + [True] * len(changed), dtype=np.bool_), encoder)

    def _documents_of(self, articles: Sequence[Article], keys: Sequence[str]) -> list[Document]:
        known = self._documents
        for article, key in zip(articles, keys, strict=True):
            if key not in known:
                known[key] = document_of(article)
        return [known[key] for key in keys]

    def _encoded(self, articles: Sequence[Article], keys: Sequence[str], encoder: Encoder) -> Vectors:
        """Return the vectors of all passages; only those of unknown texts are made."""
        known = self._vectors
        fresh = {key: article for article, key in zip(articles, keys, strict=True) if key not in known}
        waiting: list[tuple[str, tuple[str, ...]]] = []
        for key, article in fresh.items():
            waiting.append((key, passages_of(article)))
            if sum(len(passages) for _, passages in waiting) >= ENCODE_AT_ONCE:
                known |= _encode(waiting, encoder)
                waiting = []
        known |= _encode(waiting, encoder)
        return np.concatenate([known[key] for key in keys])

    def _load(self, encoder: Encoder) -> None:
        """Begin with the vectors on disk, once; without any where they are not this encoder's."""
        if self._vectors_of == encoder.encoder_id:
            return
        self._vectors, self._vectors_of = {}, encoder.encoder_id
        if self._path is None:
            return
        try:
            blocks, vectors = read_vectors(self._path, _maker(encoder), encoder.encode(["uji"]).shape[1])
        except FileNotFoundError:
            return
        except (IndexMismatchError, OSError) as error:
            _log.warning("vectors_refused", path=str(self._path), problem=str(error))
            return
        start = 0
        for key, rows in blocks:
            self._vectors[key] = vectors[start : start + rows]
            start += rows
        self._stored, self._mapped = list(self._vectors), vectors

    def _store(self, keys: list[str], counts: NDArray[np.int64], vectors: Vectors, encoder: Encoder) -> Vectors:
        """Write the vectors to disk; return them, mapped from there where that worked."""
        if self._path is None:
            return vectors
        try:
            write_vectors(self._path, _maker(encoder), list(zip(keys, counts.tolist(), strict=True)), vectors)
            _, mapped = read_vectors(self._path, _maker(encoder), vectors.shape[1])
        except (OSError, IndexMismatchError) as error:  # a full disk: the next start takes longer, nothing else
            _log.warning("vectors_not_stored", path=str(self._path), problem=str(error))
            return vectors
        self._stored, self._mapped = keys, mapped
        return mapped


def whole(revision: str, segment: Segment, encoder: Encoder | None) -> Snapshot:
    """Return a snapshot of one segment; without articles there is nothing to encode a question for."""
    alive = np.ones(len(segment.articles), dtype=np.bool_)
    return Snapshot(revision, (segment,), alive, encoder)


def key_of(article: Article) -> str:
    """Return a hash of what of an article is indexed."""
    parts = (article.title, article.topic, *article.questions, article.body)
    return hashlib.blake2b("\x00".join(parts).encode(), digest_size=16).hexdigest()


def needs_merging(snapshot: Snapshot) -> bool:
    """Return whether the segment beside the main one has grown so much that both should become one."""
    return len(snapshot.segments) > 1 and len(snapshot.segments[1].articles) >= MERGE_AT


def _same(article: Article, current: Article | None) -> bool:
    return current is not None and (article is current or article == current)


def _encode(waiting: Sequence[tuple[str, tuple[str, ...]]], encoder: Encoder) -> dict[str, Vectors]:
    if not waiting:
        return {}
    vectors = encoder.encode([passage for _, passages in waiting for passage in passages])
    made, start = {}, 0
    for key, passages in waiting:
        made[key] = vectors[start : start + len(passages)]
        start += len(passages)
    return made


def _maker(encoder: Encoder) -> str:
    """Return what made the vectors: another way of normalising gives other vectors as well."""
    return f"{encoder.encoder_id}+{normalizer_id()}"
