# SPDX-License-Identifier: GPL-3.0-or-later
"""Handing a caller over, and keys for the caller's side.

Blind: the caller's side is asked by REFER to call somebody else; our call ends when it says that it has. Attended: the
agent leaves, caller and guest stay together in our bridge. That costs the extension until they are done, but asks
nothing of the exchange (REFER with Replaces is what exchanges get wrong), and recording and transcript go on.
"""

from __future__ import annotations

from pipeline.events import CallTransferred, Direction, DtmfSent, TransferFailed, TransferStarted
from telephony.actions import Action, DropLeg, ReferCaller, Tell
from telephony.callstate import State
from telephony.targets import Target
from telephony.thirdparty import ThirdParty


class Handover(ThirdParty):
    """Adds transfers and keys to a call."""

    def __init__(self, *, desk_answers: bool, direction: Direction = "in") -> None:
        super().__init__(desk_answers=desk_answers, direction=direction)
        self._transfer_accepted = False  # the caller's side has begun to call

    def transfer(self, target: Target) -> list[Action]:
        """Ask the caller's side to call somebody else; raises CommandRefusedError when that cannot be now."""
        if self.guest is not None:
            raise self.refusal("transfer_guest")
        if self.transfer_to:
            raise self.refusal("transferring")
        self._require("transfer")
        self.transfer_to, self._transfer_accepted = target.to, False
        return [Tell(TransferStarted, {"to": target.to}), ReferCaller(target.uri)]

    def transfer_progress(self, code: int) -> list[Action]:
        """The caller's side reports: below 200 it is trying, 2xx it has got through, else it has not."""
        if not self.transfer_to or self.state is State.ENDED:
            return []
        if code < 200:
            self._transfer_accepted = True
            return []
        if code < 300:
            return self._transferred()
        to, self.transfer_to = self.transfer_to, ""
        return [Tell(TransferFailed, {"to": to, "sip_code": code})]

    def transfer_timed_out(self) -> list[Action]:
        """The caller's side has not said in time what became of it."""
        return self.transfer_progress(408)

    def transfer_attended(self) -> list[Action]:
        """Leave caller and guest to themselves; raises CommandRefusedError when there is no guest to talk to."""
        self._require("transfer_attended")
        guest = self.guest
        assert guest is not None
        guest.mode, self.handed_over = "conference", True
        self._holders -= {"desk", "agent"}
        told = Tell(CallTransferred, {"to": guest.to, "kind": "attended"})
        return [told, DropLeg("agent", 200), *self._settle()]

    def dtmf(self, count: int) -> list[Action]:
        """Note that ``count`` keys were sent; raises CommandRefusedError when nobody talks."""
        self._require("dtmf")
        return [Tell(DtmfSent, {"count": count})]

    def _transferred(self) -> list[Action]:
        to, self.transfer_to = self.transfer_to, ""
        return [Tell(CallTransferred, {"to": to, "kind": "blind"}), *self._end("transferred", 200)]

    def _caller_left(self) -> list[Action]:
        """A caller who hangs up while an accepted transfer is under way: many exchanges do that instead of a NOTIFY."""
        if self.transfer_to and self._transfer_accepted:
            return self._transferred()
        return self._end("caller_hung_up", 200)
