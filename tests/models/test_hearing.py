# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions read aloud: who reads what, and that what could not be said is not mixed up."""

from __future__ import annotations

import numpy as np
import pytest

from models.asr_id.evaluation.sentences import Sentence
from models.asr_id.evaluation.voices import Utterance
from models.encoder_id.hearing import HeardQuestion, numbered, reading_plan, word_errors

pytestmark = pytest.mark.unit


def utterance(sentence: Sentence) -> Utterance:
    return Utterance(sentence, "lp", "known", np.zeros(8, np.float32), ())


def test_known_voices_and_strangers_take_turns_and_numbers_are_spoken() -> None:
    plan = reading_plan(["Lapor SPT 2025?", "tarif 11%", "?!", "lupa EFIN"], ("a", "b"), ("x",))
    assert [number for part in plan.values() for number, _ in part] == [0, 1, 3]
    assert plan["a"][0][1].text == "lapor spt dua ribu dua puluh lima"
    assert plan["x"][0][1].text == "tarif sebelas persen"
    assert [number for number, _ in plan["x"]] == [1, 3]


def test_without_strangers_the_known_voices_read_everything() -> None:
    plan = reading_plan(["satu", "dua", "tiga"], ("a", "b"), ())
    assert sum(map(len, plan.values())) == 3


def test_what_a_voice_could_not_say_is_left_out() -> None:
    part = [(number, Sentence((word,), "call", "test")) for number, word in enumerate(("satu", "dua", "tiga"))]
    told = [utterance(part[0][1]), utterance(part[2][1])]
    assert [number for number, _ in numbered(part, told)] == [0, 2]


def test_word_errors_weigh_long_questions_more() -> None:
    heard = [
        HeardQuestion(0, "lp", False, "satu dua tiga", "satu dua tiga", 0),
        HeardQuestion(1, "x", True, "a", "", 1),
    ]
    assert word_errors(heard) == 0.25
