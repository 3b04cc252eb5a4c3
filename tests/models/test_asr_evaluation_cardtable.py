# SPDX-License-Identifier: GPL-3.0-or-later
"""The card's tables come from the measurement."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from models.asr_id.evaluation.cardtable import BEGIN, END, main, renewed, tables

pytestmark = pytest.mark.unit
FIGURES = {"wer.known_families": 0.0374, "rtf": 0.0214, "wer.voice.lp": 0.05, "wer.voice.dita": 0.0465}


def test_figures_stand_in_rows_with_their_aims_and_groups_in_one_line() -> None:
    lines = tables(FIGURES).splitlines()
    assert "| `wer.known_families` | 3.7 % | 5 % |" in lines
    assert "| `rtf` | 0.021 | 0.05 |" in lines
    assert "| WER by voice | dita 4.7, lp 5.0 |" in lines
    assert "churn" not in tables(FIGURES)


def test_only_the_part_between_the_marks_changes() -> None:
    card = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    once = renewed(card, FIGURES)
    assert once.startswith(f"before\n{BEGIN}\n| figure")
    assert once.endswith(f"{END}\nafter\n")
    assert "old" not in once
    assert renewed(once, FIGURES) == once


def test_a_card_without_marks_is_left_alone_with_a_word(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card, figures = tmp_path / "CARD.md", tmp_path / "eval.json"
    card.write_text(f"{END} {BEGIN}")
    figures.write_text(json.dumps({"figures": FIGURES}))
    assert main([str(figures), str(card)]) == 3
    assert card.read_text() == f"{END} {BEGIN}"
    assert BEGIN in capsys.readouterr().err
    assert main([str(tmp_path / "none.json"), str(card)]) == 3
