# SPDX-License-Identifier: GPL-3.0-or-later
"""The supervisor with real child processes: restart, back-off, configuration errors, nothing left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import psutil
import pytest

from pipeline.bus import BusClient
from pipeline.events import Event, ProcessExited, ProcessStarted
from pipeline.settings import Settings, load_settings
from service.errors import AlreadyRunningError
from service.processes import ProcessSpec, service_processes
from service.supervisor import Supervisor

pytestmark = pytest.mark.integration

SLEEPER = "import time\nwhile True: time.sleep(1)"
STUBBORN = (
    "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('deaf', flush=True)\ntime.sleep(60)"
)
MISCONFIGURED = "import sys\nprint('port 5062 is taken', file=sys.stderr)\nsys.exit(3)"


def spec(name: str, code: str) -> ProcessSpec:
    return ProcessSpec(name, (sys.executable, "-c", code))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(data_dir=tmp_path, restart_first_s=0.05, restart_most_s=0.4, stop_s=0.5)


class News:
    """Collects what the bus says."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.changed = asyncio.Event()

    def __call__(self, item: Event) -> None:
        self.events.append(item)
        self.changed.set()

    async def wait_for(self, kind: type[Event], count: int) -> list[Event]:
        async with asyncio.timeout(20):
            while len(found := [item for item in self.events if isinstance(item, kind)]) < count:
                self.changed.clear()
                await self.changed.wait()
        return found


async def start(stack: AsyncExitStack, settings: Settings, *specs: ProcessSpec) -> tuple[Supervisor, News]:
    news = News()
    supervisor = Supervisor(settings, specs=specs)
    # The client is there first and retries, so that it sees the first start.
    await stack.enter_async_context(BusClient(settings.bus_path, "test", subscribe=("",), on_event=news))
    await stack.enter_async_context(supervisor)
    return supervisor, news


async def pid_of(supervisor: Supervisor, name: str, *, other_than: int | None = None) -> int:
    async with asyncio.timeout(20):
        while (pid := supervisor.children[name].pid) is None or pid == other_than:
            await asyncio.sleep(0.01)
    return pid


async def test_a_killed_process_is_started_again_and_its_end_is_told(settings: Settings) -> None:
    async with AsyncExitStack() as stack:
        supervisor, news = await start(stack, settings, spec("asr.1", SLEEPER))
        pid = await pid_of(supervisor, "asr.1")
        os.kill(pid, signal.SIGKILL)
        new_pid = await pid_of(supervisor, "asr.1", other_than=pid)
        (exited,) = await news.wait_for(ProcessExited, 1)
        assert isinstance(exited, ProcessExited)
        assert (exited.process, exited.pid, exited.exit_code, exited.expected) == ("asr.1", pid, -9, False)
    assert not psutil.pid_exists(new_pid)


async def test_delays_double_until_the_bound(settings: Settings) -> None:
    async with AsyncExitStack() as stack:
        _, news = await start(stack, settings, spec("hub", "raise SystemExit(1)"))
        exits = await news.wait_for(ProcessExited, 5)
    delays = [item.restart_in_s for item in exits if isinstance(item, ProcessExited)]
    assert delays[:5] == sorted(delays[:5])
    assert max(delays) <= settings.restart_most_s


async def test_a_configuration_error_is_repeated_to_people_and_not_hammered(settings: Settings) -> None:
    async with AsyncExitStack() as stack:
        supervisor, news = await start(stack, settings, spec("softphone.2101", MISCONFIGURED))
        told: list[tuple[str, str]] = []
        supervisor.on_problem(lambda name, problem: told.append((name, problem)))
        (exited, *_) = await news.wait_for(ProcessExited, 1)
        assert isinstance(exited, ProcessExited)
        assert exited.restart_in_s == settings.restart_most_s
        assert told[0] == ("softphone.2101", "port 5062 is taken")


async def test_a_planned_exit_is_renewed_at_once(settings: Settings) -> None:
    async with AsyncExitStack() as stack:
        _, news = await start(stack, settings, spec("asr.1", "raise SystemExit(0)"))
        exits = await news.wait_for(ProcessExited, 2)
    assert all(isinstance(item, ProcessExited) and item.expected for item in exits)


async def test_a_process_deaf_to_sigterm_is_killed(settings: Settings) -> None:
    async with AsyncExitStack() as stack:
        supervisor, _ = await start(stack, settings, spec("archiver", STUBBORN))
        pid = await pid_of(supervisor, "archiver")
        async with asyncio.timeout(20):
            while "deaf" not in (settings.log_dir / "archiver.log").read_text():
                await asyncio.sleep(0.01)
    assert not psutil.pid_exists(pid)


