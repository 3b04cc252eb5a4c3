# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks a model over before it is taken in: what it is, when it ends an utterance, and what it hears."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from asr.errors import ModelError
from asr.model import CALL_RATE_HZ, ModelFolder, check_model, options
from pipeline.catalog import text

_SMOKE_S = 120.0
# Kaldi's own values, for what a model leaves out: trailing silence in seconds (rule 5: length of the utterance).
_USUAL_S = {"rule1": 5.0, "rule2": 0.5, "rule3": 1.0, "rule4": 2.0, "rule5": 20.0}


@dataclass(frozen=True)
class Examined:
    """What was found of a model folder that passed.

    Parameters:
        graph: "dynamic" (HCLr + Gr) or "static" (HCLG).
        endpoint_s: seconds by rule (1: nothing said yet, 2-4: the text is surely, probably, possibly at an end,
            5: whatever was said so far).
        heard: what it made of the sample, for a person to judge.
    """

    folder: ModelFolder
    size_bytes: int
    graph: str
    endpoint_s: dict[str, float]
    heard: str


def examine(path: Path, sample: Path) -> Examined:
    """Check a model folder's files and decode a recording (8 kHz, mono) with it, in another process.

    Raises:
        ModelError: a file is missing or damaged, the sample rate does not fit calls, or decoding fails.
    """
    folder = check_model(path)
    if folder.audio_rate_hz != CALL_RATE_HZ:
        raise ModelError(text("asr.model_rate", file=path, rate_hz=folder.rate_hz, call_hz=CALL_RATE_HZ))
    return Examined(
        folder,
        sum(file.stat().st_size for file in path.rglob("*") if file.is_file()),
        "static" if (path / "graph/HCLG.fst").exists() else "dynamic",
        endpoint_rules(path / "conf/model.conf"),
        _hear(path, sample),
    )


def endpoint_rules(path: Path) -> dict[str, float]:
    """Return the endpoint rules of a model.conf in seconds.

    Raises:
        ModelError: a value is no number.
    """
    found = options(path)
    rules = {}
    for rule, usual_s in _USUAL_S.items():
        what = "min-utterance-length" if rule == "rule5" else "min-trailing-silence"
        option = f"--endpoint.{rule}.{what}"
        try:
            rules[rule] = float(found.get(option, usual_s))
        except ValueError as error:
            raise ModelError(text("asr.model_option_missing", file=path, option=option)) from error
    return rules


def _hear(path: Path, sample: Path) -> str:
    command = [sys.executable, "-m", "asr.offline", "--model", str(path), str(sample)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=_SMOKE_S, check=False
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise ModelError(text("asr.model_unloadable", file=path, detail=f"> {_SMOKE_S:.0f} s")) from error
    if done.returncode != 0:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise ModelError((said or [text("asr.model_unloadable", file=path, detail=done.returncode)])[-1])
    return " ".join(word["text"] for word in json.loads(done.stdout)["words"])
