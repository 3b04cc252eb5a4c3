# SPDX-License-Identifier: GPL-3.0-or-later
"""What a live stream lets through, and that it ends with the right to see it."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from crm import people, sessions
from crm.sessions import SessionView
from desk.api import agent_filter, board_filter, while_signed_in
from desk.stream import HEARTBEAT, HEARTBEAT_S, Message
from tests.desk.conftest import Browser, Desk

pytestmark = pytest.mark.integration


def message(name: str, extension: str = "2101") -> Message:
    return Message(1, name, "{}", extension)


def test_the_board_gets_everything_but_unfinished_words() -> None:
    assert board_filter(message("segment.finalized"))
    assert board_filter(message("process.exited", ""))
    assert not board_filter(message("partial.recognized"))


def test_an_agent_gets_the_own_extension_and_nothing_else() -> None:
    mine = agent_filter("2101")
    assert mine(message("partial.recognized"))
    assert not mine(message("partial.recognized", "2102"))
    assert not mine(message("process.exited", ""))
    assert not agent_filter("")(message("process.exited", ""))
    assert mine(message("office", ""))


def request_of(desk: Desk, browser: Browser) -> tuple[Request, SessionView]:
    token = browser.client.cookies["kring_session"]
    found = sessions.find_session(desk.hub.database, token, now=desk.clock.now())
    assert found is not None
    headers = [(b"cookie", f"kring_session={token}".encode())]
    return Request({"type": "http", "method": "GET", "path": "/api/live", "headers": headers}), found


@pytest.mark.parametrize("change", ["signed out", "roles taken", "extension taken", "switched off"])
async def test_a_stream_ends_when_the_right_to_it_ends(desk: Desk, change: str) -> None:
    request, session = request_of(desk, await desk.signed_in("sari"))
    follow = desk.hub.stream.follow("", agent_filter("2101"), heartbeat_s=0.001)
    stream = while_signed_in(desk.app.state.deps, request, session, follow)
    assert await anext(stream) == HEARTBEAT
    desk.clock.advance(HEARTBEAT_S)
    assert await anext(stream) == HEARTBEAT  # still signed in: goes on
    database, person = desk.hub.database, session.person
    if change == "signed out":
        sessions.end_session(database, request.cookies["kring_session"])
    elif change == "roles taken":
        people.change_person(database, person.id, roles=["quality_assessor"], now=desk.clock.now())
    elif change == "extension taken":
        people.change_person(database, person.id, extension="", now=desk.clock.now())
    else:
        people.set_active(database, person.id, False, now=desk.clock.now())
    desk.clock.advance(HEARTBEAT_S)
    with pytest.raises(StopAsyncIteration):
        await anext(stream)
    assert desk.hub.stream.readers == 0
