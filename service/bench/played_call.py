# SPDX-License-Identifier: GPL-3.0-or-later
"""A call of five minutes as softphone, recogniser and agent make it, by the millisecond. All people are invented."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from pipeline import events as ev
from pipeline.bus import BusClient
from pipeline.callfolder import CallFolder
from pipeline.ids import IdFactory
from pipeline.journal import JournalWriter
from service.hub import Hub

if TYPE_CHECKING:
    from playwright.async_api import Page

CALL_S = 300
_ANSWER_MS, _TURN_MS, _PARTIAL_MS = 4000, 6000, 500
_LINES: tuple[tuple[ev.Leg, str], ...] = (
    ("agent", "selamat pagi dengan kring pajak ada yang bisa saya bantu"),
    ("caller", "selamat pagi bu saya mau lapor spt tahunan tapi saya lupa efin"),
    ("caller", "bagaimana cara minta efin lagi apa harus datang ke kantor pajak"),
    ("agent", "baik bapak saya bantu boleh saya cocokkan dulu nama dan npwp bapak"),
    ("caller", "boleh bu nama saya dewi contoh"),
    ("agent", "terima kasih mohon ditunggu sebentar saya periksa dulu ya"),
    ("caller", "kalau terlambat lapor dendanya berapa ya bu"),
    ("agent", "denda terlambat lapor untuk orang pribadi seratus ribu rupiah"),
    ("caller", "oh begitu lalu batas waktu lapornya kapan"),
    ("agent", "paling lambat tiga bulan setelah akhir tahun pajak"),
)
_CALLER = "Dewi Contoh"
_QUESTION = "Lupa EFIN, ingin lapor SPT Tahunan; bagaimana meminta EFIN kembali?"
_ANSWER = (
    "Disampaikan bahwa EFIN dapat diminta kembali melalui saluran resmi setelah identitas dicocokkan, tanpa perlu "
    "datang ke kantor, dan bahwa denda terlambat lapor untuk orang pribadi ialah seratus ribu rupiah."
)
Act = Callable[[], Awaitable[object]]


class PlayedCall:
    """Writes the journals and tells the bus, as the processes of a call would."""

    def __init__(self, hub: Hub, phone: BusClient) -> None:
        self._hub, self._phone = hub, phone
        self.call_id = IdFactory().call_id()
        self._extension = hub.settings.extensions[0].number
        self._writers: dict[str, JournalWriter] = {}
        self._segments = {"caller": 0, "agent": 0}

    @property
    def _folder(self) -> CallFolder:
        return self._hub.spool.folder(self.call_id)

    def log_ended(self) -> bool:
        """Return whether the page has said that its log is complete."""
        return any(isinstance(item, ev.ScreenCaptured) and item.last for item in self._folder.read("screen"))

    def play(self, at_ms: int) -> None:
        """Let happen what happens at this moment of the call."""
        if at_ms == 0:
            self._state("ringing")
            self._say(
                ev.CallOffered, extension=self._extension, caller_number="081255507788", caller_name="Dewi Contoh"
            )
        elif at_ms == _ANSWER_MS:
            self._answer()
        elif _ANSWER_MS < at_ms < CALL_S * 1000:
            self._talk(at_ms)
        elif at_ms == CALL_S * 1000:
            self._say(ev.CallEnded, reason="caller_hung_up", talk_ms=at_ms - _ANSWER_MS)
            self._say(ev.RecordingClosed, caller_samples=8 * at_ms, agent_samples=8 * at_ms)
            self._state("ready")

    def _answer(self) -> None:
        self._state("talking")
        self._say(ev.CallAnswered, extension=self._extension, ring_ms=_ANSWER_MS)
        self._say(ev.RecordingStarted, offset_ms=0, sample_rate_hz=8000, sync_tone_ms=100)
        self._say(ev.CallBridged, offset_ms=2600, codec="PCMA")

    def _talk(self, at_ms: int) -> None:
        turn, into_ms = divmod(at_ms - _ANSWER_MS, _TURN_MS)
        leg, text = _LINES[turn % len(_LINES)]
        words = text.split()
        heard = words[: 1 + into_ms * len(words) // _TURN_MS]
        if into_ms == _TURN_MS - 250:
            self._final(leg, words, at_ms)
        elif into_ms % _PARTIAL_MS == 0 and into_ms:
            self._say(
                ev.PartialRecognized, leg=leg, segment=self._segments[leg] + 1, text=" ".join(heard),
                words=_timed(heard, at_ms - into_ms), audio_to_ms=at_ms,
            )  # fmt: skip
        if at_ms % 1000 == 0:
            self._say(ev.CallProgressed, caller_level_db=-20.0 - at_ms % 7, agent_level_db=-35.0 - at_ms % 11)
        if at_ms % 5000 == 0:
            measured = {"packets": at_ms // 20, "lost": 1, "discarded": 0, "jitter_ms": 3.1, "mos": 4.3}
            for measured_leg in ("caller", "agent"):
                self._say(ev.MediaMeasured, leg=measured_leg, **measured)

    def _final(self, leg: ev.Leg, words: list[str], at_ms: int) -> None:
        self._segments[leg] += 1
        self._say(
            ev.SegmentFinalized, leg=leg, segment=self._segments[leg], start_ms=at_ms - _TURN_MS, end_ms=at_ms,
            text=" ".join(words), words=_timed(words, at_ms - _TURN_MS), decoded_to_ms=at_ms, confidence=0.9,
        )  # fmt: skip

    def _state(self, state: str) -> None:
        call_id = "" if state == "ready" else self.call_id
        item = {"at": datetime.now(UTC), "extension": self._extension, "state": state, "call_id": call_id}
        self._phone.publish(ev.ExtensionStateChanged.model_validate(item))

    def _say(self, kind: type[ev.CallEvent], **fields: Any) -> None:
        item = kind.model_validate({"at": datetime.now(UTC), "call_id": self.call_id, **fields})
        if item.stream is not None:
            if item.stream not in self._writers:
                self._writers[item.stream] = self._folder.create().writer(item.stream)
            item = self._writers[item.stream].append(item)
        self._phone.publish(item)


def _timed(words: list[str], from_ms: int) -> tuple[ev.Word, ...]:
    return tuple(
        ev.Word(text=word, start_ms=from_ms + 350 * n, end_ms=from_ms + 350 * n + 300, confidence=0.93)
        for n, word in enumerate(words)
    )


def agent_acts(page: Page) -> dict[int, Act]:
    """Return what the agent does, by millisecond: four key strokes a second, the mouse every other while."""
    acts: dict[int, Act] = {}
    for second in range(6, CALL_S + 20, 4):  # under way between the panes, a second in every four
        for step in range(4):
            x, y = 100 + (second * 37 + step * 60) % 1200, 120 + (second * 53 + step * 25) % 600
            acts[second * 1000 + step * 250] = partial(page.mouse.move, x, y)
    _typed(page, acts, 40, "#search", "lupa efin permintaan ulang")
    acts[50_000] = partial(page.keyboard.press, "Escape")
    acts[52_000] = partial(page.keyboard.press, "1")
    acts[55_000] = partial(_scroll, page, "#reader-body")
    acts[58_000] = partial(_scroll, page, "#reader-body")
    _typed(page, acts, 70, "#question", _QUESTION)
    _typed(page, acts, 100, "#identity-name", _CALLER)
    for at_s, box in ((110, "#npwp_checked"), (112, "#name_checked")):
        acts[at_s * 1000] = partial(page.check, box)
    _typed(page, acts, 120, "#search", "denda terlambat lapor")
    acts[128_000] = partial(page.keyboard.press, "Escape")
    acts[130_000] = partial(page.check, "input[name=kind][value=information]")
    acts[135_000] = partial(page.keyboard.press, "Control+Enter")
    _typed(page, acts, 150, "#answer", _ANSWER)
    _typed(page, acts, 232, "#topic", "EFIN")
    for at_s in (240, 250, 260, 270, 305, 310):
        acts[at_s * 1000] = partial(page.keyboard.press, "Control+Enter")
    return acts


def _typed(page: Page, acts: dict[int, Act], from_s: int, field: str, text: str) -> None:
    acts[from_s * 1000 - 250] = partial(page.fill, field, "")
    for n, key in enumerate(text):
        acts[from_s * 1000 + n * 250] = partial(page.type, field, key)


async def _scroll(page: Page, pane: str) -> None:
    await page.evaluate("pane => document.querySelector(pane)?.scrollBy(0, 120)", pane)
