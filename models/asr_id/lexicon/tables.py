# SPDX-License-Identifier: GPL-3.0-or-later
"""The hand-made part of the lexicon: `data/*.toml`, read once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from models.asr_id.lexicon.letters import LETTER_NAMES, spelled_marked
from models.asr_id.lexicon.marks import FULL, unmarked

_FOLDER = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Tables:
    """What spelling does not show.

    Attributes:
        roots: root -> its marked spelling; may still be joined with affixes; the rules read the rest.
        respelled: word -> marked respellings, best first, that are to be read literally.
    """

    roots: Mapping[str, str]
    respelled: Mapping[str, tuple[str, ...]]


@cache
def tables() -> Tables:
    """Return the tables; they never change while the process lives."""
    return Tables(roots=_roots(), respelled=_abbreviations() | _letter_names() | _words())


def raw_table(name: str) -> Mapping[str, Mapping[str, str]]:
    """Return one data file as it stands, section -> key -> text."""
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def _roots() -> dict[str, str]:
    lists = {name: words.split() for name, words in tomllib.loads((_FOLDER / "roots.toml").read_text("utf-8")).items()}
    roots = {word: word for word in lists["vowels"]}
    roots |= {word: word.replace("e", FULL) for word in lists["full"]}
    roots |= {word: word for word in lists["schwa"]}
    return roots | {unmarked(word): word for word in lists["mixed"]}


def _words() -> dict[str, tuple[str, ...]]:
    words: dict[str, tuple[str, ...]] = {}
    for name in ("casual", "loan", "regional"):
        for word, respellings in raw_table(name)["words"].items():
            words[word] = _split(respellings)
    return words


def _abbreviations() -> dict[str, tuple[str, ...]]:
    table = tomllib.loads((_FOLDER / "abbreviations.toml").read_text("utf-8"))
    spelled: dict[str, tuple[str, ...]] = {word: (spelled_marked(word),) for word in table["spelled"].split()}
    read = {word: _split(respellings, word) for word, respellings in table["read"].items()}
    return spelled | read


def _letter_names() -> dict[str, tuple[str, ...]]:
    names: dict[str, tuple[str, ...]] = {name: (name.replace("e", FULL),) for name in LETTER_NAMES.values()}
    letters: dict[str, tuple[str, ...]] = {letter: (name.replace("e", FULL),) for letter, name in LETTER_NAMES.items()}
    return names | letters


def _split(respellings: str, word: str = "") -> tuple[str, ...]:
    """Return the respellings of one entry; `*` stands for the word spelled letter by letter."""
    return tuple(spelled_marked(word) if part == "*" else part for part in respellings.split(", "))
