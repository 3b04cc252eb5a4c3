# SPDX-License-Identifier: GPL-3.0-or-later
"""An article as it is typed: every field as text, right or wrong; and the article made of it, every mistake named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from pipeline.catalog import text
from retrieval.articles import Article
from retrieval.exchange.reading import field_problem

LISTS = ("questions", "audience", "related")
# What a field may hold while it is being typed: more than an article may, so that nothing is lost before it is cut.
_Line = Field(default="", max_length=2_000)
_Lines = Field(default="", max_length=40_000)
_Text = Field(default="", max_length=60_000)
MAX_BASES = 60


class BasisFields(BaseModel):
    """One row of the legal basis as typed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    regulation: str = _Line
    article: str = _Line
    paragraph: str = _Line
    in_force_from: str = _Line
    in_force_to: str = _Line
    note: str = _Line


class SheetFields(BaseModel):
    """All fields as typed. ``questions``, ``audience`` and ``related``: one a line.

    ``answer`` is the body's first paragraph, ``body`` the rest of it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = _Line
    title: str = _Line
    topic: str = _Line
    questions: str = _Lines
    answer: str = _Text
    body: str = _Text
    legal_basis: tuple[BasisFields, ...] = Field(default=(), max_length=MAX_BASES)
    audience: str = _Lines
    effective_from: str = _Line
    effective_to: str = _Line
    verification: str = Field(default="perlu verifikasi", max_length=40)
    owner: str = _Line
    related: str = _Lines


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong in a field; ``line``: in which line or row of it, from 1; 0 = in the whole of it."""

    field: str
    line: int
    problem: str


def fields_of(article: Article) -> SheetFields:
    """Return an article as it is typed."""
    plain = article.model_dump(mode="json", exclude={"version", "status", "body"})
    answer, _, rest = article.body.partition("\n\n")
    texts = {name: value if isinstance(value, (str, list)) else "" for name, value in plain.items()}
    lists = {name: "\n".join(plain[name]) for name in LISTS}
    rows = [{name: value or "" for name, value in row.items()} for row in plain["legal_basis"]]
    body = {"answer": answer, "body": rest.strip("\n")}
    return SheetFields.model_validate({**texts, **lists, **body, "legal_basis": rows})


def article_from(fields: SheetFields, *, version: int) -> tuple[Article | None, list[Mistake]]:
    """Return the article that the fields make (as a draft), or None and every mistake in them."""
    try:
        return Article.model_validate({**_given(fields), "version": version, "status": "draft"}), []
    except ValidationError as error:
        return None, [_mistake(one, fields) for one in error.errors(include_url=False)]


def body_of(fields: SheetFields) -> str:
    """Return the body: the answer, then the rest."""
    return "\n\n".join(part.strip("\n") for part in (fields.answer, fields.body) if part.strip())


def written_lines(typed: str) -> list[tuple[int, str]]:
    """Return the lines that hold something, each with its number from 1."""
    return [(number, line.strip()) for number, line in enumerate(typed.splitlines(), 1) if line.strip()]


def label(name: str) -> str:
    """Return a field's name as a person reads it."""
    return text(f"retrieval.label_{name}")


def _given(fields: SheetFields) -> dict[str, Any]:
    """Return what an article is made of; a date that is empty is a date not given."""
    plain = fields.model_dump()
    given: dict[str, Any] = {name: plain[name].strip() for name in ("id", "title", "topic", "verification", "owner")}
    given |= {name: [line for _, line in written_lines(plain[name])] for name in LISTS}
    given |= {name: plain[name].strip() or None for name in ("effective_from", "effective_to")}
    given["legal_basis"] = [_basis(row) for _, row in _rows(fields)]
    given["body"] = body_of(fields)
    return given


def _rows(fields: SheetFields) -> list[tuple[int, dict[str, str]]]:
    rows = [(number, row.model_dump()) for number, row in enumerate(fields.legal_basis, 1)]
    return [(number, row) for number, row in rows if any(value.strip() for value in row.values())]


def _basis(row: Mapping[str, str]) -> dict[str, str]:
    return {name: value.strip() for name, value in row.items() if value.strip()}


def _mistake(error: ErrorDetails, fields: SheetFields) -> Mistake:
    """Return one mistake with the field's own name and the line in which it stands."""
    named = error.get("ctx", {}).get("field")
    loc = error["loc"] or ((named,) if named else ("id",))
    name, line = str(loc[0]), 0
    if name == "body" and len(fields.answer.strip()) < 3:
        name = "answer"
    if len(loc) > 1 and isinstance(loc[1], int):
        rows = _rows(fields) if name == "legal_basis" else written_lines(getattr(fields, name, ""))
        line = rows[loc[1]][0] if loc[1] < len(rows) else 0
    inner = [label(f"basis_{part}") for part in loc[2:] if isinstance(part, str)]
    shown: ErrorDetails = {**error, "loc": (" ".join([label(name), *inner]),)}
    return Mistake(name, line, field_problem(shown))
