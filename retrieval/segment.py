# SPDX-License-Identifier: GPL-3.0-or-later
"""Articles with both indexes over them, built once and never changed. A snapshot has one or two of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.articles import Article
from retrieval.dense import DenseIndex, Encoder
from retrieval.lexical import LexicalIndex, document_of


@dataclass(frozen=True, slots=True)
class Segment:
    """Row ``i`` of both indexes is ``articles[i]``; ``dense`` is None without an encoder."""

    articles: tuple[Article, ...]
    lexical: LexicalIndex
    dense: DenseIndex | None = None

    @classmethod
    def of(cls, articles: Sequence[Article], encoder: Encoder | None) -> Segment:
        """Index ``articles`` without any cache; with an encoder also by meaning."""
        lexical = LexicalIndex([document_of(article) for article in articles])
        dense = DenseIndex.build(articles, encoder) if encoder is not None and articles else None
        return cls(tuple(articles), lexical, dense)
