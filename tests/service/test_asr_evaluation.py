# SPDX-License-Identifier: GPL-3.0-or-later
"""``kring eval asr``: its tables, its JSON, and what it says to wrong options and folders."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from models.asr_id.evaluation.recordings import DataReport
from models.asr_id.evaluation.results import Report
from models.demo_speech.library import load_library
from pipeline.settings import PROJECT_DIR
from service.asr_evaluation import REQUIRED, as_json, show
from tests.service.test_cli import kring


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    line = next(line for line in load_library(PROJECT_DIR / "models/demo_speech") if line.duration_ms < 4500)
    folder = tmp_path / "rekaman"
    folder.mkdir()
    shutil.copyfile(line.path, folder / "budi_1.flac")
    (folder / "budi_1.txt").write_text(line.text)
    (folder / "budi_2.wav").write_bytes(b"")
    (folder / "budi_2.txt").write_text("ya")
    return folder


def printed(report: Report) -> str:
    console = Console(width=120, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    with console.file:
        show(report, console)
        return console.export_text()


@pytest.mark.unit
def test_requirements_are_shown_with_their_limits_and_whether_they_are_met(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRING_LANGUAGE", "en")
    figures = {"wer.known_families": 0.0312, "rss_mb.first": 250.0, "wer.condition.reverb": 0.2, "wer.voice.lp": 0.5}
    shown = printed(Report(figures, {"model": "m"}))
    rows = {line.split()[1]: line for line in shown.splitlines() if line.startswith("│")}
    assert "3.1 %" in rows["wer.known_families"]
    assert "5.0 %" in rows["wer.known_families"]
    assert "yes" in rows["wer.known_families"]
    assert "NO" in rows["rss_mb.first"]
    assert shown.index("wer.voice.lp") < shown.index("WER by condition") < shown.index("wer.condition.reverb")
    assert "model: m" in shown


@pytest.mark.unit
def test_every_required_figure_is_named_as_the_issue_names_it() -> None:
    assert set(REQUIRED) == {
        "wer.known_families", "wer.heldout_families", "entity_wer.known_families", "entity_wer.heldout_families", "rtf",
        "load_s", "model_mb", "rss_mb.first", "rss_mb.further", "word_time_error_ms.p95", "insertions_per_min.noise",
        "insertions_per_min.silence",
    }  # fmt: skip


@pytest.mark.unit
def test_json_holds_figures_and_setup_and_no_sentence_of_the_test_half() -> None:
    assert as_json(Report({"wer.data": 0.1}, {"a": 1})) == {"figures": {"wer.data": 0.1}, "setup": {"a": 1}}
    assert as_json(DataReport({}, {}))["refused"] == []


@pytest.mark.integration
def test_own_recordings_are_measured_by_the_command(recordings: Path) -> None:
    done = kring("eval", "asr", "--json", "--jobs", "1", "--data", str(recordings), folder=recordings.parent)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert 0 <= result["figures"]["wer.data"] <= 0.5
    assert [one["code"] for one in result["refused"]] == ["zero_bytes"]
    assert result["heard"][0]["speaker"] == "budi"


@pytest.mark.integration
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--data", "nowhere"), "does not exist"),
        (("--split", "train"), "'train'"),
        (("--model", "nobody"), "nobody"),
    ],
)
def test_wrong_options_are_refused_in_one_line(tmp_path: Path, options: tuple[str, ...], words: str) -> None:
    done = kring("eval", "asr", *options, folder=tmp_path)
    assert done.returncode in {2, 3}
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.integration
def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    done = kring("eval", "asr", "--quick", "--model", str(tmp_path), folder=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
