# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the finished demo material: which file says what, in which role, and which lines answer it.

Needs nothing but the standard library, so the demo, the bench and the tests may all use it.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

INDEX_NAME = "index.toml"
ROLES = ("caller", "agent")


class LibraryError(ValueError):
    """The folder, its index or a file it names is missing or malformed; the message says which and what to do."""


@dataclass(frozen=True, slots=True)
class DemoLine:
    """One spoken line: 8 kHz mono 16-bit FLAC at `path`.

    `text` is what is said, lower case without marks.  `expected_articles` and `reply_ids` are set on caller lines;
    no expected article means that no article of the knowledge base answers the question.
    """

    id: str
    role: str
    text: str
    path: Path
    sex: str
    voice: str
    duration_ms: int
    expected_articles: tuple[str, ...]
    reply_ids: tuple[str, ...]


def load_library(folder: Path) -> tuple[DemoLine, ...]:
    """All lines in the order of the index. Raises LibraryError."""
    index = folder / INDEX_NAME
    try:
        with index.open("rb") as file:
            tables = tomllib.load(file).get("line", [])
    except OSError as error:
        raise LibraryError(f"cannot read {index}: {error.strerror}; run models/demo_speech/make.py") from error
    except tomllib.TOMLDecodeError as error:
        raise LibraryError(f"{index} is not valid TOML: {error}") from error
    if not isinstance(tables, list) or not tables:
        raise LibraryError(f"{index} has no [[line]] table")
    lines = tuple(_read_line(folder, table) for table in tables)
    _check_links(index, lines)
    return lines


def replies_to(line: DemoLine, lines: tuple[DemoLine, ...]) -> tuple[DemoLine, ...]:
    """The agent lines that answer a caller line, in order."""
    by_id = {other.id: other for other in lines}
    return tuple(by_id[reply] for reply in line.reply_ids)


def _read_line(folder: Path, table: dict[str, Any]) -> DemoLine:
    name = table.get("id", "(no id)")
    try:
        line = DemoLine(
            id=str(table["id"]),
            role=str(table["role"]),
            text=str(table["text"]),
            path=folder / str(table["file"]),
            sex=str(table["sex"]),
            voice=str(table["voice"]),
            duration_ms=int(table["duration_ms"]),
            expected_articles=tuple(table.get("expected_articles", ())),
            reply_ids=tuple(table.get("reply_ids", ())),
        )
    except KeyError as error:
        raise LibraryError(f"line {name}: {error.args[0]} is missing in the index") from error
    except (TypeError, ValueError) as error:
        raise LibraryError(f"line {name}: {error}") from error
    if line.role not in ROLES:
        raise LibraryError(f"line {name}: role is {line.role!r}, expected one of {', '.join(ROLES)}")
    if not line.path.is_file():
        raise LibraryError(f"line {name}: {line.path} is missing; run models/demo_speech/make.py")
    return line


def _check_links(index: Path, lines: tuple[DemoLine, ...]) -> None:
    roles: dict[str, str] = {}
    for line in lines:
        if line.id in roles:
            raise LibraryError(f"{index}: id {line.id} occurs twice")
        roles[line.id] = line.role
    for line in lines:
        for reply in line.reply_ids:
            if roles.get(reply) != "agent":
                raise LibraryError(f"line {line.id}: reply {reply} is not an agent line of the index")
