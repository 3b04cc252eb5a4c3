# SPDX-License-Identifier: GPL-3.0-or-later
"""The measurement itself, on little data, with the shipped model and real processes."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.asr_id.evaluation import oddities, recordings, resources, run
from models.asr_id.evaluation.errors import EvaluationError
from models.asr_id.evaluation.listening import Heard, Job, listen
from models.asr_id.evaluation.pool import child, workers
from models.asr_id.evaluation.recordings import evaluate_recordings
from models.asr_id.evaluation.run import Options, evaluate, unknown_share
from models.asr_id.evaluation.voices import FAMILIES
from models.demo_speech.library import load_library
from pipeline.settings import PROJECT_DIR

pytestmark = pytest.mark.integration
MODEL = PROJECT_DIR / "models/asr_id/model"
LINES = [line for line in load_library(PROJECT_DIR / "models/demo_speech") if 2500 < line.duration_ms < 5000][:2]


def said(line_number: int) -> np.ndarray:
    return soundfile.read(LINES[line_number].path, dtype="float32")[0]


@contextmanager
def in_this_process(_jobs: int) -> Iterator[ThreadPoolExecutor]:
    """Stands in for the pool of processes, whose start costs more than what these tests hear."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


def quiet(_line: str) -> None:
    """No progress."""


@pytest.fixture(scope="module")
def heard() -> Heard:
    return listen(Job(MODEL, np.concatenate([np.zeros(4000, np.float32), said(0), np.zeros(12000, np.float32)])))


def test_the_live_path_is_watched_while_it_listens(heard: Heard) -> None:
    truth = set(LINES[0].text.split())
    assert len(truth & set(heard.words)) >= len(truth) * 0.6
    assert heard.first_at_ms is not None
    assert heard.final_at_ms is not None
    assert 500 < heard.first_at_ms < heard.final_at_ms <= heard.audio_s * 1000
    assert len(heard.spans_ms) == len(heard.words)
    assert 0 < heard.cpu_s < heard.audio_s


def test_conditions_are_applied_on_the_way() -> None:
    clean, drowned = (listen(Job(MODEL, said(1), name, seed=1)) for name in ("telephone", "noise_10db"))
    assert clean.words
    assert clean.shown != drowned.shown


def test_costs_are_measured_in_a_process_of_their_own(tmp_path: Path) -> None:
    np.save(tmp_path / "call.npy", (said(0) * 32767).astype(np.int16))
    figures = child("models.asr_id.evaluation.resources", MODEL, tmp_path / "call.npy", tmp_path / "call.npy")
    assert 0 < figures["load_s"] < 10
    assert 60 < figures["rss_mb.first"] < 400
    assert 0 <= figures["rss_mb.further"] < 60
    assert 0 < figures["rtf"] < 1
    assert 5 < resources.size_mb(MODEL) < 40


def test_odd_sounds_are_survived_and_bad_files_refused(tmp_path: Path) -> None:
    oddities.make((said(0) * 32767).astype(np.int16)[: 2 * 8000], tmp_path)
    for path in [*tmp_path.glob("language_*"), *tmp_path.glob("*speed.npy")]:
        path.unlink()  # long, and not different for the purpose of this test
    names = {path.stem for path in tmp_path.glob("*.npy")}
    figures = child("models.asr_id.evaluation.oddities", MODEL, tmp_path)
    assert names | {"growth_mb", "files_refused"} == set(figures)
    assert figures["files_refused"] == 1.0
    assert figures["offset"] == 0
    assert figures["growth_mb"] < 30


def test_a_child_that_fails_is_told_with_its_last_line(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match=r"missing\.npy"):
        child("models.asr_id.evaluation.resources", MODEL, tmp_path / "missing.npy", tmp_path / "missing.npy")


def test_a_worker_that_dies_is_no_traceback() -> None:
    with pytest.raises(EvaluationError), workers(1) as pool:
        pool.submit(os._exit, 9).result()


