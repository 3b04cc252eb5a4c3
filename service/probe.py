# SPDX-License-Identifier: GPL-3.0-or-later
"""Tries one thing that needs native code, in a process of its own: a broken model can take its process down.

``python -m service.probe WHAT PATH`` prints what it found as JSON, or what is wrong and what to do.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from pipeline.catalog import text
from pipeline.errors import KringError

_PROBE_S = 60.0
_MARK = "probe: "


def probe(what: str, argument: str = "") -> str:
    """Run one of ``model``, ``encoder``, ``sound_file``, ``sound_devices`` and return what it found.

    Raises:
        KringError: it does not work; message and remedy are those of the room that tried.
    """
    try:
        result = subprocess.run(
            [sys.executable, "-m", "service.probe", what, argument],
            env={**os.environ, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_PROBE_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise KringError(text("service.probe_slow", seconds=f"{_PROBE_S:g}")) from error
    said = next((line for line in result.stdout.splitlines() if line.startswith(_MARK)), "")
    if not said:
        problem = result.stderr.strip().splitlines()[-1:] or [text("service.probe_died", code=result.returncode)]
        raise KringError(problem[0])
    answer = json.loads(said.removeprefix(_MARK))
    if result.returncode != 0:
        raise KringError(answer["problem"], remedy=answer["remedy"])
    return str(answer["found"])


def _model(path: str) -> str:
    from asr.model import load_model

    load_model(Path(path))
    return path


def _encoder(path: str) -> str:
    from retrieval.dense import SentenceEncoder

    SentenceEncoder(Path(path))
    return path


def _sound_file(path: str) -> str:
    from telephony.media import check_wav

    return f"{path}: {check_wav(Path(path)) / 8000:.1f} s"


def _sound_devices(wanted: str) -> str:
    from telephony.devices import sound_devices

    names = sound_devices()
    if not names:
        raise KringError(text("service.sound_none"))
    if not any(wanted.lower() in name.lower() for name in names):
        raise KringError(text("service.sound_missing", name=wanted))
    return wanted or names[0]


_PROBES = {"model": _model, "encoder": _encoder, "sound_file": _sound_file, "sound_devices": _sound_devices}


def main(what: str, argument: str) -> int:
    """Try it, print the outcome, return the exit code."""
    try:
        answer, code = {"found": _PROBES[what](argument)}, 0
    except KringError as error:
        answer, code = {"problem": error.message, "remedy": error.remedy}, 1
    sys.stdout.write(_MARK + json.dumps(answer) + "\n")
    sys.stdout.flush()
    return code


if __name__ == "__main__":
    os._exit(main(sys.argv[1], sys.argv[2]))  # native threads of a model are not worth waiting for
