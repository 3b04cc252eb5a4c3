# SPDX-License-Identifier: GPL-3.0-or-later
"""The table from the engine's confidence to a probability, and how it is fitted."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.confidence import CONFIDENCE_FILE, ConfidenceMap, read_confidence
from asr.recogniser import PlacedWord
from models.asr_id.evaluation.calibrate import calibrate, calibration_error, fit, main, reliability
from models.asr_id.evaluation.judged import Judged, judge

pytestmark = pytest.mark.unit
share = st.floats(0, 1)


def boastful(count: int, seed: int = 1) -> list[Judged]:
    """Words whose engine claims p and is right with p squared; short words with p to the fourth."""
    draw = random.Random(seed)
    words = []
    for _ in range(count):
        claimed, short = draw.random(), draw.random() < 0.3
        words.append(Judged(claimed, draw.random() < claimed ** (4 if short else 2), 80 if short else 400))
    return words


def test_without_a_file_the_engine_is_believed(tmp_path: Path) -> None:
    table = read_confidence(tmp_path)
    assert table.probability(0.25, 300) == 0.25
    assert table.probability(1.7, 300) == 1.0


def test_lines_between_knots_and_level_ends() -> None:
    table = ConfidenceMap(((0.2, 0.1), (0.6, 0.3), (0.8, 0.9)), 100, ((0.5, 0.2),))
    values = [0.0, 0.2, 0.4, 0.6, 0.7, 0.8, 1.0]
    assert [table.probability(value, 200) for value in values] == pytest.approx([0.1, 0.1, 0.2, 0.3, 0.6, 0.9, 0.9])
    assert table.probability(0.9, 99) == 0.2


@given(st.lists(st.tuples(share, share), max_size=8), share, share)
def test_any_table_is_monotone(pairs: list[tuple[float, float]], one: float, other: float) -> None:
    given_, right = sorted({pair[0] for pair in pairs}), sorted(pair[1] for pair in pairs)
    table = ConfidenceMap(tuple(zip(given_, right, strict=False)))
    low, high = sorted((one, other))
    assert 0 <= table.probability(low, 500) <= table.probability(high, 500) + 1e-12 <= 1 + 1e-12


@pytest.mark.parametrize("knots", [((0.5, 0.5), (0.4, 0.6)), ((0.1, 0.5), (0.2, 0.4)), ((0.1, 1.5),)])
def test_a_table_that_is_none_is_refused(knots: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(ValueError, match="knots"):
        ConfidenceMap(knots)


@pytest.mark.parametrize("content", ["{}", "[]", "nonsense", '{"knots": [[1]]}', '{"knots": 5}'])
def test_a_broken_file_is_a_value_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / CONFIDENCE_FILE
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(ValueError):
        read_confidence(tmp_path)


def test_fitting_mends_a_boastful_engine_and_survives_its_file(tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    report = calibrate(boastful(6000), tmp_path / CONFIDENCE_FILE)
    assert float(str(report["ece_before"])) > 0.15
    assert float(str(report["ece_after"])) < 0.04
    table = read_confidence(tmp_path)
    assert table.probability(0.7, 400) == pytest.approx(0.49, abs=0.08)
    assert table.probability(0.7, 80) == pytest.approx(0.24, abs=0.1)
    assert len(table.knots) <= 16


def test_a_table_never_promises_certainty_from_few_words() -> None:
    table = fit([Judged(1.0, True)] * 90 + [Judged(0.5, False)] * 20)
    assert table.probability(1.0, 500) < 1.0
    assert table.probability(0.5, 500) > 0.0
    with pytest.raises(ValueError, match="needed"):
        fit([Judged(1.0, True)] * 10)


def test_reliability_and_error_by_hand() -> None:
    words = [Judged(0.95, True)] * 3 + [Judged(0.95, False)] + [Judged(0.15, False)] * 4
    rows = reliability(words)
    assert [(row.words, row.right) for row in rows] == [(4, 0.0), (4, 0.75)]
    assert calibration_error(words) == pytest.approx((4 * 0.15 + 4 * 0.2) / 8)
    assert calibration_error([]) == 0


def test_words_are_judged_by_their_place() -> None:
    heard = [PlacedWord(text, at * 100, at * 100 + 80, 0.9) for at, text in enumerate(["saya", "lupa", "lupa", "efin"])]
    assert [word.right for word in judge(["saya", "lupa", "efin"], heard)].count(False) == 1
    assert judge(["x"], []) == []


def test_the_command_reads_judged_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_text("".join(f"[{w.confidence}, {json.dumps(w.right)}, {w.duration_ms}]\n" for w in boastful(1000)))
    assert main(["--pairs", str(pairs)]) == 0
    assert json.loads(capsys.readouterr().out)["words"] == 1000
    pairs.write_text("[1, true]\nnonsense\n")
    assert main(["--pairs", str(pairs)]) == 3
    assert "pairs.jsonl:2" in capsys.readouterr().err
