# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns a wanted set of (source, sink) pairs into connections of the conference bridge.

The call's state machine says only what should be connected; this module makes the difference. PJSIP drops a leg's
connections (and gives it another bridge slot) at each media update, so a leg's media event is told here as
``forget`` and the next ``apply`` connects it again. Applying twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import structlog

log = structlog.get_logger("telephony.wiring")

Pair = tuple[str, str]


class Wiring:
    """The connections of one call.

    Parameters:
        resolve: returns the bridge port of a name now, or None while it has none.
        connect, disconnect: act on two ports; may raise ``failure`` when a port has just gone.
        failure: the exception type that connect and disconnect raise.
    """

    def __init__(
        self,
        resolve: Callable[[str], Any | None],
        connect: Callable[[Any, Any], None],
        disconnect: Callable[[Any, Any], None],
        failure: type[Exception] = Exception,
    ) -> None:
        self._resolve, self._connect, self._disconnect, self._failure = resolve, connect, disconnect, failure
        self._live: set[Pair] = set()

    @property
    def live(self) -> frozenset[Pair]:
        """The pairs connected now, as far as known."""
        return frozenset(self._live)

    def forget(self, name: str) -> None:
        """Take it that every connection of ``name`` is gone."""
        self._live = {pair for pair in self._live if name not in pair}

    def apply(self, desired: Collection[Pair]) -> None:
        """Disconnect what is not wanted, then connect what is wanted and possible."""
        for pair in sorted(self._live - set(desired)):
            self._act(self._disconnect, pair)
            self._live.discard(pair)
        for pair in sorted(set(desired) - self._live):
            if self._act(self._connect, pair):
                self._live.add(pair)

    def _act(self, action: Callable[[Any, Any], None], pair: Pair) -> bool:
        source, sink = self._resolve(pair[0]), self._resolve(pair[1])
        if source is None or sink is None:
            return False
        try:
            action(source, sink)
        except self._failure as error:  # the port ended between two events; its own event follows
            log.info("bridge port not there", source=pair[0], sink=pair[1], problem=str(error))
            return False
        return True
