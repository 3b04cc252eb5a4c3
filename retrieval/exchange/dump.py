# SPDX-License-Identifier: GPL-3.0-or-later
"""A dump of all articles as JSON: every version with who published it when, and the drafts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from pipeline.catalog import text
from retrieval.errors import ArticleError
from retrieval.exchange.reading import Item, Reading, build_article, read_text
from retrieval.tables import NOTE_CHARS
from retrieval.versions import ArticleVersion, Draft, content_sha256

FORMAT = "kring-articles"
FORMAT_VERSION = 1
_TIME: TypeAdapter[datetime] = TypeAdapter(AwareDatetime)
_PUBLISHED = ("published_at", "published_by", "content_sha256", "note")


def read_dump(path: Path) -> Reading:
    """Read a dump; raises nothing: mistakes are in the reading, by item from 1."""
    try:
        data = json.loads(read_text(path))
    except ArticleError as error:
        return Reading(problems=[error])
    except json.JSONDecodeError as error:
        problem = text("retrieval.dump_json", problem=error.msg)
        return Reading(problems=[ArticleError(path, error.lineno, problem)])
    except (RecursionError, ValueError) as error:
        problem = text("retrieval.dump_json", problem=str(error).splitlines()[0])
        return Reading(problems=[ArticleError(path, 1, problem)])
    if not _is_dump(data):
        problem = text("retrieval.dump_unknown", format=FORMAT, version=FORMAT_VERSION)
        return Reading(problems=[ArticleError(path, 1, problem)])
    reading = Reading()
    for number, entry in enumerate(data["articles"], 1):
        reading.add(_read_entry(entry, path, number))
    return reading


def _is_dump(data: object) -> bool:
    return (
        isinstance(data, dict)
        and (data.get("format"), data.get("format_version")) == (FORMAT, FORMAT_VERSION)
        and isinstance(data.get("articles"), list)
    )


def _read_entry(entry: object, path: Path, number: int) -> Reading:
    if not isinstance(entry, dict):
        return Reading(problems=[ArticleError(path, number, text("retrieval.dump_item"), "item")])
    fields = {name: value for name, value in entry.items() if name not in _PUBLISHED}
    article, problems = build_article(fields, path, "item", lambda _: number)
    try:
        at = _TIME.validate_python(entry["published_at"]) if entry.get("published_at") is not None else None
    except ValidationError:
        at = None
        problems.append(ArticleError(path, number, text("retrieval.field_time", field="published_at"), "item"))
    if article is None or problems:
        return Reading(problems=problems)
    if entry.get("content_sha256") not in (None, content_sha256(article)):
        return Reading(problems=[ArticleError(path, number, text("retrieval.dump_hash"), "item")])
    by = str(entry.get("published_by") or "")[:200]
    note = str(entry.get("note") or "")[:NOTE_CHARS]
    return Reading([Item(article, path, number, "item", published_at=at, published_by=by, note=note)])


def dump_text(versions: Sequence[ArticleVersion], drafts: Sequence[Draft]) -> str:
    """Return a dump; :func:`read_dump` gives the same versions and drafts again."""
    entries = [_entry(one.article.model_dump(mode="json"), one.published_at, one.published_by) for one in versions]
    for entry, one in zip(entries, versions, strict=True):
        entry["content_sha256"] = one.content_sha256
        if one.note:
            entry["note"] = one.note
    entries += [_entry(one.article.model_dump(mode="json"), one.saved_at, one.saved_by) for one in drafts]
    data = {"format": FORMAT, "format_version": FORMAT_VERSION, "articles": entries}
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _entry(article: Mapping[str, Any], at: datetime, by: str) -> dict[str, Any]:
    return {**article, "published_at": at.isoformat(), "published_by": by}
