# SPDX-License-Identifier: GPL-3.0-or-later
"""What a turn of a conversation is for, as far as its small words tell (``cues.toml``).

Speech has no question mark, and a call centre's questions are often none in form: "saya lupa efin" and "akun saya
terkunci" ask for help as surely as "bagaimana cara ...". Whoever spells a name or a number for the identity check asks
nothing; whoever says thank you neither.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from pipeline.spoken import NUMBER_WORDS
from retrieval.normalize import analyse, is_small_talk, split

_CUES = Path(__file__).parent / "cues.toml"
_KAH = re.compile(r"[a-z]{2,}kah$")
_NO_QUESTIONS = frozenset({"nikah", "menikah", "sedekah", "langkah", "melangkah", "berkah", "naskah"})
NUMBERS_SHARE = 0.5  # a turn with so many number words spells something
CLOSING_WORDS = 6  # thanks among the last words end a matter; at the beginning of a turn they are only polite
RESTATEMENT_WORDS = 14  # whoever says more than so many topic words is explaining

CallerTurn = Literal["ask", "detail", "aside"]
AgentTurn = Literal["restatement", "answer", "aside"]
Phrases = frozenset[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Cues:
    """The tables of ``cues.toml``, each a set of word sequences."""

    question: Phrases
    problem: Phrases
    need: Phrases
    identity: Phrases
    closing: Phrases
    restatement: Phrases
    instruction: Phrases
    verification: Phrases
    switch: Phrases
    follow_up: frozenset[str]
    question_end: frozenset[str]
    address: frozenset[str]


@cache
def cues() -> Cues:
    """Return the cues; read once."""
    tables = tomllib.loads(_CUES.read_text(encoding="utf-8"))
    end = tables.pop("question_end")
    return Cues(
        follow_up=frozenset(tables.pop("follow_up")["first_words"].split()),
        question_end=frozenset(end["words"].split()),
        address=frozenset(end["address"].split()),
        **{name: frozenset(tuple(split(one)) for one in table["phrases"]) for name, table in tables.items()},
    )


def topic_words(text: str) -> int:
    """Return how many words of ``text`` carry a topic."""
    return sum(not token.stop for token in analyse(text))


def is_question(text: str) -> bool:
    """Return whether ``text`` asks for something: a question, a problem, a wish."""
    return asks_outright(text) or holds(split(text), cues().need)


def asks_outright(text: str) -> bool:
    """Return whether ``text`` is a question or tells a problem; a wish alone ("tolong ya mbak") is neither yet."""
    words = split(text)
    known = cues()
    last = next((word for word in reversed(words) if word not in known.address), "")
    return (
        last in known.question_end
        or any(_KAH.fullmatch(word) and word not in _NO_QUESTIONS for word in words)
        or holds(words, known.question)
        or holds(words, known.problem)
    )


def caller_turn(text: str) -> CallerTurn:
    """Return what a caller's turn is: it asks, it adds to what is asked, or it has nothing to do with it."""
    if is_small_talk(text):
        return "aside"
    words = split(text)
    if _spells(words):
        return "aside"
    known = cues()
    if holds(words[-CLOSING_WORDS:], known.closing):
        return "aside"
    if is_question(text):
        return "ask"
    return "aside" if holds(words, known.identity) else "detail"


def agent_turn(text: str) -> AgentTurn:
    """Return what an agent's turn is: the question said back, (a piece of) an answer, or neither."""
    if is_small_talk(text):
        return "aside"
    words = split(text)
    known = cues()
    instructs = holds(words, known.instruction)
    if holds(words, known.restatement) and not instructs and topic_words(text) <= RESTATEMENT_WORDS:
        return "restatement"
    return "aside" if holds(words, known.verification) else "answer"


def turns_away(text: str) -> bool:
    """Return whether the caller announces another question ("satu lagi pak")."""
    return holds(split(text), cues().switch)


def refers_back(text: str) -> bool:
    """Return whether a caller's turn begins as one that goes on with what was said."""
    return any(word in cues().follow_up for word in split(text)[:3])


def holds(words: list[str], phrases: Phrases) -> bool:
    """Return whether one of the word sequences stands in ``words``."""
    longest = max(map(len, phrases), default=0)
    return any(
        tuple(words[start : start + length]) in phrases
        for start in range(len(words))
        for length in range(1, min(longest, len(words) - start) + 1)
    )


def _spells(words: list[str]) -> bool:
    numbers = sum(word in NUMBER_WORDS or word.isdigit() for word in words)
    return len(words) >= 3 and numbers / len(words) > NUMBERS_SHARE
