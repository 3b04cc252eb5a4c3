# SPDX-License-Identifier: GPL-3.0-or-later
"""Watches the media of one call, once a second: journalled statistics, silent streams, levels for the pages."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.clock import Clock
from pipeline.events import AudioMissing, CallProgressed, MediaMeasured, Party
from pipeline.events import Leg as LegName
from telephony.chronicle import Chronicle
from telephony.legs import Leg
from telephony.stats import AudioWatch, StreamFigures, estimate_mos, level_db


class MediaMonitor:
    """Statistics of one call's legs; engine thread only."""

    def __init__(self, chronicle: Chronicle, clock: Clock, every_s: float, missing_s: float) -> None:
        self._chronicle, self._clock, self._every_s = chronicle, clock, every_s
        self._watches: dict[LegName, AudioWatch] = {
            "caller": AudioWatch(missing_s),
            "agent": AudioWatch(missing_s),
        }
        self._measured_s = clock.monotonic_s()

    def observe(self, legs: Mapping[Party, Leg], *, talking: bool) -> None:
        """Take one look at the live legs; ``talking``: both sides are expected to send audio."""
        if self._chronicle.offset_ms is None:
            return
        now_s = self._clock.monotonic_s()
        due = now_s - self._measured_s >= self._every_s
        if due:
            self._measured_s = now_s
        for name, leg in legs.items():
            leg.remember_figures()
            figures = leg.figures()
            if figures is None:
                continue
            if name != "guest":  # a guest may well be silent: many only listen
                self._watch(name, figures, now_s, talking=talking)
            if due:
                self._tell(name, figures, final=False)
        self._progress(legs)

    def finish(self, name: Party, figures: StreamFigures | None) -> None:
        """Keep a leg's last statistics."""
        if figures is not None and self._chronicle.offset_ms is not None:
            self._tell(name, figures, final=True)

    def _watch(self, name: LegName, figures: StreamFigures, now_s: float, *, talking: bool) -> None:
        watch = self._watches[name]
        if not talking:
            watch.rest(now_s)
            return
        silent_ms = watch.observe(figures.packets, now_s)
        if silent_ms is not None:
            self._chronicle.tell(AudioMissing, leg=name, silent_ms=silent_ms)

    def _tell(self, name: Party, figures: StreamFigures, *, final: bool) -> None:
        self._chronicle.tell(
            MediaMeasured,
            leg=name,
            packets=figures.packets,
            lost=figures.lost,
            discarded=figures.discarded,
            jitter_ms=figures.jitter_ms,
            round_trip_ms=figures.round_trip_ms,
            mos=estimate_mos(figures),
            final=final,
        )

    def _progress(self, legs: Mapping[Party, Leg]) -> None:
        found = {name: leg.level() for name, leg in legs.items()}
        caller, agent = found.get("caller"), found.get("agent")
        self._chronicle.tell(
            CallProgressed,
            caller_level_db=None if caller is None else level_db(caller),
            agent_level_db=None if agent is None else level_db(agent),
            recorded_ms=self._chronicle.offset_ms or 0,
        )
