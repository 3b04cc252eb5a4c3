# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole calls, with partials as the recogniser emits them: the right article comes up early and the list stays calm."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from pipeline.settings import PROJECT_DIR
from retrieval.replay import Heard, Line, Seen, heard, replay
from retrieval.search import SearchEngine
from retrieval.store import FolderArticleStore
from retrieval.suggester import LiveSuggester
from tests.retrieval.fakes import EFIN, SANDI, MemoryStore

pytestmark = pytest.mark.unit
CALLS = tomllib.loads((Path(__file__).parent / "data/dialogues.toml").read_text(encoding="utf-8"))["call"]
BESIDE = ("pembetulan-spt", "batas-waktu-lapor", "keberatan", "bea-meterai", "hibah", "tarif-ppn", "pengukuhan-pkp")
MOST_CHANGES = 3  # a question: a provisional list, the final one, one more for what the caller adds


def lines(call: dict[str, str]) -> list[Line]:
    return [("caller" if line[0] == "C" else "agent", line[2:]) for line in call["lines"].strip().splitlines()]


@pytest.fixture(scope="module")
def engine() -> SearchEngine:
    """BM25 over the articles that the calls ask for and some beside them."""
    named = {one for call in CALLS for question in call["articles"] for one in question} | set(BESIDE)
    folder = PROJECT_DIR / "retrieval/articles"
    articles = [one for one in FolderArticleStore(folder).published() if one.id in named]
    assert {one.id for one in articles} == named
    made = SearchEngine(MemoryStore(*articles), None)
    made.start()
    return made


@pytest.fixture(params=CALLS, ids=[call["id"] for call in CALLS])
def played(request: pytest.FixtureRequest, engine: SearchEngine) -> tuple[dict[str, list[list[str]]], Seen]:
    return request.param, replay(LiveSuggester(engine), heard(lines(request.param)))


def test_every_question_gets_its_article_and_the_list_stays_calm(
    played: tuple[dict[str, list[list[str]]], Seen],
) -> None:
    call, seen = played
    answered = [question for question in call["articles"] if question]
    for question in answered:
        assert any(seen.first_shown_ms(article) is not None for article in question), seen.lists
    assert seen.changes <= MOST_CHANGES * len(call["articles"]), seen.lists
    assert seen.reorderings <= 1
    assert seen.returns == 0
    assert seen.notice_changes == (0 if answered else 1)


def test_the_first_list_is_there_before_the_caller_has_finished(engine: SearchEngine) -> None:
    told = list(heard([("caller", "pak saya lupa efin, bagaimana cara minta lagi karena mau lapor spt")]))
    seen = replay(LiveSuggester(engine), told)
    first = seen.first_shown_ms("lupa-efin")
    assert first is not None
    assert first < next(one.at_ms for one in told if one.final)


def test_partials_grow_guess_and_become_stable() -> None:
    told = list(heard([("caller", "saya lupa, efin"), ("agent", "baik")]))
    assert [one.text for one in told if one.stable_ms] == ["saya lupa", "saya lupa efin", "baik"]
    assert "saya lup" in [one.text for one in told]
    assert [(one.leg, one.segment, one.text) for one in told if one.final] == [
        ("caller", 1, "saya lupa efin"),
        ("agent", 1, "baik"),
    ]
    assert [one.at_ms for one in told] == sorted(one.at_ms for one in told)


def test_the_counts_of_a_restless_list() -> None:
    engine = SearchEngine(MemoryStore(EFIN, SANDI), None)
    engine.start()
    told = [
        Heard(n * 1000, "caller", n, text, final=True) for n, text in enumerate(["lupa efin", "sandi coretax lupa"])
    ]
    seen = replay(LiveSuggester(engine), told)
    seen.steps = [seen.steps[0], seen.steps[-1], seen.steps[0]]
    assert (seen.changes, seen.returns, seen.reorderings) == (3, 1, 0)
