# SPDX-License-Identifier: GPL-3.0-or-later
"""Articles as CSV: UTF-8 with a byte order mark, so that spreadsheet programs read it as what it is.

A cell that a spreadsheet would take for a formula is written with an apostrophe in front, which reading takes off.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipeline.catalog import text
from retrieval.articles import Article
from retrieval.errors import ArticleError
from retrieval.exchange.reading import Reading, read_text
from retrieval.exchange.rows import COLUMNS, read_rows, row_of

_RISKY = re.compile(r"'*[=+\-@\t\r]")
_DELIMITERS = ",;\t"  # spreadsheet programs write ";" where the comma is the decimal sign


def read_csv(path: Path) -> Reading:
    """Read a CSV file; raises nothing: mistakes are in the reading."""
    number = 0
    formulas: list[ArticleError] = []

    def rows(source: str) -> Iterator[list[str]]:
        nonlocal number
        first = source.split("\n", 1)[0]
        delimiter = max(_DELIMITERS, key=first.count)
        for number, row in enumerate(csv.reader(io.StringIO(source, newline=""), delimiter=delimiter, strict=True), 1):
            for index, cell in enumerate(row):
                if cell.startswith("="):
                    column = COLUMNS[index] if index < len(COLUMNS) else str(index + 1)
                    formulas.append(ArticleError(path, number, text("retrieval.table_formula", column=column), "row"))
            yield [_unguarded(cell) for cell in row]

    try:
        reading = read_rows(rows(read_text(path)), path)
    except ArticleError as error:
        return Reading(problems=[error])
    except csv.Error as error:
        problem = text("retrieval.table_csv", problem=str(error))
        return Reading(problems=[ArticleError(path, number + 1, problem, "row")])
    reading.problems = sorted(reading.problems + formulas, key=lambda one: one.line)
    return reading


def csv_text(articles: Iterable[Article]) -> str:
    """Return articles as CSV (without the byte order mark)."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for article in articles:
        writer.writerow([_guarded(cell) for cell in row_of(article)])
    return target.getvalue()


def _guarded(cell: str) -> str:
    return f"'{cell}" if _RISKY.match(cell) else cell


def _unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _RISKY.match(cell) else cell
