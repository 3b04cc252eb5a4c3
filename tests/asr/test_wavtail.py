# SPDX-License-Identifier: GPL-3.0-or-later
"""The growing WAV: every state in which another process may have left it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from asr.errors import AudioFormatError
from asr.wavtail import WavTail
from tests.asr.calls import RATE_HZ, growing_header

pytestmark = pytest.mark.unit
Tailing = Callable[[Path], WavTail]


@pytest.fixture
def tailing() -> Iterator[Tailing]:
    """Return a maker of tails that are closed after the test."""
    with contextlib.ExitStack() as stack:
        yield lambda path: stack.enter_context(contextlib.closing(WavTail(path, RATE_HZ)))


def test_absent_empty_and_torn_header_mean_not_yet(tailing: Tailing, tmp_path: Path) -> None:
    path = tmp_path / "caller.wav"
    tail = tailing(path)
    assert (tail.available(), tail.read(10)) == (0, b"")
    path.touch()
    assert (tail.available(), tail.read(10)) == (0, b"")
    for size in (3, 11, 13, 20, 30, 37, 43):
        path.write_bytes(growing_header()[:size])
        assert (tail.available(), tail.read(10)) == (0, b""), size
    path.write_bytes(growing_header())
    assert (tail.available(), tail.read(10)) == (0, b"")


def test_reads_what_is_appended_in_order_and_only_whole_samples(tailing: Tailing, tmp_path: Path) -> None:
    path = tmp_path / "caller.wav"
    audio = np.arange(1000, dtype="<i2").tobytes()
    path.write_bytes(growing_header() + audio[:101])
    tail = tailing(path)
    assert tail.available() == 50
    heard = tail.read(80)
    assert heard == audio[:100]
    for cut in (303, 304, 1999, 2000):
        path.write_bytes(growing_header() + audio[:cut])
        heard += tail.read(1 << 20)
    assert heard == audio
    assert tail.position == 1000
    tail.seek(990)
    assert tail.read(100) == audio[1980:]


def test_seek_beyond_the_end_waits(tailing: Tailing, tmp_path: Path) -> None:
    path = tmp_path / "caller.wav"
    path.write_bytes(growing_header() + bytes(20))
    tail = tailing(path)
    tail.seek(15)
    assert tail.read(5) == b""
    assert tail.position == 15
    path.write_bytes(growing_header() + bytes(30) + b"\x07\x00")
    assert tail.read(5) == b"\x07\x00"


def test_chunks_before_the_data_are_skipped(tailing: Tailing, tmp_path: Path) -> None:
    path = tmp_path / "caller.wav"
    header = growing_header()
    extra = b"LIST" + (5).to_bytes(4, "little") + b"abcde\0"
    path.write_bytes(header[:36] + extra + header[36:] + b"\x01\x00\x02\x00")
    assert tailing(path).read(9) == b"\x01\x00\x02\x00"


@pytest.mark.parametrize(
    ("rate_hz", "channels", "subtype", "named"),
    [(16000, 1, "PCM_16", "16000"), (8000, 2, "PCM_16", "2"), (8000, 1, "PCM_24", "24"), (8000, 1, "ALAW", "8 bit")],
)
def test_wrong_format_names_file_and_what_it_holds(
    tailing: Tailing, tmp_path: Path, rate_hz: int, channels: int, subtype: str, named: str
) -> None:
    path = tmp_path / "agent.wav"
    sf.write(path, np.zeros((100, channels)), rate_hz, subtype=subtype)
    with pytest.raises(AudioFormatError) as raised:
        tailing(path).available()
    assert "agent.wav" in raised.value.message
    assert named in raised.value.message
    assert "8000" in raised.value.remedy


@pytest.mark.parametrize(
    "content", [b"fLaC" + bytes(100), b"RIFF\0\0\0\0AVI " + bytes(100), b"RIFF\0\0\0\0WAVE" + bytes(9000)]
)
def test_what_is_no_wav_is_refused(tailing: Tailing, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "agent.wav"
    path.write_bytes(content)
    with pytest.raises(AudioFormatError, match="agent"):
        tailing(path).read(10)


def test_close_twice_and_read_again(tailing: Tailing, tmp_path: Path) -> None:
    path = tmp_path / "caller.wav"
    path.write_bytes(growing_header() + b"\x01\x00\x02\x00")
    tail = tailing(path)
    assert tail.read(1) == b"\x01\x00"
    tail.close()
    tail.close()
    assert tail.read(1) == b"\x02\x00"
    tail.close()
