# SPDX-License-Identifier: GPL-3.0-or-later
"""``kring eval``: runs a room's own evaluation with the service's settings."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Any

from pipeline.settings import PROJECT_DIR, Settings
from retrieval.evaluate import evaluate
from retrieval.search import SearchEngine
from retrieval.store import FolderArticleStore

QUESTIONS = PROJECT_DIR / "tests/retrieval/data/questions.jsonl"


def evaluate_retrieval(settings: Settings, questions: Path | None) -> dict[str, Any]:
    """Return figures and set-up of the search over a question file (default: the project's held-out questions).

    Raises:
        RetrievalError: questions or articles cannot be read.
    """
    path = questions or QUESTIONS

    encoder = Path(settings.encoder) if settings.encoder else None

    def engine() -> SearchEngine:
        return SearchEngine(FolderArticleStore(settings.articles_dir), encoder)

    figures = evaluate(engine, path, no_answer_threshold=settings.no_answer_threshold)
    setup = {"questions": path.name, "articles": settings.articles_dir.name, "python": platform.python_version()}
    return {"figures": figures, "setup": setup}
