# SPDX-License-Identifier: GPL-3.0-or-later
"""``kring demo`` as a new user runs it: in a clean home folder, stopped with Ctrl-C, leaving nothing behind."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import psutil
import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(150)]


async def _read_until(stream: asyncio.StreamReader, wanted: str, seen: list[str]) -> None:
    try:
        async with asyncio.timeout(90):
            while not (seen and wanted in seen[-1]):
                line = await stream.readline()
                assert line, "".join(seen)
                seen.append(line.decode(errors="replace"))
    except TimeoutError:
        pytest.fail(f"never said {wanted!r}, but: {''.join(seen)}")


def _free(port: int, kind: int) -> bool:
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(kind == socket.SOCK_STREAM))
        try:
            sock.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


async def test_ctrl_c_leaves_no_process_no_port_no_file(tmp_path: Path) -> None:
    home, scratch = tmp_path / "home", tmp_path / "tmp"
    home.mkdir()
    scratch.mkdir()
    env = {name: value for name, value in os.environ.items() if not name.startswith("KRING_")}
    env |= {"HOME": str(home), "TMPDIR": str(scratch), "KRING_LANGUAGE": "en", "COLUMNS": "200"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "service.cli", "demo", "--port", "19080", cwd=Path(__file__).parents[2], env=env,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    seen: list[str] = []
    try:
        await _read_until(process.stdout, "First words on the page", seen)
        family = psutil.Process(process.pid).children(recursive=True)
        ports = {
            (one.laddr.port, one.type)
            for member in [psutil.Process(process.pid), *family]
            for one in member.net_connections("inet4")
            if one.laddr and (one.type == socket.SOCK_DGRAM or one.status == psutil.CONN_LISTEN)
        }
        assert len(family) >= 6  # hub, two softphones, two workers, archiver (and phones)
        os.killpg(process.pid, signal.SIGINT)  # what a terminal does on Ctrl-C
        rest = (await asyncio.wait_for(process.stdout.read(), 40)).decode(errors="replace")
        assert await process.wait() == 0, "".join(seen) + rest
    finally:
        if process.returncode is None:
            process.kill()
    assert "Traceback" not in "".join(seen) + rest
    _, alive = psutil.wait_procs(family, timeout=5)
    assert not alive
    assert not list(scratch.iterdir())
    assert ports
    assert not [port for port in ports if not _free(*port)]
