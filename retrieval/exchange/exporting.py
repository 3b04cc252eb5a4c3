# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing all articles to a folder of Markdown files, a CSV or XLSX file, or a JSON dump.

The dump always holds every version and the drafts; the others hold the newest version of each article, or everything
with ``history``. What is exported appears under its name complete or not at all, and never over something else.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from pipeline.catalog import text
from retrieval.articles import Article
from retrieval.dbstore import DbArticleStore
from retrieval.errors import ExportError
from retrieval.exchange.csvfile import csv_text
from retrieval.exchange.dump import dump_text
from retrieval.exchange.markdown import article_markdown, file_name
from retrieval.exchange.xlsx import xlsx_bytes

FORMATS = ("markdown", "csv", "xlsx", "json")


def format_of(path: Path) -> str:
    """Return the format that a name asks for: by its ending, else Markdown."""
    ending = path.suffix.lower().lstrip(".")
    return ending if ending in FORMATS else "markdown"


def export_articles(store: DbArticleStore, path: Path, kind: str, *, history: bool = False) -> int:
    """Write the articles to ``path`` and return how many versions were written.

    Raises:
        ExportError: the name is taken, the format unknown, or a field does not fit the format.
        OSError: the place cannot be written.
    """
    if kind not in FORMATS:
        raise ExportError(
            text("retrieval.export_format", format=kind),
            remedy=text("retrieval.export_format_remedy", formats=", ".join(FORMATS)),
        )
    if path.is_dir() and kind == "markdown" and not any(path.iterdir()):
        path.rmdir()
    if path.exists() or path.is_symlink():
        raise ExportError(text("retrieval.export_exists", path=path), remedy=text("retrieval.export_exists_remedy"))
    if kind == "json":
        versions, drafts = store.all_versions(), store.drafts()
        _write_file(path, dump_text(versions, drafts).encode())
        return len(versions) + len(drafts)
    articles = _articles(store, history=history)
    if kind == "markdown":
        _write_folder(path, articles)
    else:
        _write_file(path, b"\xef\xbb\xbf" + csv_text(articles).encode() if kind == "csv" else xlsx_bytes(articles))
    return len(articles)


def _articles(store: DbArticleStore, *, history: bool) -> list[Article]:
    if not history:
        return [one.article for one in store.newest()]
    found = [one.article for one in store.all_versions()]
    taken = {(article.id, article.version) for article in found}  # a draft that was overtaken has no number of its own
    found += [one.article for one in store.drafts() if (one.article.id, one.article.version) not in taken]
    return sorted(found, key=lambda article: (article.id, article.version))


def _write_folder(path: Path, articles: Sequence[Article]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    newest = {article.id: article.version for article in articles}  # they come in the order of their versions
    building = Path(tempfile.mkdtemp(prefix=".kring-", dir=path.parent))
    try:
        for article in articles:
            name = file_name(article, newest=newest[article.id] == article.version)
            (building / name).write_text(article_markdown(article), encoding="utf-8")
        building.chmod(0o750)
        building.rename(path)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise


def _write_file(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(prefix=".kring-", dir=path.parent)
    building = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        building.chmod(0o640)
        building.rename(path)
    except BaseException:
        building.unlink(missing_ok=True)
        raise
