# SPDX-License-Identifier: GPL-3.0-or-later
"""``kring articles``: what SIKP holds, its history, publishing and retiring, files in and out."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.catalog import text
from pipeline.settings import load_settings
from service.console import add_row, err, out, table

if TYPE_CHECKING:
    from retrieval.dbstore import DbArticleStore
    from retrieval.duplicates import NearDuplicate
    from retrieval.exchange.importing import Plan

articles_app = typer.Typer(no_args_is_help=True, help=text("service.help_articles"))
_MOST_IDS = 12
NOTE_CHARS = 4000

ByOption = Annotated[str, typer.Option("--by", metavar="NAME", help=text("service.help_articles_by"))]
IdArgument = Annotated[str, typer.Argument(metavar="ID", help=text("service.help_articles_id"))]


@contextmanager
def _store() -> Iterator[DbArticleStore]:
    from crm.audit import act_as
    from desk.article_audit import audited
    from pipeline.clock import SystemClock
    from retrieval.dbstore import DbArticleStore
    from service.database import service_database
    from service.users import console_actor

    act_as(console_actor())
    with service_database(load_settings()) as database:
        clock = SystemClock()
        yield DbArticleStore(database, clock, audited(clock))


@articles_app.command("list", help=text("service.help_articles_list"))
def list_articles(
    *,
    drafts: Annotated[bool, typer.Option("--drafts", help=text("service.help_articles_drafts"))] = False,
    topic: Annotated[str, typer.Option("--topic", help=text("service.help_articles_topic"))] = "",
) -> None:
    """List the newest version of each article, or the drafts."""
    columns = ("id", "version", "status", "topic", "title")
    today = datetime.now().astimezone().date()
    rows = table(*(text(f"service.articles_{column}") for column in columns))
    count = 0
    with _store() as store:
        found = [draft.article for draft in store.drafts()] if drafts else [one.article for one in store.newest()]
    for article in found:
        if topic and topic.casefold() not in article.topic.casefold():
            continue
        count += 1
        status = text(f"service.articles_status_{article.status}")
        if not article.in_force(today):
            status = f"{status}; {text('service.articles_not_in_force')}"
        add_row(rows, article.id, str(article.version), status, article.topic, article.title)
    if count:
        out.print(rows)
    out.print(text("service.articles_count", count=count))


@articles_app.command("show", help=text("service.help_articles_show"))
def show_article(
    article_id: IdArgument,
    version: Annotated[int | None, typer.Option("--version", min=1, help=text("service.help_articles_version"))] = None,
) -> None:
    """Print one version as its Markdown file."""
    from retrieval.exchange.markdown import article_markdown

    with _store() as store:
        found = store.version(article_id, version)
    err.print(text("service.articles_published", at=_local(found.published_at), by=found.published_by), markup=False)
    out.print(article_markdown(found.article), markup=False, soft_wrap=True, end="")


@articles_app.command("history", help=text("service.help_articles_history"))
def history(article_id: IdArgument) -> None:
    """List an article's versions, newest first."""
    rows = table(
        *(text(f"service.articles_{column}") for column in ("version", "status", "title", "when", "by", "note", "hash"))
    )
    with _store() as store:
        for one in store.history(article_id):
            status = text(f"service.articles_status_{one.article.status}")
            cells = (str(one.article.version), status, one.article.title, _local(one.published_at), one.published_by)
            add_row(rows, *cells, one.note, one.content_sha256[:12])
    out.print(rows)


@articles_app.command("publish", help=text("service.help_articles_publish"))
def publish(
    article_ids: Annotated[list[str], typer.Argument(metavar="ID…", help=text("service.help_articles_id"))],
    by: ByOption = "",
) -> None:
    """Publish the drafts of articles."""
    with _store() as store:
        for article_id in article_ids:
            done = store.publish_draft(article_id, by=by or _me())
            out.print(text("service.articles_was_published", article=article_id, version=done.article.version))


