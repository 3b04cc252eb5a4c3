# SPDX-License-Identifier: GPL-3.0-or-later
"""What is going on now, as pages need it: a pure projection of events in memory.

Nothing here does input or output: the same events in the same order give the same state, which is how a restarted
hub shows a call in progress again. Snapshots are JSON-ready (desk contract).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from desk.live_call import LiveCall, iso
from pipeline import events as ev
from pipeline.events import Event

Json = dict[str, Any]


@dataclass
class LiveExtension:
    """An extension's lamp on the wallboard."""

    number: str
    state: str = "stopped"
    since: datetime | None = None
    call_id: str = ""
    detail: str = ""


class LiveState:
    """All calls that are up or still need somebody, and the extensions' lamps.

    Parameters:
        keep_s: how long an ended call is remembered when nobody finishes its case.
    """

    def __init__(self, *, extensions: Iterable[str] = (), keep_s: float = 3600.0) -> None:
        self._keep = timedelta(seconds=keep_s)
        self.calls: dict[str, LiveCall] = {}
        self.extensions: dict[str, LiveExtension] = {number: LiveExtension(number) for number in extensions}

    def apply(self, item: Event) -> None:
        """Take one event in. An event that is in no folder (``seq`` 0) does not make a call known."""
        if isinstance(item, ev.ExtensionStateChanged):
            self._lamp(item)
        elif isinstance(item, ev.CallEvent):
            call = self.calls.get(item.call_id)
            if call is None:
                if item.seq == 0:
                    return
                call = self.calls[item.call_id] = LiveCall(item.call_id)
            call.apply(item)

    def _lamp(self, item: ev.ExtensionStateChanged) -> None:
        lamp = self.extensions.setdefault(item.extension, LiveExtension(item.extension))
        if lamp.state != item.state or lamp.since is None:
            lamp.since = item.at
        lamp.state, lamp.call_id, lamp.detail = item.state, item.call_id, item.detail

    def set_case(self, call_id: str, case: Json) -> None:
        """Attach a case, or what it is now, to its call; an unknown call is no error (it was forgotten)."""
        call = self.calls.get(call_id)
        if call is not None:
            call.cases[str(case["case_id"])] = case

    def extension_of(self, call_id: str) -> str:
        """Return the extension of a call, empty when the call is not known."""
        call = self.calls.get(call_id)
        return call.extension if call is not None else ""

    def current_call(self, extension: str) -> LiveCall | None:
        """Return what the agent of an extension should see.

        That is the live call; else the last call while its case is unfinished; else None.
        """
        own = [call for call in self.calls.values() if call.extension == extension]
        live = [call for call in own if call.is_live]
        if live:
            return max(live, key=lambda call: call.call_id)
        answered = [call for call in own if call.answered_at is not None]
        last = max(answered, key=lambda call: call.call_id, default=None)
        awaits_case = last is not None and last.case is None and last.direction == "in"
        return last if last is not None and (last.unfinished or awaits_case) else None

    def live_calls(self) -> list[LiveCall]:
        """Return the calls that are up, oldest first."""
        return sorted((call for call in self.calls.values() if call.is_live), key=lambda call: call.call_id)

    def ringing_longest_s(self, now: datetime) -> float:
        """Return for how long the longest-waiting caller has been ringing; 0 when nobody is."""
        waiting = [call for call in self.live_calls() if call.state == "ringing" and call.direction == "in"]
        ringing = [call.offered_at for call in waiting if call.offered_at]
        return max(((now - at).total_seconds() for at in ringing), default=0.0)

    def unsealed_calls(self) -> list[LiveCall]:
        """Return the calls whose folder may still be written, those that are up first, each oldest first."""
        known = [call for call in self.calls.values() if call.offered_at and not call.sealed]
        return sorted(known, key=lambda call: (call.state == "ended", call.call_id))

    def unsealed(self) -> int:
        """Return how many ended calls the archiver has not sealed yet."""
        return sum(1 for call in self.calls.values() if call.state == "ended" and not call.sealed)

    def prune(self, now: datetime) -> list[str]:
        """Forget sealed calls whose case is done and ended calls older than ``keep_s``; return their ids."""
        gone = [
            call.call_id
            for call in self.calls.values()
            if call.sealed and (not call.unfinished or call.ended_at is None or now - call.ended_at > self._keep)
        ]
        for call_id in gone:
            del self.calls[call_id]
        return gone

    def extension_rows(self, agent_name: Callable[[str], str]) -> list[Json]:
        """Return the wallboard's extension rows, by number."""
        return [
            {
                "number": lamp.number,
                "state": lamp.state,
                "agent_name": agent_name(lamp.number),
                "since": iso(lamp.since),
                "call_id": lamp.call_id,
            }
            for _, lamp in sorted(self.extensions.items())
        ]
