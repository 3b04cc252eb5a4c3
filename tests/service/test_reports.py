# SPDX-License-Identifier: GPL-3.0-or-later
"""``kring report``: what it prints and writes, and what it says when there is nothing."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline import events as ev
from pipeline.errors import ConfigurationError
from pipeline.settings import load_settings
from retrieval.feedback import FeedbackIndex
from service.database import service_database
from service.report_cli import report_app

pytestmark = pytest.mark.integration
RUN = CliRunner()
QUERIES = ("cara lapor aset kripto luar negeri", "lapor aset kripto luar negeri", "=harga tiket kereta")


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in (("DATA_DIR", str(tmp_path / "data")), ("ENCODER", ""), ("LANGUAGE", "id")):
        monkeypatch.setenv(f"KRING_{name}", value)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def fill() -> None:
    """Three unanswered questions of three calls, one of them with feedback on an article."""
    with service_database(load_settings()) as database:
        index = FeedbackIndex(database)
        for number, query in enumerate(QUERIES, 1):
            call, at = f"2026112{number}T030000-0000beef", datetime(2026, 11, 20 + number, 3, tzinfo=UTC)
            index.take(ev.SuggestionsShown(at=at, call_id=call, query=query, articles=(), no_answer=True))
        what = {"at": at, "call_id": call, "article_id": "tiket", "version": 1, "person": "sari", "query": query}
        index.take(ev.SuggestionRejected.model_validate(what))


def test_nothing_to_tell_is_told(data: Path) -> None:
    result = RUN.invoke(report_app, ["unanswered"])
    assert (result.exit_code, result.exception) == (0, None)
    assert "Tidak ada pertanyaan tanpa jawaban" in result.stdout
    pairs = data / "pairs.jsonl"
    assert "tidak ada berkas" in " ".join(RUN.invoke(report_app, ["feedback", "--pairs", str(pairs)]).stdout.split())
    assert not pairs.exists()


def test_unanswered_questions_are_listed_in_clusters() -> None:
    fill()
    result = RUN.invoke(report_app, ["unanswered"])
    assert result.exit_code == 0
    assert "kripto" in result.stdout
    assert "menurut kata" in result.stderr
    found = json.loads(RUN.invoke(report_app, ["unanswered", "--json"]).stdout)["clusters"]
    assert [one["count"] for one in found] == [2, 1]
    assert set(found[0]) == {"count", "examples", "calls", "first", "last", "reasons"}
    assert (found[0]["first"], found[0]["last"]) == ("2026-11-21", "2026-11-22")
    assert found[1]["reasons"] == {"no_answer": 1, "rejected": 1}
    since = RUN.invoke(report_app, ["unanswered", "--json", "--since", "2026-11-23"]).stdout
    assert [one["count"] for one in json.loads(since)["clusters"]] == [1]


def test_the_table_for_a_spreadsheet_holds_no_formula() -> None:
    fill()
    rows = list(csv.DictReader(io.StringIO(RUN.invoke(report_app, ["unanswered", "--csv"]).stdout)))
    assert [row["count"] for row in rows] == ["2", "1"]
    assert rows[1]["examples"] == "'=harga tiket kereta"


def test_pairs_are_written_as_json_lines(data: Path) -> None:
    fill()
    path = data / "pairs.jsonl"
    result = RUN.invoke(report_app, ["feedback", "--pairs", str(path)])
    assert result.exit_code == 0
    [pair] = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert (pair["query"], pair["article"], pair["label"]) == ("=harga tiket kereta", "tiket", 0)


@pytest.mark.parametrize("words", [["--since", "kemarin"], ["--json", "--csv"]])
def test_wrong_options_are_named(words: list[str]) -> None:
    result = RUN.invoke(report_app, ["unanswered", *words])
    assert isinstance(result.exception, ConfigurationError)
    assert result.exception.remedy


def test_an_encoder_that_is_away_costs_only_the_vectors(monkeypatch: pytest.MonkeyPatch, data: Path) -> None:
    monkeypatch.setenv("KRING_ENCODER", str(data / "none"))
    fill()
    result = RUN.invoke(report_app, ["unanswered"])
    assert result.exit_code == 0
    assert "kripto" in result.stdout
    assert "none" in "".join(result.stderr.split())
