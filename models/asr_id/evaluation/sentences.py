# SPDX-License-Identifier: GPL-3.0-or-later
"""The held-out sentences and the marks in them that say which words an officer must get right."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, cast, get_args

from models.asr_id.evaluation.errors import EvaluationError
from pipeline.catalog import text as message

Kind = Literal["call", "entity", "general", "short"]
Split = Literal["dev", "test"]
KINDS: tuple[Kind, ...] = get_args(Kind)
ENTITY_CLASSES = ("number", "npwp", "date", "amount", "acronym", "term")
SENTENCES_FILE = Path(__file__).parent / "sentences.toml"

_PART = re.compile(r"\[(?P<kind>[a-z]+): (?P<inside>[^\[\]]+)\]|(?P<plain>[^\[\]]+)")
_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")


class Entity(NamedTuple):
    """Words ``first`` up to but not including ``end`` of a sentence are of this class."""

    kind: str
    first: int
    end: int


@dataclass(frozen=True)
class Sentence:
    """One sentence: its words as the recogniser writes them, and the entities among them."""

    words: tuple[str, ...]
    kind: Kind
    split: Split
    entities: tuple[Entity, ...] = ()

    @property
    def text(self) -> str:
        """The words with spaces between."""
        return " ".join(self.words)


def parse(marked: str, kind: Kind, split: Split) -> Sentence:
    """Read one sentence with ``[class: words]`` marks.

    Raises:
        EvaluationError: a mark is not closed, its class is unknown, or a word is not lower-case a-z.
    """
    words: list[str] = []
    entities: list[Entity] = []
    at = 0
    while at < len(marked):
        part = _PART.match(marked, at)
        if part is None:
            raise _error(marked, marked[at:])
        said = (part["plain"] or part["inside"]).split()
        if part["kind"]:
            if part["kind"] not in ENTITY_CLASSES:
                raise _error(marked, part["kind"])
            entities.append(Entity(part["kind"], len(words), len(words) + len(said)))
        words += said
        at = part.end()
    wrong = next((word for word in words if not _WORD.fullmatch(word)), None)
    if wrong is not None or not words:
        raise _error(marked, wrong or "")
    return Sentence(tuple(words), kind, split, tuple(entities))


def load_sentences(split: Split, path: Path = SENTENCES_FILE) -> list[Sentence]:
    """Return the sentences of one half of the file, in order.

    Raises:
        EvaluationError: the file cannot be read, or a sentence is malformed.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))[split]
    except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
        raise EvaluationError(message("asr_eval.sentences_unreadable", path=path, problem=error)) from error
    unknown = next((kind for kind in table if kind not in KINDS), None)
    if unknown is not None:
        raise _error(str(path), unknown)
    return [parse(line, cast(Kind, kind), split) for kind, lines in table.items() for line in lines]


def _error(where: str, what: str) -> EvaluationError:
    return EvaluationError(message("asr_eval.sentence_malformed", where=where, what=what))
