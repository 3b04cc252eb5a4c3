# SPDX-License-Identifier: GPL-3.0-or-later
"""The evaluation computes what it says, and its question file is a fair test."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from retrieval.errors import RetrievalError
from retrieval.evaluate import Question, evaluate, no_answer_figures, ranks, read_questions, table
from retrieval.normalize import normalize
from retrieval.search import SearchEngine
from retrieval.store import FolderArticleStore
from tests.retrieval.fakes import EFIN, SANDI, UMKM, MemoryStore

pytestmark = pytest.mark.unit

QUESTIONS = Path(__file__).parent / "data" / "questions.jsonl"
ARTICLES = Path(__file__).parents[2] / "retrieval" / "articles"


def make() -> SearchEngine:
    return SearchEngine(MemoryStore(EFIN, SANDI, UMKM), None)


def started() -> SearchEngine:
    engine = make()
    engine.start()
    return engine


def question(text: str, *articles: str, style: str = "clean") -> Question:
    return Question(text, frozenset(articles), style)


def test_ranks_are_counted_by_style() -> None:
    figures = ranks(
        started(),
        [
            question("lupa efin", "lupa-efin"),
            question("lupa kata sandi", "lupa-efin"),  # the right one comes second
            question("tarif umkm", "lupa-efin", style="colloquial"),  # not found at all
            question("tiket kereta"),
        ],
        "bm25",
    )
    assert figures["recall_at_1.clean"] == 0.5
    assert figures["recall_at_3.clean"] == 1.0
    assert figures["mrr.clean"] == 0.75
    assert figures["recall_at_3.colloquial"] == 0.0
    assert figures["recall_at_3.all"] == pytest.approx(2 / 3)


def test_no_answer_figures_count_both_kinds_of_mistake() -> None:
    engine = started()
    asked = [question("harga tiket kereta ke surabaya"), question("lupa efin", "lupa-efin")]
    assert no_answer_figures(engine, asked, 0.6) == {"no_answer.precision": 1.0, "no_answer.recall": 1.0}
    wrong = [question("harga tiket kereta ke surabaya", "lupa-efin"), question("lupa efin")]
    assert no_answer_figures(engine, wrong, 0.6) == {"no_answer.precision": 0.0, "no_answer.recall": 0.0}


def test_evaluation_returns_flat_figures_and_a_table(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text(json.dumps({"question": "lupa efin", "articles": ["lupa-efin"]}) + "\n\n", encoding="utf-8")
    figures = evaluate(make, path)
    assert figures["recall_at_3.file"] == 1.0
    assert figures["search_ms.p95.n3"] > 0
    rows = table({"recall_at_3.clean": 0.9, "bm25.recall_at_3.clean": 0.8, "dense.recall_at_3.clean": 0.7}).splitlines()
    assert rows[0].split() == ["hybrid", "bm25", "dense"]
    assert rows[1].split() == ["recall_at_3.clean", "0.900", "0.800", "0.700"]
    assert len(rows) == 2


@pytest.mark.parametrize("line", ["{", '{"question": "x"}', '["x"]', "7"])
def test_a_line_that_is_no_question_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text('{"question": "a", "articles": []}\n' + line + "\n", encoding="utf-8")
    with pytest.raises(RetrievalError, match=r"q\.jsonl.* 2"):
        read_questions(path)


def test_a_missing_question_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(RetrievalError, match="tidak-ada"):
        read_questions(tmp_path / "tidak-ada.jsonl")


def test_the_test_questions_are_many_known_and_share_no_sentence_with_the_articles() -> None:
    questions = read_questions(QUESTIONS)
    articles = FolderArticleStore(ARTICLES).published()
    assert len(questions) >= 60
    assert sum(not one.articles for one in questions) >= 10
    assert sum(one.style == "colloquial" for one in questions) >= 20
    assert frozenset().union(*(one.articles for one in questions)) <= {one.id for one in articles}
    unseen = read_questions(QUESTIONS.with_name("questions_unseen.jsonl"))
    questions += unseen
    assert frozenset().union(*(one.articles for one in unseen)) <= {one.id for one in articles}
    trained = {normalize(form) for one in articles for form in (one.title, *one.questions)}
    shared = [one.question for one in questions if normalize(one.question) in trained]
    assert not shared
