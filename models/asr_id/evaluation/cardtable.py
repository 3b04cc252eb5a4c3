# SPDX-License-Identifier: GPL-3.0-or-later
"""The measured part of a model card: ``kring eval asr --json > eval.json``, then
``python -m models.asr_id.evaluation.cardtable eval.json models/asr_id/CARD.md``.

Writes the tables between two marks in the card, so that no figure is typed by hand.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

BEGIN, END = "<!-- kring eval asr: begin -->", "<!-- kring eval asr: end -->"

_ROWS: tuple[tuple[str, str, str], ...] = (  # figures, format, aim
    ("wer.known_families", "{:.1%}", "5 %"),
    ("wer.heldout_families", "{:.1%}", "12 %"),
    ("entity_wer.known_families", "{:.1%}", "8 %"),
    ("entity_wer.heldout_families", "{:.1%}", "15 %"),
    ("wer.dev_families", "{:.1%}", ""),
    ("wer.formant_families", "{:.1%}", ""),
    ("rtf", "{:.3f}", "0.05"),
    ("rtf.speech", "{:.3f}", ""),
    ("load_s", "{:.2f}", "1"),
    ("model_mb", "{:.1f}", "25"),
    ("rss_mb.first", "{:.0f}", "200"),
    ("rss_mb.further", "{:.1f}", "15"),
    ("word_time_error_ms.p95", "{:.0f}", "80"),
    ("insertions_per_min.noise", "{:.2f}", "1"),
    ("insertions_per_min.silence", "{:.2f}", "1"),
    ("first_partial_ms.p50", "{:.0f}", ""),
    ("first_partial_ms.p95", "{:.0f}", ""),
    ("final_ms.p50", "{:.0f}", ""),
    ("final_ms.p95", "{:.0f}", ""),
    ("churn", "{:.2f}", ""),
)
_GROUPS: tuple[tuple[str, str], ...] = (
    ("wer.voice.", "WER by voice"),
    ("wer.kind.", "WER by kind"),
    ("wer.kind_strangers.", "the same, strangers only"),
    ("wer.condition.", "WER by condition (a subset)"),
    ("wer.condition_known.", "the same, known voices only"),
    ("wer.condition_heldout.", "the same, strangers only"),
    ("entity_wer.class.", "entity WER by class"),
    ("entity_wer.class_strangers.", "the same, strangers only"),
)


def tables(figures: Mapping[str, float]) -> str:
    """Return the card's tables in Markdown; figures that are not there are left out."""
    rows = [
        f"| `{name}` | {form.format(figures[name]).replace('%', ' %')} | {aim} |"
        for name, form, aim in _ROWS
        if name in figures
    ]
    groups = [
        f"| {title} | {', '.join(f'{name.removeprefix(group)} {100 * figures[name]:.1f}' for name in names)} |"
        for group, title in _GROUPS
        if (names := sorted(name for name in figures if name.startswith(group)))
    ]
    return "\n".join(["| figure | value | aim |", "|---|---|---|", *rows, "", "| | % |", "|---|---|", *groups])


def renewed(card: str, figures: Mapping[str, float]) -> str:
    """Return the card with its tables made anew.

    Raises:
        ValueError: the card has not both marks, in order.
    """
    before, begin, rest = card.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the card needs the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{tables(figures)}\n{END}{after}"


def main(arguments: list[str] | None = None) -> int:
    """Renew a card; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m models.asr_id.evaluation.cardtable", description=__doc__)
    parser.add_argument("figures", type=Path, help="what `kring eval asr --json` printed")
    parser.add_argument("card", type=Path)
    options = parser.parse_args(arguments)
    try:
        figures = json.loads(options.figures.read_text(encoding="utf-8"))["figures"]
        options.card.write_text(renewed(options.card.read_text(encoding="utf-8"), figures), encoding="utf-8")
    except (OSError, ValueError, KeyError) as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
