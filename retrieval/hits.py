# SPDX-License-Identifier: GPL-3.0-or-later
"""What a page shows of an article that was found: why it was found, what it rests on, and whether that is in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from retrieval.articles import Article, LegalBasis
from retrieval.normalize import Token
from retrieval.snapshot import Candidate, Snapshot

QUOTE_CHARS = 90
EXPIRED_WORTH = 0.5  # of a hit's score, when its rule is not in force


@dataclass(frozen=True, slots=True)
class Hit:
    """One article found, and why.

    Parameters:
        score: 0..1, how sure the search is that the article fits.
        matched_words: the query's own words that the article shares.
        quote: the part of the query around those words.
        question: the article's question form nearest in meaning ("" while only BM25 answers).
        in_force: False when the rule is not valid (any more, or yet) on the day asked for; the page must say so.
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


def hit_of(
    snapshot: Snapshot, candidate: Candidate, tokens: tuple[Token, ...], shared: NDArray[np.bool_], day: date
) -> Hit:
    """Return what is shown of ``candidate``; ``shared``: per token whether the article has it."""
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
        in_force=_in_force(article, day),
        legal_basis=article.legal_basis,
    )


def expired_later(hits: Sequence[Hit]) -> list[Hit]:
    """Return ``hits`` with rules that are not in force behind those in force that score at least half as much.

    Not behind all of them: who asks about an ended programme is to find it, with the mark that it has ended.
    """
    ordered: list[Hit] = []
    waiting: list[Hit] = []
    for hit in hits:
        if not hit.in_force:
            waiting.append(hit)
            continue
        while waiting and waiting[0].score * EXPIRED_WORTH > hit.score:
            ordered.append(waiting.pop(0))
        ordered.append(hit)
    return ordered + waiting


def _in_force(article: Article, day: date) -> bool:
    """Return whether the article's rule applies on ``day`` and at least one regulation it rests on (if any) does."""
    return article.in_force(day) and (
        not article.legal_basis or any(_basis_in_force(basis, day) for basis in article.legal_basis)
    )


def _basis_in_force(basis: LegalBasis, day: date) -> bool:
    return (basis.in_force_from is None or basis.in_force_from <= day) and (
        basis.in_force_to is None or day <= basis.in_force_to
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
