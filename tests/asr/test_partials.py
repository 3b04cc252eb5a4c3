# SPDX-License-Identifier: GPL-3.0-or-later
"""Shown words: early, and seldom taken back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.partials import Steadier, churn, common

pytestmark = pytest.mark.unit
STEP = 50


def shown(guesses: list[str], **options: int) -> list[str]:
    steadier = Steadier(**options)
    return [steadier.show(guess, at * STEP) for at, guess in enumerate(guesses)]


def test_the_first_word_is_shown_when_guessed_twice_and_others_when_they_have_stood() -> None:
    guesses = ["", "saya", "saya", *["saya mau"] * 7]
    assert shown(guesses) == ["", "", "saya", *["saya"] * 5, "saya mau", "saya mau"]


def test_a_word_that_another_follows_waits_for_less() -> None:
    guesses = ["saya"] * 2 + ["saya mau tanya"] * 7
    assert shown(guesses)[3:9] == ["saya mau"] * 4 + ["saya mau tanya"] * 2


def test_a_flickering_word_is_never_shown() -> None:
    guesses = ["saya"] * 6 + ["saya tata"] * 4 + ["saya tapi"] * 4 + ["saya tapi lupa"] * 6
    assert "tata" not in " ".join(shown(guesses))
    assert shown(guesses)[-1] == "saya tapi lupa"


def test_a_correction_replaces_what_was_shown_when_it_has_settled() -> None:
    guesses = ["pilih menu"] * 8 + ["pergi menu"] * 8
    told = shown(guesses, first_hold_ms=100)
    assert told[7:10] == ["pilih menu"] * 3  # not taken back before something else is known
    assert told[10] == "pergi"
    assert told[-1] == "pergi menu"


def test_a_word_missing_for_a_moment_stays_and_one_missing_for_long_goes() -> None:
    brief = ["saya lupa"] * 8 + ["saya"] * 4 + ["saya lupa"] * 3
    assert set(shown(brief)[8:]) == {"saya lupa"}
    assert shown(["saya lupa"] * 8 + ["saya"] * 12)[-1] == "saya"
    assert shown(["saya lupa"] * 8 + [""] * 12)[-1] == ""


def test_an_utterance_begins_with_nothing_shown() -> None:
    steadier = Steadier()
    for at in range(8):
        steadier.show("satu dua", at * STEP)
    steadier.reset()
    assert steadier.show("satu dua", 9 * STEP) == ""


@given(st.lists(st.sampled_from(["", "a", "a b", "a b c", "a x", "y", "y b c"]), max_size=40))
def test_what_lasts_is_shown_in_the_end_and_only_guessed_words_ever(guesses: list[str]) -> None:
    told = shown([*guesses, *["a b c"] * 20])
    assert told[-1] == "a b c"
    possible = {"", "a", "a b", "a b c", "a x", "y", "y b", "y b c"}
    assert set(told) <= possible


def test_churn_counts_words_taken_back_per_final_word() -> None:
    assert churn([["a", "a b", "a b c"]]) == 0
    assert churn([["a", "x", "x b", "x c d"]]) == pytest.approx(2 / 3)
    assert churn([["a b"], ["c d", ""]]) == pytest.approx(2 / 2)
    assert churn([]) == 0


def test_common_beginning() -> None:
    assert common(["a", "b"], ["a", "c", "d"]) == 1
    assert common([], ["a"]) == 0
    assert common(["a"], ["a", "b"]) == 1
