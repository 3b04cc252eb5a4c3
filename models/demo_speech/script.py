# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads lines.toml: the cast, and every line to be spoken with its speaker, links and expected articles."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .prosody import plain_text
from .voices import VOICES, Voice

SCRIPT = Path(__file__).with_name("lines.toml")


class ScriptError(ValueError):
    """lines.toml is malformed; the message names the dialogue or the speaker."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """One member of the cast: a voice with its warp and pitch set, and a speaking rate."""

    name: str
    voice: Voice
    words_per_minute: int


@dataclass(frozen=True, slots=True)
class ScriptLine:
    """One line to speak. `say` carries the intonation marks; `text` is the words alone."""

    id: str
    role: str
    speaker: Speaker
    say: str
    take: int
    articles: tuple[str, ...] = ()
    reply_ids: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The words as the recogniser prints them."""
        return plain_text(self.say)


def read_script(path: Path = SCRIPT) -> tuple[ScriptLine, ...]:
    """Every caller line, each followed by its replies. Raises ScriptError."""
    table = _load(path)
    try:
        cast = {name: _speaker(name, entry) for name, entry in table["cast"].items()}
        agent = cast[table["agent"]]
        return tuple(line for entry in table["dialogue"] for line in _dialogue(entry, cast, agent))
    except KeyError as error:
        raise ScriptError(f"{path.name}: {error.args[0]!r} is missing or unknown") from error


def read_agent(path: Path = SCRIPT) -> Speaker:
    """The agent's voice alone. Raises ScriptError."""
    table = _load(path)
    try:
        return _speaker(table["agent"], table["cast"][table["agent"]])
    except KeyError as error:
        raise ScriptError(f"{path.name}: {error.args[0]!r} is missing or unknown") from error


def _load(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ScriptError(f"{path}: {error}") from error


def _speaker(name: str, entry: dict[str, Any]) -> Speaker:
    base = VOICES[entry["voice"]]
    voice = replace(base, warp=float(entry["warp"]), f0_hz=base.f0_hz * float(entry["pitch"]))
    return Speaker(name, voice, int(entry["words_per_minute"]))


def _dialogue(entry: dict[str, Any], cast: dict[str, Speaker], agent: Speaker) -> list[ScriptLine]:
    name, replies = entry["id"], entry["replies"]
    takes = entry.get("reply_takes", [0] * len(replies))
    if len(takes) != len(replies):
        raise ScriptError(f"dialogue {name}: reply_takes needs {len(replies)} numbers")
    answers = [
        ScriptLine(f"{name}.jawab{number}", "agent", agent, say, take)
        for number, (say, take) in enumerate(zip(replies, takes, strict=True), start=1)
    ]
    question = ScriptLine(
        id=f"{name}.tanya",
        role="caller",
        speaker=cast[entry["speaker"]],
        say=entry["say"],
        take=entry.get("take", 0),
        articles=tuple(entry["articles"]),
        reply_ids=tuple(answer.id for answer in answers),
    )
    return [question, *answers]
