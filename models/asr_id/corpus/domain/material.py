# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the hand-written material of this folder: lists of names and terms, sentence templates, dialogues.

Mistakes in the files are reported with file and line, because offices extend them with their own words.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipeline.errors import KringError

HERE = Path(__file__).parent
SPOKEN = re.compile(r"[a-z]+(?:-[a-z]+)*(?: [a-z]+(?:-[a-z]+)*)*")
SLOT = re.compile(r"\{(\w+)\}")
_TURN = re.compile(r"([WP]): (.+)")


class CorpusMaterialError(KringError):
    """A file of the speech corpus holds something that nobody can speak or fill."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one party says before the other answers. ``speaker``: ``W`` the caller, ``P`` the agent."""

    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One hand-written conversation."""

    source: str
    turns: tuple[Turn, ...]


@cache
def lists() -> dict[str, tuple[str, ...]]:
    """Return every list of `lists/*.toml`: slot name -> entries (one or more words each)."""
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted((HERE / "lists").glob("*.toml")):
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise CorpusMaterialError(f"{path.name} is not valid TOML ({error}); correct that line") from error
        for name, value in tables.items():
            entries = tuple(dict.fromkeys(" ".join(entry.split()) for entry in value.split(",") if entry.strip()))
            for entry in entries:
                _check_spoken(entry, f"{path.name}, list {name}")
            found[name] = entries
    return found


@cache
def templates() -> tuple[tuple[str, str], ...]:
    """Return (subject, template) of every line of `templates/*.txt`."""
    found = []
    for path in sorted((HERE / "templates").glob("*.txt")):
        for place, line in _lines(path):
            _check_spoken(SLOT.sub("x", line), place)
            found.append((path.stem, line))
    return tuple(found)


@cache
def dialogues() -> tuple[Dialogue, ...]:
    """Return every conversation of `dialogues/*.txt`; a blank line ends one."""
    found = []
    for path in sorted((HERE / "dialogues").glob("*.txt")):
        turns: list[Turn] = []
        for place, line in [*_lines(path, blanks=True), (path.name, "")]:
            if line:
                turns.append(_turn(line, place))
            elif turns:
                found.append(Dialogue(path.stem, tuple(turns)))
                turns = []
    return tuple(found)


def _turn(line: str, place: str) -> Turn:
    match = _TURN.fullmatch(line)
    if not match:
        raise CorpusMaterialError(f"{place}: a turn starts with 'W: ' or 'P: '; found {line[:40]!r}")
    _check_spoken(SLOT.sub("x", match[2]), place)
    return Turn(match[1], match[2])


def _lines(path: Path, *, blanks: bool = False) -> Iterator[tuple[str, str]]:
    """Yield (place for messages, line) without comments; blank lines only on request."""
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = raw.strip()
        if not line.startswith("#") and (line or blanks):
            yield f"{path.name}:{number}", line


def _check_spoken(text: str, place: str) -> None:
    if not SPOKEN.fullmatch(text):
        raise CorpusMaterialError(
            f"{place}: {text[:60]!r} is not speech as text; write lower-case words a-z, single blanks, numbers as words"
        )
