# SPDX-License-Identifier: GPL-3.0-or-later
"""Fits the weights of ``retrieval/confidence.py``.

Positives: every question form, searched in an index (and with an encoder) that never saw it. Negatives: for the
same questions the best wrong article, and for the sentences of ``off_topic.txt`` the best article at all. Prints the
weights of a logistic regression; a person copies them. Run: ``python -m models.encoder_id.calibrate``.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.encoder_id.corpus import groups
from models.encoder_id.training import Plan, train
from retrieval.articles import Article
from retrieval.confidence import domain_share
from retrieval.dense import Vectors, prepare
from retrieval.normalize import analyse, domain_words
from retrieval.snapshot import NO_ANSWER_DEPTH, Candidate, Snapshot
from retrieval.store import FolderArticleStore

HERE = Path(__file__).parent
ARTICLES = HERE.parent.parent / "retrieval" / "articles"
FOLDS = 4
Row = tuple[float, float, float, bool]  # coverage, cosine, domain share, positive


class TrainedEncoder:
    """A freshly trained model in the form that retrieval expects."""

    def __init__(self, model: Any) -> None:
        self._model = model

    @property
    def encoder_id(self) -> str:
        """A fixed name: the model is never stored."""
        return "calibration"

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, shape (len(texts), dimensions)."""
        prepared = [prepare(text, "stems") for text in texts]
        vectors = self._model.encode(prepared, normalize_embeddings=True, show_progress_bar=False)
        return np.ascontiguousarray(vectors, dtype=np.float32)


def off_topic() -> list[str]:
    """Return the negatives' sentences."""
    lines = (HERE / "off_topic.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def folds(articles: Sequence[Article]) -> Iterator[tuple[list[Article], list[tuple[str, str]]]]:
    """Yield (articles without the fold's forms, [(left-out form, article id)])."""
    for fold in range(FOLDS):
        kept, held = [], []
        for article in articles:
            left_out = [form for index, form in enumerate(article.questions) if index % FOLDS == fold]
            held += [(form, article.id) for form in left_out]
            forms = tuple(form for form in article.questions if form not in left_out)
            kept.append(article.model_copy(update={"questions": forms}))
        yield kept, held


def samples(articles: Sequence[Article], plan: Plan) -> Iterator[tuple[Snapshot, str, list[Candidate], str]]:
    """Yield (snapshot, text, what was found, id of the right article or "") of every example over all folds."""
    for kept, held in folds(articles):
        encoder = TrainedEncoder(train(groups(kept), plan))
        snapshot = Snapshot.build("calibration", kept, encoder)
        for text, right in [*held, *((sentence, "") for sentence in off_topic())]:
            found = snapshot.candidates(analyse(text), text, "hybrid")
            if found:
                yield snapshot, text, found, right


def main() -> None:
    """Print the weights for hybrid search and for BM25 alone."""
    warnings.filterwarnings("ignore")
    fits: list[Row] = []
    answered: list[Row] = []
    for snapshot, text, found, right in samples(FolderArticleStore(ARTICLES).published(), Plan()):
        first = found[:NO_ANSWER_DEPTH]
        best = max(one.coverage for one in first), max(one.cosine or 0.0 for one in first)
        answered.append((*best, domain_share(domain_words(analyse(text))), bool(right)))
        names = [snapshot.articles[one.row].id for one in found]
        wrong = next((one for one, name in zip(found, names, strict=True) if name != right), None)
        fitting = next((one for one, name in zip(found, names, strict=True) if name == right), None)
        fits += [(one.coverage, one.cosine or 0.0, 0.0, one is fitting) for one in (fitting, wrong) if one is not None]
    _fit("FITS", fits)
    _fit("ANSWERED", answered)


def _fit(name: str, rows: Sequence[Row]) -> None:
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

    signals = np.array([row[:3] for row in rows])
    truth = np.array([row[3] for row in rows])
    for kind, columns in (("hybrid", [0, 1, 2]), ("bm25", [0, 2])):
        model = LogisticRegression(C=10.0).fit(signals[:, columns], truth)
        accuracy = balanced_accuracy(model.predict(signals[:, columns]), truth)
        shown = ", ".join(f"{value:.2f}" for value in (model.intercept_[0], *model.coef_[0]))
        sys.stdout.write(f"{name} {kind}: {shown} ({len(truth)} examples, balanced accuracy {accuracy:.3f})\n")


def balanced_accuracy(said: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    """Return the mean of the two classes' hit rates."""
    return float((said[truth].mean() + (~said[~truth]).mean()) / 2)


if __name__ == "__main__":
    main()
