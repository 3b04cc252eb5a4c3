# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking articles over from files: first a plan with every mistake, then all of it in one transaction.

What becomes of an article whose file says version *v*, when the newest stored version is *n*:

- the same content as the stored version *v*: nothing, it is there;
- *v* > *n*: it becomes version *v*;
- *v* = *n* with other content (an export was edited): it becomes version *n* + 1;
- *v* < *n* with other content: a mistake, because somebody went on since that version.

Without ``publish`` nothing is published: what would be, is kept as a draft.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from pipeline.catalog import text
from retrieval.articles import Article
from retrieval.dbstore import DbArticleStore, Publication
from retrieval.duplicates import NearDuplicate, near_duplicates
from retrieval.errors import ArticleError, ImportRefusedError, RetrievalError
from retrieval.exchange.checks import check_together
from retrieval.exchange.csvfile import read_csv
from retrieval.exchange.dump import read_dump
from retrieval.exchange.markdown import read_file, read_folder
from retrieval.exchange.reading import Item, Reading
from retrieval.exchange.xlsx import read_xlsx
from retrieval.versions import Draft, content_sha256

READERS: dict[str, Callable[[Path], Reading]] = {
    ".md": read_file, ".csv": read_csv, ".xlsx": read_xlsx, ".json": read_dump,
}  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """What an import would do.

    Parameters:
        publications: what would be written, in this order.
        new, changed, drafts: ids of articles never published before, published before, and kept as drafts.
        unchanged: how many versions of the files are there already.
        problems: mistakes; with any of them nothing may be written.
    """

    publications: tuple[Publication, ...]
    new: tuple[str, ...]
    changed: tuple[str, ...]
    drafts: tuple[str, ...]
    unchanged: int
    problems: tuple[ArticleError, ...]


def read_articles(path: Path) -> Reading:
    """Read a folder of Markdown files, or one file .md, .csv, .xlsx or .json.

    Raises:
        RetrievalError: it is not there, or of another kind; mistakes in it are in the reading.
    """
    if path.is_dir():
        return read_folder(path)
    if not path.exists():
        raise RetrievalError(text("retrieval.import_nothing", path=path))
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise RetrievalError(text("retrieval.import_format", path=path), remedy=text("retrieval.import_format_remedy"))
    return reader(path)


def plan_import(store: DbArticleStore, reading: Reading, *, publish: bool, by: str) -> Plan:
    """Return what taking ``reading`` over would do; nothing is written.

    Parameters:
        by: who imports; nobody else's draft is replaced.
    """
    stored = {
        (one.article.id, one.article.version): (one.content_sha256, one.article.status) for one in store.all_versions()
    }
    newest: dict[str, int] = {}
    for article_id, version in stored:
        newest[article_id] = max(version, newest.get(article_id, 0))
    drafts = {draft.article.id: draft for draft in store.drafts()}
    check_together(reading, {*newest, *drafts})
    problems = list(reading.problems)
    publications: list[Publication] = []
    unchanged = 0
    items = sorted(reading.items, key=lambda item: (item.article.id, item.article.version))
    for article_id, group in groupby(items, key=lambda item: item.article.id):
        steps, same, mistakes = _steps(list(group), newest.get(article_id, 0), stored)
        unchanged += same
        problems += mistakes
        if not publish and steps:
            item, one = steps[-1]
            if one.article.status == "retired":
                problems.append(item.problem("status", text("retrieval.import_retired")))
            steps = [_as_draft(steps[-1], newest.get(article_id, 0))]
        for item, one in steps:
            if one.article.status != "draft":
                publications.append(one)
            elif (found := _draft_there(one.article, drafts.get(article_id), by)) == "same":
                unchanged += 1
            elif found:
                problems.append(item.problem("id", text("retrieval.import_draft_taken", by=found)))
            else:
                publications.append(one)
    return _plan(publications, newest, unchanged, problems)


def duplicates_of(store: DbArticleStore, plan: Plan) -> list[NearDuplicate]:
    """Return what the plan would write that nearly coincides with another article: a warning, no mistake."""
    last = {one.article.id: one.article for one in plan.publications}
    others = [article for article in store.published() if article.id not in last]
    compared = [*others, *(article for article in last.values() if article.status != "retired")]
    return near_duplicates(compared, of=last)


def take_over(store: DbArticleStore, plan: Plan, *, by: str) -> None:
    """Do what ``plan`` says, all of it or nothing.

    Raises:
        ImportRefusedError: the plan has mistakes.
        StaleArticleError: somebody published one of the articles since the plan was made.
    """
    if plan.problems:
        raise ImportRefusedError(plan.problems)
    store.take_over(plan.publications, by=by)


Step = tuple[Item, Publication]


def _steps(
    items: Sequence[Item], newest: int, stored: Mapping[tuple[str, int], tuple[str, str]]
) -> tuple[list[Step], int, list[ArticleError]]:
    """Return what one article's versions become, how many are there already, and the mistakes."""
    steps: list[Step] = []
    problems: list[ArticleError] = []
    same = 0
    for item in items:
        article = item.article
        if article.status == "draft":
            steps.append((item, Publication(article, article.version - 1, item.published_at, item.published_by)))
            continue
        if stored.get((article.id, article.version)) == (content_sha256(article), article.status):
            same += 1
        elif article.version < newest:
            problem = text("retrieval.import_stale", version=article.version, newest=newest)
            problems.append(item.problem("version", problem))
        else:
            version = newest + 1 if article.version == newest else article.version
            numbered = article.model_copy(update={"version": version})
            steps.append((item, Publication(numbered, newest, item.published_at, item.published_by, item.note)))
            newest = version
    steps.sort(key=lambda step: step[1].article.status == "draft")  # a draft comes after what is published
    return steps, same, problems


def _as_draft(step: Step, newest: int) -> Step:
    item, one = step
    on = one.on if one.article.status == "draft" else newest
    draft = one.article.model_copy(update={"status": "draft", "version": on + 1})
    return item, Publication(draft, on, None, "")


def _draft_there(article: Article, there: Draft | None, by: str) -> str:
    """Return "same" when this draft is kept already, whose other draft is in the way, or "" when none is."""
    if there is None:
        return ""
    if content_sha256(there.article) == content_sha256(article) and there.article.version == article.version:
        return "same"
    return "" if there.saved_by == by else there.saved_by


def _plan(
    publications: list[Publication],
    newest: dict[str, int],
    unchanged: int,
    problems: list[ArticleError],
) -> Plan:
    published = {one.article.id for one in publications if one.article.status != "draft"}
    return Plan(
        publications=tuple(publications),
        new=tuple(sorted(one for one in published if one not in newest)),
        changed=tuple(sorted(one for one in published if one in newest)),
        drafts=tuple(sorted(one.article.id for one in publications if one.article.status == "draft")),
        unchanged=unchanged,
        problems=tuple(sorted(problems, key=lambda one: (str(one.path), one.line))),
    )