@articles_app.command("retire", help=text("service.help_articles_retire"))
def retire(
    article_id: IdArgument,
    by: ByOption = "",
    reason: Annotated[str, typer.Option("--reason", help=text("service.help_articles_reason"))] = "",
) -> None:
    """Take an article out of the search; its versions stay."""
    with _store() as store:
        done = store.retire(article_id, on=store.get(article_id).version, by=by or _me(), note=reason[:NOTE_CHARS])
    out.print(text("service.articles_was_retired", article=article_id, version=done.article.version))


@articles_app.command("discard", help=text("service.help_articles_discard"))
def discard(article_id: IdArgument) -> None:
    """Delete an article's draft."""
    with _store() as store:
        store.discard_draft(article_id)
    out.print(text("service.articles_was_discarded", article=article_id))


@articles_app.command("duplicates", help=text("service.help_articles_duplicates"))
def duplicates() -> None:
    """List pairs of articles that people would ask for in nearly the same words."""
    from retrieval.duplicates import near_duplicates

    with _store() as store:
        found = near_duplicates(store.published())
    _say_duplicates(found)
    out.print(text("service.articles_duplicates_count", count=len(found)))


@articles_app.command("import", help=text("service.help_articles_import"))
def import_articles(
    path: Annotated[Path, typer.Argument(metavar="PATH", help=text("service.help_articles_path"))],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=text("service.help_articles_dry_run"))] = False,
    to_publish: Annotated[bool, typer.Option("--publish", help=text("service.help_articles_to_publish"))] = False,
    by: ByOption = "",
) -> None:
    """Take articles over from files, all of them or none."""
    from retrieval.errors import ImportRefusedError
    from retrieval.exchange.importing import duplicates_of, plan_import, read_articles, take_over

    with _store() as store:
        plan = plan_import(store, read_articles(path), publish=to_publish, by=by or _me())
        for problem in plan.problems:
            out.print(problem.message, markup=False, soft_wrap=True)
        if plan.problems:
            raise ImportRefusedError(plan.problems)
        _say_duplicates(duplicates_of(store, plan))
        if not dry_run:
            take_over(store, plan, by=by or _me())
    _say_plan(plan)
    if dry_run:
        out.print(text("service.articles_dry_run"))


@articles_app.command("export", help=text("service.help_articles_export"))
def export(
    path: Annotated[Path, typer.Argument(metavar="PATH", help=text("service.help_articles_target"))],
    *,
    kind: Annotated[str, typer.Option("--format", help=text("service.help_articles_format"))] = "",
    everything: Annotated[bool, typer.Option("--history", help=text("service.help_articles_everything"))] = False,
) -> None:
    """Write all articles to a folder or a file."""
    from retrieval.exchange.exporting import export_articles, format_of

    with _store() as store:
        count = export_articles(store, path, kind or format_of(path), history=everything)
    out.print(text("service.articles_exported", count=count, path=path), markup=False, soft_wrap=True)


def _say_plan(plan: Plan) -> None:
    for name, ids in (("new", plan.new), ("changed", plan.changed), ("drafts", plan.drafts)):
        if ids:
            shown = ", ".join(ids[:_MOST_IDS]) + (" …" if len(ids) > _MOST_IDS else "")
            out.print(text(f"service.articles_{name}", count=len(ids), ids=shown), markup=False, soft_wrap=True)
    if plan.unchanged or not plan.publications:
        out.print(text("service.articles_unchanged", count=plan.unchanged))


def _say_duplicates(found: Sequence[NearDuplicate]) -> None:
    if not found:
        return
    rows = table(*(text(f"service.articles_{column}") for column in ("first", "second", "likeness")))
    for one in found:
        first, second = f"{one.first}\n“{one.first_form}”", f"{one.second}\n“{one.second_form}”"
        add_row(rows, first, second, f"{one.likeness:g} ({one.forms})")
    out.print(text("service.articles_duplicates"))
    out.print(rows)


def _local(at: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d %H.%M}"


def _me() -> str:
    """Return who runs the command, for the history."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name
        return str(os.getuid())
