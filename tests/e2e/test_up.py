# SPDX-License-Identifier: GPL-3.0-or-later
"""``kring up`` on an empty office, and where things are wrong: each is said in one line, nothing else stops, and all of
it ends cleanly."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
from pathlib import Path

import httpx
import psutil
import pytest

from crm.database import open_database
from crm.people import find_person
from crm.views import PersonView
from tests.ports import free_port, free_range

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]
SECRET = "kuda-laut-menari-lagi"  # for tests only


class Service:
    """A ``kring up`` process and what it printed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.output = ""

    async def say(self, *wanted: str, timeout_s: float = 60) -> None:
        assert self.process.stdout is not None
        try:
            async with asyncio.timeout(timeout_s):
                while not all(text in self.output for text in wanted):
                    line = await self.process.stdout.readline()
                    assert line, self.output
                    self.output += line.decode(errors="replace")
        except TimeoutError:
            pytest.fail(f"never said all of {wanted}, but:\n{self.output}")

    async def stop(self) -> None:
        children = psutil.Process(self.process.pid).children(recursive=True)
        self.process.send_signal(signal.SIGTERM)
        assert self.process.stdout is not None
        self.output += (await asyncio.wait_for(self.process.stdout.read(), 40)).decode(errors="replace")
        assert await self.process.wait() == 0, self.output
        _, alive = psutil.wait_procs(children, timeout=5)
        assert not alive
        assert "Traceback" not in self.output


async def start(folder: Path, sip_port: int, **env: str) -> Service:
    extension = (
        f'[{{"number": "2101", "sip_port": {sip_port}, "rtp_port": {free_range(32)},'
        f' "device_uri": "sip:2101@127.0.0.1:{free_port()}"}}]'
    )
    clean = {name: value for name, value in os.environ.items() if not name.startswith("KRING_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "service.cli", "up", cwd=Path(__file__).parents[2], stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT, start_new_session=True,
        env={**clean, "KRING_DATA_DIR": str(folder), "KRING_HTTP_PORT": str(free_port()), "KRING_LANGUAGE": "en",
             "KRING_EXTENSIONS": extension, "KRING_ASR_WORKERS": "1", "COLUMNS": "300", **env},
    )  # fmt: skip
    return Service(process)


async def test_a_taken_sip_port_and_a_missing_model_are_said(tmp_path: Path) -> None:
    sip_port = free_port()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", sip_port))
        service = await start(tmp_path, sip_port, KRING_ASR_MODEL_DIR=str(tmp_path / "no-model"))
        await service.say("softphone.2101 is in trouble", str(sip_port), "asr.1 is in trouble", "no-model")
        await service.stop()


async def test_an_unreadable_database_is_said(tmp_path: Path) -> None:
    (tmp_path / "kring.db").write_bytes(b"this is no database" * 300)
    service = await start(tmp_path, free_port())
    await service.say("hub is in trouble", "kring.db")
    await service.stop()


async def test_a_taken_web_port_is_said(tmp_path: Path) -> None:
    port = free_port()
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        service = await start(tmp_path, free_port(), KRING_HTTP_PORT=str(port))
        await service.say("hub is in trouble", str(port))
        await service.stop()


async def test_an_empty_office_prints_the_address_that_makes_its_first_administrator(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    data = tmp_path / "data"
    service = await start(
        data, free_port(), KRING_ASR_MODEL_DIR=str(tmp_path / "no-model"), KRING_ENCODER="",
        KRING_ARTICLES_DIR=str(tmp_path / "articles"),
    )  # fmt: skip
    await service.say("/penyiapan/mulai/")
    found = re.search(r"http://\S+/penyiapan/mulai/\S+", service.output)
    assert found is not None
    url = httpx.URL(found[0])
    admin = {"username": "wati", "name": "Wati Contoh", "password": SECRET, "repeated": SECRET}  # invented
    async with httpx.AsyncClient(base_url=url.join("/"), headers={"HX-Request": "true"}) as browser:
        assert (await browser.get(url.path)).status_code == 200
        made = await browser.post(url.path, data=admin)
        assert made.headers["hx-redirect"] == "/penyiapan/kantor"
        assert (await browser.get("/admin")).status_code == 200
        assert (await browser.post(url.path, data={**admin, "username": "jahat"})).status_code == 410
    await service.stop()
    person = await asyncio.to_thread(person_in, data)
    assert person.roles == {"admin"}
    assert SECRET not in service.output
    token = url.path.rpartition("/")[2].encode()
    for path in filter(Path.is_file, data.rglob("*")):
        content = await asyncio.to_thread(path.read_bytes)
        assert token not in content and SECRET.encode() not in content, path


def person_in(data: Path) -> PersonView:
    database = open_database(f"sqlite:///{data / 'kring.db'}")
    try:
        found = find_person(database, "wati")
        assert found is not None
        return found
    finally:
        database.close()
