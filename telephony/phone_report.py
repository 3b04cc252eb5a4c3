# SPDX-License-Identifier: GPL-3.0-or-later
"""What the scriptable phone says on stdout: JSON lines for programs, sentences of the catalogue for people."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import IO, Any

from pipeline.catalog import text


class Reporter:
    """Writes one line per report.

    Parameters:
        out: where to write.
        human: sentences; False: JSON objects; None: sentences if ``out`` is a terminal.
        unsaid: events that a person is not told.
    """

    def __init__(self, out: IO[str], *, human: bool | None, unsaid: Collection[str] = ()) -> None:
        self._out, self._unsaid = out, unsaid
        self.human = out.isatty() if human is None else human

    def __call__(self, report: dict[str, Any]) -> None:
        """Write one report (``event`` and its fields)."""
        line = self._sentence(report) if self.human else json.dumps(report, ensure_ascii=False)
        if line:
            self._out.write(line + "\n")
            self._out.flush()

    def _sentence(self, report: dict[str, Any]) -> str:
        event = str(report["event"])
        if event == "media":  # of its many reports a person wants to know one
            event = "held" if report["held"] else "unsaid"
        elif event == "ended" and not report["answered"]:
            event = "unanswered"
        if event == "unsaid" or event in self._unsaid:
            return ""
        fields: dict[str, Any] = {
            name: round(value, 1) if isinstance(value, float) else value for name, value in report.items()
        }
        return text(f"telephony.phone_said_{event}", **fields)
