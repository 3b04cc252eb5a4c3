# SPDX-License-Identifier: GPL-3.0-or-later
"""One call of the scriptable phone: plays files at their times, records what it hears, reports what happens.

Engine thread only. Reports are dictionaries given to one function, with wall time in seconds (``t``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from telephony.engine import Engine, Timer
from telephony.legs import Leg, SipLeg
from telephony.media import Player, Recorder, connect
from telephony.phone_audio import PlayItem

Report = Callable[[dict[str, Any]], None]


class PhoneCall:
    """A leg with a script.

    Parameters:
        items: files to play, offsets from the moment of the first audio.
        hang_up_after_s: end so long after the answer; None: ``linger_s`` after the last file, or never if
            ``linger_s`` is None too.
        record: WAV file for what is heard.
        hold: put the far end on hold from the first to the second number of seconds after the answer.
    """

    def __init__(
        self,
        engine: Engine,
        report: Report,
        items: Sequence[PlayItem],
        *,
        hang_up_after_s: float | None = None,
        linger_s: float | None = None,
        record: Path | None = None,
        hold: tuple[float, float] | None = None,
        on_over: Callable[[PhoneCall, int], None] | None = None,
    ) -> None:
        self._engine, self._report, self._items = engine, report, items
        self._hang_up_after_s, self._linger_s, self._record = hang_up_after_s, linger_s, record
        self._on_over, self._hold = on_over, hold
        self._timers: list[Timer] = []
        self._players: list[Player] = []
        self._recorder: Recorder | None = None
        self._left = len(items)
        self.leg: SipLeg | None = None
        self.rang = False
        self.started = False
        self.over = False

    def tell(self, event: str, **fields: Any) -> None:
        """Report an event of this call."""
        self._report({"event": event, "t": round(time.time(), 3), **fields})

    def after(self, delay_s: float, function: Callable[[], None]) -> None:
        """Do something later unless the call is over by then."""
        self._timers.append(self._engine.later(delay_s, function))

    def leg_ringing(self, leg: Leg) -> None:
        """The far end rings."""
        self.rang = True
        self.tell("ringing")

    def leg_accepted(self, leg: Leg) -> None:
        """The far end answered; the script runs from its first audio."""

    def leg_media(self, leg: Leg, *, up: bool, held: bool) -> None:
        """Audio came (also after a hold): start the script once, reconnect what plays."""
        self.tell("media", up=up, held=held)
        if leg.media is None:
            return
        for player in self._players:
            if player.port is not None:
                connect(player.port, leg.media)
        if self._recorder is not None:
            connect(leg.media, self._recorder.port)
        if not self.started:
            self._start(leg)

    def leg_dtmf(self, leg: Leg, digit: str) -> None:
        """A key of the far end."""
        self.tell("dtmf", digit=digit)

    def leg_transfer(self, leg: Leg, code: int) -> None:
        """The phone transfers nobody."""

    def leg_gone(self, leg: Leg, code: int, reason: str) -> None:
        """The call ended."""
        self.over = True
        for timer in self._timers:
            timer.cancel()
        for player in self._players:
            player.close()
        if self._recorder is not None:
            self._recorder.close()
        self.tell("ended", code=code, reason=reason, answered=self.started)
        if self._on_over is not None:
            self._on_over(self, code)

    def hang_up(self) -> None:
        """End the call."""
        if self.leg is not None:
            self.leg.hang_up(0)

    def _start(self, leg: Leg) -> None:
        self.started = True
        self.tell("answered", codec=leg.codec)
        if self._record is not None:
            self._recorder = Recorder(self._engine, self._record)
            connect(self._engine.silence, self._recorder.port)
            connect(leg.media, self._recorder.port)
        for item in self._items:
            self.after(item.offset_ms / 1000, lambda item=item: self._play(item))  # type: ignore[misc]
        if self._hold is not None and self.leg is not None:
            self.after(self._hold[0], self.leg.hold)
            self.after(self._hold[1], self.leg.resume)
        if self._hang_up_after_s is not None:
            self.after(self._hang_up_after_s, self.hang_up)
        elif not self._items and self._linger_s is not None:
            self.after(self._linger_s, self.hang_up)

    def _play(self, item: PlayItem) -> None:
        if self.leg is None or self.leg.media is None:
            return
        player = Player(self._engine, item.wav)
        self._players.append(player)
        connect(player.port, self.leg.media)
        self.tell("playing", file=str(item.source), offset_ms=item.offset_ms, duration_s=player.duration_s)
        player.when_finished(lambda: self._played(item, player))

    def _played(self, item: PlayItem, player: Player) -> None:
        self.tell("played", file=str(item.source))
        player.close()
        self._left -= 1
        if self._left == 0 and self._hang_up_after_s is None and self._linger_s is not None:
            self.after(self._linger_s, self.hang_up)
