# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions whose answer is known and that neither index nor encoder has seen: what calibration is fitted on.

Every fourth question form of each article is left out of the index and of the encoder's training, and then asked as it
is written and damaged as by a recogniser. Questions without an answer are the same forms when their own article and
its relatives are taken out, and the off-topic sentences, each judged by the other ones.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.encoder_id.corpus import groups, interrupted, thin
from models.encoder_id.training import Plan, train
from retrieval.articles import Article
from retrieval.confidence import Evidence
from retrieval.dense import Vectors, prepare
from retrieval.elsewhere import nearness, off_topic, off_topic_vectors
from retrieval.fusion import Signals, fused
from retrieval.normalize import analyse, domain_words
from retrieval.snapshot import NO_ANSWER_DEPTH, Snapshot

EVERY = 4
DAMAGE = 0.15  # share of words lost, and of strange words put in


class TrainedEncoder:
    """A freshly trained model in the form that retrieval expects."""

    encoder_id = "calibration"

    def __init__(self, model: Any) -> None:
        self._model = model

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, shape (len(texts), dimensions)."""
        prepared = [prepare(text, "stems") for text in texts]
        vectors = self._model.encode(prepared, normalize_embeddings=True, show_progress_bar=False)
        return np.ascontiguousarray(vectors, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Example:
    """One question: its candidates' signals, which of them is right (none: no answer), and what is told of it."""

    signals: Signals
    right: NDArray[np.bool_]
    evidence: Evidence


@dataclass(frozen=True)
class Examples:
    """``answered``: the right article is in the index; ``taken_out``: it was; ``off_topic``: there is none."""

    answered: list[Example]
    taken_out: list[Example]
    off_topic: list[Example]


def leave_out(articles: Sequence[Article], fold: int = 0) -> tuple[list[Article], list[tuple[str, str]]]:
    """Return the articles without every fourth form, and (left-out form, article id)."""
    kept, held = [], []
    for article in articles:
        left_out = article.questions[fold::EVERY]
        held += [(form, article.id) for form in left_out]
        forms = tuple(form for form in article.questions if form not in left_out)
        kept.append(article.model_copy(update={"questions": forms}))
    return kept, held


def gather(articles: Sequence[Article], everyday: Sequence[str], plan: Plan) -> Examples:
    """Train without the left-out forms and ask them."""
    kept, held = leave_out(articles)
    encoder = TrainedEncoder(train(groups(kept), everyday, plan))
    snapshot = Snapshot.build("calibration", kept, encoder)
    rows = {article.id: row for row, article in enumerate(kept)}
    relatives = _relatives(kept)
    strangers = sorted({word for text in everyday for word in text.split()})
    rng = random.Random(plan.seed)  # noqa: S311 - damage, nothing secret
    found = Examples([], [], [])
    for form, article_id in held:
        signals = snapshot.signals(analyse(form), form)
        own = signals.rows == rows[article_id]
        found.answered.append(_example(signals, form, own))
        away = np.isin(signals.rows, [rows[one] for one in relatives[article_id]])
        found.taken_out.append(_example(_part(signals, ~away), form, np.zeros(int((~away).sum()), dtype=np.bool_)))
        damaged = interrupted(thin(form, DAMAGE, rng), DAMAGE, strangers, rng)
        signals = snapshot.signals(analyse(damaged), damaged)
        found.answered.append(_example(signals, damaged, signals.rows == rows[article_id]))
    found.off_topic.extend(_off_topic(snapshot, encoder))
    return found


def _off_topic(snapshot: Snapshot, encoder: TrainedEncoder) -> Iterator[Example]:
    vectors = off_topic_vectors(encoder)
    for place, sentence in enumerate(off_topic()):
        others = np.delete(vectors, place, axis=0)
        signals = snapshot.signals(analyse(sentence), sentence)
        alone = replace(signals, elsewhere=nearness(encoder.encode([sentence]), others))
        yield _example(alone, sentence, np.zeros(len(signals.rows), dtype=np.bool_))


def _relatives(articles: Sequence[Article]) -> dict[str, set[str]]:
    """Return per article itself and those that name it or that it names."""
    known = {article.id for article in articles}
    found = {article.id: {article.id, *(other for other in article.related if other in known)} for article in articles}
    for article in articles:
        for other in article.related:
            if other in known:
                found[other].add(article.id)
    return found


def _part(signals: Signals, kept: NDArray[np.bool_]) -> Signals:
    cut = {field.name: getattr(signals, field.name)[kept] for field in fields(Signals) if field.name != "elsewhere"}
    return Signals(**cut, elsewhere=signals.elsewhere)


def _example(signals: Signals, text: str, right: NDArray[np.bool_]) -> Example:
    tokens = analyse(text)
    score = fused(signals)
    first = np.argsort(-score, kind="stable")[:NO_ANSWER_DEPTH]
    return Example(
        signals,
        right,
        Evidence(
            fit=float(score[first].max(initial=0.0)),
            coverage=float(signals.coverage[first].max(initial=0.0)),
            elsewhere=signals.elsewhere,
            domain_words=domain_words(tokens),
            words=len({token.stem for token in tokens if not token.stop}),
        ),
    )