async def test_one_service_per_data_folder(settings: Settings) -> None:
    async with Supervisor(settings, specs=[]):
        with pytest.raises(AlreadyRunningError, match="KRING_DATA_DIR"):
            async with Supervisor(settings, specs=[]):
                pass
    async with Supervisor(settings, specs=[]):
        pass  # free again


async def test_children_end_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from pipeline.settings import load_settings\n"
        "from service.processes import ProcessSpec\n"
        "from service.supervisor import Supervisor\n"
        "async def main():\n"
        "    child = ProcessSpec('hub', (sys.executable, '-c', 'import time; time.sleep(60)'))\n"
        "    async with Supervisor(load_settings(data_dir=Path(sys.argv[1])), specs=[child]) as s:\n"
        "        while s.children['hub'].pid is None: await asyncio.sleep(0.01)\n"
        "        print(s.children['hub'].pid, flush=True)\n"
        "        await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    child = psutil.Process(int(await process.stdout.readline()))
    process.kill()
    await process.wait()
    gone, alive = await asyncio.to_thread(psutil.wait_procs, [child], 10)
    assert [item.pid for item in gone] == [child.pid]
    assert not alive


async def test_started_is_repeated_for_those_who_come_later(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.supervisor._ANNOUNCE_S", 0.05)
    async with AsyncExitStack() as stack:
        supervisor, news = await start(stack, settings, spec("hub", SLEEPER))
        await pid_of(supervisor, "hub")
        assert len(await news.wait_for(ProcessStarted, 3)) >= 3


def test_the_service_has_one_softphone_per_extension(tmp_path: Path) -> None:
    extensions = [
        {"number": number, "sip_port": port, "rtp_port": 20000 + port, "device_uri": "sip:a@127.0.0.1:6101"}
        for number, port in (("2101", 5062), ("2102", 5064))
    ]
    settings = load_settings(data_dir=tmp_path, extensions=extensions, asr_workers=3)
    names = [item.name for item in service_processes(settings)]
    assert names == ["hub", "softphone.2101", "softphone.2102", "asr.1", "asr.2", "asr.3", "archiver"]


async def test_a_closed_terminal_stops_the_service_like_ctrl_c(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from pipeline.settings import load_settings\n"
        "from service.supervisor import Supervisor\n"
        "async def main():\n"
        "    async with Supervisor(load_settings(data_dir=Path(sys.argv[1])), specs=[]) as s:\n"
        "        waiting = asyncio.create_task(s.wait())\n"
        "        await asyncio.sleep(0)\n"
        "        print('up', flush=True)\n"
        "        await waiting\n"
        "    print('clean', flush=True)\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"up\n"
    process.send_signal(signal.SIGHUP)
    assert await asyncio.wait_for(process.stdout.read(), 20) == b"clean\n"
    assert await process.wait() == 0


async def test_a_large_log_is_put_aside_at_a_restart_and_three_are_kept(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.child.LARGEST_LOG_BYTES", 10)
    talker = "print('x' * 20)"
    async with AsyncExitStack() as stack:
        _, news = await start(stack, settings, spec("hub", talker))
        await news.wait_for(ProcessExited, 8)
    names = {path.name for path in settings.log_dir.iterdir()}
    assert names == {"hub.log", "hub.log.1", "hub.log.2", "hub.log.3"}


async def test_only_the_hub_is_told_the_database_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql+psycopg://kring:rahasia@db/kring"
    monkeypatch.setenv("KRING_DATABASE_URL", url)
    settings = load_settings(data_dir=tmp_path, extensions=[])
    specs = service_processes(settings)
    assert [item.name for item in specs if item.needs_database] == ["hub"]
    told = "import os; print(os.environ.get('KRING_DATABASE_URL', 'nothing')); import time; time.sleep(60)"
    async with AsyncExitStack() as stack:
        await start(stack, settings, ProcessSpec("hub", spec("hub", told).argv, needs_database=True), spec("x", told))
        for name, said in (("hub", url), ("x", "nothing")):
            async with asyncio.timeout(20):
                while not (log := settings.log_dir / f"{name}.log").exists() or said not in log.read_text():
                    await asyncio.sleep(0.01)
    assert "rahasia" not in (settings.log_dir / "x.log").read_text()
