# SPDX-License-Identifier: GPL-3.0-or-later
"""Real SIP clients that we did not write: SIPp as the caller (or as a bad one), baresip as the agent's device."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from tests.ports import free_port, free_range
from tests.telephony.sipp import talking

RATE_HZ = 8000
Samples = npt.NDArray[np.float64]


def have(*programs: str) -> bool:
    return all(shutil.which(program) for program in programs)


def need(*programs: str) -> pytest.MarkDecorator:
    """Return the mark of a test that needs these programs: without them it is skipped, and in CI it fails.

    Where the proof is required (``CI`` or ``KRING_REQUIRE_PEERS`` is set), a test that did not run must not look fine.
    """
    required = bool(os.environ.get("CI") or os.environ.get("KRING_REQUIRE_PEERS"))
    missing = [program for program in programs if not have(program)]
    return pytest.mark.skipif(bool(missing) and not required, reason=f"not installed: {', '.join(missing)}")


def speech(path: Path) -> Samples:
    """Read a shipped line as float samples at 8 kHz."""
    data, rate = soundfile.read(path, dtype="float64")
    assert rate == RATE_HZ
    return np.asarray(data)


def silence(ms: int) -> Samples:
    return np.zeros(RATE_HZ * ms // 1000)


def write_alaw(path: Path, samples: Samples) -> Path:
    soundfile.write(path, samples, RATE_HZ, format="RAW", subtype="ALAW")
    return path


def write_wav(path: Path, samples: Samples) -> Path:
    soundfile.write(path, samples, RATE_HZ, subtype="PCM_16")
    return path


@dataclass(frozen=True)
class SippResult:
    """How SIPp ended: 0 = the scenario was followed to its end."""

    code: int
    output: str


async def sipp_call(folder: Path, *, port: int, extension: str, audio: Samples | None, talk_ms: int) -> SippResult:
    """Place one call with SIPp that sends ``audio`` as G.711 A-law RTP from the moment of the answer."""
    folder.mkdir(parents=True, exist_ok=True)
    rtp_file = write_alaw(folder / "sent.alaw", audio) if audio is not None else None
    path = folder / "caller.xml"
    path.write_text(talking(rtp_file, talk_ms, user=extension))
    process = await asyncio.create_subprocess_exec(
        "sipp", f"127.0.0.1:{port}", "-sf", str(path), "-i", "127.0.0.1", "-p", str(free_port()), "-m", "1",
        "-mp", str(free_range(8)),
        "-nostdin", "-timeout", str(talk_ms // 1000 + 60), "-timeout_error", "-trace_err", "-error_file",
        str(folder / "errors.log"), stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT, cwd=folder,
    )  # fmt: skip
    assert process.stdout is not None
    output = (await process.stdout.read()).decode(errors="replace")
    return SippResult(await process.wait(), output[-4000:])


@asynccontextmanager
async def baresip_agent(folder: Path, *, extension: str, port: int, audio: Samples) -> AsyncIterator[Path]:
    """Run baresip as an agent's device that answers by itself and speaks ``audio`` from its answer on."""
    folder.mkdir(parents=True, exist_ok=True)
    # baresip hangs up at the end of its source, so that the caller has to be the one who ends the call.
    source = write_wav(folder / "agent.wav", np.concatenate([audio, silence(20_000)]))
    modules = next(
        path for path in (Path("/usr/lib/baresip/modules"), Path("/usr/lib/x86_64-linux-gnu/baresip/modules"))
        if path.is_dir()
    )  # fmt: skip
    rtp_port = free_port() & ~1
    (folder / "config").write_text(
        f"poll_method epoll\nsip_listen 127.0.0.1:{port}\ncall_local_timeout 120\ncall_max_calls 4\n"
        f"audio_player aufile,{folder}/heard.wav\naudio_source aufile,{source}\naudio_alert aufile,{folder}/alert.wav\n"
        f"rtp_ports {rtp_port}-{rtp_port + 20}\nmodule_path {modules}\n"
        "module g711.so\nmodule aufile.so\nmodule_tmp account.so\nmodule_app menu.so\n"
    )
    account = f"<sip:{extension}@127.0.0.1:{port}>;regint=0;answermode=auto;audio_codecs=PCMA/8000/1\n"
    (folder / "accounts").write_text(account)
    (folder / "contacts").write_text("")
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            "baresip", "-f", str(folder), stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            async with asyncio.timeout(20):
                while "baresip is ready" not in (folder / "log").read_text(errors="replace"):
                    await asyncio.sleep(0.05)
            yield folder / "heard.wav"
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), 5)
            except TimeoutError:
                process.kill()
                await process.wait()


def best_match(recorded: Samples, sent: Samples) -> tuple[int, float]:
    """Return where ``sent`` lies in ``recorded`` (samples) and the normalised correlation there (-1..1)."""
    from scipy.signal import correlate

    sent = sent - sent.mean()
    scores = correlate(recorded, sent, mode="valid", method="fft")
    total = np.cumsum(np.concatenate([[0.0], recorded**2]))
    local = total[len(sent) :] - total[: len(total) - len(sent)]
    ratio = scores / np.sqrt(np.maximum(local, 1e-9) * max(float(np.sum(sent**2)), 1e-9))
    at = int(np.argmax(ratio))
    return at, float(ratio[at])


def piecewise_match(recorded: Samples, sent: Samples, *, piece_ms: int = 500, slack_ms: int = 200) -> tuple[float, int]:
    """Align piece by piece and return (energy-weighted mean correlation, spread of the offsets in samples).

    A jitter buffer may repeat or drop a 20 ms frame when the sender's timing is uneven (a loaded machine), which
    moves the rest of the speech by that frame: each piece is looked for near the place of the one before.
    """
    start, _ = best_match(recorded, sent[: RATE_HZ * 2])
    slack, size = RATE_HZ * slack_ms // 1000, RATE_HZ * piece_ms // 1000
    expected, offsets, weights, scores = start, [], [], []
    for first in range(0, len(sent) - size + 1, size):
        piece = sent[first : first + size]
        energy = float(np.sum(piece**2))
        if energy / size < 1e-4:  # a pause says nothing
            continue
        begin = max(0, expected + first - slack)
        at, score = best_match(recorded[begin : expected + first + size + slack], piece)
        expected = begin + at - first
        offsets.append(expected)
        weights.append(energy)
        scores.append(score)
    return float(np.average(scores, weights=weights)), max(offsets) - min(offsets)
