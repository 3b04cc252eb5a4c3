# SPDX-License-Identifier: GPL-3.0-or-later
"""``kring demo`` stopped early: nothing is left, whatever moment and whatever signal."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import pty
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from service import dialogue, phones
from service.demo import _Progress
from service.dialogue import Plan, converse, library, plan, questions
from service.errors import DemoError
from tests.ports import free_port

pytestmark = pytest.mark.integration


def environment(tmp_path: Path) -> dict[str, str]:
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    env = {name: value for name, value in os.environ.items() if not name.startswith("KRING_")}
    return env | {"HOME": str(tmp_path), "TMPDIR": str(scratch), "KRING_LANGUAGE": "en", "COLUMNS": "200"}


def argv(port: int) -> Sequence[str]:
    return (sys.executable, "-m", "service.cli", "demo", "--port", str(port))


@pytest.mark.parametrize(
    ("said", "number"),
    [("Starting the service", signal.SIGINT), ("Ready in", signal.SIGHUP), ("done.", signal.SIGTERM)],
)
@pytest.mark.timeout(150)
async def test_nothing_is_left(tmp_path: Path, said: str, number: signal.Signals) -> None:
    env, port = environment(tmp_path), free_port()
    process = await asyncio.create_subprocess_exec(
        *argv(port), env=env, cwd=Path(__file__).parents[2], start_new_session=True, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    assert process.stdout is not None
    output = ""
    try:
        async with asyncio.timeout(100):
            while said not in output:
                line = await process.stdout.readline()
                assert line, output
                output += line.decode()
            if number == signal.SIGINT:  # in the middle of starting: some processes are there, some are not
                while len(psutil.Process(process.pid).children()) < 3:
                    await asyncio.sleep(0.01)
        family = psutil.Process(process.pid).children(recursive=True)
        held = {one.laddr.port for child in family for one in _connections(child) if one.laddr}
        process.send_signal(number)
        output += (await asyncio.wait_for(process.stdout.read(), 40)).decode()
        assert await process.wait() == 0, output
    finally:
        if process.returncode is None:
            process.kill()
    assert "Traceback" not in output
    assert "the temporary data is gone" in output
    _, alive = await asyncio.to_thread(psutil.wait_procs, family, 5)
    assert not alive
    assert not list((tmp_path / "tmp").iterdir())
    for one in held | {port}:
        _can_be_bound(one)


def _connections(process: psutil.Process) -> list[psutil._common.pconn]:
    with contextlib.suppress(psutil.Error):
        return [one for one in process.net_connections("inet") if not one.raddr]
    return []


def _can_be_bound(port: int) -> None:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(("127.0.0.1", port))


@pytest.mark.timeout(100)
async def test_a_closed_terminal_leaves_nothing(tmp_path: Path) -> None:
    """The terminal itself goes away: SIGHUP, and every write to it fails."""
    env = environment(tmp_path)
    leader, follower = pty.openpty()
    code = (
        "import fcntl, os, sys, termios\n"
        "fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
        "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, *argv(free_port())[1:], env=env, cwd=Path(__file__).parents[2],
        stdin=follower, stdout=follower, stderr=follower, start_new_session=True,
    )  # fmt: skip
    os.close(follower)
    try:
        seen = b""
        async with asyncio.timeout(60):
            while b"Starting" not in seen:
                seen += await asyncio.to_thread(os.read, leader, 1000)
            while not list((tmp_path / "tmp").glob("*/data/log")):
                await asyncio.sleep(0.01)
        family = psutil.Process(process.pid).children(recursive=True)
        os.close(leader)
        await asyncio.wait_for(process.wait(), 40)
    finally:
        if process.returncode is None:
            process.kill()
    _, alive = await asyncio.to_thread(psutil.wait_procs, family, 5)
    assert not alive
    assert not list((tmp_path / "tmp").iterdir())


def script() -> Plan:
    lines = library()
    return plan(questions(lines)[0], lines, announcement_ms=1000)


async def test_a_phone_that_never_gets_ready_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialogue, "_READY_S", 0.1)
    monkeypatch.setattr(phones, "_argv", lambda *args: [sys.executable, "-c", "import time; time.sleep(60)"])
    with pytest.raises(DemoError, match="5999"):
        await converse(script(), uri="sip:2101@127.0.0.1:9", device_port=5999, number="0812")


async def test_a_call_that_never_ends_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialogue, "_GRACE_S", -script().end_ms / 1000 + 0.1)
    ready = 'import time; print(\'{"event": "ready"}\', flush=True); time.sleep(60)'
    monkeypatch.setattr(phones, "_argv", lambda *args: [sys.executable, "-c", ready])
    with pytest.raises(DemoError, match="08125"):
        await converse(script(), uri="sip:2101@127.0.0.1:9", device_port=5999, number="08125")


def test_progress_is_readable_without_a_terminal() -> None:
    written = io.StringIO()
    _Progress(Console(file=written)).update("2101 ← [pertanyaan]")
    assert written.getvalue() == "2101 ← [pertanyaan]\n"
