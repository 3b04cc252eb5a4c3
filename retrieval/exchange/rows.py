# SPDX-License-Identifier: GPL-3.0-or-later
"""An article as one row of a table: what CSV and XLSX have in common.

Lists have one entry a line. A legal basis is a line ``regulation | article | paragraph | from | to | note``, with empty
parts at its end left out; ``|`` and ``\\`` within a part are written ``\\|`` and ``\\\\``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.catalog import text
from retrieval.articles import Article, LegalBasis
from retrieval.errors import ArticleError
from retrieval.exchange.reading import Item, Reading, build_article

COLUMNS = (
    "id", "title", "version", "status", "topic", "questions", "legal_basis", "verification", "effective_from",
    "effective_to", "audience", "owner", "related", "body",
)  # fmt: skip
REQUIRED = ("id", "title", "version", "status", "topic", "questions", "body")
MAX_ROWS = 100_000
MAX_CELL_CHARS = 32_767  # of a spreadsheet; Article's bounds keep to it
_LISTS = ("questions", "audience", "related")
_BASIS = ("regulation", "article", "paragraph", "in_force_from", "in_force_to", "note")


def row_of(article: Article) -> list[str]:
    """Return an article's cells in the order of :data:`COLUMNS`."""
    fields = article.model_dump(mode="json")
    cells = {name: "" if value is None else str(value) for name, value in fields.items()}
    cells |= {name: "\n".join(fields[name]) for name in _LISTS}
    cells["legal_basis"] = "\n".join(_basis_line(basis) for basis in article.legal_basis)
    return [cells[name] for name in COLUMNS]


def read_rows(rows: Iterator[Sequence[str]], path: Path) -> Reading:
    """Read a header and the rows under it; rows are numbered from 1, empty ones are passed over."""
    header = [name.strip().lower() for name in next(rows, ())]
    while header and not header[-1]:
        header.pop()
    problems = [ArticleError(path, 1, problem, "row") for problem in _header_problems(header)]
    if problems:
        return Reading(problems=problems)
    reading = Reading()
    for number, cells in enumerate(rows, 2):
        if number > MAX_ROWS:
            reading.problems.append(ArticleError(path, number, text("retrieval.table_rows", most=MAX_ROWS), "row"))
            break
        if any(cell.strip() for cell in cells):
            _read_row(header, cells, path, number, reading)
    if not reading.items and not reading.problems:
        reading.problems.append(ArticleError(path, 1, text("retrieval.file_empty"), "row"))
    return reading


def _header_problems(header: Sequence[str]) -> list[str]:
    missing = [text("retrieval.table_column_missing", column=name) for name in REQUIRED if name not in header]
    unknown = [text("retrieval.table_column_unknown", column=repr(name)) for name in header if name not in COLUMNS]
    twice = {name for name in header if header.count(name) > 1 and name in COLUMNS}
    return missing + unknown + [text("retrieval.table_column_twice", column=name) for name in sorted(twice)]


def _read_row(header: Sequence[str], cells: Sequence[str], path: Path, number: int, reading: Reading) -> None:
    if any(cell.strip() for cell in cells[len(header) :]):
        reading.problems.append(ArticleError(path, number, text("retrieval.table_cells"), "row"))
        return
    try:
        fields = _fields(dict(zip(header, cells, strict=False)))
    except ValueError:
        reading.problems.append(ArticleError(path, number, text("retrieval.table_basis"), "row"))
        return
    article, problems = build_article(fields, path, "row", lambda _: number)
    reading.problems += problems
    if article is not None:
        reading.items.append(Item(article, path, number, "row"))


def _fields(cells: Mapping[str, str]) -> dict[str, Any]:
    """Return what :class:`Article` is made of; an empty cell is a field not given. Raises ValueError: legal basis."""
    fields: dict[str, Any] = {name: cell.strip() for name, cell in cells.items() if cell.strip()}
    for name in _LISTS:
        if name in fields:
            fields[name] = _lines(fields[name])
    if "legal_basis" in fields:
        fields["legal_basis"] = [_basis(line) for line in _lines(fields["legal_basis"])]
    return fields


def _lines(cell: str) -> list[str]:
    return [line.strip() for line in cell.splitlines() if line.strip()]


def _basis_line(basis: LegalBasis) -> str:
    values = basis.model_dump(mode="json")
    parts = [str(values[name] or "").replace("\\", "\\\\").replace("|", "\\|") for name in _BASIS]
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    return " | ".join(parts)


def _basis(line: str) -> dict[str, str]:
    """Return the parts of a legal basis by name; raises ValueError when there are too many of them."""
    parts, rest = [""], iter(line)
    for character in rest:
        if character == "|":
            parts.append("")
        else:
            parts[-1] += next(rest, character) if character == "\\" else character
    if len(parts) > len(_BASIS):
        raise ValueError(line)
    return {name: part.strip() for name, part in zip(_BASIS, parts, strict=False) if part.strip()}
