# SPDX-License-Identifier: GPL-3.0-or-later
"""The proposed class: measured on hand-written questions, always with words as reasons."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.classify import classify
from retrieval.normalize import split

pytestmark = pytest.mark.unit
DATA = Path(__file__).parent / "data"


def rows(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("part", ["dev", "test"])
def test_proposals_are_right_when_they_are_made_and_are_made_mostly(part: str) -> None:
    examples = [row for row in rows("class_questions.jsonl") if row["set"] == part]
    assert len(examples) >= 40
    proposed = [(row["class"], found.kind) for row in examples if (found := classify(row["question"]))]
    right = sum(truth == kind for truth, kind in proposed)
    assert right / len(proposed) >= 0.95
    assert len(proposed) / len(examples) >= 0.85


def test_everyday_questions_are_hardly_ever_called_interpretation() -> None:
    questions = [row["question"] for row in rows("dev_questions.jsonl") if row["articles"]]
    called = [text for text in questions if (found := classify(text)) and found.kind == "interpretation"]
    assert len(called) <= len(questions) * 0.02, called


def test_reasons_are_the_words_themselves_strongest_first() -> None:
    text = "menurut pasal empat bagaimana penafsiran objek pajak untuk hadiah poin"
    found = classify(text)
    assert found is not None
    assert found.kind == "interpretation"
    assert found.reasons[0] == "penafsiran"
    assert all(reason in text for reason in found.reasons)


@pytest.mark.parametrize("text", ["", "halo bu", "\x00\x07", "!!!"])
def test_nothing_is_proposed_without_a_sign(text: str) -> None:
    assert classify(text) is None


@given(st.text(max_size=300))
def test_any_text_gives_a_proposal_with_reasons_or_none(text: str) -> None:
    found = classify(text)
    if found is not None:
        plain = " ".join(split(text))
        assert 0.0 <= found.probability <= 1.0
        assert found.reasons
        assert all(reason in plain for reason in found.reasons)
