# SPDX-License-Identifier: GPL-3.0-or-later
"""``kring report``: what quality staff and trainers learn from the suggestions of past calls."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline.catalog import text
from pipeline.errors import ConfigurationError
from pipeline.settings import load_settings
from service.console import add_row, err, out, table

report_app = typer.Typer(no_args_is_help=True, help=text("service.help_report"))
SinceOption = Annotated[str, typer.Option(metavar="YYYY-MM-DD", help=text("service.help_report_since"))]
SHOWN_CALLS = 3


@report_app.command("unanswered", help=text("service.help_report_unanswered"))
def report_unanswered(
    since: SinceOption = "",
    json_output: Annotated[bool, typer.Option("--json", help=text("service.help_json"))] = False,
    csv_output: Annotated[bool, typer.Option("--csv", help=text("service.help_report_csv"))] = False,
) -> None:
    """List what SIKP did not answer, alike questions together, largest first."""
    from service.reports import as_csv, as_json, unanswered_report

    if json_output and csv_output:
        raise ConfigurationError(text("service.report_two_forms"), remedy=text("service.report_two_forms_remedy"))
    found, remark = unanswered_report(load_settings(), since)
    if remark:
        err.print(remark, markup=False)
    if json_output or csv_output:
        sys.stdout.write(as_json(found) + "\n" if json_output else as_csv(found))
        return
    if not found:
        out.print(text("service.report_nothing"))
        return
    rows = table(*(text(f"service.report_{column}") for column in ("count", "wordings", "why", "dates", "calls")))
    for one in found:
        why = ", ".join(f"{text(f'service.report_why_{name}')} {count}" for name, count in one.reasons.items())
        dates = f"{one.first}" if one.first == one.last else f"{one.first} – {one.last}"
        more = len(one.calls) - SHOWN_CALLS
        calls = "\n".join([*one.calls[:SHOWN_CALLS], *([f"+{more}"] if more > 0 else [])])
        add_row(rows, str(one.count), "\n".join(one.examples), why, dates, calls)
    out.print(rows)


@report_app.command("feedback", help=text("service.help_report_feedback"))
def report_feedback(
    pairs: Annotated[Path, typer.Option("--pairs", help=text("service.help_report_pairs"))],
    since: SinceOption = "",
) -> None:
    """Write what agents used and marked as not helpful as training pairs."""
    from service.reports import export_pairs

    fitting, other = export_pairs(load_settings(), pairs, since)
    if fitting + other == 0:
        out.print(text("service.report_no_pairs"))
    else:
        out.print(text("service.report_pairs", path=pairs, fitting=fitting, other=other), markup=False)
