# SPDX-License-Identifier: GPL-3.0-or-later
"""Both people's words in the order of speaking."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.events import Leg, SegmentFinalized, Word, WrittenWord
from pipeline.turns import in_order

pytestmark = pytest.mark.unit


def segment(
    leg: Leg, number: int, words: list[tuple[str, int, int]], written: tuple[WrittenWord, ...] = ()
) -> SegmentFinalized:
    said = tuple(Word(text=text, start_ms=start, end_ms=end, confidence=0.8) for text, start, end in words)
    return SegmentFinalized(
        at=datetime(2026, 11, 24, 3, 0, tzinfo=UTC),
        call_id="20261124T030000-00000001",
        leg=leg,
        segment=number,
        start_ms=said[0].start_ms,
        end_ms=said[-1].end_ms,
        text=" ".join(word.text for word in said),
        words=said,
        decoded_to_ms=said[-1].end_ms,
        confidence=0.8,
        written=" ".join(part.text for part in written),
        written_words=written,
    )


def test_a_segment_is_cut_where_the_other_person_answers() -> None:
    caller = segment("caller", 1, [("bisa", 0, 400), ("terima", 2000, 2400), ("kasih", 2400, 2800)])
    agent = segment("agent", 1, [("bisa", 600, 900), ("pak", 900, 1200)])
    found = in_order([caller, agent])
    assert [(piece.leg, piece.text, piece.first) for piece in found] == [
        ("caller", "bisa", 0),
        ("agent", "bisa pak", 0),
        ("caller", "terima kasih", 1),
    ]
    assert [(piece.start_ms, piece.end_ms) for piece in found] == [(0, 400), (600, 1200), (2000, 2800)]
    assert not any(piece.overlaps for piece in found)


def test_a_pause_in_which_nobody_speaks_is_no_cut() -> None:
    caller = segment("caller", 1, [("saya", 0, 400), ("lupa", 1400, 1800)])
    assert [piece.text for piece in in_order([caller, segment("agent", 1, [("ya", 5000, 5200)])])] == [
        "saya lupa",
        "ya",
    ]


def test_speaking_at_once_is_marked_and_not_cut() -> None:
    caller = segment("caller", 1, [("saya", 0, 500), ("mau", 500, 1000), ("lapor", 1000, 1500)])
    agent = segment("agent", 1, [("sebentar", 600, 1300)])
    assert [(piece.text, piece.overlaps) for piece in in_order([caller, agent])] == [
        ("saya mau lapor", True),
        ("sebentar", True),
    ]


def test_a_written_amount_is_never_cut_and_goes_with_its_words() -> None:
    written = (
        WrittenWord(text="Bayar", first=0, count=1),
        WrittenWord(text="Rp5.000.", first=1, count=3),
        WrittenWord(text="Ya.", first=4, count=1),
    )
    words = [("bayar", 0, 300), ("lima", 400, 700), ("ribu", 1500, 1800), ("rupiah", 1800, 2200), ("ya", 3000, 3200)]
    agent = segment("agent", 1, [("ya", 1000, 1200), ("betul", 2500, 2800)])
    found = [piece for piece in in_order([segment("caller", 1, words, written), agent]) if piece.leg == "caller"]
    assert [piece.written for piece in found] == ["Bayar Rp5.000.", "Ya."]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["caller", "agent"]), st.integers(0, 3000), st.lists(st.integers(50, 900), min_size=1)
        ),
        max_size=6,
    )
)
def test_no_word_is_lost_or_moved(parts: list[tuple[Leg, int, list[int]]]) -> None:
    clock: dict[str, int] = {"caller": 0, "agent": 0}
    segments, number = [], 0
    for leg, pause_ms, lengths in parts:
        at, words = clock[leg] + pause_ms, []
        for place, length in enumerate(lengths):
            words.append((f"k{number}", at, at + length))
            number += 1
            at += length + (700 if place % 2 else 0)
        clock[leg] = at
        segments.append(segment(leg, len(segments) + 1, words))
    pieces = in_order(segments)
    assert [piece.start_ms for piece in pieces] == sorted(piece.start_ms for piece in pieces)
    for item in segments:
        mine = sorted((piece for piece in pieces if piece.segment == item.segment), key=lambda piece: piece.first)
        assert tuple(word for piece in mine for word in piece.words) == item.words
        assert " ".join(piece.text for piece in mine) == item.text
