# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions that SIKP did not answer, alike ones together: where an article is missing or does not help.

A question counts when the page said at its end that SIKP has no answer, when an agent answered it without SIKP, or
when an article was marked as not helpful; not when an article was used after all. Alike is decided by the encoder's
vectors, by shared words without one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist, squareform

from retrieval.feedback import Feedback
from retrieval.normalize import content_stems

MEANING_APART = 0.45  # cosine distance from which questions are different, with vectors
WORDS_APART = 0.65  # the same with shared words (Jaccard)
MOST_QUESTIONS = 3000  # the newest ones: clustering compares every pair
EXAMPLES = 3
Encode = Callable[[Sequence[str]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Unanswered:
    """One question of one call.

    Parameters:
        reasons: ``no_answer``, ``without_sikp``, ``rejected``; ``consulted`` where a team leader had to be asked.
        keys: names by which the question is known for ever.
    """

    call_id: str
    at: datetime
    query: str
    reasons: tuple[str, ...]
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cluster:
    """Questions that ask alike.

    Parameters:
        examples: wordings, the one nearest to all others first.
        reasons: how many of the questions have which reason.
        keys: of all its questions.
    """

    count: int
    examples: tuple[str, ...]
    calls: tuple[str, ...]
    first: date
    last: date
    reasons: dict[str, int]
    keys: tuple[str, ...] = ()


def unanswered(facts: Iterable[Feedback]) -> list[Unanswered]:
    """Return the questions without an answer, oldest first; ``facts`` in the order of time."""
    questions: dict[tuple[str, int], list[Feedback]] = {}
    for one in facts:
        questions.setdefault((one.call_id, one.question), []).append(one)
    found = [_judge(call_id, number, story) for (call_id, number), story in questions.items()]
    return sorted((one for one in found if one is not None), key=lambda one: one.at)


def _judge(call_id: str, number: int, story: Sequence[Feedback]) -> Unanswered | None:
    actions = {one.action for one in story}
    lists = [one for one in story if one.action == "shown"]
    reasons: list[str] = [action for action in ("without_sikp", "rejected") if action in actions]
    if lists and lists[-1].no_answer:
        reasons.insert(0, "no_answer")
    query = next((one.query for one in reversed(story) if one.query), "")
    if not reasons or "used" in actions or not query:
        return None
    return Unanswered(call_id, story[-1].at, query, tuple(reasons), (f"{call_id}/{number}",))


def clusters(questions: Sequence[Unanswered], encode: Encode | None = None) -> list[Cluster]:
    """Return the questions in clusters, largest first, then the newest.

    Parameters:
        encode: turns queries into unit vectors; None = compare by words.
    """
    kept = list(questions)[-MOST_QUESTIONS:]
    if not kept:
        return []
    queries = [one.query for one in kept]
    apart = _by_words(queries) if encode is None else _by_meaning(encode(queries))
    limit = WORDS_APART if encode is None else MEANING_APART
    labels = fcluster(linkage(apart, "average"), limit, "distance") if len(kept) > 1 else np.ones(1, dtype=int)
    groups = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    square = squareform(apart)
    found = [_cluster([kept[row] for row in group], square[np.ix_(group, group)].sum(axis=1)) for group in groups]
    return sorted(found, key=lambda one: (-one.count, -one.last.toordinal(), one.examples))


def _by_meaning(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return cosine distances; a query without a known word (a zero vector) is apart from all others."""
    distances: NDArray[np.float64] = np.nan_to_num(pdist(vectors.astype(np.float64), "cosine"), nan=1.0)
    return np.clip(distances, 0.0, 2.0)


def _by_words(queries: Sequence[str]) -> NDArray[np.float64]:
    stems = [content_stems(query) for query in queries]
    vocabulary = {stem: column for column, stem in enumerate(sorted({stem for one in stems for stem in one}))}
    table = np.zeros((len(queries), max(1, len(vocabulary))), dtype=bool)
    for row, one in enumerate(stems):
        table[row, [vocabulary[stem] for stem in one]] = True
    distances: NDArray[np.float64] = pdist(table, "jaccard")
    return distances


def _cluster(members: Sequence[Unanswered], distances: NDArray[np.float64]) -> Cluster:
    nearest = [members[row].query for row in np.argsort(distances, kind="stable")]
    days = [one.at.date() for one in members]
    reasons: dict[str, int] = {}
    for one in members:
        for reason in one.reasons:
            reasons[reason] = reasons.get(reason, 0) + 1
    return Cluster(
        count=len(members),
        examples=tuple(dict.fromkeys(nearest))[:EXAMPLES],
        calls=tuple(dict.fromkeys(one.call_id for one in members)),
        first=min(days),
        last=max(days),
        reasons=reasons,
        keys=tuple(key for one in members for key in one.keys),
    )
