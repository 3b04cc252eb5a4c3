# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``kring report`` says about SIKP, made from the index of feedback in the database."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from desk.unanswered import unanswered_questions
from pipeline.catalog import text
from pipeline.errors import ConfigurationError
from pipeline.settings import Settings
from retrieval.dense import SentenceEncoder
from retrieval.encoders import find_encoder
from retrieval.errors import EncoderError
from retrieval.feedback import FeedbackIndex
from retrieval.pairs import PAIR_ACTIONS, training_pairs
from retrieval.unanswered import MOST_QUESTIONS, Cluster, Encode, clusters
from service.database import service_database

COLUMNS = ("count", "examples", "reasons", "first", "last", "calls")


def parse_day(given: str) -> datetime | None:
    """Return the local midnight that begins a day given as 2026-01-31; None for "".

    Raises:
        ConfigurationError: it is no such day.
    """
    if not given:
        return None
    try:
        return datetime.combine(date.fromisoformat(given), time()).astimezone(UTC)
    except ValueError as error:
        raise ConfigurationError(
            text("service.report_bad_date", given=repr(given)), remedy=text("service.report_bad_date_remedy")
        ) from error


def unanswered_report(settings: Settings, since: str = "") -> tuple[list[Cluster], str]:
    """Return the questions that SIKP did not answer, in clusters, and a remark on how they were made ("" = none).

    Raises:
        KringError: the date or the database cannot be used.
    """
    start = parse_day(since)
    with service_database(settings) as database:
        questions = unanswered_questions(database, since=start)
    if not questions:
        return [], ""
    encode, remark = _encoder(settings)
    if len(questions) > MOST_QUESTIONS:
        remark = " ".join([remark, text("service.report_newest_only", most=MOST_QUESTIONS, all=len(questions))]).strip()
    return clusters(questions, encode), remark


def _encoder(settings: Settings) -> tuple[Encode | None, str]:
    folder = find_encoder(settings.encoder, settings.encoder_folders)
    if folder is None:
        return None, text("service.report_by_words")
    try:
        return SentenceEncoder(folder).encode, ""
    except EncoderError as error:
        return None, f"{text('service.report_by_words')} {error}"


def as_json(found: Sequence[Cluster]) -> str:
    """Return clusters as JSON for programs."""
    return json.dumps({"clusters": [_plain(one) for one in found]}, ensure_ascii=False)


def as_csv(found: Sequence[Cluster]) -> str:
    """Return clusters as CSV, one a row, for a spreadsheet; no cell begins like a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for one in found:
        row = _plain(one)
        row["examples"], row["calls"] = " | ".join(one.examples), " ".join(one.calls)
        row["reasons"] = " ".join(f"{name}:{count}" for name, count in one.reasons.items())
        writer.writerow([_no_formula(str(row[column])) for column in COLUMNS])
    return out.getvalue()


def _no_formula(cell: str) -> str:
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@")) else cell


def _plain(one: Cluster) -> dict[str, Any]:
    dates = {"first": one.first.isoformat(), "last": one.last.isoformat()}
    return {name: value for name, value in {**asdict(one), **dates}.items() if name in COLUMNS}


def export_pairs(settings: Settings, path: Path, since: str = "") -> tuple[int, int]:
    """Write training pairs as JSON lines; returns how many fit and how many do not.

    Raises:
        KringError: the date or the database cannot be used.
        OSError: the file cannot be written.
    """
    start = parse_day(since)
    with service_database(settings) as database:
        pairs = list(training_pairs(FeedbackIndex(database).facts(since=start, actions=PAIR_ACTIONS)))
    if pairs:
        lines = [json.dumps(asdict(pair), ensure_ascii=False) for pair in pairs]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    fitting = sum(pair.label for pair in pairs)
    return fitting, len(pairs) - fitting
