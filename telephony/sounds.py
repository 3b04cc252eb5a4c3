# SPDX-License-Identifier: GPL-3.0-or-later
"""The sounds of one call: sync tone, announcement, and the ringing tone that an agent hears while dialling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pjsua2 as pj

from pipeline.settings import Settings
from telephony.engine import CLOCK_HZ, Engine
from telephony.media import Player

NAMES = ("tone", "announcement", "ringback")
_RINGING_HZ, _ON_MS, _OFF_MS = 425, 1000, 4000  # the ringing tone of Indonesia (ITU-T E.180)


class Sounds:
    """Players of one call; engine thread only."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine, self._settings = engine, settings
        self._players: dict[str, Player] = {}
        self._ringback: Any | None = None
        self._closed = False

    def load(self) -> int:
        """Open tone and announcement and return the tone's length in ms; raises AudioFileError."""
        self._players["tone"] = tone = Player(self._engine, self._settings.sync_tone_file)
        self._players["announcement"] = Player(self._engine, self._settings.announcement_file)
        return round(tone.duration_s * 1000)

    def play(self, name: str, finished: Callable[[], None]) -> None:
        """Count a loaded sound from now, when the wiring connects it; ``finished`` is called at its end."""

        def end() -> None:
            finished()
            self._players[name].close()

        self._players[name].when_finished(end)

    def port(self, name: str) -> Any | None:
        """Return a sound's bridge port, None when it is not open (the ringing tone opens by itself)."""
        if name == "ringback":
            return self._ringing()
        return self._players[name].port if name in self._players else None

    def close(self) -> None:
        """Stop and free all; safe to repeat."""
        self._closed = True
        for player in self._players.values():
            player.close()
        ringback, self._ringback = self._ringback, None
        if ringback is not None:
            self._engine.release(ringback)

    def _ringing(self) -> Any | None:
        if self._ringback is None and not self._closed:
            generator = pj.ToneGenerator()
            generator.createToneGenerator(CLOCK_HZ, 1)
            self._ringback = self._engine.own(generator)
            tone = pj.ToneDesc()
            tone.freq1, tone.freq2, tone.on_msec, tone.off_msec = _RINGING_HZ, 0, _ON_MS, _OFF_MS
            tones = pj.ToneDescVector()
            tones.append(tone)
            generator.play(tones, True)
        return self._ringback
