# SPDX-License-Identifier: GPL-3.0-or-later
"""How well the search finds the right article: recall, MRR, "no answer", latency; hybrid against its two halves.

Figures are flat (``recall_at_3.clean``, ``bm25.recall_at_3.clean``, ...), so that runs can be compared line by line.
Questions are JSON lines: ``{"question": ..., "articles": [ids], "style": "clean" | "colloquial" | ...}``; a question
without articles is one that SIKP does not answer.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.catalog import text
from retrieval.errors import RetrievalError
from retrieval.search import SearchEngine
from retrieval.snapshot import Mode

DEPTH = 10
MODES: tuple[tuple[Mode, str], ...] = (("hybrid", ""), ("bm25", "bm25."), ("dense", "dense."))
LOAD_S = 120.0


@dataclass(frozen=True, slots=True)
class Question:
    """One test question; ``articles`` empty: SIKP has no answer."""

    question: str
    articles: frozenset[str]
    style: str


def read_questions(path: Path) -> list[Question]:
    """Return the questions of a JSON-lines file.

    Raises:
        RetrievalError: the file cannot be read, or a line is not a question; the message names the line.
    """
    questions = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise RetrievalError(text("retrieval.questions_unreadable", path=path, problem=error)) from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
            articles = frozenset(map(str, data["articles"]))
            questions.append(Question(str(data["question"]), articles, str(data.get("style", "file"))))
        except (ValueError, KeyError, TypeError) as error:
            raise RetrievalError(text("retrieval.question_invalid", path=path.name, line=number)) from error
    return questions


def evaluate(
    engine_factory: Callable[[], SearchEngine], questions_path: Path, *, no_answer_threshold: float = 0.6
) -> dict[str, float]:
    """Return the figures of a fresh engine over a file of questions (units: shares 0..1, ms, s).

    Parameters:
        engine_factory: makes an engine that is not started; it is started and its encoder awaited here.

    Raises:
        RetrievalError: the questions or the articles cannot be read.
    """
    questions = read_questions(questions_path)
    engine = engine_factory()
    engine.start()
    engine.wait_ready(LOAD_S)
    status = engine.status()
    figures: dict[str, float] = {}
    for mode, prefix in MODES:
        if mode == "dense" and status.mode == "bm25":
            continue  # no encoder: what people get is BM25
        figures |= {f"{prefix}{name}": value for name, value in ranks(engine, questions, mode).items()}
    figures |= no_answer_figures(engine, questions, no_answer_threshold)
    figures |= latency(engine, [question.question for question in questions], status.articles)
    return figures


def ranks(engine: SearchEngine, questions: Sequence[Question], mode: Mode) -> dict[str, float]:
    """Return recall@1, recall@3 and MRR of one way of searching, per style and over all."""
    found: dict[str, list[float]] = {}
    for question in questions:
        if not question.articles:
            continue
        hits = engine.search(question.question, limit=DEPTH, mode=mode).hits
        rank = next((place for place, hit in enumerate(hits, 1) if hit.article_id in question.articles), None)
        reciprocal = 1.0 / rank if rank else 0.0
        for style in (question.style, "all"):
            found.setdefault(style, []).append(reciprocal)
    figures: dict[str, float] = {}
    for style, reciprocals in sorted(found.items()):
        values = np.array(reciprocals)
        figures[f"recall_at_1.{style}"] = float(np.mean(values >= 1.0))
        figures[f"recall_at_3.{style}"] = float(np.mean(values >= 1 / 3))
        figures[f"mrr.{style}"] = float(np.mean(values))
    return figures


def no_answer_figures(engine: SearchEngine, questions: Sequence[Question], threshold: float) -> dict[str, float]:
    """Return precision and recall of "SIKP has no answer" at ``threshold`` (precision 1 when it is never said)."""
    said = np.array([engine.search(one.question).no_answer_probability > threshold for one in questions])
    truth = np.array([not one.articles for one in questions])
    right = float(np.sum(said & truth))
    return {
        "no_answer.precision": right / float(said.sum()) if said.any() else 1.0,
        "no_answer.recall": right / float(truth.sum()) if truth.any() else 1.0,
    }


def latency(engine: SearchEngine, queries: Sequence[str], articles: int) -> dict[str, float]:
    """Return p50 and p95 of one search, encoder included, in milliseconds."""
    spent_ms = []
    for query in queries:
        started_s = time.perf_counter()
        engine.search(query)
        spent_ms.append((time.perf_counter() - started_s) * 1000.0)
    return {f"search_ms.p{percent}.n{articles}": float(np.percentile(spent_ms, percent)) for percent in (50, 95)}


def table(figures: dict[str, float]) -> str:
    """Return the figures as lines of text: one row a measure, columns hybrid, BM25, dense."""
    width = max(map(len, figures), default=0) + 2
    lines = [f"{'':{width}}{'hybrid':>9}{'bm25':>9}{'dense':>9}"]
    for name, value in figures.items():
        if name.startswith(("bm25.", "dense.")) and name.split(".", 1)[1] in figures:
            continue
        cells = [value, figures.get(f"bm25.{name}"), figures.get(f"dense.{name}")]
        lines.append(f"{name:{width}}" + "".join(f"{cell:9.3f}" if cell is not None else " " * 9 for cell in cells))
    return "\n".join(line.rstrip() for line in lines)
