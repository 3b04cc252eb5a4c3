# SPDX-License-Identifier: GPL-3.0-or-later
"""``kring eval suggester``: how calm the suggestion list is in whole calls, and how good the proposed class is."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.settings import PROJECT_DIR, Settings
from retrieval.classify import classify
from retrieval.encoders import find_encoder
from retrieval.replay import Line, Seen, heard, replay
from retrieval.search import SearchEngine
from retrieval.store import FolderArticleStore
from retrieval.suggester import LiveSuggester

DATA = PROJECT_DIR / "tests/retrieval/data"
DIALOGUES = PROJECT_DIR / "models/asr_id/corpus/domain/dialogues"
CLASSES = ("interpretation", "information")
LEAST_LINES = 4
MOST_CORPUS_CALLS = 60  # evenly spread over the corpus
LOAD_S = 120.0


@dataclass(frozen=True)
class _Call:
    lines: tuple[Line, ...]
    articles: tuple[tuple[str, ...], ...] = ()  # of each question that SIKP answers


def evaluate_suggester(settings: Settings) -> dict[str, Any]:
    """Return figures and set-up: calls replayed as the recogniser would deliver them, and the class questions.

    Raises:
        RetrievalError: articles cannot be read.
    """
    engine = SearchEngine(
        FolderArticleStore(settings.articles_dir), find_encoder(settings.encoder, settings.encoder_folders)
    )
    engine.start()
    try:
        engine.wait_ready(LOAD_S)
        own, corpus = list(_own_calls()), _some(list(_corpus_calls()))
        figures = {
            **_calm("calls", [_played(engine, settings, call) for call in own]),
            **_calm("corpus", [_played(engine, settings, call) for call in corpus]),
            "found.calls": _found(engine, settings, own),
            **_class_figures(),
        }
        status = engine.status()
    finally:
        engine.close()
    setup = {"calls": len(own), "corpus": len(corpus), "articles": status.articles, "mode": status.mode}
    return {"figures": figures, "setup": setup}


def _played(engine: SearchEngine, settings: Settings, call: _Call) -> Seen:
    suggester = LiveSuggester(
        engine, stable_ms=settings.stable_partial_ms, no_answer_threshold=lambda: settings.no_answer_threshold
    )
    return replay(suggester, heard(call.lines))


def _calm(name: str, seen: Sequence[Seen]) -> dict[str, float]:
    """Return per call: changes of the list, reorderings, first places lost and regained, changes of the notice."""
    count = max(1, len(seen))
    return {
        f"list_changes.{name}": sum(one.changes for one in seen) / count,
        f"reorderings.{name}": sum(one.reorderings for one in seen) / count,
        f"returns.{name}": sum(one.returns for one in seen) / count,
        f"notice_changes.{name}": sum(one.notice_changes for one in seen) / count,
    }


def _found(engine: SearchEngine, settings: Settings, calls: Sequence[_Call]) -> float:
    """Return which share of the questions had a right article among the first three at some time."""
    hits = [
        any(seen.first_shown_ms(article) is not None for article in question)
        for call in calls
        for seen in [_played(engine, settings, call)]
        for question in call.articles
    ]
    return sum(hits) / max(1, len(hits))


def _class_figures() -> dict[str, float]:
    rows = [json.loads(line) for line in (DATA / "class_questions.jsonl").read_text(encoding="utf-8").splitlines()]
    figures: dict[str, float] = {}
    for part in ("dev", "test"):
        pairs = [(row["class"], classify(row["question"])) for row in rows if row["set"] == part]
        for name in CLASSES:
            proposed = [truth for truth, found in pairs if found is not None and found.kind == name]
            wanted = sum(truth == name for truth, _ in pairs)
            right = sum(truth == name for truth in proposed)
            figures[f"class_precision.{name}.{part}"] = right / max(1, len(proposed))
            figures[f"class_recall.{name}.{part}"] = right / max(1, wanted)
    return figures


def _own_calls() -> Iterator[_Call]:
    for call in tomllib.loads((DATA / "dialogues.toml").read_text(encoding="utf-8"))["call"]:
        lines = _lines(call["lines"], {"C ": "caller", "A ": "agent"})
        yield _Call(lines, tuple(tuple(question) for question in call["articles"] if question))


def _corpus_calls() -> Iterator[_Call]:
    for path in sorted(DIALOGUES.glob("*.txt")):
        for block in path.read_text(encoding="utf-8").split("\n\n"):
            lines = _lines(block, {"W: ": "caller", "P: ": "agent"})
            if len(lines) >= LEAST_LINES:
                yield _Call(lines)


def _some(calls: list[_Call]) -> list[_Call]:
    step = max(1, len(calls) // MOST_CORPUS_CALLS)
    return calls[::step][:MOST_CORPUS_CALLS]


def _lines(source: str, marks: dict[str, Any]) -> tuple[Line, ...]:
    return tuple(
        (leg, line[len(mark) :])
        for line in source.strip().splitlines()
        for mark, leg in marks.items()
        if line.startswith(mark)
    )
