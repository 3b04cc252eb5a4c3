# SPDX-License-Identifier: GPL-3.0-or-later
"""Articles as an XLSX file: the first sheet, a header and one row an article. Formulas are neither written nor read."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils import get_column_letter

from pipeline.catalog import text
from retrieval.articles import Article
from retrieval.errors import ArticleError, ExportError
from retrieval.exchange.reading import Reading, read_bytes
from retrieval.exchange.rows import COLUMNS, MAX_CELL_CHARS, read_rows, row_of

MAX_UNPACKED_BYTES = 512 << 20
_WIDTHS = {"id": 28, "title": 40, "questions": 60, "legal_basis": 50, "body": 80}


def read_xlsx(path: Path) -> Reading:
    """Read the first sheet of an XLSX file; raises nothing: mistakes are in the reading."""
    odd: list[ArticleError] = []
    try:
        data = read_bytes(path)
        _check_size(data, path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl tells of features that it does not keep
            book = load_workbook(io.BytesIO(data), read_only=True)
            try:
                reading = read_rows(_rows(book.worksheets[0], path, odd), path)
            finally:
                book.close()
    except ArticleError as error:
        return Reading(problems=[error])
    except Exception as error:  # of a damaged file openpyxl raises whatever comes
        problem = text(
            "retrieval.table_xlsx", problem=str(error).splitlines()[0] if str(error) else type(error).__name__
        )
        return Reading(problems=[ArticleError(path, 1, problem, "row")])
    reading.problems = sorted(reading.problems + odd, key=lambda one: one.line)
    return reading


def _check_size(data: bytes, path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED_BYTES:
            most = f"{MAX_UNPACKED_BYTES >> 20}"
            raise ArticleError(path, 1, text("retrieval.file_too_large", most=most), "row")


def _rows(sheet: Any, path: Path, odd: list[ArticleError]) -> Iterator[list[str]]:
    """Yield the cells' values as text; formulas and errors are added to ``odd``."""
    sheet.reset_dimensions()  # what a file says of its own size may be wrong
    for number, row in enumerate(sheet.iter_rows(), 1):
        for index, cell in enumerate(row, 1):
            if cell.data_type in "fe" and cell.value is not None:
                key = "retrieval.table_formula" if cell.data_type == "f" else "retrieval.table_error"
                problem = text(key, column=f"{get_column_letter(index)}{number}", value=cell.value)
                odd.append(ArticleError(path, number, problem, "row"))
        yield [_as_text(cell.value) for cell in row]


def _as_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def xlsx_bytes(articles: Iterable[Article]) -> bytes:
    """Return articles as an XLSX file.

    Raises:
        ExportError: a field is longer than a cell may be.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet("SIKP")
    for index, name in enumerate(COLUMNS, 1):
        sheet.column_dimensions[get_column_letter(index)].width = _WIDTHS.get(name, 16)
    sheet.freeze_panes = "C2"
    sheet.append(list(COLUMNS))
    for article in articles:
        sheet.append([_cell(sheet, article, name, value) for name, value in zip(COLUMNS, row_of(article), strict=True)])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _cell(sheet: Any, article: Article, name: str, value: str) -> Any:
    if len(value) > MAX_CELL_CHARS:
        raise ExportError(
            text("retrieval.export_cell", article=article.id, column=name), remedy=text("retrieval.export_cell_remedy")
        )
    if name == "version":
        return int(value)
    cell = WriteOnlyCell(sheet, value or None)
    if value:
        cell.data_type = "s"  # text also where it begins like a formula
    return cell
