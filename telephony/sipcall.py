# SPDX-License-Identifier: GPL-3.0-or-later
"""PJSIP's call object: turns its callbacks into work for the engine thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pjsua2 as pj

from telephony.engine import Engine, guarded
from telephony.policy import REFER_CODE

if TYPE_CHECKING:
    from telephony.legs import SipLeg

_ACCEPTED_CODE = 202


class SipCall(pj.Call):  # type: ignore[misc]
    """One dialog; every callback is posted to its leg."""

    def __init__(self, leg: SipLeg, engine: Engine, account: Any, number: int) -> None:
        super().__init__(account, number)
        self._leg, self._engine = leg, engine

    @guarded
    def onCallState(self, prm: Any) -> None:  # noqa: N802
        """The dialog moved on."""
        info = self.getInfo()
        state, code, reason, leg = info.state, info.lastStatusCode, info.lastReason, self._leg
        if state == pj.PJSIP_INV_STATE_DISCONNECTED:
            leg.over = True
        self._engine.post(lambda: leg.state_changed(state, code, reason))

    @guarded
    def onCallMediaState(self, prm: Any) -> None:  # noqa: N802
        """The media was negotiated anew."""
        self._engine.post(self._leg.media_changed)

    @guarded
    def onStreamDestroyed(self, prm: Any) -> None:  # noqa: N802
        """The stream is about to go: the last chance to read its statistics."""
        self._leg.media_lost()

    @guarded
    def onDtmfEvent(self, prm: Any) -> None:  # noqa: N802
        """A key; flags 0 is its first of about ten reports."""
        digit, flags, leg = prm.digit, prm.flags, self._leg
        if flags == 0:
            self._engine.post(lambda: leg.dtmf(digit))

    @guarded
    def onCallTransferRequest(self, prm: Any) -> None:  # noqa: N802
        """Refuse REFER (policy)."""
        prm.statusCode = REFER_CODE

    @guarded
    def onCallTransferStatus(self, prm: Any) -> None:  # noqa: N802
        """How far the far end is with our REFER; that it took it (202) is no success yet."""
        code, leg = prm.statusCode, self._leg
        self._engine.post(lambda: leg.transfer_status(100 if code == _ACCEPTED_CODE else code))
