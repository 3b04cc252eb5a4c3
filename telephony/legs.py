# SPDX-License-Identifier: GPL-3.0-or-later
"""One side of a call.

A :class:`Leg` has a bridge port (``media``) while its audio flows and tells a listener what happens to it, always
in the engine thread and never from inside a PJSIP callback. :class:`SipLeg` wraps one SIP dialog; the headset's
leg is in :mod:`telephony.headset`. A finished ``pj.Call`` is destroyed in the turn in which it ended: kept any
longer it would hang up whichever call gets its slot number next.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any, Protocol

import pjsua2 as pj

from telephony.engine import Engine
from telephony.media import port_level
from telephony.sipcall import SipCall
from telephony.stats import StreamFigures


class LegListener(Protocol):
    """Who is told what a leg does."""

    def leg_ringing(self, leg: Leg) -> None:
        """The far end rings (or says 100 Trying)."""

    def leg_accepted(self, leg: Leg) -> None:
        """The far end answered a call that we made."""

    def leg_media(self, leg: Leg, *, up: bool, held: bool) -> None:
        """Audio came or went; ``held``: the far end put us on hold."""

    def leg_dtmf(self, leg: Leg, digit: str) -> None:
        """The far end pressed a key."""

    def leg_transfer(self, leg: Leg, code: int) -> None:
        """How far the far end is with calling somebody else, as a SIP status code."""

    def leg_gone(self, leg: Leg, code: int, reason: str) -> None:
        """The leg ended; nothing follows."""


class Leg(Protocol):
    """What a call needs of a leg."""

    @property
    def media(self) -> Any | None:
        """The bridge port, None while there is no audio."""

    @property
    def alive(self) -> bool:
        """Whether the leg has not ended."""

    @property
    def codec(self) -> str:
        """Name of the audio codec, empty when unknown."""

    def hang_up(self, code: int) -> None:
        """End the leg; ``code`` is the SIP answer when it is still unanswered. Safe to repeat."""

    def remember_figures(self) -> None:
        """Read the RTP statistics, if there are any."""

    def figures(self) -> StreamFigures | None:
        """The RTP statistics last read, None when there are none."""

    def level(self) -> int | None:
        """Loudness of what the far end sends now (0..50, see ``level_db``), None without audio."""


class SipLeg:
    """One SIP dialog. Make it with :meth:`incoming` or :meth:`dial`; engine thread only."""

    def __init__(self, engine: Engine, account: Any, listener: LegListener, number: int | None = None) -> None:
        self._engine, self._listener = engine, listener
        self._call: SipCall | None = SipCall(self, engine, account, pj.PJSUA_INVALID_ID if number is None else number)
        engine.own(self._call)
        self._outgoing = number is None
        self._media: Any | None = None
        self._index = 0
        self._accepted = False
        self.over = False  # hung up or ended: set at once, where ``alive`` waits for the event
        self._last_figures: StreamFigures | None = None
        self._past_figures: StreamFigures | None = None  # of streams that a re-INVITE ended
        self._codec = ""

    @classmethod
    def incoming(cls, engine: Engine, account: Any, number: int, listener: LegListener) -> SipLeg:
        """Take an INVITE that just arrived (call from within ``onIncomingCall``)."""
        return cls(engine, account, listener, number)

    @classmethod
    def dial(
        cls,
        engine: Engine,
        account: Any,
        uri: str,
        listener: LegListener,
        *,
        shown_as: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> SipLeg:
        """Send an INVITE; ``shown_as`` is the From value. Raises ``pj.Error`` when it cannot be sent."""
        leg = cls(engine, account, listener)
        setup = pj.CallOpParam(True)
        setup.txOption.localUri = shown_as
        for name, value in (headers or {}).items():
            header = pj.SipHeader()
            header.hName, header.hValue = name, value
            setup.txOption.headers.append(header)
        try:
            leg._live.makeCall(uri, setup)
        except pj.Error:
            leg._reap()
            raise
        return leg

    @property
    def _live(self) -> SipCall:
        if self._call is None:
            raise RuntimeError("the leg has ended")
        return self._call

    @property
    def media(self) -> Any | None:
        """The bridge port, None while there is no audio."""
        return self._media

    @property
    def alive(self) -> bool:
        """Whether the dialog has not ended."""
        return self._call is not None

    @property
    def codec(self) -> str:
        """Name of the codec, e.g. ``PCMA``."""
        return self._codec

    @property
    def sip_call_id(self) -> str:
        """The dialog's Call-ID header."""
        return str(self._live.getInfo().callIdString) if self._call else ""

    def answer(self, code: int) -> None:
        """Send a response to an incoming INVITE."""
        if self._call is None or self.over:
            return
        setup = pj.CallOpParam()
        setup.statusCode = code
        self._call.answer(setup)

    def hang_up(self, code: int) -> None:
        """End the dialog: BYE, CANCEL or a final answer with ``code``, whichever fits."""
        if self._call is None or self.over:
            return
        self.over = True
        self.media_lost()
        setup = pj.CallOpParam()
        setup.statusCode = code if code >= 300 else 0
        with contextlib.suppress(pj.Error):
            self._call.hangup(setup)

    def hold(self) -> None:
        """Put the far end on hold by re-INVITE (the test phone does; a softphone holds inside the bridge)."""
        self._live.setHold(pj.CallOpParam(True))

    def resume(self) -> None:
        """Take the far end off hold by re-INVITE."""
        setup = pj.CallOpParam(True)
        setup.opt.flag = pj.PJSUA_CALL_UNHOLD
        self._live.reinvite(setup)

    def send_keys(self, digits: str) -> None:
        """Send keys (RFC 4733); raises ``pj.Error`` when the far end takes none, or more are under way than fit."""
        setup = pj.CallSendDtmfParam()
        setup.method, setup.digits = pj.PJSUA_DTMF_METHOD_RFC2833, digits
        self._live.sendDtmf(setup)

    def refer(self, uri: str) -> None:
        """Ask the far end to call ``uri``; raises ``pj.Error`` when that cannot be sent."""
        self._live.xfer(f"<{uri}>", pj.CallOpParam())

    def figures(self) -> StreamFigures | None:
        """RTP statistics: read at the last :meth:`remember_figures`, which the stream's end calls too."""
        return self._last_figures

    def level(self) -> int | None:
        """Loudness of what the far end sends now (0..50), None without audio."""
        return port_level(self._media)

    def remember_figures(self) -> None:
        """Read the statistics while the stream still exists."""
        if self._call is None or self._media is None:
            return
        with contextlib.suppress(pj.Error):  # a leg that is just ending
            stat = self._call.getStreamStat(self._index)
            received, rtt, buffer = stat.rtcp.rxStat, stat.rtcp.rttUsec, stat.jbuf
            figures = StreamFigures(
                packets=received.pkt,
                lost=received.loss,
                discarded=buffer.discard,
                jitter_ms=round(received.jitterUsec.mean / 1000, 2),
                buffer_ms=float(buffer.avgDelayMsec),
                round_trip_ms=round(rtt.mean / 1000, 2) if rtt.n else None,
            )
            self._last_figures = figures.after(self._past_figures)

    def media_lost(self) -> None:
        """Keep the last statistics and let go of the bridge port, which is about to be removed.

        At once and not by a posted event: PJSIP aborts the process when a port is disconnected whose removal is
        already under way, so nothing may find the port here any more.
        """
        self.remember_figures()
        self._media, self._past_figures = None, self._last_figures

    # --- posted from callbacks -------------------------------------------------------------------------------

    def state_changed(self, state: int, code: int, reason: str) -> None:
        """The dialog's state moved on."""
        if self._call is None:
            return
        if state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self._reap()
            self._listener.leg_gone(self, code, reason)
        elif self._outgoing and state == pj.PJSIP_INV_STATE_CONFIRMED and not self._accepted:
            self._accepted = True
            self._listener.leg_accepted(self)
        elif self._outgoing and state == pj.PJSIP_INV_STATE_EARLY:
            self._listener.leg_ringing(self)

    def media_changed(self) -> None:
        """The negotiation ended: find the audio's bridge port (it is another one after each re-INVITE)."""
        if self._call is None:
            return
        self._media, held = None, False
        info = self._call.getInfo()  # held: its media list dies with it
        for index, media in enumerate(info.media):
            if media.type != pj.PJMEDIA_TYPE_AUDIO:
                continue
            held = media.status == pj.PJSUA_CALL_MEDIA_REMOTE_HOLD
            if held or media.status == pj.PJSUA_CALL_MEDIA_ACTIVE:
                self._media, self._index = self._call.getAudioMedia(index), index
                self._codec = str(self._call.getStreamInfo(index).codecName)
            break
        self._listener.leg_media(self, up=self._media is not None, held=held)

    def dtmf(self, digit: str) -> None:
        """A key was pressed."""
        if self._call is not None:
            self._listener.leg_dtmf(self, digit)

    def transfer_status(self, code: int) -> None:
        """The far end reports on our REFER."""
        if self._call is not None:
            self._listener.leg_transfer(self, code)

    def _reap(self) -> None:
        call, self._call, self._media = self._call, None, None
        self._engine.release(call)
