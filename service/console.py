# SPDX-License-Identifier: GPL-3.0-or-later
"""How ``kring`` prints: one console and plain tables, shared by the files that hold its commands."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

out = Console(highlight=False)
err = Console(highlight=False, stderr=True)


def table(*headings: str) -> Table:
    """Return a table whose long words (paths) are folded, never cut: a cut path helps nobody."""
    return Table(*(Column(heading, overflow="fold") for heading in headings))


def add_row(target: Table, *cells: str) -> None:
    """Add a row as it is written: ``[[extensions]]`` is no markup."""
    target.add_row(*(escape(cell) for cell in cells))
