# SPDX-License-Identifier: GPL-3.0-or-later
"""The third party's way into a call, through its modes and out again.

A call is untouched until the guest answers. From then on a consultation keeps the caller on hold; the caller stays
there when the guest has left, until the agent resumes: nobody is put through to a caller by surprise.
"""

from __future__ import annotations

from pipeline.events import GuestInvited, GuestJoined, GuestMode, GuestModeChanged
from telephony.actions import Action, DialGuest, DropLeg, Tell
from telephony.callstate import CallState, Guest
from telephony.policy import GuestReason, guest_failure
from telephony.targets import Target


class ThirdParty(CallState):
    """Adds the guest's inputs to a call."""

    def invite(self, target: Target, mode: GuestMode, *, person: str = "", auto_answer: bool = False) -> list[Action]:
        """Call a third party; raises CommandRefusedError when nobody talks or somebody is there already."""
        if self.guest is not None:
            raise self.refusal("guest_there")
        if self.transfer_to:
            raise self.refusal("transferring")
        self._require("guest")
        self.guest = Guest(target.to, mode)
        invited = Tell(GuestInvited, {"to": target.to, "person": person, "mode": mode})
        return [invited, DialGuest(target.uri, target.internal, auto_answer)]

    def guest_accepted(self) -> list[Action]:
        """The third party answered."""
        if self.guest is None or self.guest.joined:
            return []
        self.guest.joined = True
        joined = Tell(GuestJoined, {"to": self.guest.to, "mode": self.guest.mode})
        return [joined, *self._hold_for(self.guest.mode)]

    def guest_mode(self, mode: GuestMode) -> list[Action]:
        """Give the third party another part; raises CommandRefusedError when it has it, or is not there."""
        self._require("guest_mode")
        guest = self.guest
        assert guest is not None
        if guest.mode == mode:
            raise self.refusal("same_mode")
        was_consulting = self._consulting
        guest.mode = mode
        if was_consulting:
            self._holders.discard("desk")
        changed = Tell(GuestModeChanged, {"to": guest.to, "mode": mode})
        return [changed, *(self._hold_for(mode) if guest.joined else []), *self._settle()]

    def guest_drop(self) -> list[Action]:
        """Take the third party out; raises CommandRefusedError when there is none."""
        self._require("guest_drop")
        return [DropLeg("guest", 200), *self._guest_left("dropped")]

    def guest_timed_out(self) -> list[Action]:
        """The third party did not answer in time."""
        return self._give_guest_up("no_answer")

    def guest_silent(self) -> list[Action]:
        """The third party's device gave no sign of life."""
        return self._give_guest_up("unreachable")

    def _give_guest_up(self, reason: GuestReason) -> list[Action]:
        if self.guest is None or self.guest.joined:
            return []
        return [DropLeg("guest", 480), *self._guest_left(reason)]

    def _guest_gone(self, code: int) -> list[Action]:
        if self.guest is None:
            return []
        return self._guest_left("hung_up" if self.guest.joined else guest_failure(code))

    def _hold_for(self, mode: GuestMode) -> list[Action]:
        return self._hold_changed("desk", on=True) if mode == "consult" else []
