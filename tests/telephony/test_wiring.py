# SPDX-License-Identifier: GPL-3.0-or-later
"""The wiring makes exactly the difference, again after a media event, and survives ports that are gone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.wiring import Wiring

pytestmark = pytest.mark.unit


class _Gone(Exception):
    pass


class _Bridge:
    """A fake conference bridge that knows what is connected."""

    def __init__(self, *ports: str) -> None:
        self.ports = {name: name for name in ports}
        self.connected: set[tuple[str, str]] = set()
        self.acts: list[tuple[str, str, str]] = []
        self.broken: set[str] = set()

    def resolve(self, name: str) -> str | None:
        return self.ports.get(name)

    def connect(self, source: str, sink: str) -> None:
        if {source, sink} & self.broken:
            raise _Gone(source)
        self.acts.append(("+", source, sink))
        self.connected.add((source, sink))

    def disconnect(self, source: str, sink: str) -> None:
        if {source, sink} & self.broken:
            raise _Gone(source)
        self.acts.append(("-", source, sink))
        self.connected.discard((source, sink))

    def wiring(self) -> Wiring:
        return Wiring(self.resolve, self.connect, self.disconnect, _Gone)


def test_difference_only_and_disconnects_first() -> None:
    bridge = _Bridge("a", "b", "c")
    wiring = bridge.wiring()
    wiring.apply({("a", "b")})
    wiring.apply({("a", "b")})
    wiring.apply({("a", "c")})
    assert bridge.acts == [("+", "a", "b"), ("-", "a", "b"), ("+", "a", "c")]


def test_a_leg_that_got_another_port_is_connected_again() -> None:
    bridge = _Bridge("a", "b")
    wiring = bridge.wiring()
    wiring.apply({("a", "b"), ("b", "a")})
    bridge.connected.clear()  # PJSIP dropped them with the media update
    wiring.forget("a")
    wiring.apply({("a", "b"), ("b", "a")})
    assert bridge.connected == {("a", "b"), ("b", "a")}


def test_a_port_that_is_not_there_yet_is_connected_when_it_comes() -> None:
    bridge = _Bridge("a")
    wiring = bridge.wiring()
    wiring.apply({("a", "b")})
    assert wiring.live == frozenset()
    bridge.ports["b"] = "b"
    wiring.apply({("a", "b")})
    assert wiring.live == {("a", "b")}


def test_a_port_that_is_gone_is_never_disconnected() -> None:
    bridge = _Bridge("a", "b")
    wiring = bridge.wiring()
    wiring.apply({("a", "b")})
    del bridge.ports["a"]
    wiring.apply(())
    assert bridge.acts == [("+", "a", "b")]  # PJSIP would abort the process
    assert wiring.live == frozenset()


def test_a_failure_of_one_pair_does_not_stop_the_others() -> None:
    bridge = _Bridge("a", "b", "c")
    bridge.broken = {"b"}
    wiring = bridge.wiring()
    wiring.apply({("a", "b"), ("a", "c"), ("b", "c")})
    assert wiring.live == {("a", "c")}


_PAIRS = st.sets(st.tuples(st.sampled_from("abcd"), st.sampled_from("wxyz")))


@given(st.lists(st.one_of(_PAIRS, st.sampled_from("abcdwxyz")), max_size=12))
def test_the_bridge_always_ends_up_as_wanted(steps: list[set[tuple[str, str]] | str]) -> None:
    bridge = _Bridge(*"abcdwxyz")
    wiring = bridge.wiring()
    for step in steps:
        if isinstance(step, str):
            bridge.connected = {pair for pair in bridge.connected if step not in pair}
            wiring.forget(step)
        else:
            wiring.apply(step)
            assert bridge.connected == step == wiring.live
