# SPDX-License-Identifier: GPL-3.0-or-later
"""The data folder: private, usable, and said clearly when it is not."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError
from pipeline.settings import load_settings
from service.datadir import LONGEST_SOCKET_PATH_BYTES, check_bus_path
from tests.ports import free_port, free_range
from tests.service.test_cli import kring

pytestmark = pytest.mark.integration


def extensions(sip_port: int) -> str:
    return (
        f'[{{"number": "2101", "sip_port": {sip_port}, "rtp_port": {free_range(32)},'
        f' "device_uri": "sip:2101@127.0.0.1:6101"}}]'
    )


async def test_nothing_of_a_real_service_is_open_to_others(tmp_path: Path) -> None:
    port = free_port()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("KRING_")}
    data = tmp_path / "data"
    env = {
        **clean, "KRING_DATA_DIR": str(data), "KRING_HTTP_PORT": str(port), "KRING_EXTENSIONS": extensions(free_port()),
        "KRING_ASR_WORKERS": "1", "KRING_ENCODER": "",
    }  # fmt: skip
    code = "import os, sys; os.umask(0); from service.cli import main; sys.argv[0] = 'kring'; main()"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, "up", cwd=tmp_path, env=env, stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        async with asyncio.timeout(60):
            while b"2101" not in await asyncio.to_thread(_healthz, port):
                assert process.returncode is None
                await asyncio.sleep(0.1)
        paths = [data, *data.rglob("*")]
        assert {"kring.db", "hub.log", "softphone.2101.log", "bus.sock"} <= {path.name for path in paths}
        open_to_others = [str(path) for path in paths if stat.S_IMODE(path.lstat().st_mode) & 0o007]
        assert not open_to_others
    finally:
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), 30)
    assert process.returncode == 0


def _healthz(port: int) -> bytes:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as reply:
            return bytes(reply.read())
    except OSError:
        return b""


ADD = ["user", "add", "siti", "--name", "Siti Contoh", "--role", "agent"]


@pytest.mark.parametrize(
    ("kind", "command"),
    [("impossible", ["up"]), ("impossible", ADD), ("file", ["up"]), ("file", ADD), ("long", ["up"])],
)
def test_an_unusable_data_folder_is_said_in_one_line(tmp_path: Path, kind: str, command: list[str]) -> None:
    (tmp_path / "file").write_text("")
    folder = {"impossible": "/proc/nope", "file": str(tmp_path / "file"), "long": str(tmp_path / ("x" * 90))}[kind]
    result = kring(
        *command, folder=tmp_path, stdin="kata-sandi-contoh\n", KRING_DATA_DIR=folder,
        KRING_EXTENSIONS=extensions(free_port()),
    )  # fmt: skip
    assert result.returncode == 3, result.stderr
    assert "Traceback" not in result.stderr
    assert "KRING_DATA_DIR" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_the_longest_path_allowed_is_one_the_system_takes(tmp_path: Path) -> None:
    room = LONGEST_SOCKET_PATH_BYTES - len(os.fsencode(tmp_path / "x" / "run" / "bus.sock"))
    settings = load_settings(data_dir=tmp_path / ("x" * (1 + room)))
    check_bus_path(settings)
    settings.bus_path.parent.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(settings.bus_path))
    with pytest.raises(ConfigurationError, match="KRING_DATA_DIR"):
        check_bus_path(load_settings(data_dir=tmp_path / ("x" * (2 + room))))
