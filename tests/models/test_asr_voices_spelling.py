# SPDX-License-Identifier: GPL-3.0-or-later
"""Spelling our phones in a diphone voice's phones, and the phone tables."""

from __future__ import annotations

import random

import pytest

from models.asr_id.phones import PHONES, SILENCE
from models.asr_id.voices.core import RefusedError, VoiceError, Word, phrases_of
from models.asr_id.voices.espeak import match, stressed_index
from models.asr_id.voices.spelling import diphones_of, spell, table
from models.asr_id.voices.statistical import syllables_of
from models.asr_id.voices.tables import diphone_sets

pytestmark = pytest.mark.unit

_TABLE = table("SIL #\na a|a1 E\nng ng n/8+g/2\nt t")


def _spell(phones: str, diphones: str, seed: int = 0) -> list[tuple[tuple[str, float], ...]]:
    return spell(phones.split(), _TABLE, frozenset(diphones.split()), random.Random(seed))


def test_notation_gives_penalties_and_shares() -> None:
    assert _TABLE["a"] == ((0.0, (("a", 1.0),)), (0.0, (("a1", 1.0),)), (1.0, (("E", 1.0),)))
    assert _TABLE["ng"][1] == (1.0, (("n", 0.8), ("g", 0.2)))


def test_best_spelling_is_taken_where_every_diphone_exists() -> None:
    assert _spell("SIL a ng SIL", "#-a a-ng ng-#") == [(("#", 1.0),), (("a", 1.0),), (("ng", 1.0),), (("#", 1.0),)]


def test_missing_diphone_makes_it_take_the_next_spelling() -> None:
    """ng-# is missing, so the nasal is spelled n+g; its inner pair n-g must exist too."""
    chain = _spell("SIL a ng SIL", "#-a a-ng a-n n-g g-#")
    assert chain[2] == (("n", 0.8), ("g", 0.2))
    with pytest.raises(RefusedError, match="'a' before 'ng'"):
        _spell("SIL a ng SIL", "#-a a-n g-#")


def test_a_worse_vowel_is_taken_when_only_it_connects() -> None:
    assert _spell("SIL a t SIL", "#-E E-t #-a t-#")[1] == (("E", 1.0),)


def test_equal_spellings_are_both_used() -> None:
    vowels = {_spell("SIL a t SIL", "#-a a-t #-a1 a1-t t-#", seed)[1][0][0] for seed in range(20)}
    assert vowels == {"a", "a1"}


def test_phone_outside_the_table_is_named() -> None:
    with pytest.raises(RefusedError, match="'kh'"):
        _spell("SIL kh SIL", "#-#")


def test_tables_cover_the_inventory_or_declare_what_is_missing() -> None:
    lacking = {
        name: {phone for phone in (SILENCE, *PHONES) if phone not in voice.table and phone not in voice.whispered}
        for name, voice in diphone_sets().items()
    }
    assert {name: phones for name, phones in lacking.items() if phones} == {
        "lp": {"kh"}, "pc": {"kh"}, "lj": {"z", "kh"}, "mv": {"z", "kh"},
    }  # fmt: skip


def test_missing_voice_says_so() -> None:
    with pytest.raises(VoiceError, match="package"):
        diphones_of("nowhere/none.group")


def test_espeak_events_are_matched_to_our_phones() -> None:
    heard = [("SIL", 0, 5), ("a", 5, 9), ("i", 9, 12), ("ny", 12, 15), (";", 15, 16), ("a", 16, 20)]
    assert match(["ai", "ny", "a"], heard) == [("SIL", 0, 5), ("ai", 5, 12), ("ny", 12, 16), ("a", 16, 20)]
    for wrong in (["ai", "n", "a"], ["ai", "ny"], ["ai", "ny", "a", "k"]):
        with pytest.raises(RefusedError):
            match(wrong, heard)


@pytest.mark.parametrize(
    ("phones", "index"), [("s @ l a m a t", 3), ("b @ l i", 3), ("k @ r @ n a", 5), ("s m s", None), ("s @ k a m", 3)]
)
def test_stress_is_penultimate_but_not_on_a_schwa(phones: str, index: int | None) -> None:
    assert stressed_index(phones.split()) == index


def test_syllables() -> None:
    word = Word("bantu", ("b", "a", "n", "t", "u"))
    assert [(stress, [phone for _, phone in syllable]) for stress, syllable in syllables_of(word)] == [
        (1, ["b", "a", "n"]),
        (0, ["t", "u"]),
    ]


def test_phrases_are_the_words_between_pauses() -> None:
    ya, pak = Word("ya", ("y", "a")), Word("pak", ("p", "a", "k"))
    assert phrases_of([None, ya, pak, None, None, ya]) == [[ya, pak], [ya]]
    with pytest.raises(RefusedError):
        phrases_of([None])
    with pytest.raises(RefusedError, match="'x'"):
        phrases_of([Word("x", ())])