def test_an_error_ends_the_workers_at_once() -> None:
    began_s = time.monotonic()
    with pytest.raises(KeyboardInterrupt), workers(1) as pool:
        assert pool.submit(abs, -1).result() == 1
        pool.submit(time.sleep, 300)
        raise KeyboardInterrupt
    assert time.monotonic() - began_s < 200


def test_recordings_of_a_folder_are_measured_and_refusals_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, line in enumerate(LINES):
        folder = tmp_path / f"speaker{number}"
        folder.mkdir()
        shutil.copyfile(line.path, folder / "a.flac")
        (folder / "a.txt").write_text(line.text.upper() + ".")
    (tmp_path / "speaker0/b.wav").write_bytes(b"")
    (tmp_path / "speaker0/b.txt").write_text("ya")
    monkeypatch.setattr(recordings, "workers", in_this_process)
    report = evaluate_recordings(MODEL, tmp_path, quiet, jobs=1)
    assert report.figures["wer.data"] <= 0.4
    assert {"wer.data.speaker.speaker0", "wer.data.speaker.speaker1", "oov.data", "rtf.data"} <= set(report.figures)
    assert [(one.name, one.code) for one in report.refusals] == [("speaker0/b.wav", "zero_bytes")]
    assert report.setup["recordings"] == 2
    assert evaluate_recordings(MODEL, tmp_path, quiet, most=1).setup["recordings"] == 1


def test_a_folder_of_nothing_usable_says_why(tmp_path: Path) -> None:
    (tmp_path / "b.wav").write_bytes(b"")
    (tmp_path / "b.txt").write_text("ya")
    with pytest.raises(EvaluationError, match=r"b\.wav"):
        evaluate_recordings(MODEL, tmp_path, quiet, jobs=1)


def test_a_call_that_only_a_machine_transcribed_is_no_reference(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "call.flac", np.stack([said(0), said(0)], axis=1), 8000)
    turn = {"leg": "caller", "start_ms": 0, "end_ms": 2000, "text": LINES[0].text}
    (tmp_path / "transcript.json").write_text(json.dumps({"call_id": "c1", "turns": [turn]}))
    with pytest.raises(EvaluationError):
        evaluate_recordings(MODEL, tmp_path, quiet, jobs=1)


def test_unknown_words_are_counted() -> None:
    assert unknown_share(MODEL, [["pajak", "qwrtzpq"]]) == 0.5


@pytest.mark.skipif(shutil.which("festival") is None, reason="the test voices are not installed")
@pytest.mark.timeout(600)  # about 10 s of processor time, but many processes on a busy machine
def test_the_whole_measurement_gives_every_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    few = {"known": ("lp", "pc"), "heldout": ("dita",), "dev": ("kal",), "formant": ("espeak:id+f4",)}
    for family, voices in few.items():
        monkeypatch.setitem(FAMILIES, family, voices)
    monkeypatch.setattr(run, "workers", in_this_process)
    costs = {"load_s": 0.1, "rss_mb.first": 100.0, "rss_mb.further": 10.0, "rtf": 0.04, "rtf.speech": 0.05}
    monkeypatch.setattr(run, "child", lambda module, *_: costs if module.endswith("resources") else {"growth_mb": 0.0})
    report = evaluate(Options(MODEL, stride=80, condition_utterances=1, noise_s=0.5), quiet)
    names = set(report.figures)
    assert {
        "wer.known_families", "wer.heldout_families", "entity_wer.known_families", "entity_wer.heldout_families",
        "rtf", "load_s", "model_mb", "rss_mb.first", "rss_mb.further", "word_time_error_ms.p95",
        "insertions_per_min.noise", "insertions_per_min.silence", "first_partial_ms.p50", "first_partial_ms.p95",
        "churn", "final_ms.p50", "final_ms.p95", "wer.condition.crosstalk", "wer.kind.call",
    } <= names  # fmt: skip
    assert {f"wer.voice.{voice}" for voice in FAMILIES["heldout"]} <= names
    assert all(np.isfinite(value) for value in report.figures.values())
