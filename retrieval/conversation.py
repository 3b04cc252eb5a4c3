# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a conversation is the question right now, and which question of the call it is.

A caller's question is spread over several segments (the recogniser ends one at every pause) and wrapped in greetings
and spelled numbers, which are left out. It begins to count once it asks something (:mod:`retrieval.intent`); what was
told before then belongs to it. When the agent says the question back, those words count as well. An agent's answer
never does, and who only repeats it asks nothing. After an answer the caller's words begin afresh: another topic is
another question, and even a follow-up counts more than what was asked before, which fades (``background``).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

from retrieval.intent import agent_turn, asks_outright, caller_turn, refers_back, topic_words, turns_away
from retrieval.normalize import Token, analyse, domain_words
from retrieval.quoting import Turn

MOST_CONTENT_WORDS = 40
MOST_TURNS = 6
ANSWER_WORDS = 10  # so many topic words of the agent's, in one turn or several, are an answer
REMARK_WORDS = 3  # so many are enough to close the matter when the caller then asks for something unrelated
FOLLOW_UP_WORDS = 3  # a caller's turn with fewer topic words only completes what was said before
NEW_WORDS = 5  # without a word of the tax office's language it takes so many unknown topic words to be another matter
ECHO = 0.75  # a caller's turn that shares so much with the answer repeats it
BACKGROUND_WORDS = 60
FADE_OTHER = 0.5  # what the question before counts, for each of the caller's turns since: of another question ...
FADE_SAME = 0.8  # ... and of one that this follows up
RELATED = 0.5  # a turn that shares so much with question and answer is about the same matter
UNRELATED = 0.3


@dataclass(frozen=True, slots=True)
class Question:
    """The question as it stands.

    Parameters:
        number: which question of the call it is, from 1.
        turns: what it is made of, oldest first; the agent's restatement last.
        background: the question before, which a short new one may rest on ("kalau untuk istri bagaimana").
        background_weight: 0..1, what the background still counts.
        follows: whether it is the same matter as the background.
        outright: whether what was said last is a question or a problem, not a detail of it or a mere wish.
    """

    number: int
    turns: tuple[Turn, ...]
    background: str = ""
    background_weight: float = 0.0
    follows: bool = False
    outright: bool = True

    @property
    def text(self) -> str:
        """The words to search with."""
        return " ".join(turn.text for turn in self.turns).strip()


@dataclass
class Conversation:
    """The part of one call that suggestions are made from. Not thread-safe: one call, one owner."""

    number: int = 1
    asked: bool = False
    outright: bool = False
    turns: deque[Turn] = field(default_factory=lambda: deque(maxlen=MOST_TURNS))
    restatement: Turn | None = None
    background: str = ""
    follows: bool = False
    age: int = 0  # how many of the caller's turns the question has
    answer: tuple[str, ...] = ()  # the topic stems of what the agent has explained about the question

    def caller_said(self, turn: Turn) -> bool:
        """Take in a caller's turn; returns whether there is a question and this belongs to it."""
        kind = caller_turn(turn.text)
        if kind == "aside":
            return False
        topic = set(_topic(analyse(turn.text)))
        if self.asked and self._echoes(topic):
            return False
        if self.asked and kind == "ask":
            if self._is_another(turn.text):
                self._begin(another=True)
            elif len(self.answer) >= ANSWER_WORDS and len(topic) > 1:
                self._begin(another=False)
        self.turns.append(turn)
        self.age += 1
        self.asked = self.asked or kind == "ask"
        self.outright = asks_outright(turn.text)
        while len(self.turns) > 1 and sum(topic_words(one.text) for one in self.turns) > MOST_CONTENT_WORDS:
            self.turns.popleft()
        return self.asked

    def agent_said(self, turn: Turn) -> bool:
        """Take in an agent's turn; returns whether it says the caller's question back (and so changes it)."""
        if not self.turns:
            return False
        kind = agent_turn(turn.text)
        if kind == "restatement" and len(self.answer) < ANSWER_WORDS:
            self.restatement, self.asked, self.outright = turn, True, True
            return True
        if kind != "aside":
            self.answer += tuple(_topic(analyse(turn.text)))
        return False

    def question(self, partial: Turn | None = None) -> Question | None:
        """Return the question so far, None while nothing was asked.

        Parameters:
            partial: what the caller is saying now, taken in as a final would be.
        """
        now = self
        if partial is not None:
            now = replace(self, turns=deque(self.turns, maxlen=MOST_TURNS))
            if not now.caller_said(partial):
                return None
        if not now.asked:
            return None
        restated = () if now.restatement is None else (now.restatement,)
        weight = (FADE_SAME if now.follows else FADE_OTHER) ** now.age if now.background else 0.0
        return Question(now.number, (*now.turns, *restated), now.background, weight, now.follows, now.outright)

    def _echoes(self, topic: set[str]) -> bool:
        """Return whether a turn with these stems only repeats what the agent has answered."""
        if len(self.answer) < REMARK_WORDS or not topic:
            return False
        return len(topic & set(self.answer)) / len(topic) >= ECHO

    def _is_another(self, text: str) -> bool:
        """Return whether the caller has gone on to another matter."""
        tokens = analyse(text)
        topic = set(_topic(tokens))
        known = {stem for turn in self.turns for stem in _topic(analyse(turn.text))} | set(self.answer)
        shared = len(topic & known) / len(topic) if topic else 1.0
        new_terms = domain_words(token for token in tokens if token.stem not in known)
        if turns_away(text):
            return len(topic) > 1 and shared < RELATED
        if len(self.answer) >= ANSWER_WORDS:
            if refers_back(text):
                return new_terms > 0 and shared == 0.0 and len(topic) > 1
            fresh = shared < UNRELATED and len(topic) >= NEW_WORDS
            return fresh or (new_terms > 0 and shared < RELATED and len(topic) > 1)
        unrelated = shared == 0.0 and new_terms > 0 and len(topic) >= FOLLOW_UP_WORDS
        return len(self.answer) >= REMARK_WORDS and unrelated and not refers_back(text)

    def _begin(self, *, another: bool) -> None:
        before = [self.background] if self.follows and not another else []
        self.background = " ".join(" ".join([*before, *(turn.text for turn in self.turns)]).split()[-BACKGROUND_WORDS:])
        self.follows, self.number = not another, self.number + another
        self.turns.clear()
        self.restatement, self.answer, self.age = None, (), 0
        self.asked = not another


def _topic(tokens: tuple[Token, ...]) -> list[str]:
    return [token.stem for token in tokens if not token.stop]
