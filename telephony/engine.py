# SPDX-License-Identifier: GPL-3.0-or-later
"""The thread that owns PJSIP.

PJSIP aborts the process when a foreign thread or the garbage collector touches it, so everything that is ``pj`` is
made, used and destroyed in this one thread; others hand in closures. All SIP callbacks arrive here too
(``mainThreadOnly``), inside ``libHandleEvents``; they only post work, which runs in the same turn. Objects are
destroyed by hand, in order, before the library: reference counting decides nothing.
"""

from __future__ import annotations

import functools
import heapq
import itertools
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

import pjsua2 as pj
import structlog

from pipeline.catalog import text
from telephony.errors import EngineError
from telephony.pjlog import LogBridge, hush, pj_level

log = structlog.get_logger("telephony.engine")

SipFailure: type[Exception] = pj.Error
CLOCK_HZ = 8000
_CODECS = (("PCMA/8000/1", 255), ("PCMU/8000/1", 254), ("G722/16000/1", 253))

T_ = TypeVar("T_")
F_ = TypeVar("F_", bound=Callable[..., Any])


@dataclass(frozen=True)
class EngineConfig:
    """How to run PJSIP. ``sip_port`` 0 lets the system choose (phones); ``max_calls`` is at most 4 in the wheel."""

    bind: str
    sip_port: int
    poll_ms: int = 10
    max_calls: int = 4
    log_level: str = "info"
    user_agent: str = "Kring"


def destroy(thing: Any) -> None:
    """Run a pj object's C++ destructor now (engine thread), whoever still refers to its Python shell."""
    if thing is not None and getattr(thing, "thisown", False):
        type(thing).__swig_destroy__(thing)


def guarded(callback: F_) -> F_:
    """Wrap a pj callback: an exception is logged and goes no further (PJSIP would answer 500 or abort)."""

    @functools.wraps(callback)
    def run(*args: Any) -> Any:
        try:
            return callback(*args)
        except Exception:
            log.exception("sip callback failed", callback=callback.__name__)
            return None

    return run  # type: ignore[return-value]


