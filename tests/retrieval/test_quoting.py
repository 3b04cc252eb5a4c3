# SPDX-License-Identifier: GPL-3.0-or-later
"""Quotes are the speaker's own characters."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.normalize import split
from retrieval.quoting import QUOTE_CHARS, Turn, places, quote

pytestmark = pytest.mark.unit
WORDS = st.lists(
    st.sampled_from(["saya", "lupa", "efin", "en", "pe", "we", "npwp", "É", "Rp1.000", "-", "ya?"]), max_size=30
)


def cut(text: str, phrases: list[str]) -> list[str]:
    return [text[span.start : span.end] for span in places(text, phrases)]


def test_a_spoken_abbreviation_is_one_place() -> None:
    assert cut("nomor  en pe we pe saya, hilang", ["en pe we pe", "hilang"]) == ["en pe we pe", "hilang"]


def test_written_text_is_found_as_it_stands() -> None:
    assert cut("Lupa EFIN, bagaimana?", ["lupa", "efin"]) == ["Lupa", "EFIN"]


def test_the_quote_is_the_densest_stretch_and_not_too_long() -> None:
    text = "efin " + "dan seterusnya " * 10 + "lupa efin"
    found = quote([Turn("caller", 1, text)], ["lupa", "efin"])
    assert found is not None
    assert found.text == "lupa efin"
    assert len(found.words) == 3


def test_the_turn_with_most_matches_is_quoted_the_latest_of_equals() -> None:
    turns = [Turn("caller", 1, "lupa efin"), Turn("agent", 2, "efin"), Turn("caller", 3, "efin lupa")]
    found = quote(turns, ["efin", "lupa"])
    assert found is not None
    assert found.turn.segment == 3
    assert quote(turns, ["meterai"]) is None
    assert quote(turns, []) is None
    assert quote(turns, [""]) is None


@given(WORDS, st.lists(st.sampled_from(["efin", "lupa", "en pe we pe", "npwp", "1000"]), max_size=4))
def test_places_are_in_order_apart_and_say_what_was_asked_for(words: list[str], phrases: list[str]) -> None:
    text = " ".join(words)
    spans = places(text, phrases)
    assert all(before.end <= after.start for before, after in pairwise(spans))
    assert all(" ".join(split(text[span.start : span.end])) in phrases for span in spans)
    found = quote([Turn("caller", 1, text)], phrases)
    if found is not None:
        assert found.text == text[found.span.start : found.span.end]
        assert len(found.text) <= QUOTE_CHARS
