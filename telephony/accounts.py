# SPDX-License-Identifier: GPL-3.0-or-later
"""The two SIP accounts of a softphone.

An INVITE that fits no account goes to the first one, so the first is a black hole without media sockets: it
answers 404 and a flood of such calls costs nothing (each real leg would take sockets, of which PJSIP has few). The
extension's own account comes second and is bound to the private address and its RTP range.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pjsua2 as pj

from telephony.engine import Engine, guarded
from telephony.policy import UNKNOWN_EXTENSION_CODE
from telephony.ports import RTP_RANGE_PORTS

SESSION_TIMER_S = 90  # the least that RFC 4028 allows; a peer that died is noticed within it

OnIncoming = Callable[[Any, int, str, str], None]  # account, PJSIP call number, From value, SIP message


class _Account(pj.Account):  # type: ignore[misc]
    """Passes incoming calls to one function."""

    def __init__(self, on_incoming: OnIncoming) -> None:
        super().__init__()
        self._on_incoming = on_incoming

    @guarded
    def onIncomingCall(self, prm: Any) -> None:  # noqa: N802 - PJSIP's name
        """Called by PJSIP for each new INVITE."""
        self._on_incoming(self, prm.callId, prm.rdata.srcAddress, prm.rdata.wholeMsg)


def open_account(engine: Engine, user: str, rtp_port: int, on_incoming: OnIncoming) -> Any:
    """Create the account ``sip:<user>@<bind>``; engine thread only.

    Session timers are offered but not forced: a peer without RFC 4028 is served without them, and a forced timer
    would send such a peer re-INVITEs that simple devices do not survive.
    """
    bind = engine.config.bind
    setup = pj.AccountConfig()
    setup.idUri = f"sip:{user}@{bind}"
    setup.callConfig.timerUse = pj.PJSUA_SIP_TIMER_OPTIONAL
    setup.callConfig.timerMinSESec = setup.callConfig.timerSessExpiresSec = SESSION_TIMER_S
    media = setup.mediaConfig.transportConfig
    media.port, media.portRange, media.boundAddress = rtp_port, RTP_RANGE_PORTS - 1, bind
    account = _Account(on_incoming)
    account.create(setup)
    engine.add_account(account)
    return account


def open_black_hole(engine: Engine) -> Any:
    """Create the default account that answers 404 to every call; engine thread only, before any other account."""
    setup = pj.AccountConfig()
    setup.idUri = f"sip:blackhole@{engine.config.bind}"
    setup.mediaConfig.useLoopMedTp = True
    account = _Account(lambda account, number, source, message: refuse(engine, account, number))
    account.create(setup)
    engine.add_account(account)
    return account


class _RefusedCall(pj.Call):  # type: ignore[misc]
    """A call that only exists to be refused; destroyed in the turn in which it ended."""

    def __init__(self, engine: Engine, account: Any, number: int) -> None:
        super().__init__(account, number)
        self._engine = engine
        engine.own(self)

    @guarded
    def onCallState(self, prm: Any) -> None:  # noqa: N802 - PJSIP's name
        """Reap."""
        if self.getInfo().state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self._engine.post(lambda: self._engine.release(self))


def refuse(engine: Engine, account: Any, number: int, code: int = UNKNOWN_EXTENSION_CODE) -> None:
    """Answer an incoming call with a final failure code; engine thread only."""
    call = _RefusedCall(engine, account, number)
    answer = pj.CallOpParam()
    answer.statusCode = code
    call.answer(answer)
