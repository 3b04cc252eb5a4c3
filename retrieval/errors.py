# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong in retrieval, each with a stable code, where it is, and a remedy in the user's language.

None of these may stop a call: the desk shows the message, and search goes on from BM25 alone when the encoder
or the vector index is the trouble.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pipeline.catalog import text
from pipeline.errors import KringError

if TYPE_CHECKING:
    from retrieval.sheetfields import SheetFields

Unit = Literal["line", "row", "item"]


class RetrievalError(KringError):
    """Base of retrieval's errors."""

    code = "retrieval"


class ArticleError(RetrievalError):
    """Something in a file cannot be read as an article; the message names the file and the place.

    Parameters:
        line: number of the line, of the row of a table (its header is row 1) or of the item of a dump, from 1.
        unit: which of these it is.
    """

    code = "article_invalid"

    def __init__(self, path: Path, line: int, problem: str, unit: Unit = "line") -> None:
        message = text(f"retrieval.article_invalid_{unit}", file=path.name, line=line, problem=problem)
        super().__init__(message, remedy=text("retrieval.article_invalid_remedy"))
        self.path = path
        self.line = line
        self.problem = problem
        self.unit = unit


class ArticleFolderError(RetrievalError):
    """The article folder is missing or holds no article."""

    code = "articles_missing"


class ArticleNotFoundError(RetrievalError):
    """No article (or not this version of it) is known."""

    code = "article_not_found"


class ImmutableError(RetrievalError):
    """A published version of an article was to be changed or deleted."""

    code = "article_immutable"


class ArticleDamagedError(RetrievalError):
    """A stored version's content is not what was published (its hash differs, or it is no article)."""

    code = "article_damaged"


class StaleArticleError(RetrievalError):
    """An article was to be published on top of a version that is no longer the newest; nothing was written."""

    code = "article_stale"


class SheetGoneError(RetrievalError):
    """There is no such sheet (any more), or it has been published."""

    code = "sheet_gone"


class StaleSheetError(RetrievalError):
    """A sheet was saved by somebody else (or in another tab) since the page read it; nothing was overwritten.

    Parameters:
        stored: the fields as they are stored.
        version: the version stored now.
    """

    code = "sheet_stale"

    def __init__(self, message: str, *, remedy: str, stored: SheetFields, version: int) -> None:
        super().__init__(message, remedy=remedy, retryable=True)
        self.stored = stored
        self.version = version


class ImportRefusedError(RetrievalError):
    """An import with mistakes: all of them are in ``problems``, and nothing was taken over."""

    code = "import_refused"

    def __init__(self, problems: Sequence[ArticleError]) -> None:
        super().__init__(
            text("retrieval.import_refused", count=len(problems)), remedy=text("retrieval.import_refused_remedy")
        )
        self.problems = tuple(problems)


class ExportError(RetrievalError):
    """The place to export to exists already or cannot be written, or the format is unknown."""

    code = "export_refused"


class QueryError(RetrievalError):
    """The query cannot be searched with: too long, or not text."""

    code = "query_invalid"


class EncoderError(RetrievalError):
    """The encoder's folder is missing, broken, or holds something that is not an encoder."""

    code = "encoder_unavailable"


class IndexMismatchError(RetrievalError):
    """A stored vector index is damaged or was built by another encoder; mixing them would give nonsense."""

    code = "index_mismatch"
