# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``kring doctor`` finds: a running service's own ports, broken models, folders that cannot be used."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import KringError
from pipeline.settings import Settings, load_settings
from service import doctor, probe
from service.processes import ProcessSpec
from service.supervisor import Supervisor
from tests.ports import free_port, free_range

pytestmark = pytest.mark.integration

LISTENER = (
    "import socket, sys, time\n"
    "udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); udp.bind(('127.0.0.1', int(sys.argv[1])))\n"
    "tcp = socket.socket(); tcp.bind(('127.0.0.1', int(sys.argv[2]))); tcp.listen()\n"
    "print('listening', flush=True); time.sleep(60)\n"
)


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRING_LANGUAGE", "en")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    station = {
        "number": "2101", "sip_port": free_port(), "rtp_port": free_range(32), "device_uri": "sip:2101@127.0.0.1:6101",
    }  # fmt: skip
    return load_settings(data_dir=tmp_path / "data", extensions=[station], http_port=free_port())


async def test_a_running_services_own_ports_are_fine(settings: Settings) -> None:
    ports = (str(settings.extensions[0].sip_port), str(settings.http_port))
    spec = ProcessSpec("hub", (sys.executable, "-c", LISTENER, *ports))
    async with Supervisor(settings, specs=[spec]):
        async with asyncio.timeout(20):
            while not (log := settings.log_dir / "hub.log").exists() or "listening" not in log.read_text():
                await asyncio.sleep(0.01)
        found = doctor._check_web(settings) + doctor._check_telephony(settings)
    assert [(one.ok, "in use by this service" in one.detail) for one in found] == [(True, True)] * 2


async def test_a_port_of_another_program_is_no_port_of_a_running_service(settings: Settings) -> None:
    async with Supervisor(settings, specs=[]):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken, socket.socket() as listener:
            taken.bind(("127.0.0.1", settings.extensions[0].sip_port))
            listener.bind(("127.0.0.1", settings.http_port))
            listener.listen()
            found = doctor._check_web(settings) + doctor._check_telephony(settings)
    assert [one.ok for one in found] == [False, False]


def test_a_taken_rtp_range_is_found(settings: Settings) -> None:
    first = settings.extensions[0].rtp_port
    socks = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(32)]
    try:
        for step, sock in enumerate(socks):
            sock.bind(("127.0.0.1", first + step))
        (found,) = doctor._check_telephony(settings)
    finally:
        for sock in socks:
            sock.close()
    assert not found.ok
    assert str(first) in found.detail


def test_a_broken_encoder_is_loaded_and_found(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "encoder").mkdir()
    (tmp_path / "encoder" / "modules.json").write_text("[]")
    (tmp_path / "encoder" / "config.json").write_text("no json")
    (found,) = doctor._check_encoder(settings.model_copy(update={"encoder": str(tmp_path / "encoder")}))
    assert not found.ok
    assert found.remedy


def test_the_shipped_encoder_model_and_sounds_are_fine(settings: Settings) -> None:
    found = doctor._check_encoder(settings) + doctor._check_model(settings) + doctor._check_announcement(settings)
    assert [one.detail for one in found if not one.ok] == []
    assert len(found) == 4


def test_a_probe_that_hangs_is_a_finding(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    def hang(*args: object, **options: float) -> None:
        raise subprocess.TimeoutExpired("python", options["timeout"])

    monkeypatch.setattr(subprocess, "run", hang)
    with pytest.raises(KringError, match="60 s"):
        probe.probe("model", "x")
    (found,) = doctor._check_model(settings)
    assert not found.ok


def test_an_unusable_data_folder_is_found(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file" / "data", Path("/proc/nope"), tmp_path / ("x" * 90)):
        found = doctor._check_data_dir(settings.model_copy(update={"data_dir": folder}))
        assert not all(one.ok for one in found), folder


def test_a_folder_open_to_others_is_warned_of(settings: Settings) -> None:
    settings.data_dir.mkdir()
    settings.data_dir.chmod(0o755)
    (found,) = doctor._check_data_dir(settings)
    assert (found.ok, found.mark) == (True, "!")
    settings.data_dir.chmod(0o750)
    (found,) = doctor._check_data_dir(settings)
    assert found.mark == "✓"


@pytest.mark.parametrize(
    ("bind", "secure", "marks"),
    [("127.0.0.1", False, "✓"), ("0.0.0.0", True, "✓"), ("0.0.0.0", False, "✓!"), ("::1", False, "✓")],
)
def test_pages_on_the_network_without_https_are_warned_of(
    settings: Settings, bind: str, secure: bool, marks: str
) -> None:
    if bind == "::1" and not Path("/proc/net/if_inet6").exists():
        pytest.skip("no IPv6 here")
    found = doctor._check_web(settings.model_copy(update={"http_bind": bind, "secure_cookies": secure}))
    if bind == "::1":
        assert all(one.mark != "!" for one in found)
    else:
        assert "".join(one.mark for one in found) == marks
