# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules at the door and the reading of From headers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.policy import Caller, agent_failure, caller_identity, incoming_code, shown_identity, uri_user

pytestmark = pytest.mark.unit


def test_who_gets_in() -> None:
    assert incoming_code("2101", "2101", busy=False) == 180
    assert incoming_code("2101", "2101", busy=True) == 486
    assert incoming_code("2102", "2101", busy=False) == 404
    assert incoming_code("2101", "2101", busy=False, available=False) == 480
    assert incoming_code("2101", "2101", busy=True, available=False) == 486  # a call is up: that is what others hear
    assert incoming_code("2102", "2101", busy=False, available=False) == 404


@pytest.mark.parametrize(
    ("code", "reason", "caller_code"),
    [
        (486, "agent_rejected", 486),
        (600, "agent_rejected", 486),
        (603, "agent_rejected", 603),
        (415, "codec_mismatch", 488),
        (488, "codec_mismatch", 488),
        (404, "agent_unreachable", 480),
        (408, "agent_unreachable", 480),
        (503, "agent_unreachable", 480),
    ],
)
def test_agent_failure(code: int, reason: str, caller_code: int) -> None:
    failure = agent_failure(code)
    assert (failure.reason, failure.caller_code) == (reason, caller_code)


@pytest.mark.parametrize(
    ("header", "number", "name"),
    [
        ('"Penelepon Uji" <sip:0812@10.0.0.1:5060>;tag=x', "0812", "Penelepon Uji"),
        ("<sip:0812@10.0.0.1>;tag=x", "0812", ""),
        ("sip:0812@10.0.0.1;tag=x", "0812", ""),
        ("Uji <sips:+62812@host;user=phone>", "+62812", "Uji"),
        ('"a \\"b\\" c" <sip:1@h>', "1", 'a "b" c'),
        ("<sip:10.0.0.1>", "anonymous", ""),
        ("", "anonymous", ""),
    ],
)
def test_caller_identity(header: str, number: str, name: str) -> None:
    caller = caller_identity(header)
    assert (caller.number, caller.name) == (number, name)


def test_uri_user() -> None:
    assert uri_user("<sip:2101@127.0.0.1:5062>") == "2101"
    assert uri_user("sip:127.0.0.1") == ""


@given(st.text(max_size=60), st.text(max_size=60))
def test_what_the_device_is_shown_can_never_break_a_header(number: str, name: str) -> None:
    shown = shown_identity(Caller(number, name, ""), "127.0.0.1")
    assert "\r" not in shown
    assert "\n" not in shown
    assert shown.count('"') == 2
    assert shown.count("<") == shown.count(">") == 1
    assert uri_user(shown)


@given(st.text(max_size=200))
def test_any_from_header_is_read_without_an_error(header: str) -> None:
    assert caller_identity(header).number
