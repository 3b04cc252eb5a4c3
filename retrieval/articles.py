# SPDX-License-Identifier: GPL-3.0-or-later
"""What a SIKP article is, and where the search gets articles from.

An article answers one intent. A published version never changes; a correction is a new version. The rule that it
states may be in force for a limited time, which is kept with it. :class:`ArticleStore` is the port through which
the search reads articles: the service's database (:class:`retrieval.dbstore.DbArticleStore`), or a folder of
Markdown files (:class:`retrieval.store.FolderArticleStore`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal, Protocol, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from pipeline.catalog import text

Status = Literal["draft", "published", "retired"]
Verification = Literal["perlu verifikasi", "terverifikasi"]

MIN_QUESTIONS = 8
MAX_QUESTIONS = 100  # with the lengths below, every field fits a cell of a spreadsheet (32,767 characters)
MAX_ID_CHARS = 120
SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"


def wrong(problem: str, field: str = "") -> PydanticCustomError:
    """Return the error of a check of ours; ``problem`` is in the user's language, ``field`` what it is about."""
    return PydanticCustomError("kring", "{problem}", {"problem": problem, "field": field})


def _printable(value: str) -> str:
    """Refuse characters that a file of some kind cannot hold or that only pretend to be a space or a line end."""
    for character in value:
        if character not in "\n\t" and unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"):
            raise wrong(text("retrieval.field_control", code=f"U+{ord(character):04X}"))
    return value


def _one_line(value: str) -> str:
    return _printable(" ".join(value.split()))


def _paragraphs(value: str) -> str:
    return _printable(value.replace("\r\n", "\n").replace("\r", "\n").strip())


Line = Annotated[str, AfterValidator(_one_line)]
ShortLine = Annotated[str, Field(max_length=200), AfterValidator(_one_line)]
Form = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_one_line)]


class LegalBasis(BaseModel):
    """One regulation that the answer rests on. ``note`` is ours; no text of the regulation is copied."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    regulation: ShortLine = Field(min_length=3)
    article: ShortLine = ""
    paragraph: ShortLine = ""
    in_force_from: date | None = None
    in_force_to: date | None = None
    note: Line = Field(default="", max_length=500)

    def __str__(self) -> str:
        return " ".join(part for part in (self.regulation, self.article, self.paragraph) if part)


class Article(BaseModel):
    """One version of one article.

    Parameters:
        questions: forms in which people ask for it; at least eight, colloquial ones among them.
        verification: ``perlu verifikasi`` until the office has checked figures and numbers.
        effective_from: first day on which the rule applies; None = not limited or not known.
        effective_to: last day on which the rule applies.
        audience: whom the answer is for ("orang pribadi", "badan", "bendahara", ...).
        owner: who keeps the article right.
        related: ids of other articles.
        body: the answer for the caller, in Markdown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=SLUG, max_length=MAX_ID_CHARS)
    title: Line = Field(min_length=3, max_length=120)
    version: int = Field(ge=1, le=1_000_000)
    status: Status
    topic: Line = Field(min_length=2, max_length=120)
    questions: tuple[Form, ...] = Field(min_length=MIN_QUESTIONS, max_length=MAX_QUESTIONS)
    legal_basis: tuple[LegalBasis, ...] = Field(default=(), max_length=25)
    verification: Verification = "perlu verifikasi"
    effective_from: date | None = None
    effective_to: date | None = None
    audience: tuple[Form, ...] = Field(default=(), max_length=50)
    owner: ShortLine = ""
    related: tuple[Annotated[str, Field(pattern=SLUG, max_length=MAX_ID_CHARS)], ...] = Field(
        default=(), max_length=100
    )
    body: Annotated[str, AfterValidator(_paragraphs)] = Field(min_length=20, max_length=30_000)

    @model_validator(mode="after")
    def _dates_are_in_order(self) -> Self:
        if self.effective_from and self.effective_to and self.effective_to < self.effective_from:
            raise wrong(text("retrieval.field_dates"), "effective_to")
        return self

    @model_validator(mode="after")
    def _questions_differ(self) -> Self:
        if len({question.casefold() for question in self.questions}) != len(self.questions):
            raise wrong(text("retrieval.field_question_twice"), "questions")
        return self

    def in_force(self, day: date) -> bool:
        """Return whether the rule applies on ``day``."""
        return (self.effective_from is None or self.effective_from <= day) and (
            self.effective_to is None or day <= self.effective_to
        )

    @property
    def answer(self) -> str:
        """The body's first paragraph: what the agent can say at once."""
        return self.body.strip().split("\n\n", 1)[0].replace("\n", " ")


class ArticleStore(Protocol):
    """Where articles come from. Implementations must be safe to call from several threads."""

    def revision(self) -> str:
        """Return a token that changes whenever the set of published articles changes; must be cheap."""
        ...

    def published(self) -> Sequence[Article]:
        """Return the newest published version of every article, in a stable order."""
        ...

    def get(self, article_id: str, version: int | None = None) -> Article:
        """Return an article (the newest version when ``version`` is None).

        Raises:
            ArticleNotFoundError: it is not known.
        """
        ...
