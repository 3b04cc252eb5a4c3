# SPDX-License-Identifier: GPL-3.0-or-later
"""``kring audit``: who did, saw or played what. Taking the trail away (export) stands in it as well."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.catalog import text
from pipeline.errors import ConfigurationError
from pipeline.settings import load_settings
from service.console import add_row, out, table

if TYPE_CHECKING:
    from crm.audit_search import AuditQuery

audit_app = typer.Typer(no_args_is_help=True, help=text("service.help_audit"))
PersonOption = Annotated[str, typer.Option(help=text("service.help_audit_person"))]
ActionOption = Annotated[str, typer.Option(help=text("service.help_audit_action"))]
ObjectOption = Annotated[str, typer.Option("--object", metavar="KIND:ID", help=text("service.help_audit_object"))]
SinceOption = Annotated[str, typer.Option(metavar="YYYY-MM-DD", help=text("service.help_audit_since"))]
UntilOption = Annotated[str, typer.Option(metavar="YYYY-MM-DD", help=text("service.help_audit_until"))]
WordsOption = Annotated[str, typer.Option("--text", help=text("service.help_audit_text"))]


@audit_app.command("verify", help=text("service.help_audit_verify"))
def audit_verify(
    noted: Annotated[str, typer.Option(metavar="SERIAL:HASH", help=text("service.help_audit_noted"))] = "",
) -> None:
    """Follow the chain; exit code 1 at the first link that does not hold."""
    from crm.audit import verify
    from service.database import service_database

    known = re.fullmatch(r"([1-9][0-9]{0,8}):([0-9a-f]{64})", noted)
    if noted and known is None:
        raise ConfigurationError(text("service.audit_bad_noted"), remedy=text("service.audit_bad_noted_remedy"))
    with service_database(load_settings()) as database:
        found = verify(database, noted=(int(known[1]), known[2]) if known else None)
    if found.broken is not None:
        why = text(f"service.audit_why_{found.broken.why}")
        out.print(text("service.audit_broken", serial=found.broken.serial, why=why), markup=False)
        raise typer.Exit(1)
    out.print(text("service.audit_intact", count=found.entries), markup=False)
    if found.entries:
        out.print(text("service.audit_head", head=f"{found.entries}:{found.head_hash}"), markup=False, soft_wrap=True)


@audit_app.command("search", help=text("service.help_audit_search"))
def audit_search(
    *,
    person: PersonOption = "",
    action: ActionOption = "",
    what: ObjectOption = "",
    since: SinceOption = "",
    until: UntilOption = "",
    words: WordsOption = "",
    page: Annotated[int, typer.Option(min=1, help=text("service.help_audit_page"))] = 1,
    json_output: Annotated[bool, typer.Option("--json", help=text("service.help_json"))] = False,
) -> None:
    """Show a page of entries, newest first."""
    from crm.audit_search import search
    from service.database import service_database

    query = _query(what, since, until, person=person, action=action, words=words)
    with service_database(load_settings()) as database:
        found = search(database, query, page=page)
    if json_output:
        rows = [entry.wire() for entry in found.rows]
        result = {"rows": rows, "total": found.total, "page": found.page, "pages": found.pages}
        sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
        return
    columns = ("serial", "time", "person", "address", "action", "object", "purpose", "outcome", "detail")
    shown = table(*(text(f"service.audit_column_{column}") for column in columns))
    for one in found.rows:
        add_row(
            shown, str(one.serial), f"{one.at.astimezone():%Y-%m-%d %H.%M.%S}", one.person, one.address, one.action,
            f"{one.object_kind}:{one.object_id}", one.purpose, one.outcome, "" if one.detail == "{}" else one.detail,
        )  # fmt: skip
    out.print(shown)
    out.print(text("service.audit_page", page=found.page, pages=found.pages, total=found.total))


@audit_app.command("export", help=text("service.help_audit_export"))
def audit_export(
    *,
    person: PersonOption = "",
    action: ActionOption = "",
    what: ObjectOption = "",
    since: SinceOption = "",
    until: UntilOption = "",
    words: WordsOption = "",
    csv_output: Annotated[bool, typer.Option("--csv", help=text("service.help_audit_csv"))] = False,
) -> None:
    """Write all that fits to standard output, oldest first."""
    from crm import audit
    from crm.audit_search import csv_lines, export, json_lines
    from pipeline.clock import SystemClock
    from service.database import service_database
    from service.users import console_actor

    query = _query(what, since, until, person=person, action=action, words=words)
    audit.act_as(console_actor())
    with service_database(load_settings()) as database:
        fact = audit.Fact("trail_exported", ("audit", "csv" if csv_output else "jsonl"), detail=_asked(query))
        audit.record(database, fact, now=SystemClock().now())
        entries = export(database, query)
        for line in csv_lines(entries) if csv_output else json_lines(entries):
            sys.stdout.write(line)


def _query(what: str, since: str, until: str, **more: str) -> AuditQuery:
    from crm.audit_search import AuditQuery
    from service.reports import parse_day

    kind, _, object_id = what.partition(":")
    return AuditQuery(object_kind=kind, object_id=object_id, since=parse_day(since), until=parse_day(until), **more)


def _asked(query: AuditQuery) -> dict[str, str]:
    """Return what was asked for, without what was left empty."""
    return {name: str(value) for name, value in vars(query).items() if value}
