# SPDX-License-Identifier: GPL-3.0-or-later
"""The ring behind the live stream: resume, replacement, reset."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from desk.stream import HEARTBEAT, EventLog, Message

pytestmark = pytest.mark.unit


def everything(message: Message) -> bool:
    return True


def numbers(found: tuple[list[Message], int] | None) -> list[int]:
    assert found is not None
    return [message.number for message in found[0]]


def test_a_reader_gets_exactly_what_came_after_its_cursor() -> None:
    ring = EventLog(boot="b")
    for number in range(5):
        ring.append("call.held", {"n": number})
    position = ring.position("b-3")
    assert position == 3
    assert numbers(ring.after(position, everything)) == [4, 5]
    assert numbers(ring.after(5, everything)) == []


@pytest.mark.parametrize("cursor", ["x-1", "b-9", "b-", "b", "", "b--1", "b-١", "b-1x"])
def test_a_cursor_of_another_life_or_nonsense_means_reset(cursor: str) -> None:
    ring = EventLog(boot="b")
    ring.append("call.held", {})
    assert ring.position(cursor) is None


def test_overflow_resets_those_who_are_too_far_behind_and_no_other() -> None:
    ring = EventLog(boot="b", bound=3)
    for number in range(6):
        ring.append("call.held", {"n": number})
    assert ring.position("b-2") is None
    assert ring.after(2, everything) is None
    assert ring.position("b-3") == 3
    assert numbers(ring.after(3, everything)) == [4, 5, 6]


def test_partials_take_each_others_place_and_push_nothing_lasting_out() -> None:
    ring = EventLog(boot="b", bound=4)
    ring.append("segment.finalized", {"n": 1})
    for number in range(50):
        ring.append("partial.recognized", {"n": number}, replaces="call/caller")
    ring.append("segment.finalized", {"n": 2})
    found = ring.after(0, everything)
    assert found is not None
    assert [(message.name, message.data) for message in found[0]] == [
        ("segment.finalized", '{"n":1}'),
        ("partial.recognized", '{"n":49}'),
        ("segment.finalized", '{"n":2}'),
    ]


def test_a_filtered_reader_still_moves_on() -> None:
    ring = EventLog(boot="b")
    ring.append("call.held", {}, extension="2101")
    ring.append("call.held", {}, extension="2102")
    found = ring.after(0, lambda message: message.extension == "2102")
    assert found is not None
    assert (numbers(found), found[1]) == ([2], 2)


def test_a_long_absence_comes_in_batches_without_loss() -> None:
    ring = EventLog(boot="b")
    for number in range(450):
        ring.append("call.held", {"n": number})
    got: list[int] = []
    position = 0
    for _ in range(3):
        found = ring.after(position, everything)
        assert found is not None
        got += [message.number for message in found[0]]
        position = found[1]
    assert got == list(range(1, 451))


def test_forgetting_a_call_drops_its_passing_messages_only() -> None:
    ring = EventLog(boot="b")
    ring.append("partial.recognized", {}, call_id="a", replaces="a/caller")
    ring.append("partial.recognized", {}, call_id="z", replaces="z/caller")
    ring.append("call.ended", {}, call_id="a")
    ring.forget("a")
    assert numbers(ring.after(0, everything)) == [2, 3]
    ring.append("partial.recognized", {}, call_id="a", replaces="a/caller")
    assert numbers(ring.after(0, everything)) == [2, 3, 4]


async def _next(stream: AsyncGenerator[bytes, None]) -> bytes:
    return await asyncio.wait_for(anext(stream), 5)


async def test_following_gives_what_was_missed_then_what_comes() -> None:
    ring = EventLog(boot="b")
    ring.append("call.held", {"n": 1})
    ring.append("call.resumed", {"n": 2})
    stream = ring.follow("b-1", everything)
    assert await _next(stream) == HEARTBEAT
    assert (await _next(stream)).decode().splitlines()[:3] == ["event: call.resumed", 'data: {"n":2}', "id: b-2"]
    waiting = asyncio.ensure_future(_next(stream))
    await asyncio.sleep(0)
    ring.append("call.ended", {"n": 3})
    assert b"id: b-3" in await waiting
    assert ring.readers == 1
    ring.close()
    with pytest.raises(StopAsyncIteration):
        await _next(stream)
    assert ring.readers == 0


async def test_an_unknown_cursor_resets_and_goes_on_from_now() -> None:
    ring = EventLog(boot="new")
    ring.append("call.held", {})
    stream = ring.follow("old-7", everything)
    assert (await _next(stream)).decode().splitlines()[:3] == ["event: reset", "data: {}", "id: new-1"]
    ring.append("call.ended", {"n": 2})
    assert b"id: new-2" in await _next(stream)
    await stream.aclose()


async def test_a_reader_that_fell_behind_while_connected_is_reset() -> None:
    ring = EventLog(boot="b", bound=2)
    stream = ring.follow("", everything)
    assert await _next(stream) == HEARTBEAT
    for number in range(5):
        ring.append("call.held", {"n": number})
    assert b"event: reset" in await _next(stream)
    ring.append("call.ended", {})
    assert b"id: b-6" in await _next(stream)
    await stream.aclose()


async def test_silence_is_filled_with_heartbeats() -> None:
    stream = EventLog(boot="b").follow("", everything, heartbeat_s=0.001)
    assert [await _next(stream) for _ in range(3)] == [HEARTBEAT] * 3
    await stream.aclose()


def test_text_of_a_message_cannot_break_out_of_its_line() -> None:
    ring = EventLog(boot="b")
    message = ring.append("segment.finalized", {"text": "halo\n\nevent: reset\ndata: {}"})
    assert "\n" not in message.data
