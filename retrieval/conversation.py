# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a conversation is the question right now.

A caller's question is spread over several segments (the recogniser ends one at every pause) and wrapped in greetings.
The question is the caller's last turns up to the point where the agent answered at length; when the agent repeats the
question in other words ("jadi bapak lupa efin ya"), those words count as well.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from retrieval.normalize import Token, analyse, is_small_talk

MOST_CONTENT_WORDS = 40
MOST_TURNS = 6
ANSWER_WORDS = 10  # an agent's turn with so many topic words is an answer: what the caller says next is new
FOLLOW_UP_WORDS = 3  # a caller's turn with fewer topic words only completes what was said before
RESTATEMENT_CUES = frozenset({"jadi", "berarti", "maksud", "maksudnya", "artinya", "pertanyaan", "pertanyaannya"})
QUESTION_CUES = frozenset(
    {"apa", "apakah", "bagaimana", "berapa", "kapan", "kenapa", "siapa", "mana", "dimana", "bisakah", "bolehkah",
     "bisa", "boleh", "cara", "caranya", "harus", "tanya", "ingin", "mau", "syarat", "syaratnya", "minta", "lupa"}
)  # fmt: skip


@dataclass
class Conversation:
    """The part of one call that suggestions are made from. Not thread-safe: one call, one owner."""

    turns: deque[str] = field(default_factory=lambda: deque(maxlen=MOST_TURNS))
    restatement: str = ""
    answered: bool = False

    def caller_said(self, text: str) -> bool:
        """Take in a caller's final; returns whether it carries a topic (greetings do not)."""
        if is_small_talk(text):
            return False
        if self.answered and topic_words(text) >= FOLLOW_UP_WORDS:
            self.turns.clear()
            self.restatement = ""
        self.answered = False
        self.turns.append(text)
        while len(self.turns) > 1 and sum(map(topic_words, self.turns)) > MOST_CONTENT_WORDS:
            self.turns.popleft()
        return True

    def agent_said(self, text: str) -> bool:
        """Take in an agent's final; returns whether it restates the caller's question (and so changes it)."""
        if is_small_talk(text) or not self.turns:
            return False
        tokens = analyse(text)
        if any(token.word in RESTATEMENT_CUES for token in tokens) and self._shared(tokens):
            self.restatement = text
            return True
        self.answered = self.answered or topic_words(text) >= ANSWER_WORDS
        return False

    def question(self, partial: str = "") -> str:
        """Return the question so far; ``partial``: what the caller is saying now, as a final would be taken in."""
        preview = Conversation(deque(self.turns, maxlen=MOST_TURNS), self.restatement, self.answered)
        if partial:
            preview.caller_said(partial)
        return " ".join([*preview.turns, preview.restatement]).strip()

    def _shared(self, tokens: tuple[Token, ...]) -> bool:
        asked = {token.stem for turn in self.turns for token in analyse(turn) if not token.stop}
        return any(token.stem in asked for token in tokens if not token.stop)


def topic_words(text: str) -> int:
    """Return how many words of ``text`` carry a topic."""
    return sum(not token.stop for token in analyse(text))


def is_question(text: str) -> bool:
    """Return whether ``text`` asks for something, as far as words tell (speech has no question mark)."""
    return any(token.word in QUESTION_CUES for token in analyse(text))
