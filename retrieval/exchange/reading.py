# SPDX-License-Identifier: GPL-3.0-or-later
"""What every reader of article files gives back, and what they share: bounds, encodings, words for mistakes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pipeline.catalog import messages, text
from retrieval.articles import Article
from retrieval.errors import ArticleError, Unit

MAX_FILE_BYTES = 64 << 20
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Item:
    """One article as a file gives it.

    Parameters:
        number: where it begins: line, row or item, as ``unit`` says.
        lines: the lines of its fields, where a file tells them apart.
        published_at, published_by, note: as a dump tells them; None and "" otherwise.
    """

    article: Article
    path: Path
    number: int
    unit: Unit
    lines: Mapping[str, int] = field(default_factory=dict)
    published_at: datetime | None = None
    published_by: str = ""
    note: str = ""

    def problem(self, name: str, problem: str) -> ArticleError:
        """Return a mistake in the field ``name``."""
        return ArticleError(self.path, self.lines.get(name, self.number), problem, self.unit)


@dataclass
class Reading:
    """All that was read: articles, and mistakes in the order of their places."""

    items: list[Item] = field(default_factory=list)
    problems: list[ArticleError] = field(default_factory=list)

    def add(self, other: Reading) -> None:
        """Put another reading behind this one."""
        self.items += other.items
        self.problems += other.problems


def read_text(path: Path, most_bytes: int = MAX_FILE_BYTES) -> str:
    """Return a file's text with line ends as \\n.

    Raises:
        ArticleError: too large, empty, unreadable, or no UTF-8; with the line of the first wrong byte.
    """
    data = read_bytes(path, most_bytes)
    if data.startswith(_UTF16):
        raise ArticleError(path, 1, text("retrieval.file_utf16"))
    if b"\x00" in data:
        raise ArticleError(path, data[: data.index(b"\x00")].count(b"\n") + 1, text("retrieval.file_binary"))
    try:
        decoded = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ArticleError(path, line, text("retrieval.article_not_utf8")) from error
    if not decoded.strip():
        raise ArticleError(path, 1, text("retrieval.file_empty"))
    return decoded.replace("\r\n", "\n").replace("\r", "\n")


def read_bytes(path: Path, most_bytes: int = MAX_FILE_BYTES) -> bytes:
    """Return a file's content; raises ArticleError when it is larger than ``most_bytes`` or cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(most_bytes + 1)
    except OSError as error:
        raise ArticleError(path, 1, error.strerror or str(error)) from error
    if len(data) > most_bytes:
        raise ArticleError(path, 1, text("retrieval.file_too_large", most=f"{most_bytes / (1 << 20):g}"))
    return data


def build_article(
    fields: Mapping[str, Any], path: Path, unit: Unit, place: Callable[[tuple[int | str, ...]], int]
) -> tuple[Article | None, list[ArticleError]]:
    """Return the article made of ``fields``, or None and every mistake in them.

    Parameters:
        place: tells the line, row or item of a field from its path within the article.
    """
    try:
        return Article.model_validate(fields), []
    except ValidationError as error:
        details = error.errors(include_url=False)
        return None, [ArticleError(path, place(_loc(one)), field_problem(one), unit) for one in details]


def field_problem(error: ErrorDetails) -> str:
    """Return in the user's language what is wrong with a field."""
    where = ".".join(str(part) for part in _loc(error))
    if error["type"] == "kring":
        return f"{where}: {error['msg']}".lstrip(": ")
    kind = error["type"].removesuffix("_type").removesuffix("_parsing").removesuffix("_from_datetime")
    key = f"retrieval.field_{kind}"
    if key not in messages("en"):
        key = "retrieval.field_other"
    return text(key, field=where, problem=_bound(error)).lstrip(": ")


def _bound(error: ErrorDetails) -> str:
    """Return the bound that was passed in the user's language; for other mistakes what the check says."""
    bounds = error.get("ctx", {})
    for name, key in (("max_length", "retrieval.bound_most"), ("min_length", "retrieval.bound_least")):
        if name in bounds:
            return text(key, count=bounds[name])
    return error["msg"]


def _loc(error: ErrorDetails) -> tuple[int | str, ...]:
    """Return where a mistake is; a check over several fields names one of them itself."""
    named = error.get("ctx", {}).get("field")
    return error["loc"] or ((named,) if named else ())
