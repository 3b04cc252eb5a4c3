# SPDX-License-Identifier: GPL-3.0-or-later
"""The SIKP articles as text of the language model: titles, forms of the question, sentences of the answer, law."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files

import yaml

from models.asr_id.corpus.domain.written import spoken, spoken_sentences

QUESTION_WEIGHT = 2.0
"""Callers ask; agents tell the answer in other words."""


def article_sentences(texts: Iterable[str]) -> Iterator[tuple[str, float]]:
    """Yield (spoken sentence, weight) of Markdown articles with YAML front matter."""
    for text in texts:
        head = text.split("---\n", 2)[1] if text.startswith("---\n") else ""
        fields = yaml.safe_load(head) if head else {}
        asked = [fields.get("title", ""), fields.get("topic", ""), *fields.get("questions", ())]
        law = [f"{basis['regulation']} {basis.get('article', '')}" for basis in fields.get("legal_basis", ())]
        notes = [basis.get("note", "") for basis in fields.get("legal_basis", ())]
        for sentence in filter(None, map(spoken, asked)):
            yield sentence, QUESTION_WEIGHT
        for sentence in filter(None, (*map(spoken, (*law, *notes)), *spoken_sentences(text))):
            yield sentence, 1.0


@cache
def shipped_articles() -> tuple[tuple[str, float], ...]:
    """Return (spoken sentence, weight) of the articles that come with the software, each sentence once."""
    folder = files("retrieval") / "articles"
    paths = sorted((path for path in folder.iterdir() if path.name.endswith(".md")), key=lambda path: path.name)
    texts = [path.read_text(encoding="utf-8") for path in paths if path.name != "CARD.md"]
    return tuple(dict(article_sentences(texts)).items())
