# SPDX-License-Identifier: GPL-3.0-or-later
"""Feedback in the database: taken in once, whatever comes twice; training pairs; what SIKP did not answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import events as ev
from pipeline.database import Database
from retrieval.feedback import Feedback, FeedbackIndex, without_numbers
from retrieval.migrations import SCHEMA
from retrieval.pairs import training_pairs
from retrieval.unanswered import Unanswered, clusters, unanswered
from tests.retrieval.fakes import BagEncoder

pytestmark = pytest.mark.unit
AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
CALL = "20261124T030000-0000beef"
EFIN_QUERY = "saya lupa efin bagaimana minta lagi"


@pytest.fixture
def index(tmp_path: Path) -> Iterator[FeedbackIndex]:
    database = Database(f"sqlite:///{tmp_path / 'kring.db'}")
    SCHEMA.upgrade(database)
    yield FeedbackIndex(database)
    database.close()


def later(seconds: int) -> datetime:
    return AT + timedelta(seconds=seconds)


def shown(seconds: int, query: str, *ids: str, no_answer: bool = False, **fields: object) -> ev.SuggestionsShown:
    articles = tuple(ev.SuggestedArticle(article_id=one, version=2, title=one, score=0.5) for one in ids)
    return ev.SuggestionsShown.model_validate(
        {"at": later(seconds), "call_id": CALL, "query": query, "articles": articles, "no_answer": no_answer, **fields}
    )


def did(kind: type[ev.CallEvent], seconds: int, article: str = "efin", **fields: object) -> ev.CallEvent:
    return kind.model_validate(
        {"at": later(seconds), "call_id": CALL, "article_id": article, "version": 2, "person": "sari",
         "query": EFIN_QUERY, **fields}
    )  # fmt: skip


def fed(call: str, action: str, query: str = EFIN_QUERY, *, question: int = 1, no_answer: bool = False) -> Feedback:
    articles = (("efin", 1),) if action in {"opened", "used", "rejected"} else ()
    return Feedback(call, AT, question, action, query, articles, no_answer)


def test_events_come_back_as_facts_and_twice_is_once(index: FeedbackIndex) -> None:
    without = ev.AnsweredWithoutSikp(at=later(9), call_id=CALL, person="sari", query="lain", question=2)
    items = [
        shown(1, EFIN_QUERY, "efin", "sandi"),
        did(ev.SuggestionOpened, 2),
        did(ev.SuggestionRejected, 3, "sandi"),
        did(ev.SuggestionUsed, 4),
        without,
    ]
    for item in [*items, *items]:
        index.take(item)
    facts = index.facts()
    assert [one.action for one in facts] == ["shown", "opened", "rejected", "used", "without_sikp"]
    assert facts[0].articles == (("efin", 2), ("sandi", 2))
    assert (facts[3].articles, facts[3].person, facts[3].query) == ((("efin", 2),), "sari", EFIN_QUERY)
    assert facts[4].question == 2
    assert [one.action for one in index.facts(since=later(4))] == ["used", "without_sikp"]
    assert [one.action for one in index.facts(actions=["used"])] == ["used"]


def test_what_is_provisional_or_of_no_interest_is_not_kept(index: FeedbackIndex) -> None:
    index.take(shown(1, "saya lupa", "efin", provisional=True))
    index.take(
        ev.ClassProposed(at=AT, call_id=CALL, kind="information", probability=0.1, reasons=("cara",), query="cara")
    )
    assert index.facts() == []


def test_a_long_conversation_and_spelled_numbers_fit_the_table(index: FeedbackIndex) -> None:
    index.take(shown(1, "nik saya tiga tiga tujuh empat nol satu lalu efin " + "panjang " * 400, "efin"))
    [fact] = index.facts()
    assert fact.query.startswith("nik saya … lalu efin panjang")
    assert len(fact.query) <= 2000


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("omzet enam ratus juta dua ribu", "omzet enam ratus juta dua ribu"),
        ("npwp nol satu dua tiga empat", "npwp …"),
        ("npwp 01.234.567.8-901.000 hilang", "npwp … hilang"),
        ("pasal dua satu tahun dua nol dua empat", "pasal dua satu tahun dua nol dua empat"),
        ("", ""),
    ],
)
def test_only_identities_are_left_out(said: str, kept: str) -> None:
    assert without_numbers(said) == kept


@given(st.text(max_size=200))
def test_leaving_numbers_out_never_fails_and_never_leaves_a_long_one(text: str) -> None:
    kept = without_numbers(text)
    assert all(sum(char.isdigit() for char in word) < 9 for word in kept.split())
    assert without_numbers(kept) == kept


def test_pairs_say_what_was_used_and_what_was_not_helpful() -> None:
    facts = [fed("a", "opened"), fed("a", "used"), fed("b", "rejected"), fed("c", "rejected"), fed("c", "used"),
             fed("d", "used", query=""), fed("e", "shown")]  # fmt: skip
    pairs = [(pair.call_id, pair.article, pair.label) for pair in training_pairs(facts)]
    assert pairs == [("a", "efin", 1), ("b", "efin", 0), ("c", "efin", 1)]


def test_a_question_is_unanswered_by_its_last_list_by_word_or_by_rejection() -> None:
    facts = [
        fed("a", "shown", "kripto luar negeri", no_answer=True),
        fed("b", "shown", no_answer=True), fed("b", "shown"),  # found in the end
        fed("c", "shown"), fed("c", "without_sikp"),
        fed("d", "shown"), fed("d", "rejected"),
        fed("e", "rejected"), fed("e", "used"),
        fed("f", "shown"), fed("f", "shown", "harga tiket", question=2, no_answer=True),
        fed("g", "without_sikp", query=""),
    ]  # fmt: skip
    assert [(one.call_id, one.query, one.reasons) for one in unanswered(facts)] == [
        ("a", "kripto luar negeri", ("no_answer",)),
        ("c", EFIN_QUERY, ("without_sikp",)),
        ("d", EFIN_QUERY, ("rejected",)),
        ("f", "harga tiket", ("no_answer",)),
    ]


QUERIES = (
    "cara lapor aset kripto di bursa luar negeri",
    "aset kripto di bursa luar negeri lapornya bagaimana",
    "lapor aset kripto bursa luar negeri",
    "harga tiket kereta ke surabaya",
    "tiket kereta ke surabaya harga berapa",
    "?!",
)


def asked(queries: tuple[str, ...]) -> list[Unanswered]:
    return [Unanswered(f"call{n}", later(86400 * n), query, ("no_answer",)) for n, query in enumerate(queries)]


@pytest.mark.parametrize("encode", [None, BagEncoder().encode], ids=["words", "vectors"])
def test_alike_questions_come_together_largest_first(encode: object) -> None:
    found = clusters(asked(QUERIES), encode)  # type: ignore[arg-type]
    assert [one.count for one in found] == [3, 2, 1]
    assert "kripto" in found[0].examples[0]
    assert (found[0].first.day, found[0].last.day) == (24, 26)
    assert found[1].calls == ("call3", "call4")
    assert found[0].reasons == {"no_answer": 3}


def test_no_question_no_cluster_and_one_is_one() -> None:
    assert clusters([]) == []
    [only] = clusters(asked(("kripto",)))
    assert (only.count, only.examples) == (1, ("kripto",))


@given(st.lists(st.sampled_from(QUERIES), max_size=12))
def test_every_question_is_in_exactly_one_cluster(queries: list[str]) -> None:
    found = clusters(asked(tuple(queries)))
    assert sum(one.count for one in found) == len(queries)
    assert sorted(call for one in found for call in one.calls) == sorted(f"call{n}" for n in range(len(queries)))
    assert [one.count for one in found] == sorted((one.count for one in found), reverse=True)
