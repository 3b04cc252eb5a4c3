# SPDX-License-Identifier: GPL-3.0-or-later
"""One customer call, alive: carries out what the state machine asks for with legs, players, recorders and journal.

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
    DtmfReceived,
    RecordingClosed,
    RecordingStarted,
)
from pipeline.events import Leg as LegName
from pipeline.settings import ExtensionSettings, Settings
from telephony import actions as act
from telephony.chronicle import Chronicle, Publish
from telephony.engine import CLOCK_HZ, Engine, SipFailure, Timer, failure_reason
from telephony.errors import TelephonyError
from telephony.legs import Leg, SipLeg
from telephony.machine import CallMachine, State
from telephony.media import Player, connect, disconnect
from telephony.monitor import MediaMonitor
from telephony.policy import Caller
from telephony.recording import ClosedRecording, Recording, compare_clock
from telephony.wiring import Wiring

log = structlog.get_logger("telephony.session")

AGENT_SILENT_S = 4.0  # an INVITE is repeated after 0.5, 1, 2 s: no device that is there stays silent so long
MEDIA_LIMIT_S = 5.0  # from our 200 to audio on both legs
DialAgentLeg = Callable[["CallSession", bool], Leg]


class CallSession:
    """A call from INVITE to closed recordings. ``on_change`` is told of each state, ``on_over`` once at the end."""

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        extension: ExtensionSettings,
        folder: CallFolder,
        *,
        clock: Clock,
        publish: Publish,
        dial_agent: DialAgentLeg,
        on_change: Callable[[CallSession], None],
        on_over: Callable[[CallSession], None],
    ) -> None:
        self._engine, self._settings, self._extension, self._clock = engine, settings, extension, clock
        self._folder, self._dial_agent = folder, dial_agent
        self._on_change, self._on_over = on_change, on_over
        desk_answers = extension.answer == "desk" or extension.device == "headset"
        self.machine = CallMachine(desk_answers=desk_answers)
        self.chronicle = Chronicle(folder, clock, publish)
        self.caller: Caller | None = None
        self._legs: dict[LegName, Leg] = {}
        self._players: dict[str, Player] = {}
        self._silence_timer: Timer | None = None
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
        self._legs["caller"], self.caller = leg, caller
        self.chronicle.tell(
            CallOffered,
            extension=self._extension.number,
            caller_number=caller.number,
            caller_name=caller.name,
            caller_uri=caller.uri,
            sip_call_id=leg.sip_call_id,
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
        """The agent's device gives a sign of life."""
        self._cancel_silence_timer()

    def leg_accepted(self, leg: Leg) -> None:
        """The agent's device answered."""
        self._cancel_silence_timer()
        if not self._caller_leg.over:  # else the caller's end is already on its way to us
            self.feed(self.machine.agent_accepted())

    def leg_media(self, leg: Leg, *, up: bool, held: bool) -> None:
        """A leg's audio was negotiated anew."""
        name = self._name(leg)
        self._wiring.forget(name)
        self.feed(self.machine.media_changed(name, up=up, held=held))

    def leg_dtmf(self, leg: Leg, digit: str) -> None:
        """A key was pressed."""
        if self.machine.state is not State.ENDED:
            self.chronicle.tell(DtmfReceived, leg=self._name(leg), digit=digit)

    def leg_gone(self, leg: Leg, code: int, reason: str) -> None:
        """A leg ended."""
        name = self._name(leg)
        log.info("leg ended", call_id=self.call_id, leg=name, code=code, reason=reason)
        self._wiring.forget(name)
        if self.machine.state is not State.ENDED:
            self._monitor.finish(name, leg.figures())
        self.feed(self.machine.leg_gone(name, code))

    def tick(self) -> None:
        """Once a second: statistics, levels, silent streams."""
        talking = self.machine.state in (State.ANNOUNCING, State.TALKING)
        self._monitor.observe({name: leg for name, leg in self._legs.items() if leg.alive}, talking=talking)

    # --- actions ---------------------------------------------------------------------------------------------

    def _carry_out(self, action: act.Action) -> None:
        match action:
            case act.Tell(event=event, fields=fields):
                self._tell(event, dict(fields))
            case act.RingCaller():
                self._caller_leg.answer(180)
            case act.AnswerCaller():
                self._caller_leg.answer(200)
                self._after(MEDIA_LIMIT_S, self._check_media)
            case act.DialAgent(auto_answer=auto_answer):
                self._dial(auto_answer)
            case act.StartRecording():
                self._start_recording()
            case act.PlayTone():
                self._play("tone", lambda: self.feed(self.machine.tone_finished()))
            case act.PlayAnnouncement():
                self._play("announcement", lambda: self.feed(self.machine.announcement_finished()))
            case act.DropLeg(leg=name, code=code):
                self._drop(name, code)
            case act.CloseRecording():
                self._close_recording()

    def _tell(self, event: type[Any], fields: dict[str, Any]) -> None:
        now_s = self._clock.monotonic_s()
        if event is CallAnswered:
            fields |= {"extension": self._extension.number, "ring_ms": round((now_s - self._offered_s) * 1000)}
        elif event is CallBridged:
            self._bridged_s = now_s
            fields |= {"codec": self._legs["caller"].codec}
        elif event is CallEnded:
            fields |= {"talk_ms": round((now_s - self._bridged_s) * 1000) if self._bridged_s else 0}
        self.chronicle.tell(event, **fields)

    @property
    def _caller_leg(self) -> SipLeg:
        leg = self._legs["caller"]
        assert isinstance(leg, SipLeg)
        return leg

    def _dial(self, auto_answer: bool) -> None:
        try:
            self._legs["agent"] = self._dial_agent(self, auto_answer)
        except (SipFailure, TelephonyError) as error:
            log.error(
                "agent's device cannot be called", extension=self._extension.number, problem=failure_reason(error)
            )
            self._engine.post(lambda: self.feed(self.machine.leg_gone("agent", 480)))
            return
        self._silence_timer = self._after(AGENT_SILENT_S, lambda: self.feed(self.machine.agent_silent()))

    def _drop(self, name: LegName, code: int) -> None:
        leg = self._legs.get(name)
        if leg is not None and leg.alive:
            leg.hang_up(code)
            self._monitor.finish(name, leg.figures())

    def _cancel_silence_timer(self) -> None:
        if self._silence_timer is not None:
            self._silence_timer.cancel()

    def _start_recording(self) -> None:
        tone = self._open_player("tone")
        self._open_player("announcement")
        self._recording = Recording(self._engine, self._folder, self._settings.recording_flush_ms)
        self._recording.arm()
        self._recording_open = True
        self.chronicle.start_audio_time()
        self.chronicle.tell(RecordingStarted, sample_rate_hz=CLOCK_HZ, sync_tone_ms=round(tone.duration_s * 1000))
        self.feed(self.machine.recording_started())

    def _open_player(self, name: str) -> Player:
        path = self._settings.sync_tone_file if name == "tone" else self._settings.announcement_file
        self._players[name] = Player(self._engine, path)
        return self._players[name]

    def _play(self, name: str, finished: Callable[[], None]) -> None:
        def end() -> None:
            finished()
            self._players[name].close()

        self._players[name].when_finished(end)

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
        for player in self._players.values():
            player.close()
        self.chronicle.close()
        self._on_over(self)

    # --- small things ----------------------------------------------------------------------------------------

    def _after(self, delay_s: float, function: Callable[[], None]) -> Timer:
        timer = self._engine.later(delay_s, function)
        self._timers.append(timer)
        return timer

    def _name(self, leg: Leg) -> LegName:
        return "caller" if leg is self._legs.get("caller") else "agent"

    def _port(self, name: str) -> Any | None:
        """Resolve a name of the wiring to its bridge port."""
        if name in ("silence", "drain"):  # bridge slot 0 gives silence and swallows what it is given
            return self._engine.silence
        if name in ("tone", "announcement"):
            return self._players[name].port if name in self._players else None
        if name.endswith("_recorder"):
            return self._recording.port(name.removesuffix("_recorder")) if self._recording else None
        leg = self._legs.get("caller" if name == "caller" else "agent")
        return leg.media if leg is not None else None
