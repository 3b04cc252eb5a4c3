# SPDX-License-Identifier: GPL-3.0-or-later
"""Mistakes that show only when several articles are looked at together."""

from __future__ import annotations

from collections.abc import Collection

from pipeline.catalog import text
from retrieval.exchange.reading import Item, Reading


def check_together(reading: Reading, known: Collection[str] = ()) -> None:
    """Add to ``reading`` what is wrong between its articles; a version that is given twice is left out.

    Parameters:
        known: ids of articles that exist already.
    """
    first: dict[tuple[str, int, bool], Item] = {}
    for item in reading.items:
        article = item.article
        key = (article.id, article.version, article.status == "draft")  # a draft may have been overtaken
        if first.setdefault(key, item) is not item:
            problem = text("retrieval.article_twice", article=article.id, version=article.version)
            reading.problems.append(item.problem("id", problem))
    reading.items = list(first.values())
    if reading.problems:  # with articles missing, a dangling reference is only a consequence
        return
    here = {item.article.id for item in reading.items}
    reading.problems += [
        item.problem("related", text("retrieval.article_related", article=other))
        for item in reading.items
        for other in item.article.related
        if other not in here and other not in known
    ]
