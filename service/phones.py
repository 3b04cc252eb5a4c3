# SPDX-License-Identifier: GPL-3.0-or-later
"""Test phones as child processes: a caller who plays a file, an agent's device that answers and speaks.

They are ``telephony.phone`` processes, because PJSIP lives in processes of its own; they report JSON lines.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.settings import ENV_PREFIX, SECRET_SETTINGS
from service.child import die_with_parent


@dataclass
class Phone:
    """A running phone and what it has reported so far."""

    process: asyncio.subprocess.Process
    reports: list[dict[str, Any]] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    def find(self, name: str) -> dict[str, Any] | None:
        """Return the first report of this name."""
        return next((report for report in self.reports if report.get("event") == name), None)

    async def wait_for(self, name: str, timeout_s: float) -> dict[str, Any]:
        """Wait for a report; raises TimeoutError."""
        async with asyncio.timeout(timeout_s), self.news:
            await self.news.wait_for(lambda: self.find(name) is not None)
        return self.find(name) or {}

    async def read(self) -> None:
        """Collect reports until the phone closes its output."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            with suppress(ValueError):
                async with self.news:
                    self.reports.append(json.loads(line))
                    self.news.notify_all()


def _argv(*args: str) -> list[str]:
    return [sys.executable, "-m", "telephony.phone", *args]


def _environment(scratch: Path | None) -> dict[str, str]:
    secret = {f"{ENV_PREFIX}{name.upper()}" for name in SECRET_SETTINGS}
    env = {name: value for name, value in os.environ.items() if name not in secret}
    return env | ({"TMPDIR": str(scratch)} if scratch else {})


@asynccontextmanager
async def phone(*args: str, log: Path | None = None, scratch: Path | None = None) -> AsyncIterator[Phone]:
    """Run a phone with these arguments (its temporary files in ``scratch``); it is stopped on leaving."""
    errors = log.open("ab") if log else None
    process = await asyncio.create_subprocess_exec(
        *_argv(*args), stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=errors or asyncio.subprocess.DEVNULL, preexec_fn=die_with_parent, start_new_session=True,
        env=_environment(scratch),
    )  # fmt: skip
    device = Phone(process)
    reader = asyncio.create_task(device.read(), name="phone-reader")
    try:
        yield device
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.terminate()
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), 5)
        if process.returncode is None:
            process.kill()
            await process.wait()
        await reader
        if errors:
            errors.close()


def caller_args(
    uri: str, play: Path, *, number: str, wait_speech_ms: int, hang_up_after_s: float | None = None
) -> list[str]:
    """Arguments of a caller who plays one file ``wait_speech_ms`` after the answer and later hangs up."""
    args = ["call", uri, "--play", str(play), "--from", number, "--wait-speech", str(wait_speech_ms)]
    return args if hang_up_after_s is None else [*args, "--hang-up-after", f"{hang_up_after_s:.1f}"]


def device_args(port: int, *, answer_after_s: float, lines: list[tuple[Path, int]]) -> list[str]:
    """Arguments of an agent's device that answers and speaks ``lines`` (file, ms after its answer)."""
    args = ["answer", "--port", str(port), "--after", str(answer_after_s)]
    for path, at_ms in lines:
        args += ["--play", f"{path}@{at_ms}"]
    return args


def call_once(uri: str, play: Path, *, caller: str, wait_speech_ms: int) -> int:
    """Place one call in the foreground and return the phone's exit code (its messages go to the terminal)."""
    args = caller_args(uri, play, number=caller, wait_speech_ms=wait_speech_ms)
    return subprocess.run(_argv(*args), check=False).returncode
