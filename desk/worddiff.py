# SPDX-License-Identifier: GPL-3.0-or-later
"""What changed between two versions of an article, field by field and word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from retrieval.sheetfields import SheetFields, label

FIELDS = (
    "title", "topic", "questions", "answer", "body", "legal_basis", "audience", "effective_from", "effective_to",
    "verification", "owner", "related",
)  # fmt: skip
MOST_WORDS = 3000  # compared word by word; a longer changed passage is shown old, then new
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
Kind = Literal["same", "added", "removed"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that stayed, came or went."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class FieldDiff:
    """One field: its name for people and its pieces."""

    field: str
    label: str
    pieces: tuple[Piece, ...]


def text_of(fields: SheetFields, name: str) -> str:
    """Return a field as one text; a row of the legal basis is a line."""
    if name != "legal_basis":
        return str(getattr(fields, name)).strip()
    rows = [" · ".join(filter(None, map(str.strip, row.model_dump().values()))) for row in fields.legal_basis]
    return "\n".join(row for row in rows if row)


def changed_fields(old: SheetFields, new: SheetFields) -> list[str]:
    """Return the names of the fields that differ."""
    return [name for name in FIELDS if text_of(old, name) != text_of(new, name)]


def field_diffs(old: SheetFields, new: SheetFields) -> list[FieldDiff]:
    """Return the fields that differ, with what came and went in each."""
    return [
        FieldDiff(name, label(name), tuple(pieces(text_of(old, name), text_of(new, name))))
        for name in changed_fields(old, new)
    ]


def pieces(old: str, new: str) -> list[Piece]:
    """Return ``new`` in pieces, with what is gone from ``old``; equal kinds beside each other are one piece."""
    left, right = old.splitlines(keepends=True), new.splitlines(keepends=True)
    found: list[Piece] = []
    for tag, l1, l2, r1, r2 in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        before, after = "".join(left[l1:l2]), "".join(right[r1:r2])
        if tag == "equal":
            found.append(Piece("same", after))
        else:
            found += _by_words(before, after)
    return list(_joined(found))


def _by_words(old: str, new: str) -> Iterator[Piece]:
    left, right = _WORDS.findall(old), _WORDS.findall(new)
    if len(left) + len(right) > MOST_WORDS:
        yield from (Piece("removed", old), Piece("added", new))
        return
    for tag, l1, l2, r1, r2 in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Piece("same", "".join(right[r1:r2]))
            continue
        yield Piece("removed", "".join(left[l1:l2]))
        yield Piece("added", "".join(right[r1:r2]))


def _joined(found: Sequence[Piece]) -> Iterator[Piece]:
    waiting: Piece | None = None
    for piece in found:
        if not piece.text:
            continue
        if waiting is not None and waiting.kind == piece.kind:
            waiting = Piece(piece.kind, waiting.text + piece.text)
            continue
        if waiting is not None:
            yield waiting
        waiting = piece
    if waiting is not None:
        yield waiting
