# SPDX-License-Identifier: GPL-3.0-or-later
"""The bench's arithmetic, on observations whose right answers are plain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from models.demo_speech.library import DemoLine
from service.bench.figures import CallMeasurement, figures_of
from service.bench.listener import Arrival
from service.bench.processes import Usage
from service.bench.truth import TimedWord, Truth
from service.dialogue import Conversation, plan
from service.errors import BenchError

pytestmark = pytest.mark.unit

T0_S = 1000.0  # the caller's phone begins to play
TRUTH = Truth(
    "saya lupa efin",
    (TimedWord("saya", 300, 600), TimedWord("lupa", 600, 1000), TimedWord("efin", 1000, 1500)),
    ("lupa-efin",),
)


def line(name: str, role: str, duration_ms: int, replies: tuple[str, ...] = ()) -> DemoLine:
    return DemoLine(name, role, "saya lupa efin", Path("x.flac"), "m", "mv", duration_ms, ("lupa-efin",), replies)


def conversation() -> Conversation:
    lines = (line("q", "caller", 2000, ("a1", "a2")), line("a1", "agent", 1000), line("a2", "agent", 500))
    script = plan(lines[0], lines, announcement_ms=3000)
    return Conversation(script, [{"event": "playing", "t": T0_S}], [], 0)


def partial(at_s: float, text: str) -> Arrival:
    return Arrival(at_s, "partial.recognized", {"leg": "caller", "text": text})


def final(at_s: float, text: str, shift_ms: int = 4000) -> Arrival:
    words = [
        {"text": word.text, "start_ms": word.start_ms + shift_ms, "end_ms": word.end_ms + shift_ms}
        for word in TRUTH.words
    ]
    data = {"leg": "caller", "text": text, "words": words, "end_ms": 1500 + shift_ms, "decoded_to_ms": 2100 + shift_ms}
    return Arrival(at_s, "segment.finalized", data)


def shown(at_s: float, *articles: str) -> Arrival:
    return Arrival(at_s, "suggestions.shown", {"articles": [{"article_id": one} for one in articles]})


def test_a_conversation_is_laid_out_one_after_the_other() -> None:
    script = conversation().plan
    assert script.question_at_ms == 3700
    assert [at_ms for _, at_ms in script.replies] == [6400, 8100]
    assert script.end_ms == 10_000


def test_delays_count_from_the_end_of_each_word() -> None:
    arrivals = [
        partial(T0_S + 0.8, "saya"),
        partial(T0_S + 1.3, "saya lupa"),
        partial(T0_S + 1.4, "saya rupa"),  # a change of mind does not make "lupa" late
        final(T0_S + 2.3, "saya lupa efin"),
    ]
    result = CallMeasurement.of(conversation(), arrivals, TRUTH)
    assert result.partial_ms == pytest.approx([200, 300, 800])
    assert result.final_ms == pytest.approx([200])
    assert result.final_word_ms == pytest.approx([800])
    assert (result.said, result.heard) == ("saya lupa efin", "saya lupa efin")


@pytest.mark.parametrize(
    ("arrivals", "delay_ms"),
    [
        ([shown(T0_S + 1.2, "lupa-efin", "x")], 0),  # there before the question ended, and stayed
        ([shown(T0_S + 2.0, "x", "y", "lupa-efin")], 500),
        ([shown(T0_S + 1.2, "lupa-efin"), shown(T0_S + 1.4, "x"), shown(T0_S + 1.8, "lupa-efin")], 300),
        ([shown(T0_S + 2.0, "x", "y", "z", "lupa-efin")], None),  # fourth is too low
        ([], None),
    ],
)
def test_the_article_counts_from_when_it_came_to_stay(arrivals: list[Arrival], delay_ms: float | None) -> None:
    result = CallMeasurement.of(conversation(), [*arrivals, final(T0_S + 2.3, "saya lupa efin")], TRUTH)
    assert result.article_ms == (None if delay_ms is None else pytest.approx(delay_ms))


def test_loss_is_what_the_recording_lacks_and_what_rtp_lost() -> None:
    def event(name: str, **data: Any) -> Arrival:
        return Arrival(T0_S + 9, name, data)

    arrivals = [
        final(T0_S + 2.3, "saya lupa efin"),
        event("media.measured", final=False, lost=9, discarded=9),
        event("media.measured", final=True, lost=2, discarded=1),
        event("recording.closed", caller_samples=8000, agent_samples=8160, missing_samples=320),
    ]
    assert CallMeasurement.of(conversation(), arrivals, TRUTH).lost_samples == 3 * 160 + 160 + 320


def test_a_page_without_transcript_is_no_measurement() -> None:
    with pytest.raises(BenchError, match="no transcript"):
        CallMeasurement.of(conversation(), [], TRUTH)


def test_figures_are_flat_and_leave_out_what_was_not_seen() -> None:
    result = CallMeasurement.of(conversation(), [final(T0_S + 2.3, "saya lupa efin")], TRUTH)
    usage = {"asr": Usage(3.0, 200_000_000, 2), "hub": Usage(1.0, 100_000_000, 1)}
    figures = figures_of([result], usage, calls=1, call_s=60)
    assert figures["cpu_s_per_call_min.calls_1"] == pytest.approx(4.0)
    assert figures["rss_mb.asr.calls_1"] == pytest.approx(100.0)
    assert figures["wer.calls_1"] == 0
    assert figures["article_found.calls_1"] == 0
    assert "article_ms.p95.calls_1" not in figures
