# SPDX-License-Identifier: GPL-3.0-or-later
"""The decoding thread of a worker: many calls in turn, live ones first, none able to hurt another.

Each round gives every live call all the blocks it has waiting (a few milliseconds each) and then spends one bounded
slice on calls with a backlog, round robin, so that catching up after a restart never delays a caller's words.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from asr.claims import Claim
from asr.session import CallSession, Model
from pipeline.callfolder import CallFolder
from pipeline.clock import Clock
from pipeline.events import Event

log = structlog.get_logger("asr")

LIVE_LAG_MS = 1000  # a call further behind than this is catching up
SLICE_S = 0.06  # CPU time for catching up between two looks at the live calls
RETRY_S = 2.0  # after an error, before the call is gone on with from the disk
MOST_FAILURES = 3  # errors in one call before its transcript is closed as it is
MOST_ATTEMPTS = 5  # worker processes that died over one call before it is given up
PROGRESS_BLOCKS = 400  # decoding steps after which a call counts as harmless to the process


@dataclass
class _Entry:
    """One call in this worker."""

    claim: Claim
    session: CallSession | None = None
    failures: int = 0
    retry_at_s: float = 0.0
    steps: int = 0


class DecodePool:
    """Owns the sessions. :meth:`run` is the thread's body; everything public may be called from other threads."""

    def __init__(
        self, model: Model, publish: Callable[[Event], None], clock: Clock, *, block_ms: int, poll_ms: int
    ) -> None:
        self._model, self._publish, self._clock = model, publish, clock
        self._block_ms, self._poll_s = block_ms, poll_ms / 1000
        self._new: queue.SimpleQueue[Claim] = queue.SimpleQueue()
        self._entries: dict[str, _Entry] = {}
        self._behind: deque[str] = deque()
        self._stop = threading.Event()
        self._wake = threading.Event()
        self.idle = threading.Event()  # set while no call is followed, and on stop
        self.calls_taken = 0
        self._lag_ms = 0
        self._legs = 0

    def take(self, claim: Claim) -> None:
        """Hand a claimed call over; the pool releases the claim."""
        self.calls_taken += 1
        self._new.put(claim)
        self.idle.clear()
        self._wake.set()

    def use(self, model: Model) -> None:
        """Decode with another model from now on; a call that is already being decoded stays with its own."""
        self._model = model

    def stop(self) -> None:
        """Let :meth:`run` end after the present block; unfinished calls are released for others."""
        self._stop.set()
        self._wake.set()
        self.idle.set()

    @property
    def calls(self) -> int:
        """Calls being followed, including those just handed over."""
        return len(self._entries) + self._new.qsize()

    @property
    def figures(self) -> dict[str, float]:
        """Load for :class:`WorkerMeasured`."""
        return {
            "calls": float(self.calls),
            "legs": float(self._legs),
            "lag_ms": float(self._lag_ms),
            "calls_taken": float(self.calls_taken),
        }

    def run(self) -> None:
        """Decode until :meth:`stop`."""
        try:
            while not self._stop.is_set():
                if not self.turn():
                    self._wake.wait(self._poll_s)
                    self._wake.clear()
        finally:
            self._admit()
            for entry in list(self._entries.values()):
                self._dismiss(entry)

    def turn(self) -> bool:
        """Do one round; return whether any audio was decoded."""
        self._admit()
        worked = False
        behind: list[str] = []
        worst_ms = legs = 0
        for call_id, entry in list(self._entries.items()):
            lag_ms = self._guard(entry, self._look) or 0
            legs += entry.session.live_legs if entry.session else 0
            worst_ms = max(worst_ms, lag_ms)
            if lag_ms > LIVE_LAG_MS:
                behind.append(call_id)
                continue
            # One step a block, and one more to notice the end; bounded, so that no call holds the others up.
            for _ in range(LIVE_LAG_MS // self._block_ms + 1):
                if self._stop.is_set() or not self._guard(entry, self._step):
                    break
                worked = True
        self._lag_ms, self._legs = worst_ms, legs
        return self._catch_up(behind) or worked

    def _catch_up(self, behind: list[str]) -> bool:
        """Spend one slice on calls with a backlog, beginning where the last slice ended."""
        turn = deque(call_id for call_id in self._behind if call_id in behind)
        turn.extend(call_id for call_id in behind if call_id not in turn)
        until_s = self._clock.monotonic_s() + SLICE_S
        worked = False
        while turn and not self._stop.is_set() and (not worked or self._clock.monotonic_s() < until_s):
            entry = self._entries.get(turn[0])
            if entry is None or not self._guard(entry, self._step):
                turn.popleft()
                continue
            worked = True
            turn.rotate(-1)
        self._behind = turn
        return worked

    def _admit(self) -> None:
        while not self._new.empty():
            claim = self._new.get()
            self._entries[claim.folder.call_id] = _Entry(claim)

    def _look(self, entry: _Entry) -> int:
        """Open the call's session if needed, look at its files and return its backlog in milliseconds."""
        if entry.session is None:
            if self._clock.monotonic_s() < entry.retry_at_s:
                return 0
            entry.session = self._session(entry.claim.folder)
            if entry.claim.attempt > MOST_ATTEMPTS:
                log.error("call given up: workers died over it", call_id=entry.claim.folder.call_id)
                entry.session.abandon()
        entry.session.poll()
        return entry.session.lag_ms()

    def _step(self, entry: _Entry) -> int:
        if entry.session is None:
            return 0
        worked = entry.session.advance()
        entry.steps += worked
        if entry.steps == PROGRESS_BLOCKS:
            entry.claim.progressed()
        if entry.session.done:
            log.info("transcript complete", call_id=entry.claim.folder.call_id)
            self._dismiss(entry)
            return 0
        return int(worked)

    def _guard(self, entry: _Entry, action: Callable[[_Entry], int]) -> int:
        """Run an action on one call; whatever goes wrong stays in that call."""
        try:
            return action(entry)
        except Exception:
            entry.failures += 1
            log.exception("transcribing failed", call_id=entry.claim.folder.call_id, failures=entry.failures)
            self._recover(entry)
            return 0

    def _recover(self, entry: _Entry) -> None:
        """Go on from the disk a little later; after repeated errors close the transcript as it is."""
        session, entry.session = entry.session, None
        entry.retry_at_s = self._clock.monotonic_s() + RETRY_S
        if session is not None:
            session.close()
        if entry.failures < MOST_FAILURES:
            return
        try:
            last = self._session(entry.claim.folder)
            last.abandon()
            last.close()
        except Exception:
            log.exception("transcript could not be closed", call_id=entry.claim.folder.call_id)
        self._dismiss(entry)

    def _session(self, folder: CallFolder) -> CallSession:
        return CallSession(folder, self._model, self._publish, self._clock, block_ms=self._block_ms)

    def _dismiss(self, entry: _Entry) -> None:
        self._entries.pop(entry.claim.folder.call_id, None)
        if entry.session is not None:
            entry.session.close()
            entry.session = None
        entry.claim.release()
        if not self.calls:
            self.idle.set()
