# SPDX-License-Identifier: GPL-3.0-or-later
"""Test questions: JSON lines ``{"question": ..., "articles": [ids], "style": "clean" | "colloquial"}``.

A question without articles is one that SIKP does not answer.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.catalog import text
from retrieval.errors import RetrievalError

FILE_STYLE = "file"


@dataclass(frozen=True, slots=True)
class Question:
    """One test question; ``articles`` are the right ones (any of them will do), none: SIKP has no answer."""

    question: str
    articles: frozenset[str]
    style: str


def read_questions(path: Path) -> list[Question]:
    """Return the questions of a JSON-lines file.

    Raises:
        RetrievalError: the file cannot be read, or a line is not a question; the message names the line.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise RetrievalError(text("retrieval.questions_unreadable", path=path, problem=error)) from error
    questions = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            questions.append(_question(json.loads(line)))
        except (ValueError, KeyError, TypeError) as error:
            raise RetrievalError(text("retrieval.question_invalid", path=path.name, line=number)) from error
    if not questions:
        raise RetrievalError(text("retrieval.questions_none", path=path))
    return questions


def _question(data: Any) -> Question:
    articles = data["articles"]
    if isinstance(articles, str):  # one id without brackets
        articles = [articles]
    if not isinstance(articles, list) or not isinstance(data["question"], str):
        raise TypeError
    return Question(data["question"], frozenset(map(str, articles)), str(data.get("style", FILE_STYLE)))
