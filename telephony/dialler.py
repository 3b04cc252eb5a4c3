# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls that the softphone places: to the agent's device, to taxpayers, to third parties. Engine thread only."""

from __future__ import annotations

from typing import Any

from pipeline.settings import ExtensionSettings
from telephony.engine import Engine
from telephony.legs import Leg, LegListener, SipLeg
from telephony.policy import Caller, shown_identity


class Dialler:
    """Makes legs of one extension; both methods raise ``pj.Error`` or a TelephonyError when a call cannot be sent."""

    def __init__(self, engine: Engine, account: Any, extension: ExtensionSettings) -> None:
        self._engine, self._account, self._extension = engine, account, extension

    def agent(self, listener: LegListener, other: Caller, *, auto_answer: bool) -> Leg:
        """Call the agent's device (or open the headset), which is shown the number of the ``other`` side."""
        if self._extension.device == "headset":
            from telephony.headset import HeadsetLeg

            return HeadsetLeg.open(self._engine, self._extension.headset_name, listener)
        return self.party(listener, self._extension.device_uri, shown=other, auto_answer=auto_answer)

    def party(self, listener: LegListener, uri: str, *, shown: Caller | None = None, auto_answer: bool = False) -> Leg:
        """Call an address; it is shown ``shown``, else this extension."""
        bind = self._engine.config.bind
        return SipLeg.dial(
            self._engine,
            self._account,
            uri,
            listener,
            shown_as=shown_identity(shown, bind) if shown else "",
            headers={"Call-Info": f"<sip:{bind}>;answer-after=0"} if auto_answer else {},
        )
