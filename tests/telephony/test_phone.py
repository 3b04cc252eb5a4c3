# SPDX-License-Identifier: GPL-3.0-or-later
"""The scriptable phone as a person runs it, and what it leaves behind."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

from tests.ports import free_port
from tests.telephony.harness import site, voice, wait_for

pytestmark = pytest.mark.integration


def test_on_a_terminal_it_speaks_sentences_and_nothing_of_pjsip(tmp_path: Path) -> None:
    with site(tmp_path) as it:
        it.up("--after", "0.1")
        master, slave = pty.openpty()
        done = subprocess.run(
            [sys.executable, "-m", "telephony.phone", "call", it.uri, "--play", str(it.caller_wav)],
            stdin=subprocess.DEVNULL,
            stdout=slave,
            stderr=subprocess.PIPE,
            env={**os.environ, **it.env},
            timeout=30,
            check=False,
        )
        os.close(slave)
        said = os.read(master, 10_000).decode().splitlines()
        os.close(master)
    assert done.returncode == 0
    assert done.stderr == b""
    assert said[0] == f"Calling {it.uri} ..."
    assert "Answered; audio PCMA." in said
    assert f"Played {it.caller_wav}." in said
    assert said[-1].startswith("The call ended (SIP code 200")


def test_a_wrong_address_is_one_line(tmp_path: Path) -> None:
    with site(tmp_path) as it:
        caller = it.caller("--human", uri="sip:2101@[")
        assert caller.wait() == 3
        assert len(caller.errors) == 1
        assert caller.errors[0].startswith("Cannot call sip:2101@[: ")
        assert caller.errors[0].endswith(" Write it like sip:2101@127.0.0.1:5062.")


def test_a_refused_call_is_one_line(tmp_path: Path) -> None:
    with site(tmp_path) as it:
        it.agent("--reject", "486")
        uri = f"sip:agent@127.0.0.1:{it.device_port}"
        caller = it.caller("--human", uri=uri)
        assert caller.wait() == 4
        assert caller.lines == [f"Calling {uri} ..."]
        assert caller.errors == [f"The call to {uri} was not answered (SIP code 486)."]


def test_nobody_there_is_said_long_before_sip_gives_up(tmp_path: Path) -> None:
    with site(tmp_path) as it:
        uri = f"sip:2101@127.0.0.1:{free_port()}"
        caller = it.caller("--no-sign-after", "1.5", uri=uri)
        assert caller.wait() == 4
        assert len(caller.errors) == 1
        assert caller.errors[0].startswith(f"No sign of life from {uri} for 1.5 s.")


@pytest.mark.parametrize("moment", ["starting", "calling", "talking", "peer gone"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_phone_leaves_no_temporary_folder(tmp_path: Path, moment: str, number: signal.Signals) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    soundfile.write(tmp_path / "q.flac", voice(3, 1), 8000)
    with site(tmp_path) as it:
        if moment in ("talking", "peer gone"):
            agent = it.agent("--after", "0.1")
        caller = it.start(
            sys.executable, "-m", "telephony.phone", "call", f"sip:agent@127.0.0.1:{it.device_port}",
            "--play", str(tmp_path / "q.flac"), env={"TMPDIR": str(scratch)},
        )  # fmt: skip
        wait_for(lambda: any(scratch.iterdir()), what="its temporary folder")
        if moment == "calling":
            caller.event("calling")
        elif moment in ("talking", "peer gone"):
            caller.event("playing")
        if moment == "peer gone":
            agent.kill()
        caller.process.send_signal(number)
        caller.wait(8)
        assert list(scratch.iterdir()) == []


def test_log_at_debug_level_names_no_caller(tmp_path: Path) -> None:
    with site(tmp_path, log_level="debug") as it:
        phone, agent = it.up("--after", "0.1")
        caller = it.caller("--from", '"Sari Contoh" <sip:081200001111@127.0.0.1>', "--linger", "0.5")
        assert caller.wait() == 0, caller.errors
        it.await_event("recording.closed")
        assert it.find("call.offered").caller_name == "Sari Contoh"
        assert phone.stop() == 0
        log = "\n".join(phone.errors)
        assert "telephony.pjsip" in log  # PJSIP does log
        assert "081200001111" not in log
        assert "Sari" not in log
        assert "pjlib" not in log
        assert not [line for line in phone.errors if line and not line.startswith("{")]
        assert agent.errors == []
