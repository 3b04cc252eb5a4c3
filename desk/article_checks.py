# SPDX-License-Identifier: GPL-3.0-or-later
"""What is looked at before an article is published: mistakes, which forbid it, and what a person should know first."""

from __future__ import annotations

from dataclasses import dataclass, field

from desk.deps import Deps
from desk.masking import mask_text
from pipeline.catalog import text
from retrieval.articles import Article
from retrieval.duplicates import near_duplicates
from retrieval.sheetfields import Mistake, article_from, body_of, written_lines
from retrieval.sheets import Sheet

DEPTH = 3  # what an agent looks at


@dataclass(frozen=True, slots=True)
class Alike:
    """Another article that people would ask for in nearly the same words."""

    article_id: str
    title: str
    own_form: str
    other_form: str
    likeness: float
    forms: int


@dataclass(frozen=True, slots=True)
class FormFound:
    """What one question form of the article finds. ``place``: of the article itself, 0 = not among the first."""

    form: str
    place: int
    found: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Checks:
    """The result. ``forms`` None: the search is not ready, or the article is none yet."""

    mistakes: list[Mistake]
    alike: list[Alike] = field(default_factory=list)
    forms: list[FormFound] | None = None
    numbers: bool = False
    article: Article | None = None

    @property
    def missed(self) -> list[FormFound]:
        """The forms that do not find the article."""
        return [one for one in self.forms or [] if not one.place]

    @property
    def warnings(self) -> bool:
        """Whether there is something to know before publishing."""
        return bool(self.alike or self.missed or self.numbers)


def check(have: Deps, sheet: Sheet) -> Checks:
    """Look at a sheet as an import would, and at what its article would do to the search (blocks)."""
    article, mistakes = article_from(sheet.fields, version=sheet.made_from + 1)
    mistakes = [*mistakes, *_against_others(have, sheet)]
    written = "\n".join((sheet.fields.title, sheet.fields.questions, body_of(sheet.fields)))
    numbers = mask_text(written) != written
    if article is None:
        return Checks(mistakes, numbers=numbers)
    return Checks(mistakes, _alike(have, article), _forms(have, article), numbers, article)


def _against_others(have: Deps, sheet: Sheet) -> list[Mistake]:
    """Return the mistakes that only other articles show: an id that is taken, related ones that are not there."""
    known = {one.article.id for one in have.articles.newest()}
    wanted = sheet.fields.id.strip()
    found = []
    if sheet.made_from == 0 and wanted in known:
        found.append(Mistake("id", 0, text("desk.check_id_taken", id=wanted)))
    return found + [
        Mistake("related", number, text("retrieval.article_related", article=other[:120]))
        for number, other in written_lines(sheet.fields.related)
        if other not in known and other != wanted
    ]


def _alike(have: Deps, article: Article) -> list[Alike]:
    others = {one.id: one for one in have.articles.published() if one.id != article.id}
    found = []
    for one in near_duplicates([*others.values(), article], of={article.id}):
        own_first = one.first == article.id
        other = one.second if own_first else one.first
        forms = (one.first_form, one.second_form) if own_first else (one.second_form, one.first_form)
        found.append(Alike(other, others[other].title, *forms, one.likeness, one.forms))
    return found


def _forms(have: Deps, article: Article) -> list[FormFound] | None:
    if not have.search.status().articles:
        return None
    results = have.search.trial(article, article.questions, limit=DEPTH)
    found = []
    for form, result in zip(article.questions, results, strict=True):
        ids = [hit.article_id for hit in result.hits]
        place = ids.index(article.id) + 1 if article.id in ids else 0
        others = tuple((hit.article_id, hit.title) for hit in result.hits if hit.article_id != article.id)
        found.append(FormFound(form, place, others))
    return found
