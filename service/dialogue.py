# SPDX-License-Identifier: GPL-3.0-or-later
"""One simulated conversation over real SIP: a caller asks a shipped question, an agent's device answers it.

The PBX side of the demo, the bench and the end-to-end tests. Audio is ours (models/demo_speech); what is played when
is known to the millisecond, which is what makes latency measurable.
"""

from __future__ import annotations

import asyncio
import wave
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.demo_speech.library import DemoLine, load_library, replies_to
from pipeline.catalog import text
from pipeline.settings import PROJECT_DIR, Settings
from service.errors import DemoError
from service.phones import caller_args, device_args, phone

LIBRARY_DIR = PROJECT_DIR / "models/demo_speech"
GAP_MS = 700  # between two speakers
_READY_S = 15.0
_GRACE_S = 90.0  # for ringing and hanging up, on top of what is said


def library() -> tuple[DemoLine, ...]:
    """Return every shipped line."""
    return load_library(LIBRARY_DIR)


def questions(lines: tuple[DemoLine, ...]) -> list[DemoLine]:
    """Return the callers' questions."""
    return [line for line in lines if line.role == "caller"]


@dataclass(frozen=True)
class Plan:
    """When each line of one conversation is spoken, in ms after the caller's call was answered."""

    question: DemoLine
    question_at_ms: int
    replies: tuple[tuple[DemoLine, int], ...]
    end_ms: int


def plan(question: DemoLine, lines: tuple[DemoLine, ...], *, announcement_ms: int) -> Plan:
    """Lay a conversation out: announcement, question, replies one after the other."""
    at_ms = announcement_ms + GAP_MS
    question_at_ms = at_ms
    at_ms += question.duration_ms + GAP_MS
    replies = []
    for reply in replies_to(question, lines):
        replies.append((reply, at_ms))
        at_ms += reply.duration_ms + GAP_MS
    return Plan(question, question_at_ms, tuple(replies), at_ms + GAP_MS)


def announcement_ms(settings: Settings) -> int:
    """Length of sync tone and announcement together."""
    total = 0.0
    for path in (settings.sync_tone_file, settings.announcement_file):
        with wave.open(str(path)) as file:
            total += 1000.0 * file.getnframes() / file.getframerate()
    return int(total)


@dataclass(frozen=True)
class Conversation:
    """What came of one conversation: the reports of both phones."""

    plan: Plan
    caller: list[dict[str, Any]]
    device: list[dict[str, Any]]
    caller_exit: int


async def converse(
    script: Plan,
    *,
    uri: str,
    device_port: int,
    number: str,
    answer_after_s: float = 1.0,
    log: Path | None = None,
    scratch: Path | None = None,
) -> Conversation:
    """Hold one conversation and return when the caller has hung up.

    Raises:
        DemoError: a phone did not start, or the call did not end.
    """
    replies = [(line.path, at_ms) for line, at_ms in script.replies]
    async with AsyncExitStack() as stack:
        device = await stack.enter_async_context(
            phone(*device_args(device_port, answer_after_s=answer_after_s, lines=replies), log=log, scratch=scratch)
        )
        try:
            await device.wait_for("ready", _READY_S)
        except TimeoutError as error:
            raise DemoError(
                text("service.phone_not_ready", port=device_port, seconds=f"{_READY_S:g}"),
                remedy=text("service.not_ready_remedy"),
            ) from error
        caller = await stack.enter_async_context(
            phone(
                *caller_args(
                    uri,
                    script.question.path,
                    number=number,
                    wait_speech_ms=script.question_at_ms,
                    hang_up_after_s=script.end_ms / 1000,
                ),
                log=log,
                scratch=scratch,
            )
        )
        most_s = script.end_ms / 1000 + _GRACE_S
        try:
            exit_code = await asyncio.wait_for(caller.process.wait(), most_s)
        except TimeoutError as error:
            raise DemoError(text("service.call_not_over", number=number, seconds=f"{most_s:.0f}")) from error
        return Conversation(script, caller.reports, device.reports, exit_code)
