# SPDX-License-Identifier: GPL-3.0-or-later
"""``kring eval retrieval``: which questions are read aloud, what is shown, and what happens without an encoder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console

from pipeline.errors import KringError
from pipeline.settings import Settings
from retrieval.evaluation.questions import Question
from service.evaluation import Asked, SearchReport, as_json, evenly, run_retrieval_evaluation, show

pytestmark = pytest.mark.unit


def questions(style: str, count: int, *articles: str) -> list[Question]:
    return [Question(f"{style} {articles} {number}", frozenset(articles), style) for number in range(count)]


def test_a_part_of_the_questions_has_every_kind_by_its_share() -> None:
    every = [
        *questions("clean", 40, "a"),
        *questions("colloquial", 40, "a"),
        *questions("clean", 10),
        *questions("x", 10),
    ]
    some = evenly(every, 10)
    assert len(some) == len(set(some)) == 10
    assert sum(one.style == "colloquial" for one in some) == 4
    assert sum(not one.articles for one in some) == 2
    assert [every.index(one) for one in some] == sorted(every.index(one) for one in some)
    assert evenly(every, 1000) == every


def test_ones_own_questions_without_an_encoder_give_figures_and_say_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    lines = [{"question": "saya lupa efin", "articles": ["lupa-efin"]}, {"question": "apa", "articles": ["tidak-ada"]}]
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    report = run_retrieval_evaluation(Settings(encoder=""), Asked(questions=path), lambda _: None)
    assert report.figures["recall_at_3.file"] == 0.5
    assert report.figures["bm25.recall_at_3.file"] == 0.5
    assert not any(name.startswith(("dense.", "recall_at_3.asr", "no_answer")) for name in report.figures)
    assert report.setup["questions.of_unknown_articles"] == 1
    assert len(report.left_out) == 1
    assert json.loads(json.dumps(as_json(report)))["figures"] == report.figures
    console = Console(record=True, width=200)
    show(report, console)
    assert "recall_at_3.file" in console.export_text()


def test_a_missing_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(KringError, match="tidak-ada"):
        run_retrieval_evaluation(Settings(encoder=""), Asked(questions=tmp_path / "tidak-ada"), lambda _: None)


def test_an_empty_report_can_be_shown() -> None:
    show(SearchReport(), Console(record=True))
