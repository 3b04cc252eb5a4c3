# SPDX-License-Identifier: GPL-3.0-or-later
"""One customer call, alive: carries out what the state machine asks for with legs, sounds, recorders and journal.

Everything runs in the engine thread. Each input goes to the machine, its actions are carried out in order, and
then the wiring is brought to what the machine wants. A failure of ours ends the call cleanly instead of leaving it
half up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import structlog

from pipeline.callfolder import CallFolder
from pipeline.clock import Clock
from pipeline.events import (
    CallAnswered,
    CallBridged,
    CallEnded,
    CallOffered,
    Direction,
    DtmfReceived,
    Party,
    RecordingClosed,
    RecordingStarted,
)
from pipeline.settings import ExtensionSettings, Settings
from telephony import actions as act
from telephony.callstate import State
from telephony.chronicle import Chronicle, Publish
from telephony.dialler import Dialler
from telephony.engine import CLOCK_HZ, Engine, SipFailure, Timer, failure_reason
from telephony.errors import TelephonyError
from telephony.legs import Leg, SipLeg
from telephony.machine import CallMachine
from telephony.media import connect, disconnect
from telephony.monitor import MediaMonitor
from telephony.parties import Parties
from telephony.policy import Caller
from telephony.recording import ClosedRecording, Recording, compare_clock
from telephony.sounds import NAMES as SOUNDS
from telephony.sounds import Sounds
from telephony.targets import Target
from telephony.wiring import Wiring

log = structlog.get_logger("telephony.session")

MEDIA_LIMIT_S = 5.0  # from the answer to audio on both legs


class CallSession:
    """A call from its first INVITE to closed recordings.

    Parameters:
        on_change, on_over: told of each change of state, and once at the end.
    """

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        extension: ExtensionSettings,
        folder: CallFolder,
        dialler: Dialler,
        *,
        direction: Direction,
        clock: Clock,
        publish: Publish,
        on_change: Callable[[CallSession], None],
        on_over: Callable[[CallSession], None],
    ) -> None:
        self._engine, self._settings, self._extension, self._clock = engine, settings, extension, clock
        self._folder = folder
        self._on_change, self._on_over = on_change, on_over
        desk_answers = extension.answer == "desk" or extension.device == "headset"
        self.machine = CallMachine(desk_answers=desk_answers, direction=direction)
        self.chronicle = Chronicle(folder, clock, publish)
        self._parties = Parties(
            engine, settings, dialler, machine=self.machine, feed=self.feed, listener=self, later=self._after
        )
        self._sounds = Sounds(engine, settings)
        self._recording: Recording | None = None
        self._recording_open = False
        self._recorded_ms = 0
        self._wiring = Wiring(self._port, connect, disconnect, SipFailure)
        self._monitor = MediaMonitor(self.chronicle, clock, settings.media_stats_s, settings.audio_missing_s)
        self._timers: list[Timer] = []
        self._offered_s = clock.monotonic_s()
        self._bridged_s: float | None = None
        self._over = False

    @property
    def call_id(self) -> str:
        """The call's id."""
        return self._folder.call_id

    # --- inputs ----------------------------------------------------------------------------------------------

    def begin(self, leg: SipLeg, caller: Caller) -> None:
        """Start with the caller's leg, whose INVITE has just come."""
        self._parties.add_caller(leg, caller)
        self._begin(caller, sip_call_id=leg.sip_call_id)

    def place(self, target: Target, *, case_id: int | None, callback_id: int | None) -> None:
        """Start a call to somebody outside: the agent's device first."""
        self._parties.other = called = Caller(target.to, "", target.uri)
        self._begin(called, case_id=case_id, callback_id=callback_id)

    def _begin(self, other: Caller, **more: Any) -> None:
        self.chronicle.tell(
            CallOffered,
            extension=self._extension.number,
            caller_number=other.number,
            caller_name=other.name,
            caller_uri=other.uri,
            direction=self.machine.direction,
            **more,
        )
        self._after(self._settings.ring_timeout_s, lambda: self.feed(self.machine.ring_timed_out()))
        self.feed(self.machine.offered())

    def feed(self, todo: Sequence[act.Action]) -> None:
        """Carry actions out and bring the wiring up to date."""
        try:
            for action in todo:
                self._carry_out(action)
            self._wiring.apply(self.machine.wiring())
        except (TelephonyError, SipFailure, OSError) as error:
            log.error("call failed", call_id=self.call_id, problem=failure_reason(error))
            if self.machine.state is not State.ENDED:
                self.feed(self.machine.failed())
        if todo:
            self._on_change(self)
        self._finish_when_done()

    def leg_ringing(self, leg: Leg) -> None:
        """A device that we call gives a sign of life."""
        self._parties.heard_of(leg)

    def leg_accepted(self, leg: Leg) -> None:
        """Somebody whom we call answered."""
        name = self._parties.heard_of(leg)
        if name == "agent":
            if not self._parties.caller_is_leaving:
                self.feed(self.machine.agent_accepted())
        elif name == "caller":
            self.feed(self.machine.caller_accepted())
        elif name == "guest":
            self.feed(self.machine.guest_accepted())

    def leg_media(self, leg: Leg, *, up: bool, held: bool) -> None:
        """A leg's audio was negotiated anew."""
        name = self._parties.name(leg)
        if name is None:
            return
        self._wiring.forget(name)
        self.feed([] if name == "guest" else self.machine.media_changed(name, up=up, held=held))

    def leg_dtmf(self, leg: Leg, digit: str) -> None:
        """A key was pressed."""
        name = self._parties.name(leg)
        if name is not None and self.machine.state is not State.ENDED:
            self.chronicle.tell(DtmfReceived, leg=name, digit=digit)

    def leg_transfer(self, leg: Leg, code: int) -> None:
        """The caller's side reports how far it is with our REFER."""
        if self._parties.name(leg) == "caller":
            log.info("transfer reported", call_id=self.call_id, code=code)
            self.feed(self.machine.transfer_progress(code))

    def leg_gone(self, leg: Leg, code: int, reason: str) -> None:
        """A leg ended; one that we ended ourselves is nobody's news any more."""
        name = self._parties.name(leg)
        log.info("leg ended", call_id=self.call_id, leg=name, code=code, reason=reason)
        if name is None:
            return
        self._wiring.forget(name)
        self._parties.forget(name)
        if self.machine.state is not State.ENDED:
            self._monitor.finish(name, leg.figures())
        self.feed(self.machine.leg_gone(name, code))

    def tick(self) -> None:
        """Once a second: statistics, levels, silent streams."""
        talking = self.machine.state in (State.ANNOUNCING, State.TALKING)
        self._monitor.observe(self._parties.alive(), talking=talking)

    def send_keys(self, digits: str) -> None:
        """Send keys to the caller's side; raises CommandRefusedError when nobody talks or it takes none."""
        todo = self.machine.dtmf(len(digits))
        self._parties.send_keys(digits)
        self.feed(todo)

    # --- actions ---------------------------------------------------------------------------------------------

    def _carry_out(self, action: act.Action) -> None:
        match action:
            case act.Tell(event=event, fields=fields):
                self._tell(event, dict(fields))
            case act.DropLeg(leg=name, code=code):
                self._drop(name, code)
            case act.StartRecording():
                self._start_recording()
            case act.PlayTone():
                self._sounds.play("tone", lambda: self.feed(self.machine.tone_finished()))
            case act.PlayAnnouncement():
                self._sounds.play("announcement", lambda: self.feed(self.machine.announcement_finished()))
            case act.CloseRecording():
                self._close_recording()
            case _:
                self._parties.carry_out(action)

    def _tell(self, event: type[Any], fields: dict[str, Any]) -> None:
        now_s = self._clock.monotonic_s()
        if event is CallAnswered:
            self._after(MEDIA_LIMIT_S, self._check_media)
            fields |= {"extension": self._extension.number, "ring_ms": round((now_s - self._offered_s) * 1000)}
        elif event is CallBridged:
            self._bridged_s = now_s
            fields |= {"codec": self._parties.caller.codec}
        elif event is CallEnded:
            fields |= {"talk_ms": round((now_s - self._bridged_s) * 1000) if self._bridged_s else 0}
        self.chronicle.tell(event, **fields)

    def _drop(self, name: Party, code: int) -> None:
        """End a leg; nobody hears it from now on, however long its far end takes to answer our BYE."""
        self._wiring.apply([pair for pair in self._wiring.live if name not in pair])
        leg = self._parties.drop(name, code)
        if leg is not None:
            self._monitor.finish(name, leg.figures())

    def _start_recording(self) -> None:
        tone_ms = self._sounds.load()
        self._recording = Recording(self._engine, self._folder, self._settings.recording_flush_ms)
        self._recording.arm()
        self._recording_open = True
        self.chronicle.start_audio_time()
        self.chronicle.tell(RecordingStarted, sample_rate_hz=CLOCK_HZ, sync_tone_ms=tone_ms)
        self.feed(self.machine.recording_started())

    def _close_recording(self) -> None:
        if self._recording is not None:
            self._wiring.apply(frozenset())
            self._recorded_ms = self.chronicle.offset_ms or 0
            self._recording.close(self._recording_closed)

    def _recording_closed(self, what: ClosedRecording) -> None:
        self._recording_open = False
        closed = compare_clock(what, self._recorded_ms)
        if closed.note:
            log.warning("recording is not perfect", call_id=self.call_id, note=closed.note, gap=closed.gap)
        self.chronicle.tell(RecordingClosed, **asdict(closed))
        self._finish_when_done()

    def _check_media(self) -> None:
        if self.machine.state is State.CONNECTING:
            log.error("no audio after the answer", call_id=self.call_id)
            self.feed(self.machine.failed())

    # --- the end ---------------------------------------------------------------------------------------------

    def _finish_when_done(self) -> None:
        """Be over when the recordings are closed; a leg may still wait for a far end that does not answer."""
        if self._over or self._recording_open or self.machine.state is not State.ENDED:
            return
        self._over = True
        for timer in self._timers:
            timer.cancel()
        self._sounds.close()
        self.chronicle.close()
        self._on_over(self)

    # --- small things ----------------------------------------------------------------------------------------

    def _after(self, delay_s: float, function: Callable[[], None]) -> Timer:
        timer = self._engine.later(delay_s, function)
        self._timers.append(timer)
        return timer

    def _port(self, name: str) -> Any | None:
        """Resolve a name of the wiring to its bridge port."""
        if name in ("silence", "drain"):  # bridge slot 0 gives silence and swallows what it is given
            return self._engine.silence
        if name in SOUNDS:
            return self._sounds.port(name)
        if name.endswith("_recorder"):
            return self._recording.port(name.removesuffix("_recorder")) if self._recording else None
        return self._parties.media(name)