class Engine:
    """PJSIP in its thread. ``start`` it, hand it closures, ``stop`` it; not restartable."""

    def __init__(self, config: EngineConfig) -> None:
        self.config = config
        self.silence: Any = None  # bridge slot 0: endless silence
        self.sip_port = config.sip_port
        self._endpoint: Any = None
        self._log_bridge: Any = None
        self._accounts: list[Any] = []
        self._owned: dict[int, Any] = {}  # keeps pj objects from the garbage collector, which runs in any thread
        self._work: queue.SimpleQueue[tuple[Future[Any] | None, Callable[[], Any]]] = queue.SimpleQueue()
        self._timers: list[tuple[float, int, Timer]] = []
        self._numbers = itertools.count()
        self._stopping = threading.Event()
        self._ready: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, name="pjsip", daemon=True)

    # --- for other threads -----------------------------------------------------------------------------------

    def start(self, timeout_s: float = 15.0) -> Engine:
        """Start PJSIP and return when it listens; raises EngineError when it cannot."""
        self._thread.start()
        try:
            self._ready.result(timeout_s)
        except Exception as error:
            raise EngineError(text("telephony.engine_unstarted", problem=failure_reason(error))) from error
        return self

    def stop(self, timeout_s: float = 10.0) -> bool:
        """End calls, destroy everything, unload PJSIP; True when it ended in time."""
        self._stopping.set()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    @property
    def running(self) -> bool:
        """Whether the engine thread lives."""
        return self._thread.is_alive()

    def submit(self, function: Callable[[], T_]) -> Future[T_]:
        """Run a closure in the engine thread; its result must not be a pj object."""
        future: Future[T_] = Future()
        self._work.put((future, function))
        return future

    def do(self, function: Callable[[], T_], timeout_s: float = 10.0) -> T_:
        """Run a closure in the engine thread and wait for its result or exception."""
        if threading.current_thread() is self._thread:
            return function()
        return self.submit(function).result(timeout_s)

    def post(self, function: Callable[[], Any]) -> None:
        """Run a closure in the engine thread, later in the same turn when called from there; failures are logged."""
        self._work.put((None, function))

    # --- engine thread only ----------------------------------------------------------------------------------

    def later(self, delay_s: float, function: Callable[[], Any]) -> Timer:
        """Run a closure after ``delay_s`` (resolution: the poll interval)."""
        timer = Timer(function)
        heapq.heappush(self._timers, (time.monotonic() + delay_s, next(self._numbers), timer))
        return timer

    def own(self, thing: Any) -> Any:
        """Hold a pj object until it is released, or destroyed with the library."""
        self._owned[id(thing)] = thing
        return thing

    def release(self, thing: Any) -> None:
        """Destroy a pj object now."""
        self._owned.pop(id(thing), None)
        destroy(thing)

    def add_account(self, account: Any) -> None:
        """Remember an account; accounts are destroyed after all calls and media."""
        self._accounts.append(account)

    def _run(self) -> None:
        try:
            self._load()
        except Exception as error:
            self._ready.set_exception(EngineError(failure_reason(error)))
            return
        self._ready.set_result(None)
        try:
            while not self._stopping.is_set():
                self._endpoint.libHandleEvents(self.config.poll_ms)
                self._turn()
        finally:
            self._unload()

    def _turn(self) -> None:
        now_s = time.monotonic()
        while self._timers and self._timers[0][0] <= now_s:
            timer = heapq.heappop(self._timers)[2]
            if not timer.cancelled:
                self._work.put((None, timer.function))
        for _ in range(1000):
            try:
                future, function = self._work.get_nowait()
            except queue.Empty:
                return
            _execute(future, function)
            future = function = None  # type: ignore[assignment]  # keeps no pj object alive past the library

    def _load(self) -> None:
        hush()
        self._endpoint = endpoint = pj.Endpoint()
        endpoint.libCreate()
        setup = pj.EpConfig()
        setup.uaConfig.threadCnt, setup.uaConfig.mainThreadOnly = 0, True
        setup.uaConfig.maxCalls, setup.uaConfig.userAgent = self.config.max_calls, self.config.user_agent
        setup.medConfig.clockRate = setup.medConfig.sndClockRate = CLOCK_HZ
        setup.medConfig.noVad, setup.medConfig.ecTailLen = True, 0
        level = pj_level(self.config.log_level)
        setup.logConfig.level = setup.logConfig.consoleLevel = level  # the writer is gated by consoleLevel
        setup.logConfig.msgLogging = False
        self._log_bridge = setup.logConfig.writer = LogBridge()
        endpoint.libInit(setup)
        transport = pj.TransportConfig()
        transport.port = self.config.sip_port
        transport.boundAddress = transport.publicAddress = self.config.bind
        number = endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
        self.sip_port = int(endpoint.transportGetInfo(number).localName.rsplit(":", 1)[1])
        endpoint.libStart()
        endpoint.audDevManager().setNullDev()  # gives the media clock
        self.silence = endpoint.audDevManager().getCaptureDevMedia()
        for codec in endpoint.codecEnum2():
            endpoint.codecSetPriority(codec.codecId, dict(_CODECS).get(codec.codecId, 0))

    def _unload(self) -> None:
        endpoint = self._endpoint
        try:
            endpoint.hangupAllCalls()
            until_s = time.monotonic() + 1.0
            while time.monotonic() < until_s and self._live_calls():
                endpoint.libHandleEvents(20)
                self._turn()
            for kind in (pj.Call, pj.Media, object):
                for thing in [thing for thing in self._owned.values() if isinstance(thing, kind)]:
                    destroy(thing)
            self._owned.clear()
            for account in self._accounts:
                destroy(account)
            self._accounts.clear()
            self.silence = None
        except Exception:
            log.exception("sip engine did not end cleanly")
        finally:
            endpoint.libDestroy(pj.PJSUA_DESTROY_NO_NETWORK)  # all calls are over: nothing to wait for
            destroy(endpoint)
            self._endpoint = None

    def _live_calls(self) -> bool:
        return any(isinstance(thing, pj.Call) and thing.thisown for thing in self._owned.values())


class Timer:
    """A closure that will run in the engine thread unless cancelled."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self.function = function
        self.cancelled = False

    def cancel(self) -> None:
        """Do not run it; safe at any time."""
        self.cancelled = True


def _execute(future: Future[Any] | None, function: Callable[[], Any]) -> None:
    try:
        result = function()
    except Exception as error:
        if future is None:
            log.exception("engine task failed")
        else:
            future.set_exception(error)
    else:
        if future is not None:
            future.set_result(result)


def failure_reason(error: BaseException) -> str:
    """Return what an exception says, also for PJSIP's, which hide it."""
    return str(getattr(error, "reason", "") or error or type(error).__name__)
